//! Every limit, reached.

use super::*;
use crate::postgres::meaning::{self, MEANINGS_MAX, REMEMBERED_BYTES_MAX};
use crate::postgres::statements::{
    NAME_BYTES_MAX, PORTALS_MAX, STATEMENT_BYTES_MAX, STATEMENTS_MAX,
};
use crate::postgres::values::Lexis;
use crate::postgres::{
    depth, describe, memory, queue, reply, scan, scope, shape, shapes, statements, values,
};
use crate::session::{Frame, Look, Scan, Session as _, Up};

fn up(session: &mut Session, message: &[u8], look: Look) -> Up {
    session.up(
        Frame {
            bytes: message,
            whole: true,
        },
        look,
    )
}

#[test]
fn the_oldest_statement_is_forgotten() {
    let mut driver = ready();
    for n in 0..=STATEMENTS_MAX {
        up(
            &mut driver.session,
            &parse(&format!("s{n}"), "SELECT 1", &[]),
            Look::Brief,
        );
    }
    assert_eq!(driver.session.statements.size().0, STATEMENTS_MAX);
    driver.said.clear();
    driver.feed(Direction::Up, &bind("", "s0", &[]), 100);
    assert_eq!(
        driver.said,
        "up   EXECUTE | unknown statement [Unknown *]   brief \"unknown statement\"\n"
    );
    let (many, why) = driver.session.not_understood();
    assert_eq!((many, why), (1, Some("unknown statement")));
    driver.said.clear();
    driver.feed(
        Direction::Up,
        &[execute("", 0), bind("", "s1", &[])].concat(),
        100,
    );
    assert!(driver.said.contains("SELECT | SELECT ?"), "{}", driver.said);
}

#[test]
fn statements_are_bounded_in_bytes() {
    let mut driver = ready();
    let long = format!("SELECT '{}'", "x".repeat(60_000));
    for n in 0..40 {
        up(
            &mut driver.session,
            &parse(&format!("s{n}"), &long, &[]),
            Look::Brief,
        );
        let (many, bytes) = driver.session.statements.size();
        assert!(
            bytes <= STATEMENT_BYTES_MAX && many >= (n + 1).min(16),
            "{many} {bytes}"
        );
    }
    for n in 0..40 {
        up(
            &mut driver.session,
            &named(b'C', "S", &format!("s{n}")),
            Look::Brief,
        );
    }
    assert_eq!(driver.session.statements.size(), (0, 0));
}

#[test]
fn portals_are_bounded() {
    let mut driver = ready();
    for n in 0..3 * PORTALS_MAX {
        up(
            &mut driver.session,
            &bind(&format!("p{n}"), "", &[]),
            Look::Brief,
        );
        assert!(driver.session.portals.len() <= PORTALS_MAX);
    }
    let long = "p".repeat(NAME_BYTES_MAX + 1);
    let before = driver.session.portals.len();
    up(&mut driver.session, &bind(&long, "", &[]), Look::Brief);
    assert_eq!(driver.session.portals.len(), before);
    assert_eq!(driver.session.bound.len(), NAME_BYTES_MAX);
}

#[test]
fn a_client_that_never_reads_is_not_followed() {
    let mut driver = ready();
    for _ in 0..queue::AWAITED_MAX {
        up(&mut driver.session, &bare(b'S'), Look::Brief);
    }
    assert_eq!(driver.session.scan(Direction::Up, b"S"), Scan::More);
    up(&mut driver.session, &bare(b'S'), Look::Brief);
    assert_eq!(
        driver.session.scan(Direction::Up, b"S"),
        Scan::Alien("too many answers awaited")
    );
}

#[test]
fn lengths_have_a_limit() {
    let mut driver = ready();
    let head = |length: usize| [b"d", &(length as u32).to_be_bytes()[..]].concat();
    assert_eq!(
        driver
            .session
            .scan(Direction::Up, &head(scan::MESSAGE_BYTES_MAX)),
        Scan::More
    );
    let mut driver = ready();
    let scanned = driver
        .session
        .scan(Direction::Up, &head(scan::MESSAGE_BYTES_MAX + 1));
    assert_eq!(
        scanned,
        Scan::Alien("a PostgreSQL message of an impossible length")
    );
    let start = |length: usize| [(length as u32).to_be_bytes(), 196_608_u32.to_be_bytes()].concat();
    assert_eq!(
        Session::default().scan(Direction::Up, &start(scan::START_UP_BYTES_MAX)),
        Scan::More
    );
    let scanned = Session::default().scan(Direction::Up, &start(scan::START_UP_BYTES_MAX + 1));
    assert_eq!(
        scanned,
        Scan::Alien("a PostgreSQL start-up of an impossible length")
    );
}

