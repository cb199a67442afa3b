//! Every limit, reached and passed.

use super::said;
use crate::http::chunked::{EXTENSION_BYTES_MAX, SIZE_DIGITS_MAX, TRAILER_BYTES_MAX};
use crate::http::graphql::{self, BODY_BYTES_MAX, NAME_BYTES_MAX};
use crate::http::head::{HEAD_BYTES_MAX, HEADERS_MAX};
use crate::http::shape::{self, PREFIX_MARKS_MAX, QUERY_KEYS_MAX};
use crate::http::steps::PARAMETERS_MAX;
use crate::http::{OPEN_REQUESTS_MAX, Session};
use crate::session::{Direction, FRAME_KEPT_BYTES_MAX, TEXT_BYTES_MAX};
use crate::testkit::Driver;

/// What is said of a request in the end, whatever the slices.
fn last(request: &str) -> String {
    let pieces = [(Direction::Up, request.as_bytes().to_vec())];
    let whole = said(&pieces, usize::MAX);
    for slice in [13, 1000, 65_536] {
        assert_eq!(said(&pieces, slice), whole, "in slices of {slice}");
    }
    let line = whole.lines().last().unwrap_or_default();
    line.chars().take(60).collect()
}

fn chunked(chunks: &str) -> String {
    last(&format!(
        "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"
    ))
}

#[test]
fn heads() {
    // A whole head is always among the bytes that a pipe keeps.
    const { assert!(HEAD_BYTES_MAX <= FRAME_KEPT_BYTES_MAX) };
    let head = |length: usize| {
        let bare = "GET /h HTTP/1.1\r\nA: \r\n\r\n".len();
        format!(
            "GET /h HTTP/1.1\r\nA: {}\r\n\r\n",
            "x".repeat(length - bare)
        )
    };
    assert!(last(&head(HEAD_BYTES_MAX)).starts_with("up   GET | GET /h"));
    assert_eq!(
        last(&head(HEAD_BYTES_MAX + 1)),
        "Up alien: a head that is too long"
    );
    assert_eq!(
        last(&"\r\n".repeat(HEAD_BYTES_MAX)),
        "Up alien: a head that is too long"
    );
    let fields = |count: usize| format!("GET /h HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(count));
    assert!(last(&fields(HEADERS_MAX)).starts_with("up   GET | GET /h"));
    assert_eq!(
        last(&fields(HEADERS_MAX + 1)),
        "Up alien: a head with too many fields"
    );
}

#[test]
fn chunks() {
    let digits = SIZE_DIGITS_MAX as usize;
    assert!(chunked(&format!("{:0>digits$}\r\n\r\n", 0)).starts_with("up   POST | POST /c"));
    let long = format!("{:0>1$}\r\n\r\n", 0, digits + 1);
    assert_eq!(
        chunked(&long),
        "Up alien: a chunk size with too many digits"
    );
    // The largest size there is: no overflow, just a body that goes on.
    assert_eq!(chunked(&format!("{:f>digits$}\r\nabc", "")), "");

    // The digit and the semicolon count too.
    let most = EXTENSION_BYTES_MAX as usize - 2;
    let extension = |length: usize| format!("0;{}\r\n\r\n", "x".repeat(length));
    assert!(chunked(&extension(most)).starts_with("up   POST | POST /c"));
    assert_eq!(
        chunked(&extension(most + 1)),
        "Up alien: a chunk's extension is too long"
    );

    let most = TRAILER_BYTES_MAX as usize;
    let trailer = |length: usize| format!("0\r\nA:{}\r\n\r\n", "x".repeat(length - 2));
    assert!(chunked(&trailer(most)).starts_with("up   POST | POST /c"));
    assert_eq!(
        chunked(&trailer(most + 1)),
        "Up alien: trailers are too long"
    );
}

#[test]
fn open_requests() {
    let mut driver = Driver::new(Session::default());
    let get = b"GET /o HTTP/1.1\r\n\r\n";
    driver.feed(Direction::Up, &get.repeat(OPEN_REQUESTS_MAX), usize::MAX);
    assert_eq!(driver.open, OPEN_REQUESTS_MAX as u64);
    driver.feed(
        Direction::Down,
        b"HTTP/1.1 204 No Content\r\n\r\n",
        usize::MAX,
    );
    driver.feed(Direction::Up, get, usize::MAX);
    assert_eq!(driver.open, OPEN_REQUESTS_MAX as u64);
    driver.feed(Direction::Up, get, usize::MAX);
    assert!(
        driver
            .said
            .ends_with("Up alien: too many requests without a response\n")
    );
}

#[test]
fn texts() {
    let long = "x".repeat(TEXT_BYTES_MAX * 2);
    let pieces = format!("POST /{long}?a={long} HTTP/1.1\r\nContent-Length: 9999\r\n\r\n{long}");
    let mut driver = Driver::new(Session::default());
    let padded = format!("{pieces}{}", " ".repeat(9999 - long.len()));
    driver.feed(Direction::Up, padded.as_bytes(), usize::MAX);
    let draft = driver.steps.pop().expect("a step");
    assert_eq!(draft.text.len(), TEXT_BYTES_MAX + "...".len());
    assert!(draft.shape.len() <= TEXT_BYTES_MAX + "POST ".len());
    assert!(draft.effects[0].resource.len() <= TEXT_BYTES_MAX);
    let mut down = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n".to_vec();
    down.extend_from_slice(&[b'y'; 9999]);
    driver.feed(Direction::Down, &down, 1000);
    let said = driver.said.lines().last().expect("a line");
    assert!(said.contains("yyy...\" rows") && said.len() < TEXT_BYTES_MAX + 100);
}

#[test]
fn queries() {
    let query = |count: usize| {
        (0..count)
            .map(|i| format!("k{i:03}={i}&"))
            .collect::<String>()
    };
    let mut out = Vec::new();
    shape::query(query(QUERY_KEYS_MAX + 5).as_bytes(), &mut out);
    assert_eq!(
        out.iter().filter(|byte| **byte == b'=').count(),
        QUERY_KEYS_MAX
    );
    let mut driver = Driver::new(Session::default());
    let request = format!("GET /q?{} HTTP/1.1\r\n\r\n", query(PARAMETERS_MAX + 5));
    driver.feed(Direction::Up, request.as_bytes(), usize::MAX);
    assert_eq!(driver.steps[0].parameters.len(), PARAMETERS_MAX);
}

#[test]
fn prefixes() {
    let shape = |marks: usize| {
        let mut out = Vec::new();
        shape::path(format!("/{}17", "a-".repeat(marks)).as_bytes(), &mut out);
        out
    };
    assert!(shape(PREFIX_MARKS_MAX).ends_with(b"-{}"));
    assert!(shape(PREFIX_MARKS_MAX + 1).ends_with(b"-17"));
}

#[test]
fn graphql_bodies() {
    let name = "n".repeat(NAME_BYTES_MAX);
    let body = |name: &str| format!("{{\"operationName\":\"{name}\"}}");
    assert_eq!(
        graphql::operation(body(&name).as_bytes()),
        Some(name.as_bytes())
    );
    assert_eq!(
        graphql::operation(body(&format!("{name}n")).as_bytes()),
        None
    );
    let late = |blanks: usize| format!("{{{}\"operationName\":\"Q\"}}", " ".repeat(blanks));
    let most = BODY_BYTES_MAX - late(0).len();
    assert_eq!(graphql::operation(late(most).as_bytes()), Some(&b"Q"[..]));
    assert_eq!(graphql::operation(late(most + 5).as_bytes()), None);
}
