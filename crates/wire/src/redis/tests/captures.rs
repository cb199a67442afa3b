//! Exchanges between real clients and a real Redis 7.0, recorded by a relay: `=` begins a
//! connection, `U` and `D` are pieces in the order they were seen.

use super::driver;
use crate::session::Direction;

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b'x') => {
                let mut digit = || char::from(rest.next().unwrap()).to_digit(16).unwrap() as u8;
                bytes.push(digit() * 16 + digit());
            }
            other => bytes.extend(other),
        }
    }
    bytes
}

fn replay(capture: &str, slice: usize) -> String {
    let mut said = String::new();
    for connection in capture.split("=\n").filter(|text| !text.is_empty()) {
        let mut driver = driver();
        for line in connection.lines() {
            let direction = if line.starts_with('U') {
                Direction::Up
            } else {
                Direction::Down
            };
            driver.feed(direction, &unescape(&line[2..]), slice);
        }
        said.push_str(&format!("{}open {}\n\n", driver.said, driver.open));
        for step in &driver.steps {
            assert!(!step.verb.is_empty());
        }
    }
    said
}

/// The brief shape of every line is the shape of the draft.
fn assert_brief_is_shape(said: &str) {
    for line in said
        .lines()
        .filter(|line| line.starts_with("up   ") && line.contains(" | "))
    {
        let (described, brief) = line.rsplit_once("   brief ").unwrap();
        let shape = described.split(" | ").nth(1).unwrap();
        let brief = brief.trim_matches('"').replace("\\\"", "\"");
        assert!(shape.starts_with(&brief), "{line}");
    }
}

fn check(name: &str, capture: &str) {
    let whole = replay(capture, 64 * 1024);
    insta::assert_snapshot!(name, whole);
    for slice in [1, 2, 3, 7] {
        assert_eq!(replay(capture, slice), whole, "in slices of {slice}");
    }
    assert_brief_is_shape(&whole);
    assert!(!whole.contains("alien"), "{whole}");
}

macro_rules! captures {
    ($($test:ident $file:literal)*) => {
        $(#[test]
        fn $test() {
            check($file, include_str!(concat!("../captures/", $file, ".txt")));
        })*
    };
}

captures! {
    redis_cli "redis-cli"
    redis_benchmark "redis-benchmark"
    redis_py "redis-py"
    redis_py_resp3 "redis-py-resp3"
    node_redis "node-redis"
    ioredis "ioredis"
    raw_sockets "raw"
}