#[test]
fn shapes_are_cut() {
    let cut = shape::of(format!("SELECT {}", "a, ".repeat(3000)).as_bytes());
    assert!(
        cut.len() <= shape::SHAPE_BYTES_MAX + 8 && cut.ends_with("..."),
        "{}",
        cut.len()
    );
    let cut = shape::of("a".repeat(5000).as_bytes());
    assert!(cut.len() <= shape::SHAPE_BYTES_MAX + 8, "{}", cut.len());
}

#[test]
fn remembered_shapes_are_bounded() {
    let mut out = Vec::new();
    for n in [shapes::TEXT_BYTES_MAX, shapes::TEXT_BYTES_MAX + 1] {
        let text = format!("SELECT '{}'", "x".repeat(n - "SELECT ''".len()));
        for _ in 0..2 {
            out.clear();
            shapes::write(text.as_bytes(), &mut out);
            assert_eq!(out, b"SELECT ?");
        }
        assert_eq!(shapes::longest(), shapes::TEXT_BYTES_MAX);
    }
    // More texts than places: each still has its own shape.
    for n in 0..2 * shapes::SLOTS {
        out.clear();
        shapes::write(format!("select a{n}").as_bytes(), &mut out);
        assert_eq!(out, format!("SELECT a{n}").as_bytes());
    }
}

#[test]
fn meanings_are_bounded() {
    for n in 0..MEANINGS_MAX + 10 {
        meaning::of(format!("SELECT a{n} FROM t").as_bytes());
    }
    assert_eq!(meaning::remembered(), MEANINGS_MAX);
    let long = format!("SELECT '{}' FROM t", "x".repeat(REMEMBERED_BYTES_MAX));
    meaning::of(long.as_bytes());
    meaning::of(b"SELECT a1033 FROM t");
    assert_eq!(meaning::remembered(), MEANINGS_MAX);
}

#[test]
fn texts_that_differ_in_values_are_remembered_once() {
    for n in 0..100 {
        let sql = format!("UPDATE t SET a = {n} WHERE b = 'x{n}' AND c = {}", n + 1000);
        let meaning = meaning::of(sql.as_bytes());
        let part = meaning.effects(&[]).remove(0).part_text();
        assert_eq!(part, format!("b = x{n} AND c = {}", n + 1000));
    }
    assert_eq!(meaning::remembered(), 1);
    // More values than are told apart: the text is parsed as it is.
    let many = (0..=values::VALUES_MAX).map(|n| n.to_string());
    let many = many.collect::<Vec<_>>().join(", ");
    assert!(values::marked(format!("SELECT {many}").as_bytes(), Lexis::Postgres).is_none());
}

#[test]
fn what_would_grow_deep_is_not_parsed() {
    let understood = |sql: String| meaning::of(sql.as_bytes()).obscure.is_none();
    let nested = |n: usize| format!("SELECT {}a{} FROM t", "(".repeat(n), ")".repeat(n));
    assert!(understood(nested(depth::BRACKETS_MAX - 1)));
    assert!(!understood(nested(depth::BRACKETS_MAX)));
    let chained = |n: usize| format!("SELECT a{} FROM t", " + a".repeat(n));
    assert!(understood(chained(depth::RUN_TOKENS_MAX / 2 - 4)));
    assert!(!understood(chained(depth::RUN_TOKENS_MAX / 2)));
    let joined = |n: usize| {
        format!(
            "SELECT a, b FROM t{}",
            " UNION SELECT a, b FROM t".repeat(n)
        )
    };
    assert!(understood(joined(depth::UNIONS_MAX)));
    assert!(!understood(joined(depth::UNIONS_MAX + 1)));
    // Statements within statements are followed once.
    for words in [
        "DECLARE c CURSOR FOR ",
        "COPY (",
        "EXPLAIN ANALYZE ",
        "PREPARE p AS ",
    ] {
        assert!(meaning::of(words.repeat(20_000).as_bytes()).touches.len() <= 1);
    }
    // Rows of values are wide, not deep.
    assert!(understood(format!(
        "INSERT INTO t VALUES (1, -2){}",
        ", (1, -2)".repeat(4000)
    )));
}

