//! Whether values are marked or not, a text means the same.

use proptest::prelude::*;

use crate::postgres::meaning as postgres;
use crate::postgres::values::{Lexis, marked};
use crate::text::mysql;

/// What statements are made of.
const WORDS: &[&str] = &[
    "SELECT",
    "*",
    "a",
    "t.a",
    "FROM",
    "t",
    "t x",
    "u",
    "JOIN",
    "ON",
    ",",
    "(",
    ")",
    "WHERE a =",
    "AND b =",
    "AND",
    "a",
    "=",
    "IN (1, 2)",
    "1",
    "1",
    "2",
    "-1",
    "- 1",
    "05",
    "1.5",
    ".5",
    "1e3",
    "'x'",
    "'x'",
    "'1'",
    "'-1'",
    "'Seq'",
    "'it''s'",
    "E'\\n'",
    "'null'",
    "NULL",
    "TRUE",
    "'true'",
    "\"x\"",
    "`x`",
    "$1",
    "$$x$$",
    "?",
    "/* c */",
    "/*! 2 */",
    "-- c\n",
    "LIMIT 1",
    "INTERVAL '1 day'",
    "::text",
    "nextval('S')",
    "pg_advisory_lock(1, 2)",
    "hashtext('k')",
    "GET_LOCK('k', 1)",
    "f(1)",
    "UPDATE t SET a = 1",
    ", b = 'x'",
    "DELETE FROM t",
    "INSERT INTO t (a, b) VALUES (1, 'x')",
    ", (1, 'y')",
    "ON CONFLICT (a) DO UPDATE SET b = 'x'",
    "ON DUPLICATE KEY UPDATE b = VALUES(b)",
    "UNION SELECT a FROM t WHERE b = 1",
    "FOR UPDATE",
    "RETURNING a",
    ";",
    "HEISEN_00",
    "'heisen_01'",
    "7700330000",
];

fn same(text: &str) {
    let text = text.as_bytes();
    assert_eq!(*postgres::of(text), postgres::find_out(text));
    assert_eq!(*mysql::meaning::of(text), mysql::meaning::find_out(text));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn marked_or_not(
        first in proptest::sample::select(WORDS),
        words in proptest::collection::vec(proptest::sample::select(WORDS), 0..14),
        glue in proptest::sample::select(&["", " ", " ", " "][..]),
    ) {
        let words = words.join(glue);
        same(&format!("SELECT * FROM t WHERE a = {words}"));
        same(&format!("UPDATE t SET b = 1 WHERE a = 1 AND c = {words}"));
        same(&format!("INSERT INTO t (a, b) VALUES (1, {words})"));
        same(&format!("{first} {words}"));
    }
}

#[test]
fn what_frameworks_send_is_marked() {
    for table in [
        include_str!("postgres_frameworks.sql"),
        include_str!("../../postgres/tests/orm.sql"),
        include_str!("../../postgres/tests/columns.sql"),
        include_str!("mysql_frameworks.sql"),
        include_str!("mysql_own.sql"),
    ] {
        table.lines().for_each(same);
    }
    for (text, expected) in [
        ("SELECT a FROM t WHERE b = 5 AND c = 'x'", true),
        ("SELECT a FROM t /* 7 */ WHERE b = '' LIMIT 5", true),
        ("INSERT INTO t (a) VALUES (5), (6)", true),
        ("SELECT a FROM t WHERE b = $1", false),
        ("SELECT a FROM t WHERE b = 5 AND c = '5'", false),
        ("SELECT a FROM t WHERE b = 'it''s'", false),
        ("SELECT a FROM t WHERE b = E'x'", false),
        ("SELECT 1; SELECT 2", false),
        ("SET a = 5", false),
    ] {
        for lexis in [Lexis::Postgres, Lexis::MySql] {
            assert_eq!(marked(text.as_bytes(), lexis).is_some(), expected, "{text}");
        }
    }
    assert!(marked(b"SELECT a FROM t WHERE b = \"x\"", Lexis::MySql).is_some());
}
