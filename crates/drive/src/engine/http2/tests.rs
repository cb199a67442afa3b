//! A connection against a peer made of frames.

use bytes::Bytes;

use super::frame::*;
use super::*;
use crate::PreparedRequest;

mod answers;
mod hostile;
mod live;
mod sending;

/// Bytes that are written down as hexadecimal digits.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    let pairs = digits.chunks(2);
    pairs.map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

fn request(method: &str, body: &[u8]) -> Bytes {
    let request = PreparedRequest {
        method: method.to_string(),
        path: "/a".to_string(),
        headers: vec![("x".to_string(), "y".to_string())],
        body: Bytes::copy_from_slice(body),
    };
    request.to_http2("http", "shop")
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Output::default();
    out.put_frame(kind, flags, stream, payload);
    out.left().to_vec()
}

fn settings(settings: &[(u16, u32)]) -> Vec<u8> {
    let pairs = settings.iter();
    let payload = pairs.flat_map(|(a, b)| [&a.to_be_bytes()[..], &b.to_be_bytes()].concat());
    frame(SETTINGS, 0, 0, &payload.collect::<Vec<u8>>())
}

fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        hpack::encode(name, value, &mut block);
    }
    block
}

fn head(stream: u32, flags: u8, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | flags, stream, &block(fields))
}

fn room(stream: u32, bytes: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes())
}

const OK: &[(&str, &str)] = &[(":status", "200")];

fn answered(status: u16, body: &[u8]) -> Ended {
    let kept = Kept {
        location: None,
        body: body.to_vec(),
        headers: Vec::new(),
    };
    Ended::Answered { status, kept }
}

/// A connection and what came of its requests.
struct Client {
    http2: Http2,
    ended: Vec<(usize, Ended)>,
}

impl Client {
    /// One whose server has said what it takes.
    fn new(taken: &[(u16, u32)]) -> Client {
        let mut http2 = Http2::new(true);
        let count = http2.output().len();
        http2.written(count);
        let ended = Vec::new();
        let mut client = Client { http2, ended };
        client.take(&settings(taken)).unwrap();
        assert_eq!(client.sent(), [(SETTINGS, ACK, 0, vec![])]);
        client
    }

    /// One with so many requests on their way.
    fn asking(count: usize) -> Client {
        let mut client = Client::new(&[]);
        for slot in 0..count {
            assert!(client.http2.ask(slot, &request("GET", b""), false));
        }
        client.sent();
        client
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Garbled> {
        let ended = &mut self.ended;
        let mut tell = |slot, how| ended.push((slot, how));
        self.http2.take(bytes, &mut tell)
    }

    /// The frames that were to be written, which now they are.
    fn sent(&mut self) -> Vec<(u8, u8, u32, Vec<u8>)> {
        let mut sent = Vec::new();
        while !self.http2.output().is_empty() {
            let mut rest = self.http2.output();
            while let Some((head, payload, after)) = split(rest).unwrap() {
                sent.push((head.kind, head.flags, head.stream, payload.to_vec()));
                rest = after;
            }
            assert_eq!(rest, b"", "frames are whole");
            let count = self.http2.output().len();
            self.http2.written(count);
        }
        sent
    }

    /// How many bytes of bodies were to be written on each of these streams, and which were ended.
    fn bodies(&mut self) -> Vec<(u32, usize, bool)> {
        let mut bodies: Vec<(u32, usize, bool)> = Vec::new();
        for (kind, flags, stream, payload) in self.sent() {
            if kind != DATA {
                continue;
            }
            let at = bodies.iter().position(|body| body.0 == stream);
            let at = at.unwrap_or_else(|| {
                bodies.push((stream, 0, false));
                bodies.len() - 1
            });
            assert!(!bodies[at].2, "nothing comes after the end");
            bodies[at].1 += payload.len();
            bodies[at].2 |= flags & END_STREAM != 0;
        }
        bodies
    }
}

#[test]
fn a_connection_begins_as_is_prescribed() {
    let http2 = Http2::new(false);
    let expected = [
        PREFACE,
        &hex("000012 04 00 00000000 000100000000 000200000000 00043fffffff"),
        &hex("000004 08 00 00000000 3fff0000"),
    ];
    assert_eq!(http2.output(), expected.concat());
    assert_eq!(http2.room(), STREAMS_AT_FIRST);
}

#[test]
fn requests_get_streams_and_answers_their_slots() {
    let mut client = Client::new(&[]);
    assert!(client.http2.ask(7, &request("GET", b""), false));
    assert!(client.http2.ask(9, &request("POST", b"{}"), false));
    let fields = |method, length: Option<&'static str>| {
        let path = [
            (":method", method),
            (":scheme", "http"),
            (":authority", "shop"),
            (":path", "/a"),
        ];
        let length = length.map(|length| ("content-length", length));
        let all = path.into_iter().chain(length).chain([("x", "y")]);
        block(&all.collect::<Vec<_>>())
    };
    assert_eq!(
        client.sent(),
        [
            (HEADERS, END_STREAM | END_HEADERS, 1, fields("GET", None)),
            (HEADERS, END_HEADERS, 3, fields("POST", Some("2"))),
            (DATA, END_STREAM, 3, b"{}".to_vec()),
        ]
    );
    client.take(&head(3, 0, OK)).unwrap();
    client
        .take(&head(1, END_STREAM, &[(":status", "404")]))
        .unwrap();
    client.take(&frame(DATA, 0, 3, b"a")).unwrap();
    assert_eq!(client.http2.in_flight().collect::<Vec<_>>(), [9]);
    client.take(&frame(DATA, END_STREAM, 3, b"b")).unwrap();
    assert_eq!(
        client.ended,
        [(7, answered(404, b"")), (9, answered(200, b"ab"))]
    );
    assert_eq!(client.http2.in_flight().len(), 0);
    assert_eq!(client.sent(), []);
}