#[test]
fn columns_have_a_limit() {
    let columns = |many: usize, tables: usize| {
        let columns: Vec<String> = (0..many).map(|n| format!("c{n}")).collect();
        let tables: Vec<String> = (0..tables).map(|n| format!("t{n}")).collect();
        let sql = format!("SELECT {} FROM {}", columns.join(","), tables.join(","));
        let meaning = meaning::of(sql.as_bytes());
        let known = meaning
            .touches
            .iter()
            .map(|touch| touch.columns.as_ref().map(Vec::len));
        (meaning.touches.len(), known.max().flatten())
    };
    assert_eq!(
        columns(scope::COLUMNS_MAX, 1),
        (1, Some(scope::COLUMNS_MAX))
    );
    assert_eq!(columns(scope::COLUMNS_MAX + 1, 1), (1, None));
    assert_eq!(
        columns(2, meaning::EFFECTS_MAX),
        (meaning::EFFECTS_MAX, Some(2))
    );
    // Too many to tell apart, quickly; what is left out may be anything.
    assert_eq!(columns(10_000, 10_000), (meaning::EFFECTS_MAX, None));
    let tables = (0..100)
        .map(|n| format!("t{n}"))
        .collect::<Vec<_>>()
        .join(",");
    let meaning = meaning::of(format!("SELECT a FROM {tables}").as_bytes());
    assert_eq!(
        meaning.touches.last().unwrap().access,
        model::Access::Unknown
    );
    // Long lists on both sides.
    let names = (0..8_000).map(|n| format!("c{n}")).collect::<Vec<_>>();
    let set: Vec<String> = names
        .iter()
        .map(|name| format!("{name} = EXCLUDED.{name}"))
        .collect();
    let insert = format!(
        "INSERT INTO t ({0}) VALUES ({0}) ON CONFLICT ({0}) DO UPDATE SET {1}",
        names.join(","),
        set.join(",")
    );
    assert_eq!(meaning::of(insert.as_bytes()).touches.len(), 1);
}

#[test]
fn prepared_statements_are_bounded() {
    let mut driver = ready();
    for n in 0..2 * memory::PREPARED_MAX {
        up(
            &mut driver.session,
            &query(&format!("PREPARE p{n} AS SELECT {n}")),
            Look::Brief,
        );
        assert!(driver.session.memory.len() <= memory::PREPARED_MAX);
    }
    // Effects of many executions, and more executions than are kept.
    let tables: Vec<String> = (0..40).map(|n| format!("t{n}")).collect();
    let prepare = format!("PREPARE many AS SELECT 1 FROM {}", tables.join(","));
    driver.feed(Direction::Up, &query(&prepare), 1000);
    for text in ["EXECUTE many;".repeat(2), "EXECUTE many;".repeat(100)] {
        driver.feed(Direction::Up, &query(&text), 1000);
        let effects = &driver.steps.last().unwrap().effects;
        assert_eq!(effects.len(), meaning::EFFECTS_MAX);
        assert_eq!(effects.last().unwrap().access, model::Access::Unknown);
    }
    let before = driver.session.memory.len();
    let long = "x".repeat(memory::PREPARED_BYTES_MAX);
    let sql = format!("PREPARE long AS SELECT '{long}'");
    up(&mut driver.session, &query(&sql), Look::Brief);
    assert_eq!(driver.session.memory.len(), before);
}

#[test]
fn effects_and_values_are_cut() {
    let many: Vec<String> = (0..200).map(|n| format!("SELECT a FROM t{n}")).collect();
    assert_eq!(
        meaning::of(many.join(";").as_bytes()).touches.len(),
        meaning::EFFECTS_MAX
    );
    let long = "x".repeat(meaning::PART_VALUE_BYTES_MAX + 1);
    let meaning = meaning::of(format!("SELECT a FROM t WHERE b = '{long}'").as_bytes());
    let part = meaning.effects(&[])[0].part_text();
    assert_eq!(part.len(), "b = ...".len() + meaning::PART_VALUE_BYTES_MAX);
}

#[test]
fn parameters_and_types_are_bounded() {
    let mut driver = ready();
    let many = statements::TYPES_MAX + 100;
    driver.feed(
        Direction::Up,
        &parse("", "SELECT $1", &vec![23; many]),
        64 * 1024,
    );
    assert_eq!(
        driver.session.statements.get(b"").unwrap().types.len(),
        statements::TYPES_MAX
    );
    driver.feed(
        Direction::Up,
        &bind("", "", &vec![(false, Some(&b"1"[..])); many]),
        64 * 1024,
    );
    assert_eq!(driver.steps[0].parameters.len(), describe::PARAMETERS_MAX);
}

#[test]
fn replies_are_cut() {
    let mut driver = ready();
    driver.feed(Direction::Up, &query("SELECT 1"), 100);
    driver.said.clear();
    let row: Vec<Option<&[u8]>> = vec![Some(b"1"); reply::VALUES_MAX + 1];
    let mut bytes = Vec::new();
    crate::postgres::encode::row(&mut bytes, &row);
    driver.feed(Direction::Down, &bytes, 100);
    let tags = vec!["C:SET"; reply::COMMANDS_MAX + 5];
    driver.feed(Direction::Down, &down(&tags), 100);
    driver.feed(Direction::Down, &down(&["ZI"]), 100);
    let last = driver.said.lines().last().unwrap();
    assert_eq!(last.matches("SET").count(), reply::COMMANDS_MAX);
    assert_eq!(last.matches('1').count(), reply::VALUES_MAX);
    let mut gathered = reply::Gathered::default();
    for n in 0..reply::NOTES_MAX + 5 {
        gathered.note(n as u32, 0, Default::default());
    }
    assert_eq!(gathered.notes(), reply::NOTES_MAX);
}
