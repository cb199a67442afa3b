//! Answers in all their forms, and in pieces.

use proptest::prelude::*;

use super::*;

/// What comes of one request when the server says this.
fn outcome(to_head: bool, frames: &[Vec<u8>]) -> Result<Vec<Ended>, Garbled> {
    let mut client = Client::new(&[]);
    assert!(client.http2.ask(0, &request("GET", b""), to_head));
    client.take(&frames.concat())?;
    Ok(client.ended.into_iter().map(|(_, how)| how).collect())
}

fn body() -> Vec<u8> {
    frame(DATA, END_STREAM, 1, b"ok")
}

#[track_caller]
fn check(what: &str, frames: &[Vec<u8>], expected: Ended) {
    assert_eq!(outcome(false, frames), Ok(vec![expected]), "{what}");
}

#[test]
fn other_frames_make_no_difference() {
    for (what, first) in [
        ("nothing", vec![]),
        ("100", head(1, 0, &[(":status", "100")])),
        ("103, twice", head(1, 0, &[(":status", "103")]).repeat(2)),
        ("an unknown frame", frame(0x20, 0xff, 1, b"grease")),
        ("a priority", frame(PRIORITY, 0, 1, b"12345")),
        ("an unknown setting", settings(&[(0x1a1a, 7)])),
        ("more room", room(1, 5)),
        ("more room for a request that was answered", room(0, 5)),
    ] {
        check(what, &[first, head(1, 0, OK), body()], answered(200, b"ok"));
    }
}

#[test]
fn answers_come_in_many_forms() {
    let long = block(&[(":status", "200"), ("content-length", "2")]);
    let padded = [&[2][..], &block(OK), b"ab"].concat();
    let prioritized = [b"12345", &block(OK)[..]].concat();
    for (what, frames) in [
        (
            "with its length",
            vec![frame(HEADERS, END_HEADERS, 1, &long), body()],
        ),
        (
            "with trailers",
            vec![
                head(1, 0, OK),
                frame(DATA, 0, 1, b"ok"),
                head(1, END_STREAM, &[("x", "y")]),
            ],
        ),
        (
            "with padding",
            vec![
                frame(HEADERS, END_HEADERS | PADDED, 1, &padded),
                frame(DATA, END_STREAM | PADDED, 1, b"\x03okabc"),
            ],
        ),
        (
            "with a priority",
            vec![
                frame(HEADERS, END_HEADERS | PRIORITIZED, 1, &prioritized),
                body(),
            ],
        ),
        (
            "in three pieces",
            vec![
                frame(HEADERS, 0, 1, &long[..1]),
                frame(CONTINUATION, 0, 1, &long[1..3]),
                frame(CONTINUATION, END_HEADERS, 1, &long[3..]),
                body(),
            ],
        ),
        (
            "in empty frames",
            vec![
                head(1, 0, OK),
                frame(DATA, 0, 1, b""),
                frame(DATA, 0, 1, b"ok"),
                frame(DATA, END_STREAM, 1, b""),
            ],
        ),
    ] {
        check(what, &frames, answered(200, b"ok"));
    }
}

#[test]
fn some_answers_have_no_bodies_whatever_they_say() {
    for (to_head, status) in [(true, "200"), (false, "304")] {
        let fields = [(":status", status), ("content-length", "5")];
        let expected = answered(status.parse().unwrap(), b"");
        let found = outcome(to_head, &[head(1, END_STREAM, &fields)]);
        assert_eq!(found, Ok(vec![expected]));
    }
    assert_eq!(
        outcome(true, &[head(1, 0, OK), body()]),
        Ok(vec![Ended::Garbled])
    );
}

#[test]
fn servers_say_what_became_of_requests_without_answers() {
    let refused = REFUSED_STREAM.to_be_bytes();
    for (what, frames, expected) in [
        (
            "refused",
            vec![frame(RST_STREAM, 0, 1, &refused)],
            Ended::Refused,
        ),
        (
            "reset",
            vec![head(1, 0, OK), frame(RST_STREAM, 0, 1, &[0; 4])],
            Ended::Reset,
        ),
        (
            "refused on leaving",
            vec![frame(GOAWAY, 0, 0, &[0; 8])],
            Ended::Refused,
        ),
    ] {
        check(what, &frames, expected);
    }
}

/// What a server may say to three requests, and how they end.
fn conversation() -> (Vec<u8>, Vec<(usize, Ended)>) {
    let bytes = [
        settings(&[(INITIAL_WINDOW_SIZE, 100)]),
        head(1, 0, &[(":status", "100")]),
        frame(PING, 0, 0, b"12345678"),
        head(3, 0, OK),
        frame(HEADERS, 0, 1, &block(OK)),
        frame(CONTINUATION, END_HEADERS, 1, &block(&[("x", "y")])),
        frame(DATA, 0, 3, b"three"),
        frame(DATA, END_STREAM | PADDED, 1, b"\x02one  "),
        room(5, 10),
        frame(RST_STREAM, 0, 5, &[0; 4]),
        head(3, END_STREAM, &[("trailer", "z")]),
    ];
    let ended = [
        (0, answered(200, b"one")),
        (2, Ended::Reset),
        (1, answered(200, b"three")),
    ];
    (bytes.concat(), ended.to_vec())
}

#[test]
fn every_cut_makes_no_difference() {
    let (bytes, ended) = conversation();
    for cut in 0..bytes.len() {
        let mut client = Client::asking(3);
        client.take(&bytes[..cut]).unwrap();
        client.take(&bytes[cut..]).unwrap();
        assert_eq!(client.ended, ended, "cut at {cut}");
    }
}

proptest! {
    #[test]
    fn pieces_make_no_difference(sizes in prop::collection::vec(1_usize..40, 1..60)) {
        let (bytes, ended) = conversation();
        let (mut rest, mut client) = (&bytes[..], Client::asking(3));
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at(rest.len().min(*size));
            client.take(piece).unwrap();
            rest = after;
        }
        prop_assert_eq!(client.ended, ended);
    }
}
