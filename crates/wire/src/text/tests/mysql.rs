//! Statements as frameworks write them for MySQL.

use model::{Isolation, Transaction};

use super::described;
use crate::text::{Describer, Language};

#[test]
fn what_frameworks_send_to_mysql() {
    insta::assert_snapshot!(described(
        Language::MySql,
        include_str!("mysql_frameworks.sql")
    ));
}

#[test]
fn mysqls_own_ways() {
    insta::assert_snapshot!(described(Language::MySql, include_str!("mysql_own.sql")));
}

#[test]
fn transactions_of_mysql() {
    insta::assert_snapshot!(described(
        Language::MySql,
        include_str!("mysql_transactions.sql")
    ));
}

/// MySQL lets lost updates through at the level it has by default.
#[test]
fn repeatable_read_is_not_what_it_is_elsewhere() {
    let level = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    for (language, expected) in [
        (Language::MySql, Isolation::ReadCommitted),
        (Language::Postgres, Isolation::RepeatableRead),
    ] {
        let level = level.replace(
            "SESSION TRAN",
            match language {
                Language::Postgres => "SESSION CHARACTERISTICS AS TRAN",
                _ => "SESSION TRAN",
            },
        );
        let mut describer = Describer::new(language);
        describer.describe(&level, &[]);
        let begin = describer.describe("START TRANSACTION", &[]);
        assert_eq!(begin.isolation, Some(expected), "{language:?}");
        assert_eq!(begin.transaction, Transaction::Begin);
    }
}

#[test]
fn both_ways_of_writing_a_name_are_one_resource() {
    let mut describer = Describer::new(Language::MySql);
    let mut effects = |sql| describer.describe(sql, &[]).effects;
    let plain = effects("UPDATE Orders SET State = 'paid' WHERE Id = 42");
    let quoted = effects(r#"UPDATE `orders` SET `orders`.`state` = "paid" WHERE `id` = 42"#);
    assert_eq!(plain[0].resource, quoted[0].resource);
    assert_eq!(plain[0].part, quoted[0].part);
    assert_eq!(effects("SELECT * FROM `order`")[0].resource, "order");
}

#[test]
fn values_are_out_of_shapes() {
    let mut describer = Describer::new(Language::MySql);
    let mut shape = |sql: &str| describer.describe(sql, &[]).shape;
    let first = shape(r#"SELECT `a` FROM t WHERE b = "it's" AND c = 'x\'y' # "why"#);
    for same in [
        "SELECT `a` FROM t WHERE b = 'z' AND c = 'it''s'",
        "select a from t /* n */ where b = ? and c = ?",
        "SELECT a FROM t WHERE b = 1 AND c = -2 -- x",
        r#"/*!40001 SELECT */ a FROM t WHERE b = "a""b" AND c = "\"""#,
    ] {
        assert_eq!(shape(same), first, "{same}");
    }
    assert_eq!(first, "SELECT a FROM t WHERE b = ? AND c = ?");
    assert_eq!(shape("SELECT 1--1"), "SELECT ? - ?");
    assert_eq!(shape("SELECT `order`, `a b`"), "SELECT \"order\", \"a b\"");
}
