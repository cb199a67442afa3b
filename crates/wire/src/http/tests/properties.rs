//! What is written is read back the same, in any slices; and nothing panics.

use proptest::collection::vec;
use proptest::prelude::*;

use super::said;
use crate::http::encode::{self, Damage};
use crate::http::{Session, chunked};
use crate::session::{Direction, Scan, Session as _};
use crate::testkit::Driver;

/// A request and what is expected of it.
#[derive(Debug, Clone)]
struct Sent {
    bytes: Vec<u8>,
    line: String,
    is_head: bool,
}

fn requests() -> impl Strategy<Value = Sent> {
    let method = prop_oneof!["GET", "HEAD", "POST", "PUT", "DELETE", "[A-Z]{3,8}"];
    let path = "(/[a-z]{1,8}){1,4}";
    let fields = vec(("X-[A-Za-z]{1,10}", "[ -~]{0,20}"), 0..6);
    let body = vec(any::<u8>(), 0..300);
    (method, path, fields, body, 0usize..40).prop_map(|(method, path, fields, body, chunk)| {
        let mut bytes = format!("{method} {path} HTTP/1.1\r\n").into_bytes();
        for (name, value) in fields {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        // The encoder of responses writes the same bodies.
        let form = if chunk == 0 {
            encode::response(200, &[], &body)
        } else {
            encode::chunked(200, &[], &body, chunk)
        };
        bytes.extend_from_slice(&form["HTTP/1.1 200 OK\r\n".len()..]);
        let line = format!("up   {method} | {method} {path}");
        Sent {
            bytes,
            line,
            is_head: method == "HEAD",
        }
    })
}

fn responses() -> impl Strategy<Value = (u16, String, usize)> {
    let status = prop_oneof![200u16..205, 300u16..309, 400u16..430, 500u16..505];
    (status, "[ -~]{0,200}", 0usize..40)
}

fn damages() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::Empty),
        Just(Damage::Garbage),
        Just(Damage::TruncatedHead),
        Just(Damage::TruncatedBody),
        Just(Damage::TruncatedChunk),
        Just(Damage::MissingLastChunk),
        Just(Damage::BadChunkSize),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        pairs in vec((requests(), responses()), 1..8),
        slice in 1usize..90,
    ) {
        let mut driver = Driver::new(Session::default());
        let sent: Vec<u8> = pairs.iter().flat_map(|(request, _)| request.bytes.clone()).collect();
        driver.feed(Direction::Up, &sent, slice);
        let lines: Vec<String> = driver.said.lines().map(String::from).collect();
        prop_assert_eq!(lines.len(), pairs.len());
        for (line, (request, _)) in lines.iter().zip(&pairs) {
            prop_assert!(line.starts_with(&request.line), "{} is not {}", line, request.line);
        }
        driver.said.clear();
        for (request, (status, body, chunk)) in &pairs {
            let fields = [("Content-Type", "text/plain"), ("content-length", "77")];
            let bytes = match chunk {
                0 => encode::response(*status, &fields, body.as_bytes()),
                _ if matches!(status, 204 | 304) => encode::response(*status, &fields, b""),
                _ => encode::chunked(*status, &fields, body.as_bytes(), *chunk),
            };
            let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(0) + 4;
            let bytes = if request.is_head { &bytes[..head] } else { &bytes[..] };
            driver.feed(Direction::Down, bytes, slice);
        }
        prop_assert_eq!(driver.open, 0, "{}", driver.said);
        for (line, (request, (status, body, _))) in driver.said.lines().zip(&pairs) {
            let is_bare = request.is_head || matches!(status, 204 | 304) || body.is_empty();
            let value = if is_bare { status.to_string() } else { format!("{status} {body}") };
            prop_assert!(line.contains(&format!(" {value:?} rows")), "{} is not {}", line, value);
        }
    }

    #[test]
    fn chunks_are_joined(body in vec(any::<u8>(), 0..500), size in 1usize..100, limit in 0usize..600) {
        let bytes = encode::chunked(200, &[], &body, size);
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(0) + 4;
        prop_assert_eq!(chunked::data(&bytes[head..], limit), &body[..body.len().min(limit)]);
    }

    #[test]
    fn a_damaged_response_never_ends_a_step_unless_its_head_says_so(
        damage in damages(),
        body in "[a-z]{1,50}",
        slice in 1usize..90,
    ) {
        let mut driver = Driver::new(Session::default());
        driver.feed(Direction::Up, b"GET / HTTP/1.1\r\n\r\n", 99);
        let bytes = encode::damaged(200, &[("A", "b\r\nC: d")], body.as_bytes(), damage);
        driver.feed(Direction::Down, &bytes, slice);
        prop_assert_eq!(driver.open, 1);
        let is_alien = driver.said.contains("Down alien");
        prop_assert_eq!(is_alien, matches!(damage, Damage::Garbage | Damage::BadChunkSize));
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        pieces in vec((any::<bool>(), vec(any::<u8>(), 1..200)), 0..20),
        slice in 1usize..50,
    ) {
        let side = |up: bool| if up { Direction::Up } else { Direction::Down };
        let pieces: Vec<_> = pieces.into_iter().map(|(up, bytes)| (side(up), bytes)).collect();
        said(&pieces, slice);
    }

    #[test]
    fn bytes_that_are_nearly_http_are_read_the_same_in_all_slices(
        mut bytes in requests().prop_map(|request| request.bytes),
        changes in vec((any::<prop::sample::Index>(), prop_oneof![
            Just(b'\r'), Just(b'\n'), Just(b' '), Just(b':'), Just(b'0'), any::<u8>(),
        ]), 0..4),
        slice in 1usize..20,
    ) {
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let pieces = [(Direction::Up, bytes)];
        prop_assert_eq!(said(&pieces, slice), said(&pieces, usize::MAX));
    }

    #[test]
    fn any_text_after_a_good_start_never_panics(
        start in prop_oneof![
            Just("GET /a HTTP/1.1\r\n"),
            Just("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"),
            Just("POST /a HTTP/1.1\r\nContent-Length: 20\r\n\r\n{\"query\":\""),
        ],
        text in "[\\x00-\\x7f]{0,100}",
        slice in 1usize..20,
    ) {
        said(&[(Direction::Up, [start, &text].concat().into_bytes())], slice);
    }
}

#[test]
fn a_field_cannot_smuggle_another() {
    let bytes = encode::response(200, &[("A\r\nB", "c\r\nD: e"), ("", "x")], b"");
    let text = String::from_utf8(bytes).expect("text");
    assert_eq!(
        text,
        "HTTP/1.1 200 OK\r\nA--B: c  D: e\r\nContent-Length: 0\r\n\r\n"
    );
}

#[test]
fn a_peer_that_sends_one_byte_at_a_time_costs_linear_work() {
    let head = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(60_000));
    // Parsing again for each byte would be 90 billion bytes of work: the test would never end.
    for _ in 0..50 {
        let mut session = Session::default();
        let ends = head
            .bytes()
            .filter(|byte| session.scan(Direction::Up, &[*byte]) != Scan::More);
        assert_eq!(ends.count(), 1);
    }
}
