//! Hostile bytes for a client connection of HTTP/2. The input is a list of pieces, each after a byte that
//! says what the client does next and how long the piece is.
#![no_main]

use bytes::Bytes;
use drive::PreparedRequest;
use drive::engine::http2::Http2;

/// More than its answers and one full step of bodies is never kept.
const OUTPUT_BYTES_MAX: usize = 1024 * 1024;

fn feed(mut input: &[u8]) {
    let request = PreparedRequest {
        method: "POST".to_string(),
        path: "/".to_string(),
        headers: vec![],
        body: Bytes::from(vec![0; 100_000]),
    };
    let request = request.to_http2("http", "shop");
    let mut http2 = Http2::new(true);
    let mut open: Vec<bool> = Vec::new();
    while let [head, rest @ ..] = input {
        let (piece, after) = rest.split_at(rest.len().min(2 * usize::from(head >> 3) + 1));
        input = after;
        let slot = open.len();
        match head & 7 {
            0 => open.extend(http2.ask(slot, &request, false).then_some(true)),
            1 => open.extend(http2.ask_but_end(slot, &request, true).then_some(true)),
            2 => http2.end_all(),
            3 => {
                let oldest = open.iter().position(|is_open| *is_open);
                if let Some(oldest) = oldest {
                    http2.forget(oldest);
                    open[oldest] = false;
                }
            }
            4 => http2.written(http2.output().len() / 2),
            _ => http2.written(http2.output().len()),
        }
        let mut ended = |slot: usize, _| {
            assert!(std::mem::take(&mut open[slot]), "a request ends once");
        };
        if http2.take(piece, &mut ended).is_err() {
            break;
        }
        assert!(http2.output().len() < OUTPUT_BYTES_MAX);
    }
    let count = open.iter().filter(|is_open| **is_open).count();
    assert_eq!(http2.in_flight().len(), count);
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| feed(input));
