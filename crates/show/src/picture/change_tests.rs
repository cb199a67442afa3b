//! What each kind of step tells about the value of what it touches.

use model::Access::{self, Atomic, Read, Write};

use super::change::{self, Change};
use super::tests::{effect, reply, step};
use super::{known, say};

type Told = Option<Change>;

fn is(text: &str) -> Told {
    Some(Change::Is(text.into()))
}

fn columns(all: &[(&str, &str)]) -> Told {
    let all = all
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    Some(Change::Columns(all.collect()))
}

fn check(resource: &str, table: &[(&str, Access, &str, Told)]) {
    for (text, access, value, expected) in table {
        let effect = effect(*access, resource, &[]);
        let step = step("A", text, vec![effect.clone()]);
        let told = change::of(&step, &effect, &reply(value));
        assert_eq!(told, *expected, "{text} -> {value}");
    }
}

#[test]
fn redis_strings() {
    let unknown = Some(Change::Unknown);
    let table = [
        ("cache GET k", Read, "1", is("1")),
        ("cache GET k", Read, "nil", is("nil")),
        ("cache SET k 7 EX 30", Write, "OK", is("7")),
        (r#"cache SET k "{\"a\": 1}""#, Write, "OK", is("{\"a\": 1}")),
        ("cache SET k me NX", Write, "nil", None),
        ("cache SET k 7", Write, "QUEUED", is("7")),
        ("cache SETNX k me", Atomic, "1", is("me")),
        ("cache SETNX k me", Atomic, "0", None),
        ("cache SETEX k 30 7", Write, "OK", is("7")),
        ("cache MSET x 1 k 2", Write, "OK", is("2")),
        ("cache DECR k", Atomic, "-1", is("-1")),
        ("cache INCRBY k 5", Atomic, "12", is("12")),
        ("cache INCR k", Atomic, "ERR wrong type", None),
        ("cache INCR k", Atomic, "QUEUED", unknown.clone()),
        ("cache DEL k", Write, "1", is("nil")),
        ("cache EXPIRE k 30", Write, "1", None),
        ("cache EVAL script 1 k", Access::Unknown, "1", unknown),
    ];
    check("k", &table);
}

#[test]
fn redis_hashes_and_lists() {
    let two = columns(&[("a", "1"), ("b", "2")]);
    let table = [
        ("cache HSET k a 1 b 2", Write, "2", two),
        ("cache HGET k a", Read, "1", columns(&[("a", "1")])),
        ("cache HINCRBY k a 2", Atomic, "3", columns(&[("a", "3")])),
        ("cache HDEL k a", Write, "1", columns(&[("a", "nil")])),
        ("cache RPUSH k a", Write, "4", is("4 items")),
    ];
    check("k", &table);
}

#[test]
fn sql() {
    let upsert =
        "db INSERT INTO t (k, q) VALUES ('x', 3) ON CONFLICT (k) DO UPDATE SET q = excluded.q";
    let quoted = r#"db UPDATE "t" SET "a" = ("t"."a" + 1) WHERE "t"."id" = 1"#;
    let back = "db UPDATE t SET a = a - 1 RETURNING a";
    let five = columns(&[("a", "5")]);
    let table = [
        ("db SELECT a FROM t WHERE id = 1", Read, "5", five.clone()),
        ("db SELECT t.a, o.b FROM t, o", Read, "5|2", five.clone()),
        ("db SELECT lower(b) AS a FROM t", Read, "5", is("5")),
        ("db SELECT count(*) FROM t", Read, "3", is("3")),
        ("db SELECT a FROM t", Read, "0 rows", is("no rows")),
        ("db SELECT a FROM t", Read, "2 rows: 5", None),
        ("db SELECT * FROM t", Read, "5|6", None),
        (
            "db UPDATE t SET a = 5 WHERE id = 1",
            Write,
            "UPDATE 1",
            five,
        ),
        (
            "db UPDATE t SET a = a + 1",
            Atomic,
            "UPDATE 1",
            columns(&[("a", "a + 1")]),
        ),
        (quoted, Atomic, "UPDATE 1", columns(&[("a", "t.a + 1")])),
        (back, Atomic, "UPDATE 1: 4", columns(&[("a", "4")])),
        (
            "db UPDATE t SET a = 5 WHERE a = 4",
            Atomic,
            "UPDATE 0",
            None,
        ),
        ("db UPDATE t SET a = 5", Write, "ERR deadlock", None),
        (
            "db INSERT INTO t (a) VALUES (5)",
            Write,
            "INSERT 0 1",
            Some(Change::Rows(1)),
        ),
        (upsert, Atomic, "INSERT 0 1", columns(&[("q", "3")])),
        (
            "db DELETE FROM t WHERE id = 1",
            Write,
            "DELETE 2",
            Some(Change::Rows(-2)),
        ),
        ("db TRUNCATE t", Write, "TRUNCATE", Some(Change::Unknown)),
        ("db COMMIT", Read, "COMMIT", None),
    ];
    check("t", &table);
}

#[test]
fn http() {
    let table = [
        ("shop GET /t", Read, "404 {\"error\": 1}", is("404")),
        ("shop GET /t", Read, "200 {\"id\": 1}", is("{\"id\": 1}")),
        (
            "shop POST /t {}",
            Atomic,
            "201 {\"id\": 1}",
            is("201 {\"id\": 1}"),
        ),
        ("shop POST /t {}", Atomic, "409 taken", None),
    ];
    check("/t", &table);
}

#[test]
fn bound_values_stand_in_their_places() {
    let effect = effect(Atomic, "t", &[("id", "7")]);
    let text = "db UPDATE t SET a = a + $1::int WHERE id = $2";
    let mut step = step("A", text, vec![effect.clone()]);
    step.parameters = vec![Some("-100".into()), Some("7".into())];
    let told = change::of(&step, &effect, &reply("UPDATE 1"));
    assert_eq!(told, columns(&[("a", "a + -100")]));
    assert_eq!(say::ask(&step), "UPDATE t a = a + -100");
}

#[test]
fn of_several_rows_only_the_one_that_is_told_counts() {
    let text = "db SELECT name, balance FROM t WHERE owner = 1";
    for (name, expected) in [("checking", true), ("savings", false)] {
        let effect = effect(Read, "t", &[("owner", "1"), ("name", name)]);
        let step = step("A", text, vec![effect.clone()]);
        let told = change::of(&step, &effect, &reply("2 rows: checking|75"));
        assert_eq!(told.is_some(), expected, "{name}");
    }
}

#[test]
fn sums_are_followed_where_the_beginning_is_known() {
    let sold = |value: &str| Change::Columns(vec![("sold".into(), value.into())]);
    let mut known = known::Known::default();
    for (change, expected) in [
        (sold("sold + 1"), "sold + 1"),
        (sold("sold + 1"), "sold + 2"),
        (sold("sold - 5"), "sold - 3"),
        (sold("9"), "sold 9"),
        (sold("events.sold + 1"), "sold 10"),
        (sold("sold + -10"), "sold 0"),
        (Change::Rows(1), "sold 0, +1 row"),
        (Change::Is("10".into()), "10"),
        (Change::Unknown, "?"),
        (sold("lower(name)"), "sold lower(name)"),
    ] {
        known.apply(&change);
        assert_eq!(known.shown(&[]), expected);
    }
}
