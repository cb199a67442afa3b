//! Real exchanges, recorded on loopback between real clients and servers, and what the session
//! says of them; `tests/` has the tables, limits and properties.
//!
//! A capture is lines of pieces as they arrived: `> ` went up, `< ` came down, `--` is a new
//! connection.

use crate::http::Session;
use crate::session::Direction;
use crate::testkit::Driver;

mod limits;
mod meaning;
mod properties;
mod sequences;

/// What is said of pieces, fed in slices.
fn said(pieces: &[(Direction, Vec<u8>)], slice: usize) -> String {
    let mut driver = Driver::new(Session::default());
    for (direction, bytes) in pieces {
        driver.feed(*direction, bytes, slice);
    }
    driver.said
}

/// What is said of text pieces that begin with `> ` or `< `, the same for all slices.
fn exchange(pieces: &[&str]) -> String {
    let pieces: Vec<_> = pieces
        .iter()
        .map(|piece| parse(piece, |text| text.as_bytes().to_vec()))
        .collect();
    let whole = said(&pieces, usize::MAX);
    for slice in [1, 2, 3, 7] {
        assert_eq!(said(&pieces, slice), whole, "in slices of {slice}");
    }
    whole
}

fn parse(line: &str, bytes: impl Fn(&str) -> Vec<u8>) -> (Direction, Vec<u8>) {
    match line.split_at(2) {
        ("> ", rest) => (Direction::Up, bytes(rest)),
        ("< ", rest) => (Direction::Down, bytes(rest)),
        _ => panic!("a piece without a direction: {line}"),
    }
}

fn unescape(line: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = line.as_bytes();
    while let [first, after @ ..] = rest {
        (rest, out) = match (first, after) {
            (b'\\', [b'r', after @ ..]) => (after, [out, b"\r".to_vec()].concat()),
            (b'\\', [b'n', after @ ..]) => (after, [out, b"\n".to_vec()].concat()),
            (b'\\', [b'\\', after @ ..]) => (after, [out, b"\\".to_vec()].concat()),
            (b'\\', [b'x', _, _, after @ ..]) => {
                let code = std::str::from_utf8(&rest[2..4]).expect("hexadecimal");
                let byte = u8::from_str_radix(code, 16).expect("hexadecimal");
                (after, [out, vec![byte]].concat())
            }
            (byte, after) => (after, [out, vec![*byte]].concat()),
        };
    }
    out
}

/// Every connection of a capture, in all slices; ends the test when slices disagree.
fn replay(capture: &str) -> String {
    let mut all = String::new();
    for connection in capture
        .split("--\n")
        .filter(|connection| !connection.is_empty())
    {
        let pieces: Vec<_> = connection
            .lines()
            .map(|line| parse(line, unescape))
            .collect();
        let whole = said(&pieces, 64 * 1024);
        for slice in [1, 2, 3, 7] {
            assert_eq!(said(&pieces, slice), whole, "in slices of {slice}");
        }
        all.push_str("-- connection\n");
        all.push_str(&whole);
    }
    all
}

macro_rules! captures {
    ($($test:ident $file:literal,)*) => {$(
        #[test]
        fn $test() {
            insta::assert_snapshot!($file, replay(include_str!(concat!("captures/", $file, ".capture"))));
        }
    )*};
}

captures! {
    curl_get_head_post_delete_and_304 "curl-basic",
    curl_uploads_in_chunks "curl-chunked",
    curl_reads_until_close "curl-close",
    curl_tunnels_and_uses_a_proxy "curl-connect",
    curl_waits_for_100 "curl-expect",
    curl_gets_early_hints "curl-hints",
    curl_speaks_http2 "curl-http2",
    curl_asks_an_http10_server "curl-old",
    curl_is_refused_before_its_body "curl-refused",
    curl_reads_events "curl-sse",
    curl_speaks_tls "curl-tls",
    node_fetch_keeps_alive "node-fetch",
    python_http_client "python-http-client",
    python_requests "python-requests",
    undici_pipelines "undici-pipelined",
    websocket_upgrade "websocket",
}
