//! What leaves, and when.

use bytes::Bytes;

use super::*;

#[test]
fn bodies_wait_for_room() {
    let mut client = Client::new(&[(INITIAL_WINDOW_SIZE, 10)]);
    let post = request("POST", &[b'x'; 25]);
    assert!(client.http2.ask(0, &post, false));
    assert_eq!(client.bodies(), [(1, 10, false)]);
    assert!(client.http2.is_held_up());
    client.take(&room(1, 1)).unwrap();
    assert_eq!(client.bodies(), [(1, 1, false)]);
    // Below nothing, and up again.
    client.take(&settings(&[(INITIAL_WINDOW_SIZE, 0)])).unwrap();
    client.take(&room(1, 5)).unwrap();
    assert_eq!(client.bodies(), []);
    client.take(&settings(&[(INITIAL_WINDOW_SIZE, 8)])).unwrap();
    assert_eq!(client.bodies(), [(1, 3, false)]);
    client.take(&room(1, 100)).unwrap();
    assert_eq!(client.bodies(), [(1, 11, true)]);
    assert!(!client.http2.is_held_up());
}

#[test]
fn all_bodies_share_the_room_of_the_connection() {
    let mut client = Client::new(&[(INITIAL_WINDOW_SIZE, BITS_31)]);
    let post = request("POST", &[b'x'; 40_000]);
    for slot in 0..3 {
        assert!(client.http2.ask(slot, &post, false));
    }
    assert_eq!(client.bodies(), [(1, 40_000, true), (3, 25_535, false)]);
    client.take(&room(0, 20_000)).unwrap();
    assert_eq!(client.bodies(), [(3, 14_465, true), (5, 5_535, false)]);
    // Who is forgotten leaves its room to others.
    client.http2.forget(2);
    assert!(client.http2.ask(3, &post, false));
    assert!(client.http2.is_held_up());
    client.take(&room(0, 50_000)).unwrap();
    assert_eq!(client.bodies(), [(7, 40_000, true)]);
}

#[test]
fn little_is_kept_in_memory_of_what_cannot_be_written() {
    let mut client = Client::new(&[(INITIAL_WINDOW_SIZE, BITS_31)]);
    client.take(&room(0, 1 << 30)).unwrap();
    let post = request("POST", &vec![b'x'; 1_000_000]);
    for slot in 0..20 {
        assert!(client.http2.ask(slot, &post, false));
    }
    assert!(client.http2.output().len() < 300_000);
    let bodies = client.bodies();
    assert_eq!(bodies.len(), 20);
    assert!(
        bodies
            .iter()
            .all(|body| (body.1, body.2) == (1_000_000, true))
    );
}

#[test]
fn the_ends_of_a_burst_are_one_piece() {
    let mut client = Client::new(&[(INITIAL_WINDOW_SIZE, 4)]);
    let bodies: [&[u8]; 4] = [b"", b"four", b"more than four", b""];
    for (slot, body) in bodies.into_iter().enumerate() {
        let method = if body.is_empty() { "GET" } else { "POST" };
        assert!(
            client
                .http2
                .ask_but_end(slot, &request(method, body), false)
        );
    }
    let sent = client.sent();
    assert!(sent.iter().all(|(kind, flags, ..)| match *kind {
        HEADERS => *flags == END_HEADERS,
        _ => *flags == 0,
    }));
    assert!(client.http2.is_held_up());
    client.http2.forget(3);
    client.sent();
    client.http2.end_all();
    let end = |stream| frame(DATA, END_STREAM, stream, b"");
    assert_eq!(client.http2.output(), [end(1), end(3)].concat());
    client.sent();
    client.take(&room(5, 100)).unwrap();
    assert_eq!(client.bodies(), [(5, 10, true)]);
    client.http2.end_all();
    assert_eq!(client.sent(), []);
}

#[test]
fn who_answers_early_gets_no_more() {
    let mut client = Client::new(&[]);
    assert!(client.http2.ask_but_end(0, &request("GET", b""), false));
    assert!(client.http2.ask(1, &request("POST", &[0; 100_000]), false));
    client.sent();
    client
        .take(&[head(1, END_STREAM, OK), head(3, END_STREAM, OK)].concat())
        .unwrap();
    let cancel = |stream| (RST_STREAM, 0, stream, CANCEL.to_be_bytes().to_vec());
    assert_eq!(client.sent(), [cancel(1), cancel(3)]);
    assert_eq!(
        client.ended,
        [(0, answered(200, b"")), (1, answered(200, b""))]
    );
    client.http2.end_all();
    client
        .take(
            &[
                frame(RST_STREAM, 0, 1, &[0; 4]),
                room(0, 1_000_000),
                room(3, 9),
            ]
            .concat(),
        )
        .unwrap();
    assert_eq!((client.sent(), client.ended.len()), (vec![], 2));
}

#[test]
fn long_requests_are_framed_in_pieces() {
    let long = PreparedRequest {
        method: "PUT".to_string(),
        path: "/".to_string(),
        headers: [
            ("Cookie", "x".repeat(40_000)),
            ("Connection", "close".into()),
            ("Host", "other".into()),
            ("TE", "gzip".into()),
            ("Content-Length", "40000".into()),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .to_vec(),
        body: Bytes::from(vec![b'b'; 40_000]),
    };
    let mut client = Client::new(&[]);
    assert!(client.http2.ask(0, &long.to_http2("https", "shop"), false));
    let sent = client.sent();
    let kinds: Vec<(u8, u8)> = sent.iter().map(|frame| (frame.0, frame.1)).collect();
    let expected = [
        (HEADERS, 0),
        (CONTINUATION, 0),
        (CONTINUATION, END_HEADERS),
        (DATA, 0),
        (DATA, 0),
        (DATA, END_STREAM),
    ];
    assert_eq!(kinds, expected);
    let block: Vec<u8> = sent[..3].iter().flat_map(|frame| frame.3.clone()).collect();
    let mut names = Vec::new();
    let mut tell = |name: &[u8], value: &[u8]| {
        let [name, value] = [name, &value[..value.len().min(9)]].map(String::from_utf8_lossy);
        names.push(format!("{name}={value}"));
    };
    hpack::decode(&block, &mut Vec::new(), &mut tell).unwrap();
    let expected = [
        ":method=PUT",
        ":scheme=https",
        ":authority=other",
        ":path=/",
        "cookie=xxxxxxxxx",
        "content-length=40000",
    ];
    assert_eq!(names, expected);
}
