//! Servers that break the rules.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

#[test]
fn what_is_wrong_with_a_stream_ends_that_stream() {
    let length = |length| head(1, 0, &[(":status", "200"), ("content-length", length)]);
    let body = || frame(DATA, END_STREAM, 1, b"ok");
    for (what, frames) in [
        ("no status", vec![head(1, 0, &[("x", "y")])]),
        ("a body before its head", vec![body()]),
        ("shorter than said", vec![length("3"), body()]),
        ("longer than said", vec![length("1"), body()]),
        (
            "an end in between",
            vec![head(1, END_STREAM, &[(":status", "100")])],
        ),
        ("another protocol", vec![head(1, 0, &[(":status", "101")])]),
        ("two heads", vec![head(1, 0, OK), head(1, END_STREAM, OK)]),
        (
            "trailers that are not the end",
            vec![head(1, 0, OK), head(1, 0, &[("x", "y")])],
        ),
        ("no more room", vec![room(1, 0)]),
        ("too much room", vec![room(1, BITS_31)]),
        (
            "a priority that is too short",
            vec![frame(PRIORITY, 0, 1, b"1234")],
        ),
    ] {
        let mut client = Client::asking(2);
        client.take(&frames.concat()).unwrap();
        assert_eq!(client.ended, [(0, Ended::Garbled)], "{what}");
        // Whatever else comes on it, the other one is answered.
        client
            .take(&[head(1, 0, OK), body(), room(1, 1), head(3, END_STREAM, OK)].concat())
            .unwrap();
        assert_eq!(client.ended[1..], [(1, answered(200, b""))], "{what}");
    }
}

/// A connection with one request is of no use after these.
#[track_caller]
fn check(what: &str, frames: &[Vec<u8>]) {
    let mut client = Client::asking(1);
    assert_eq!(client.take(&frames.concat()), Err(Garbled), "{what}");
    assert_eq!(client.ended, [], "{what}");
    assert_eq!(client.http2.in_flight().collect::<Vec<_>>(), [0]);
    assert_eq!(client.sent().last().map(|frame| frame.0), Some(GOAWAY));
}

#[test]
fn frames_that_make_no_sense_are_garbled() {
    let too_long = [0; PAYLOAD_BYTES_MAX + 1];
    for (what, frame) in [
        ("HTTP/1.1", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("a stream that was never begun", head(3, 0, OK)),
        ("a stream of the server", head(2, 0, OK)),
        ("no stream", frame(DATA, 0, 0, b"")),
        ("a reset of none", frame(RST_STREAM, 0, 3, &[0; 4])),
        ("a short reset", frame(RST_STREAM, 0, 1, &[0; 3])),
        ("a push", frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2])),
        ("a frame that is too long", frame(DATA, 0, 1, &too_long)),
        (
            "padding that is too long",
            frame(DATA, PADDED, 1, b"\x03ab"),
        ),
        ("a priority of none", frame(PRIORITY, 0, 0, b"12345")),
        ("too much room", room(0, BITS_31)),
        ("no more room", room(0, 0)),
        ("room for none", room(3, 1)),
        ("room that is cut", frame(WINDOW_UPDATE, 0, 0, b"123")),
        ("a short ping", frame(PING, 0, 0, b"1234567")),
        ("a ping on a stream", frame(PING, 0, 1, b"12345678")),
        ("a short farewell", frame(GOAWAY, 0, 0, b"1234567")),
        ("a farewell on a stream", frame(GOAWAY, 0, 1, b"12345678")),
    ] {
        check(what, &[frame]);
    }
}