#[test]
fn pings_and_settings_are_answered_once() {
    let mut client = Client::new(&[]);
    let pong = (PING, ACK, 0, b"12345678".to_vec());
    client.take(&frame(PING, 0, 0, b"12345678")).unwrap();
    client.take(&frame(PING, ACK, 0, b"87654321")).unwrap();
    assert_eq!(client.sent(), [pong]);
    client
        .take(
            &[
                settings(&[(MAX_CONCURRENT_STREAMS, 3)]),
                frame(SETTINGS, ACK, 0, b""),
            ]
            .concat(),
        )
        .unwrap();
    assert_eq!(client.sent(), [(SETTINGS, ACK, 0, vec![])]);
    assert_eq!(client.http2.room(), 3);
}

#[test]
fn a_server_that_names_no_limit_takes_any_number() {
    for (told, expected) in [(&[][..], STREAMS_MAX), (&[(MAX_CONCURRENT_STREAMS, 7)], 7)] {
        assert_eq!(Client::new(told).http2.room(), expected);
    }
}

#[test]
fn no_more_are_asked_than_the_server_takes() {
    let mut client = Client::new(&[(MAX_CONCURRENT_STREAMS, 2)]);
    let get = request("GET", b"");
    assert!(client.http2.ask(0, &get, false));
    assert!(client.http2.ask(1, &get, false));
    assert_eq!(client.http2.room(), 0);
    assert!(!client.http2.ask(2, &get, false));
    client.take(&head(1, END_STREAM, OK)).unwrap();
    assert_eq!(client.http2.room(), 1);
    client
        .take(&settings(&[(MAX_CONCURRENT_STREAMS, 0)]))
        .unwrap();
    assert_eq!(client.http2.room(), 0);
    client
        .take(&settings(&[(MAX_CONCURRENT_STREAMS, u32::MAX)]))
        .unwrap();
    assert_eq!(client.http2.room(), STREAMS_MAX - 1);
    client.http2.next_id = BITS_31;
    assert_eq!((client.http2.room(), client.http2.is_closing()), (1, false));
    assert!(client.http2.ask(2, &get, false));
    assert_eq!((client.http2.room(), client.http2.is_closing()), (0, true));
    client.take(&head(BITS_31, END_STREAM, OK)).unwrap();
    assert_eq!(
        client.ended,
        [(0, answered(200, b"")), (2, answered(200, b""))]
    );
}

#[test]
fn who_leaves_answers_what_it_has_begun() {
    let mut client = Client::asking(3);
    let leaves = |last: u32| {
        frame(
            GOAWAY,
            0,
            0,
            &[&last.to_be_bytes()[..], b"\0\0\0\0because"].concat(),
        )
    };
    client.take(&leaves(BITS_31)).unwrap();
    assert_eq!((client.http2.room(), client.ended.len()), (0, 0));
    assert!(!client.http2.ask(9, &request("GET", b""), false));
    client.take(&leaves(1)).unwrap();
    // A larger one later changes nothing.
    client.take(&leaves(3)).unwrap();
    assert_eq!(client.ended, [(1, Ended::Refused), (2, Ended::Refused)]);
    client.take(&head(1, END_STREAM, OK)).unwrap();
    assert_eq!(client.ended[2], (0, answered(200, b"")));
    assert!(client.http2.is_closing());
}

#[test]
fn the_forgotten_are_left_aside() {
    let mut client = Client::asking(2);
    client.take(&head(1, 0, OK)).unwrap();
    client.http2.forget(0);
    client.http2.forget(0);
    assert_eq!(
        client.sent(),
        [(RST_STREAM, 0, 1, CANCEL.to_be_bytes().to_vec())]
    );
    client
        .take(&[frame(DATA, END_STREAM, 1, b"late"), head(3, END_STREAM, OK)].concat())
        .unwrap();
    assert_eq!(client.ended, [(1, answered(200, b""))]);
    assert_eq!(client.http2.room(), STREAMS_MAX);
}

#[test]
fn the_server_may_always_send_more_but_not_more_than_it_may() {
    let mut client = Client::asking(1);
    client.take(&head(1, 0, OK)).unwrap();
    let data = frame(DATA, 0, 1, &[0; PAYLOAD_BYTES_MAX]);
    let mut told = Vec::new();
    for _ in 0..WINDOW_BYTES as usize / PAYLOAD_BYTES_MAX {
        client.take(&data).unwrap();
        told.extend(client.sent());
    }
    let more = (1_u32 << 29).to_be_bytes().to_vec();
    assert_eq!(
        told,
        [
            (WINDOW_UPDATE, 0, 0, more.clone()),
            (WINDOW_UPDATE, 0, 1, more)
        ]
    );
    let mut inflow = Inflow::default();
    assert_eq!(inflow.take(WINDOW_BYTES as usize / 2), Ok(None));
    assert_eq!(inflow.take(WINDOW_BYTES as usize), Err(Garbled));
}

#[test]
fn what_judges_want_is_kept() {
    let mut client = Client::asking(1);
    client
        .take(&head(1, 0, &[(":status", "303"), ("location", "/a")]))
        .unwrap();
    client.take(&frame(DATA, 0, 1, &[b'x'; 10_000])).unwrap();
    client
        .take(&frame(DATA, END_STREAM, 1, &[b'x'; 10_000]))
        .unwrap();
    let Some((0, Ended::Answered { status: 303, kept })) = client.ended.pop() else {
        panic!("answered");
    };
    assert_eq!(
        (kept.location.as_deref(), kept.body.len()),
        (Some("/a"), 8 * 1024)
    );
}
