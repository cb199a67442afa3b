//! What a connection remembers from statement to statement: isolation and prepared statements.

use super::*;
use crate::session::{Frame, Look, Session as _};

/// The steps of simple queries, each answered before the next; a status after `|` says where the
/// server is then.
fn steps(queries: &[&str]) -> Vec<String> {
    let mut driver = ready();
    for text in queries {
        let (sql, status) = text.split_once('|').unwrap_or((text, "ZI"));
        driver.feed(Direction::Up, &query(sql), 1000);
        driver.feed(Direction::Down, &down(&["C:OK", status]), 1000);
    }
    driver.steps.iter().map(shown).collect()
}

fn shown(step: &crate::session::Draft) -> String {
    let effects: Vec<String> = step
        .effects
        .iter()
        .map(|e| format!("{:?} {} {}", e.access, e.resource, e.part_text()))
        .collect();
    let level = step.isolation.map(|level| format!("{level:?}"));
    format!(
        "{} {:?} {} [{}]",
        step.verb,
        step.transaction,
        level.unwrap_or_default(),
        effects.join(", ")
    )
}

#[test]
fn execute_is_what_was_prepared() {
    let check = |queries: &[&str], expected: &str| {
        assert_eq!(steps(queries).last().unwrap(), expected, "{queries:?}");
    };
    let prepare = "PREPARE take (int, text) AS UPDATE seats SET owner = $2 WHERE id = $1";
    check(
        &[prepare, "EXECUTE take (7, 'ann')"],
        "UPDATE None  [Write seats id = 7]",
    );
    check(
        &[prepare, "EXECUTE Take(now(), 'ann')"],
        "UPDATE None  [Write seats ]",
    );
    check(
        &["PREPARE \"A b\" AS SELECT 1", "execute \"A b\""],
        "SELECT None  []",
    );
    check(
        &[prepare, "EXPLAIN ANALYZE EXECUTE take (7, 'ann')"],
        "EXPLAIN None  [Write seats id = 7]",
    );
    check(
        &["PREPARE a AS SELECT n FROM t WHERE id = $1; EXECUTE a(1); EXECUTE a(2)"],
        "SELECT None  [Read t id = 1, Read t id = 2]",
    );
    let unknown = "EXECUTE None  [Unknown * ]";
    check(&["EXECUTE take (1)"], unknown);
    check(&[prepare, "DEALLOCATE take", "EXECUTE take (1)"], unknown);
    check(
        &[prepare, "DEALLOCATE PREPARE ALL", "EXECUTE take (1)"],
        unknown,
    );
    check(&[prepare, "DISCARD ALL", "EXECUTE take (1)"], unknown);
    check(
        &[prepare, "DISCARD PLANS", "EXECUTE take (1)"],
        "UPDATE None  [Write seats id = 1]",
    );
}

#[test]
fn statements_of_the_protocol_can_be_executed_by_name() {
    let mut driver = ready();
    let sql = "SELECT n FROM t WHERE id = $1";
    driver.feed(Direction::Up, &parse("p", sql, &[]), 1000);
    driver.feed(Direction::Up, &query("EXECUTE p (3)"), 1000);
    driver.feed(Direction::Up, &query("DEALLOCATE p"), 1000);
    driver.feed(Direction::Up, &query("EXECUTE p (3)"), 1000);
    let shown: Vec<String> = driver.steps.iter().map(shown).collect();
    assert_eq!(shown[0], "SELECT None  [Read t id = 3]");
    assert_eq!(driver.steps[0].parameters, [Some("3".to_string())]);
    assert_eq!(shown[2], "EXECUTE None  [Unknown * ]");
}

