//! What real clients and a real PostgreSQL 15 said to one another. A capture is a line a piece,
//! `>` up and `<` down, with escapes for what is not printable.

use super::SLICES;
use crate::postgres::Session;
use crate::session::{Direction, Down, Frame, Look, Scan, Session as _, Up};
use crate::testkit::Driver;

fn pieces(capture: &str) -> Vec<(Direction, Vec<u8>)> {
    capture
        .lines()
        .map(|line| {
            let direction = if line.starts_with('>') {
                Direction::Up
            } else {
                Direction::Down
            };
            (direction, unescaped(&line[1..]))
        })
        .collect()
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'\\' => match rest.next().unwrap() {
                b'0' => 0,
                b'n' => b'\n',
                b'\\' => b'\\',
                b'x' => {
                    let mut digit = || char::from(rest.next().unwrap()).to_digit(16).unwrap() as u8;
                    digit() << 4 | digit()
                }
                other => panic!("escape {other}"),
            },
            plain => plain,
        });
    }
    out
}

/// What each frame was taken for, without descriptions.
fn kinds(capture: &str, look: Look) -> Vec<String> {
    let mut session = Session::default();
    let mut kinds = Vec::new();
    for (direction, bytes) in pieces(capture) {
        let mut rest = &bytes[..];
        while let Scan::End(n) = if rest.is_empty() {
            Scan::More
        } else {
            session.scan(direction, rest)
        } {
            let frame = Frame {
                bytes: &rest[..n],
                whole: true,
            };
            rest = &rest[n..];
            kinds.push(match direction {
                Direction::Up => match session.up(frame, look) {
                    Up::Step(_) => "step".to_string(),
                    Up::OneWay(_) => "one way".to_string(),
                    other => format!("{other:?}"),
                },
                Direction::Down => match session.down(frame, look) {
                    Down::End { skipped, .. } => format!("end {skipped}"),
                    other => format!("{other:?}"),
                },
            });
        }
        assert!(rest.is_empty(), "a piece of a capture ends within a frame");
    }
    kinds
}

fn check(name: &str, capture: &str) {
    let mut first = None;
    for slice in SLICES {
        let mut driver = Driver::new(Session::default());
        for (direction, bytes) in pieces(capture) {
            driver.feed(direction, &bytes, slice);
        }
        assert_eq!(driver.session.lost, None, "{name}\n{}", driver.said);
        let said = first.get_or_insert_with(|| driver.said.clone());
        assert_eq!(*said, driver.said, "{name} in slices of {slice}");
        if driver.open > 0 {
            driver.said.push_str("still open\n");
        }
    }
    assert_eq!(
        kinds(capture, Look::Brief),
        kinds(capture, Look::Full),
        "{name}"
    );
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, first.unwrap_or_default()));
}

macro_rules! captured {
    ($($test:ident $name:literal)*) => {$(
        #[test]
        fn $test() {
            check($name, include_str!(concat!("../captures/", $name, ".txt")));
        }
    )*};
}

captured! {
    asyncpg "asyncpg"
    cancel_request "cancel_request"
    cancelled "cancelled"
    node_pg "node_pg"
    notify "notify"
    pg8000 "pg8000"
    pgbench_extended "pgbench_extended"
    pgbench_prepared "pgbench_prepared"
    pgbench_simple "pgbench_simple"
    psql_copy "psql_copy"
    psql_simple "psql_simple"
    psql_ssl "psql_ssl"
    psycopg2 "psycopg2"
    psycopg3 "psycopg3"
    psycopg3_copy "psycopg3_copy"
    psycopg3_pipeline "psycopg3_pipeline"
    sasl "sasl"
    sasl_refused "sasl_refused"
}
