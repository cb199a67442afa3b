//! A described step is the step that a wire sees: the same texts go through both.

use super::*;
use crate::http;
use crate::postgres::tests as postgres;
use crate::redis;
use crate::session::{Direction, Draft};
use crate::testkit::Driver;

const UP: Direction = Direction::Up;
const DOWN: Direction = Direction::Down;

fn without_process(mut draft: Draft) -> Draft {
    draft.session = None;
    draft
}

/// The step that both see of a text; the server's answer to it is that of a working statement.
fn same_query(driver: &mut Driver<crate::postgres::Session>, describer: &mut Describer, sql: &str) {
    driver.feed(UP, &postgres::query(sql), 100);
    let seen = driver.steps.pop().map(without_process);
    let described = describer.describe(sql, &[]);
    let status = match described.transaction {
        model::Transaction::Begin | model::Transaction::Inside => "Z:T",
        _ => "Z:I",
    };
    driver.feed(DOWN, &postgres::down(&["C:OK", status]), 100);
    assert_eq!(Some(described), seen, "{sql}");
    let seen = crate::session::Session::not_understood(&driver.session);
    assert_eq!(describer.not_understood(), seen, "{sql}");
}

#[test]
fn statements_are_what_a_simple_query_is() {
    for table in [
        include_str!("../../postgres/tests/reads.sql"),
        include_str!("../../postgres/tests/writes.sql"),
        include_str!("../../postgres/tests/others.sql"),
        include_str!("../../postgres/tests/orm.sql"),
        include_str!("../../postgres/tests/columns.sql"),
    ] {
        for line in table.lines().map(str::trim).filter(|l| !l.is_empty()) {
            let mut describer = Describer::new(Language::Postgres);
            same_query(&mut postgres::ready(), &mut describer, line);
        }
    }
}

#[test]
fn sessions_are_followed_as_on_a_wire() {
    let mut driver = postgres::ready();
    let mut describer = Describer::new(Language::Postgres);
    for sql in [
        "BEGIN ISOLATION LEVEL REPEATABLE READ",
        "UPDATE t SET a = 1",
        "SAVEPOINT s",
        "ROLLBACK TO s",
        "COMMIT",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "COMMIT",
        "BEGIN",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SELECT * FROM t",
        "ROLLBACK",
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SELECT 1",
        "START TRANSACTION",
        "SELECT * FROM t",
        "ABORT",
        "PREPARE p AS SELECT * FROM t WHERE id = $1",
        "EXECUTE p(5)",
        "DEALLOCATE p",
        "EXECUTE p(5)",
    ] {
        same_query(&mut driver, &mut describer, sql);
    }
}

#[test]
fn statements_with_values_are_what_a_bind_is() {
    let values: [Option<&[u8]>; 3] = [Some(b"42"), None, Some(b"it's")];
    let bound: Vec<Option<String>> = values
        .iter()
        .map(|value| Some(String::from_utf8_lossy((*value)?).into_owned()))
        .collect();
    let binds: Vec<_> = values.iter().map(|value| (false, *value)).collect();
    let mut driver = postgres::ready();
    let mut describer = Describer::new(Language::Postgres);
    for sql in [
        "SELECT sold FROM events WHERE id = $1 FOR UPDATE",
        "UPDATE events SET sold = $1, note = $3 WHERE id = $2",
        "INSERT INTO events (id, note) VALUES ($1, $3) ON CONFLICT (id) DO NOTHING",
        "SELECT pg_advisory_xact_lock($1)",
    ] {
        let up = [
            postgres::parse("", sql, &[]),
            postgres::bind("", "", &binds),
            postgres::execute("", 0),
            postgres::bare(b'S'),
        ];
        driver.feed(UP, &up.concat(), 100);
        let down = postgres::down(&["1", "2", "C:OK", "Z:I"]);
        driver.feed(DOWN, &down, 100);
        let seen = driver.steps.pop().map(without_process);
        assert_eq!(Some(describer.describe(sql, &bound)), seen, "{sql}");
    }
}

#[test]
fn commands_are_what_a_wire_sees() {
    let mut driver = Driver::new(redis::Session::default());
    let mut describer = Describer::new(Language::Redis);
    for (line, reply) in [
        ("GET inv:42", "$1\r\n9\r\n"),
        ("set hold:42 me NX PX 5000", "+OK\r\n"),
        ("EVAL return 1 k1 x", "$-1\r\n"),
        ("WATCH inv:42", "+OK\r\n"),
        ("MULTI", "+OK\r\n"),
        ("DECR inv:42", "+QUEUED\r\n"),
        ("EXEC", "*1\r\n:8\r\n"),
        ("SELECT 3", "+OK\r\n"),
        ("HSET user:1 name Ann", ":1\r\n"),
        ("MULTI", "+OK\r\n"),
        ("DEL a", "+QUEUED\r\n"),
        ("DISCARD", "+OK\r\n"),
        ("NOSUCH a", "-ERR\r\n"),
        ("PING", "+PONG\r\n"),
        ("RESET", "+RESET\r\n"),
        ("PUBLISH news hi", ":0\r\n"),
    ] {
        let mut frame = Vec::new();
        redis::encode::command(&line.split(' ').collect::<Vec<_>>(), &mut frame);
        driver.feed(UP, &frame, 100);
        driver.feed(DOWN, reply.as_bytes(), 100);
        assert_eq!(
            Some(describer.describe(line, &[])),
            driver.steps.pop(),
            "{line}"
        );
    }
    let seen = crate::session::Session::not_understood(&driver.session);
    assert_eq!(describer.not_understood(), seen);
}

#[test]
fn requests_are_what_a_wire_sees() {
    let mut describer = Describer::new(Language::Http);
    for (text, head, body) in [
        ("GET /orders/17?page=2&all", "GET /orders/17?page=2&all", ""),
        ("POST /customers", "POST /customers", ""),
        (
            "PUT /customers/4 {\"name\": \"Ann B\"}",
            "PUT /customers/4",
            "{\"name\": \"Ann B\"}",
        ),
        ("  DELETE\t/a\n", "DELETE /a", ""),
        ("GET /health", "GET /health", ""),
        (
            "POST /graphql {\"query\":\"mutation Pay { pay }\",\"operationName\":\"Pay\"}",
            "POST /graphql",
            "{\"query\":\"mutation Pay { pay }\",\"operationName\":\"Pay\"}",
        ),
        ("GET http://crm:80/a?b=1", "GET http://crm:80/a?b=1", ""),
    ] {
        let mut driver = Driver::new(http::Session::default());
        let bytes = format!(
            "{head} HTTP/1.1\r\nhost: crm\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        driver.feed(UP, bytes.as_bytes(), 100);
        assert_eq!(
            Some(describer.describe(text, &[])),
            driver.steps.pop(),
            "{text}"
        );
    }
    assert_eq!(describer.not_understood(), (0, None));
}