#[test]
fn transactions_have_their_level() {
    let check = |queries: &[&str], expected: &str| {
        assert_eq!(steps(queries).last().unwrap(), expected, "{queries:?}");
    };
    check(&["SELECT 1"], "SELECT None  []");
    check(&["BEGIN|ZT", "SELECT 1"], "SELECT Inside ReadCommitted []");
    check(
        &["BEGIN ISOLATION LEVEL SERIALIZABLE"],
        "BEGIN Begin Serializable []",
    );
    check(
        &[
            "START TRANSACTION|ZT",
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ|ZT",
            "SELECT 1",
        ],
        "SELECT Inside RepeatableRead []",
    );
    // The level ends with its transaction, and one that no transaction has, at once.
    let serializable = "BEGIN ISOLATION LEVEL SERIALIZABLE|ZT";
    check(&[serializable, "COMMIT"], "COMMIT Commit Serializable []");
    check(
        &[serializable, "COMMIT AND CHAIN|ZT", "SELECT 1"],
        "SELECT Inside Serializable []",
    );
    check(
        &[serializable, "COMMIT", "BEGIN"],
        "BEGIN Begin ReadCommitted []",
    );
    check(
        &["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "BEGIN"],
        "BEGIN Begin ReadCommitted []",
    );
    check(
        &["BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; UPDATE t SET a = 1; COMMIT"],
        "UPDATE None Serializable [Write t ]",
    );
    for default in [
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SET default_transaction_isolation TO 'serializable'",
        "set session default_transaction_isolation = Serializable",
    ] {
        check(&[default, "BEGIN"], "BEGIN Begin Serializable []");
        check(&[default, "SELECT 1"], "SELECT None Serializable []");
        check(
            &[
                default,
                "BEGIN ISOLATION LEVEL READ COMMITTED|ZT",
                "SELECT 1",
            ],
            "SELECT Inside ReadCommitted []",
        );
        for reset in [
            "RESET ALL",
            "DISCARD ALL",
            "SET default_transaction_isolation TO DEFAULT",
        ] {
            check(&[default, reset, "BEGIN"], "BEGIN Begin ReadCommitted []");
        }
    }
}

#[test]
fn savepoints_end_no_transaction() {
    let check = |queries: &[&str], expected: &str| {
        assert_eq!(steps(queries).last().unwrap(), expected, "{queries:?}");
    };
    for text in [
        "SAVEPOINT \"s1\"|ZT",
        "RELEASE SAVEPOINT \"s1\"|ZT",
        "ROLLBACK TO SAVEPOINT \"s1\"|ZT",
        "ROLLBACK WORK TO s1|ZT",
    ] {
        let verb = text.split(' ').next().unwrap();
        check(
            &["BEGIN|ZT", text],
            &format!("{verb} Inside ReadCommitted []"),
        );
        check(
            &["BEGIN|ZT", text, "SELECT 1"],
            "SELECT Inside ReadCommitted []",
        );
    }
    // Also when nothing has answered yet.
    let mut driver = ready();
    for sql in ["BEGIN", "ROLLBACK TO s", "SELECT 1", "ROLLBACK", "SELECT 1"] {
        driver.feed(Direction::Up, &query(sql), 1000);
    }
    let transactions: Vec<_> = driver.steps.iter().map(|step| step.transaction).collect();
    use model::Transaction::{Begin, Inside, None, Rollback};
    assert_eq!(transactions, [Begin, Inside, Inside, Rollback, None]);
}

#[test]
fn the_start_up_may_set_a_level() {
    let check = |parameters: &str, expected: &str| {
        let body = [parameters.as_bytes(), b"\0"].concat();
        let mut start = (8 + body.len() as u32).to_be_bytes().to_vec();
        start.extend_from_slice(&196_608_u32.to_be_bytes());
        start.extend_from_slice(&body);
        let mut driver = Driver::new(Session::default());
        driver.feed(Direction::Up, &start, 1000);
        driver.feed(Direction::Up, &query("BEGIN"), 1000);
        assert_eq!(shown(&driver.steps[0]), expected, "{parameters:?}");
    };
    check("user\0me\0", "BEGIN Begin ReadCommitted []");
    check(
        "user\0me\0default_transaction_isolation\0serializable\0",
        "BEGIN Begin Serializable []",
    );
    check(
        "user\0me\0options\0-c statement_timeout=1 -c default_transaction_isolation=repeatable\\ read\0",
        "BEGIN Begin RepeatableRead []",
    );
    check(
        "options\0--default-transaction-isolation=serializable\0user\0me\0",
        "BEGIN Begin Serializable []",
    );
    check("user\0", "BEGIN Begin ReadCommitted []");
}

#[test]
fn what_was_said_unattended_counts() {
    let check = |sql: &str, unnamed: bool, expected: &str| {
        let mut driver = ready();
        let said = if unnamed {
            parse("", sql, &[])
        } else {
            query(sql)
        };
        let frame = Frame {
            bytes: &said,
            whole: true,
        };
        driver.session.up(frame, Look::Brief);
        driver.feed(Direction::Up, &query("EXECUTE p (1)"), 1000);
        driver.feed(Direction::Up, &query("BEGIN"), 1000);
        let shown: Vec<String> = driver.steps.iter().map(shown).collect();
        assert_eq!(shown.join("; "), expected, "{sql}");
    };
    let level = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE";
    for unnamed in [false, true] {
        check(
            level,
            unnamed,
            "EXECUTE None Serializable [Unknown * ]; BEGIN Begin Serializable []",
        );
        check(
            "\n prepare p AS SELECT a FROM t WHERE id = $1",
            unnamed,
            "SELECT None  [Read t id = 1]; BEGIN Begin ReadCommitted []",
        );
    }
}
