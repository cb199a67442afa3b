//! Load and bursts over TLS and HTTP/2.

use super::kit::{CUT_AT, Seen, secured, serve_http2, trusting};
use super::*;
use crate::PreparedRequest;
use crate::engine::tls::Protocol::{Http1, Http2};
use crate::engine::tls::tests::Identity;

fn request(transport: &Transport, path: &str, body: &str) -> Bytes {
    let request = PreparedRequest {
        method: if body.is_empty() { "GET" } else { "POST" }.to_string(),
        path: path.to_string(),
        headers: Vec::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    transport.encode(&request, "localhost")
}

/// Every way to speak that is not HTTP/1.1 in the clear, each with a server.
fn ways(streams: u32) -> Vec<(&'static str, SocketAddr, Transport)> {
    let identity = Identity::new();
    let http1 = serve(answers);
    let (http2, _) = serve_http2(250);
    vec![
        (
            "HTTP/1.1 over TLS",
            secured(http1, &identity, &[Http1]),
            trusting(Transport::default(), &identity),
        ),
        (
            "HTTP/1.1 over TLS that is agreed on nowhere",
            secured(http1, &identity, &[]),
            trusting(Transport::default(), &identity),
        ),
        ("HTTP/2", http2, Transport::http2(streams)),
        (
            "HTTP/2 over TLS",
            secured(http2, &identity, &[Http2, Http1]),
            trusting(Transport::http2(streams), &identity),
        ),
    ]
}

fn loaded(address: SocketAddr, transport: &Transport, wanted: Wanted, path: &str) -> Figures {
    let request = request(transport, path, "");
    applied_over(transport, &[address], wanted, &request, &Watch::default())
}

#[test]
fn load_is_applied_over_all_of_them() {
    for (name, address, transport) in ways(5) {
        for (connections, pace) in [
            (1, Pace::Closed),
            (10, Pace::Closed),
            (23, Pace::Open(Arrivals::Even(5_000.0))),
        ] {
            let wanted = wanted(pace, connections, 300);
            let figures = loaded(address, &transport, wanted, "/");
            assert_eq!(
                (figures.requests, classes(&figures)),
                (300, vec![]),
                "{name}, {connections}"
            );
            assert_eq!(figures.latency_us.len(), 300, "{name}");
        }
    }
}

#[test]
fn bursts_are_let_go_over_all_of_them() {
    for (name, address, transport) in ways(200) {
        for (body, release) in [
            ("", Release::LastByte),
            ("", Release::Whole),
            ("ok", Release::LastByte),
            ("ok", Release::Whole),
        ] {
            if transport.protocol == Http1 && !body.is_empty() {
                // This server takes no bodies.
                continue;
            }
            let mut burst = at_once(200, 1);
            for due in &mut burst {
                due.request = request(&transport, "/", body);
            }
            let lanes = [address];
            let mut burster = Burster::new(&lanes, &transport, Keeps::Bodies, PATIENCE, 1).unwrap();
            for _ in 0..3 {
                let sent = burster.send(&burst, release, &Watch::default()).unwrap();
                assert_eq!(statuses(&sent), ["200 ok"], "{name}, {body}, {release:?}");
                assert!(
                    sent.iter()
                        .all(|one| one.sent <= one.left && one.left <= one.ended),
                    "{name}"
                );
                if transport.protocol == Http2 {
                    // All of it has left in one piece.
                    assert_eq!(skew(&sent), Duration::ZERO, "{name}, {body}, {release:?}");
                }
            }
        }
    }
}

#[test]
fn requests_of_a_burst_have_their_times_over_http2() {
    let (address, seen) = serve_http2(250);
    let transport = Transport::http2(50);
    let drawn = times(
        50,
        Duration::from_millis(20),
        &mut Draws::new(1, "times", 0),
    );
    let mut burst = at_once(50, 1);
    for (due, at) in burst.iter_mut().zip(&drawn) {
        (due.at, due.request) = (*at, request(&transport, "/", ""));
    }
    let mut burster = Burster::new(&[address], &transport, Keeps::Bodies, PATIENCE, 1).unwrap();
    for release in [Release::Whole, Release::LastByte] {
        let sent = burster.send(&burst, release, &Watch::default()).unwrap();
        assert_eq!(statuses(&sent), ["200 ok"]);
        assert!(sent.iter().all(|one| one.due <= one.left));
    }
    assert_eq!(seen.accepted.load(Ordering::SeqCst), 1);
}

#[test]
fn who_takes_few_streams_is_asked_no_more_at_once() {
    let (address, seen) = serve_http2(3);
    let wanted = wanted(Pace::Closed, 20, 200);
    let figures = loaded(address, &Transport::http2(20), wanted, "/");
    assert_eq!((figures.requests, classes(&figures)), (200, vec![]));
    let open_max = |seen: &Seen| seen.open_max.load(Ordering::SeqCst);
    assert!((1..=3).contains(&open_max(&seen)), "{}", open_max(&seen));
    let transport = Transport::http2(40);
    for body in ["", "ok"] {
        let mut burst = at_once(40, 1);
        for due in &mut burst {
            due.request = request(&transport, "/", body);
        }
        let mut burster = Burster::new(&[address], &transport, Keeps::Bodies, PATIENCE, 1).unwrap();
        let sent = burster.send(&burst, Release::LastByte, &Watch::default());
        let sent = sent.unwrap();
        assert_eq!(statuses(&sent), ["200 ok"]);
        // Those that found no room have left later, and say so.
        assert!(skew(&sent) > Duration::ZERO);
    }
    assert!((1..=3).contains(&open_max(&seen)), "{}", open_max(&seen));
}

#[test]
fn streams_that_are_reset_are_cut_and_their_connection_stays() {
    let (address, seen) = serve_http2(100);
    let wanted = wanted(Pace::Closed, 10, 60);
    let figures = loaded(address, &Transport::http2(10), wanted, "/reset");
    assert_eq!(
        (figures.requests, classes(&figures)),
        (60, vec![("cut", 60)])
    );
    assert_eq!(seen.accepted.load(Ordering::SeqCst), 1);
}

#[test]
fn who_leaves_answers_first_and_is_asked_again() {
    let (address, seen) = serve_http2(100);
    let wanted = wanted(Pace::Closed, 10, 200);
    let figures = loaded(address, &Transport::http2(10), wanted, "/leave");
    // What it had not begun took no effect.
    let refused = figures.errors.get("not sent").copied().unwrap_or(0);
    assert_eq!(figures.requests, 200);
    assert_eq!(figures.errors(), refused, "{:?}", figures.errors);
    assert!(figures.latency_us.len() >= 50, "{:?}", figures.errors);
    assert!(seen.accepted.load(Ordering::SeqCst) > 3);
}

#[test]
fn all_that_is_on_its_way_is_cut_with_its_connection() {
    let (address, seen) = serve_http2(100);
    let wanted = wanted(Pace::Closed, CUT_AT as u32, 3 * CUT_AT as u64);
    let figures = loaded(address, &Transport::http2(CUT_AT as u32), wanted, "/cut");
    let all = 3 * CUT_AT as u64;
    assert_eq!(
        (figures.requests, classes(&figures)),
        (all, vec![("cut", all)])
    );
    assert_eq!(seen.accepted.load(Ordering::SeqCst), 3);
}

#[test]
fn a_stream_that_is_given_up_leaves_the_others_alone() {
    let (address, seen) = serve_http2(100);
    let transport = Transport::http2(10);
    let (slow, quick) = (
        request(&transport, "/for-ever", ""),
        request(&transport, "/", ""),
    );
    let users = Askers {
        request: &|nth, _| Ok(if nth % 10 == 0 { &slow } else { &quick }.clone()),
        to_head: false,
        expects: &|told, _| matches!(told.outcome, Outcome::Answered { status: 200, .. }),
    };
    let wanted = wanted(Pace::Closed, 10, 50);
    let load = Load {
        services: &[vec![address]],
        users: &users,
        operations: 1,
        keeps: Keeps::Status,
        transport: &transport,
        connections: wanted.connections,
        plan: &wanted
            .pace
            .plan(wanted.connections, wanted.until.elapsed, 1),
        until: wanted.until,
        patience: Duration::from_secs(2),
        workers: 2,
    };
    let figures = apply(&load, &Watch::default(), &mut |_| {}).unwrap();
    let found = (figures[0].requests, classes(&figures[0]));
    assert_eq!(found, (50, vec![("timed out", 5)]));
    assert_eq!(seen.accepted.load(Ordering::SeqCst), 1);
}

/// Why a burst of one was not sent, which is what a probe says too.
fn refusal(address: SocketAddr, transport: &Transport) -> String {
    let mut burst = at_once(1, 1);
    burst[0].request = request(transport, "/", "");
    let mut burster = Burster::new(&[address], transport, Keeps::Status, PATIENCE, 1).unwrap();
    let sent = burster.send(&burst, Release::Whole, &Watch::default());
    let outcome = sent.unwrap().remove(0).outcome;
    let Outcome::NotSent { why } = outcome else {
        panic!("{outcome:?}");
    };
    let probed = probe(address, transport, PATIENCE).unwrap_err();
    assert_eq!(probed.to_string(), why);
    why
}

#[test]
fn who_cannot_be_spoken_to_is_not_asked() {
    let (identity, other) = (Identity::new(), Identity::new());
    let http1 = serve(answers);
    let garbles: Behaviour = |_, stream| stream.write_all(b"HTTP/1.1 400 No\r\n\r\n").is_ok();
    let closes: Behaviour = |_, _| false;
    for (address, transport, expected) in [
        (
            secured(http1, &identity, &[Http1]),
            trusting(Transport::default(), &other),
            "invalid peer certificate: ",
        ),
        (
            secured(http1, &identity, &[Http1]),
            trusting(Transport::http2(1), &identity),
            "speaks only HTTP/1.1",
        ),
        (
            secured(http1, &identity, &[]),
            trusting(Transport::http2(1), &identity),
            "speaks only HTTP/1.1",
        ),
        (serve(garbles), Transport::http2(1), "does not speak it"),
        (
            serve(closes),
            Transport::http2(1),
            "closed the connection when it was greeted",
        ),
    ] {
        let why = refusal(address, &transport);
        assert!(why.contains(expected), "{why}");
    }
}

#[test]
fn who_can_be_spoken_to_is_found() {
    for (name, address, transport) in ways(1) {
        let probed = probe(address, &transport, PATIENCE);
        assert!(probed.is_ok(), "{name}: {probed:?}");
    }
}