#[test]
fn blocks_that_make_no_sense_are_garbled() {
    let begun = || frame(HEADERS, 0, 1, b"");
    let goes_on = |flags, stream| frame(CONTINUATION, flags, stream, b"");
    let much = frame(CONTINUATION, 0, 1, &[b'x'; 16_000]);
    let cut = frame(HEADERS, END_HEADERS | PRIORITIZED, 1, b"1234");
    for (what, frames) in [
        ("a priority that is cut", vec![cut]),
        (
            "it cannot be read",
            vec![frame(HEADERS, END_HEADERS, 1, b"\xff\xff")],
        ),
        ("within another", vec![begun(), frame(DATA, 0, 1, b"")]),
        ("within one, unknown", vec![begun(), frame(0x20, 0, 1, b"")]),
        ("of two streams", vec![begun(), goes_on(END_HEADERS, 3)]),
        ("it was not begun", vec![goes_on(END_HEADERS, 1)]),
        ("without end", vec![begun(), goes_on(0, 1).repeat(100)]),
        ("of too many bytes", vec![begun(), much.repeat(5)]),
    ] {
        check(what, &frames);
    }
}

#[test]
fn settings_that_make_no_sense_are_garbled() {
    let grows = [room(1, 1), settings(&[(INITIAL_WINDOW_SIZE, BITS_31)])];
    for (what, frame) in [
        ("on a stream", frame(SETTINGS, 0, 1, b"")),
        ("cut", frame(SETTINGS, 0, 0, b"12345")),
        ("in an answer", frame(SETTINGS, ACK, 0, b"123456")),
        ("a server that is pushed to", settings(&[(ENABLE_PUSH, 1)])),
        (
            "a window too large",
            settings(&[(INITIAL_WINDOW_SIZE, BITS_31 + 1)]),
        ),
        ("a window that grows too large", grows.concat()),
        ("small frames", settings(&[(MAX_FRAME_SIZE, 16_383)])),
        ("large frames", settings(&[(MAX_FRAME_SIZE, 1 << 24)])),
    ] {
        check(what, &[frame]);
    }
}

#[test]
fn who_asks_without_end_and_does_not_read_is_given_up() {
    check("pings", &[frame(PING, 0, 0, b"12345678").repeat(10_000)]);
    check("settings", &[settings(&[]).repeat(10_000)]);
    let mut client = Client::asking(1);
    for _ in 0..10_000 {
        client.take(&frame(PING, 0, 0, b"12345678")).unwrap();
        client.sent();
    }
}

#[test]
fn servers_say_first_what_they_take() {
    let ping = frame(PING, 0, 0, b"12345678");
    for first in [frame(SETTINGS, ACK, 0, b""), ping, head(1, 0, OK)] {
        let mut http2 = Http2::new(false);
        assert!(http2.ask(0, &request("GET", b""), false));
        assert_eq!(http2.take(&first, &mut |_, _| ()), Err(Garbled));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        let _ = Client::asking(3).take(&bytes);
    }

    #[test]
    fn any_frames_are_survived(
        frames in prop::collection::vec((0_u8..11, any::<u8>(), 0_u32..9, prop::collection::vec(any::<u8>(), 0..40)), 0..30),
    ) {
        let mut client = Client::asking(3);
        let _ = client.http2.ask_but_end(3, &request("POST", &[0; 70_000]), true);
        for (kind, flags, stream, payload) in frames {
            if client.take(&frame(kind, flags, stream, &payload)).is_err() {
                break;
            }
            client.http2.end_all();
        }
        // Each request ends once at most.
        let mut slots: Vec<usize> = client.ended.iter().map(|(slot, _)| *slot).collect();
        slots.extend(client.http2.in_flight());
        slots.sort_unstable();
        prop_assert_eq!(slots, [0, 1, 2, 3]);
    }

    #[test]
    fn any_request_is_survived(request: Vec<u8>, window in 0_u32..50) {
        let mut client = Client::new(&[(INITIAL_WINDOW_SIZE, window)]);
        let _ = client.http2.ask(0, &Bytes::from(request), false);
        let mut rounds = 0;
        while !client.http2.output().is_empty() && rounds < 100 {
            let count = client.http2.output().len();
            client.http2.written(count);
            rounds += 1;
        }
        prop_assert!(rounds < 100);
    }
}
