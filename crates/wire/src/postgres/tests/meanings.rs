//! Statements: shapes, effects and values, one a line.

use super::*;
use crate::postgres::memory::Change;
use crate::postgres::{meaning, shape, value};

fn shown(sql: &str) -> String {
    let meaning = meaning::of(sql.as_bytes());
    let parameters: Vec<Option<String>> = (1..10).map(|n| Some(format!("p{n}"))).collect();
    let effects: Vec<String> = meaning
        .effects(&parameters)
        .iter()
        .map(|e| {
            format!(
                "{:?} {}{}{}",
                e.access,
                e.resource,
                match e.part_text() {
                    part if part.is_empty() => part,
                    part => format!(" where {part}"),
                },
                match &e.columns {
                    Some(columns) if columns.is_empty() => " no cols".to_string(),
                    Some(columns) => format!(" cols {}", columns.join(",")),
                    None => String::new(),
                }
            )
        })
        .collect();
    let control = meaning
        .control
        .map(|control| format!(" {control:?}"))
        .unwrap_or_default();
    let noise = if meaning.noise { " noise" } else { "" };
    let obscure = meaning
        .obscure
        .as_ref()
        .map(|why| format!(" ({why})"))
        .unwrap_or_default();
    let changes: String = meaning
        .changes
        .iter()
        .map(|change| match change {
            Change::Prepare(name, Some(body)) => format!(" prepare {name}: {}", body.verb),
            change => format!(" {change:?}"),
        })
        .collect();
    format!(
        "{sql}\n    {}{control}{noise} [{}]{changes}{obscure}\n",
        meaning.verb,
        effects.join(", ")
    )
}

fn table(statements: &str) -> String {
    statements
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(shown)
        .collect()
}

#[test]
fn reads() {
    insta::assert_snapshot!(table(include_str!("reads.sql")));
}

#[test]
fn writes() {
    insta::assert_snapshot!(table(include_str!("writes.sql")));
}

#[test]
fn others() {
    insta::assert_snapshot!(table(include_str!("others.sql")));
}

#[test]
fn columns_and_parts() {
    insta::assert_snapshot!(table(include_str!("columns.sql")));
}

#[test]
fn what_frameworks_send() {
    insta::assert_snapshot!(table(include_str!("orm.sql")));
}

#[test]
fn shapes() {
    let shapes = include_str!("shapes.sql")
        .split("\n;;\n")
        .map(|sql| format!("{sql}\n    {}\n", shape::of(sql.as_bytes())));
    insta::assert_snapshot!(shapes.collect::<String>());
}

#[test]
fn equal_code_has_equal_shapes() {
    let check = |a: &str, b: &str| assert_eq!(shape::of(a.as_bytes()), shape::of(b.as_bytes()));
    check(
        "select  a ,b from t where id=1 -- x",
        "SELECT a, b FROM t /* y /* z */ */ WHERE id = 22;",
    );
    check(
        "select * from t where a in (1, 2,3)",
        "SELECT * FROM t WHERE a IN ( 'x' )",
    );
    check(
        "SELECT * FROM t WHERE a IN ($1,$2)",
        "SELECT * FROM t WHERE a IN ($1)",
    );
    check(
        "INSERT INTO t(a,b) VALUES(-1,E'\\'')",
        "insert into t (a, b) values (+2.5e-7, $x$ ' $x$)",
    );
    check("select a-1", "select a - 2");
    check("select current_timestamp", "SELECT CURRENT_TIMESTAMP");
    assert_eq!(
        shape::of(b"do IN9 s\xc9t current_rimestamp"),
        "DO IN9 s\u{fffd}t current_rimestamp"
    );
}

#[test]
fn values() {
    let check = |oid: u32, hex: &str, expected: &str| {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = digits.chunks(2).map(byte).collect();
        assert_eq!(value::decode(oid, true, &bytes), expected, "oid {oid}");
    };
    check(16, "01", "t");
    check(21, "ffff", "-1");
    check(23, "0000002a", "42");
    check(20, "8000000000000000", "-9223372036854775808");
    check(701, "3ff8000000000000", "1.5");
    check(700, "3e99999a", "0.3");
    check(25, "c3a9", "é");
    check(3802, "01 7b7d", "{}");
    check(
        2950,
        "00112233445566778899aabbccddeeff",
        "00112233-4455-6677-8899-aabbccddeeff",
    );
    check(1082, "00000000", "2000-01-01");
    check(1082, "ffffd2cb", "1968-04-25");
    check(1082, "7fffffff", "infinity");
    check(1114, "0000000000000001", "2000-01-01 00:00:00.000001");
    check(1184, "ffffffffffffffff", "1999-12-31 23:59:59.999999+00");
    check(1184, "8000000000000000", "-infinity");
    check(17, "00ff", "\\x00ff");
    check(23, "00", "0x00");
    check(0, "0000002a", "0x0000002a");
    // numeric: 12.50, -12345.67, 0.00012, 1000000, 10000.0001, NaN
    check(1700, "0002 0000 0000 0002 000c 1388", "12.50");
    check(1700, "0003 0001 4000 0002 0001 0929 1a2c", "-12345.67");
    check(1700, "0001 ffff 0000 0005 0001", "0.00010");
    check(1700, "0001 0001 0000 0000 0064", "1000000");
    check(1700, "0003 0001 0000 0004 0001 0000 0001", "10000.0001");
    check(1700, "0000 0000 c000 0000", "NaN");
    check(1700, "0000 0000 0000 0000", "0");
    check(1700, "0001 7fff 0000 0000 0001", "0x00017fff000000000001");
    assert_eq!(value::decode(23, false, b"42"), "42");
}

#[test]
fn a_shape_from_a_bind_is_that_of_its_statement() {
    let said = said(&[(
        true,
        [
            parse("n", "select  1", &[]),
            bind("", "n", &[]),
            execute("", 0),
        ]
        .concat(),
    )]);
    assert!(
        said.contains("SELECT | SELECT ? | \"select  1\" noise   brief \"SELECT ?\""),
        "{said}"
    );
}

#[test]
fn parameters_are_decoded_by_the_types_of_parse_or_of_a_description() {
    let check = |types: &[u32], described: bool, expected: &str| {
        let mut driver = ready();
        driver.feed(
            Direction::Up,
            &parse("s", "SELECT a FROM t WHERE id = $1", types),
            9,
        );
        if described {
            driver.feed(
                Direction::Up,
                &[named(b'D', "S", "s"), bare(b'S')].concat(),
                9,
            );
            driver.feed(Direction::Down, &down(&["1", "t:23", "n", "ZI"]), 9);
        }
        driver.feed(
            Direction::Up,
            &bind("", "s", &[(true, Some(&[0, 0, 0, 42])), (false, None)]),
            9,
        );
        assert_eq!(
            driver.steps[0].parameters,
            [Some(expected.to_string()), None]
        );
        assert_eq!(
            driver.steps[0].effects[0].part_text(),
            format!("id = {expected}")
        );
    };
    check(&[23], false, "42");
    check(&[], true, "42");
    check(&[], false, "0x0000002a");
}
