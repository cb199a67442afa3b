//! The engine against servers that behave well, and others.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);
const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// What a server does with the nth request of a connection.
type Behaviour = fn(u64, &mut TcpStream) -> bool;

/// Serves connections as long as the test runs, each on a thread; `behave` says whether to go on.
fn serve(behave: Behaviour) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut nth = 0;
                while asked(&mut stream) && behave(nth, &mut stream) {
                    nth += 1;
                }
            });
        }
    });
    address
}

/// Reads a request up to the empty line; ours have no bodies.
fn asked(stream: &mut TcpStream) -> bool {
    let mut last = [0; 4];
    let mut byte = [0];
    while last != *b"\r\n\r\n" {
        match stream.read(&mut byte) {
            Ok(1) => {
                last.rotate_left(1);
                last[3] = byte[0];
            }
            _ => return false,
        }
    }
    true
}

fn answers(_: u64, stream: &mut TcpStream) -> bool {
    stream.write_all(OK).is_ok()
}

/// Takes 5 ms at least.
fn answers_late(nth: u64, stream: &mut TcpStream) -> bool {
    let (began, least) = (Instant::now(), Duration::from_millis(5));
    while began.elapsed() < least {
        thread::park_timeout(least);
    }
    answers(nth, stream)
}

fn load(addresses: &[SocketAddr], pace: Pace, connections: u32, requests: u64) -> Load<'_> {
    Load {
        addresses,
        request: &|_, _| Ok(Bytes::from_static(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")),
        to_head: false,
        expects: &|outcome, _| matches!(outcome, Outcome::Answered { status: 200, .. }),
        keeps_bodies: false,
        connections,
        pace,
        until: Until {
            elapsed: PATIENCE,
            requests: Some(requests),
        },
        patience: PATIENCE,
        workers: 2,
        seed: 1,
    }
}

fn classes(figures: &Figures) -> Vec<(&str, u64)> {
    let errors = figures.errors.iter();
    errors
        .map(|(class, times)| (class.as_str(), *times))
        .collect()
}

#[test]
fn as_many_are_asked_as_are_wanted() {
    let addresses = [serve(answers), serve(answers)];
    for (connections, requests) in [(1, 1), (1, 50), (7, 500), (50, 20)] {
        let watch = Watch::default();
        let figures = apply(
            &load(&addresses, Pace::Closed, connections, requests),
            &watch,
        )
        .unwrap();
        assert_eq!(figures.requests, requests, "{connections} connections");
        assert_eq!(figures.latency_us.len(), requests);
        assert_eq!(classes(&figures), []);
        assert_eq!(watch.requests.into_inner(), requests);
    }
}

#[test]
fn each_way_to_fail_is_a_class() {
    let resets: Behaviour = |_, stream| {
        // Closing what was not read resets the connection.
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        false
    };
    let half_closes: Behaviour = |_, stream| {
        let _ = stream.shutdown(Shutdown::Write);
        asked(stream)
    };
    let garbles: Behaviour = |_, stream| stream.write_all(b"200 OK, I think\r\n\r\n").is_ok();
    let says_too_much: Behaviour = |_, stream| {
        let twice = [OK, OK].concat();
        stream.write_all(&twice).is_ok()
    };
    let refuses: Behaviour = |_, stream| {
        stream
            .write_all(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n")
            .is_ok()
    };
    for (behave, class) in [
        (resets, "cut"),
        (half_closes, "cut"),
        (garbles, "garbled"),
        (says_too_much, "garbled"),
        (refuses, "status 503"),
    ] {
        let addresses = [serve(behave)];
        let figures = apply(&load(&addresses, Pace::Closed, 3, 30), &Watch::default()).unwrap();
        assert_eq!(
            (figures.requests, classes(&figures)),
            (30, vec![(class, 30)])
        );
    }
}

#[test]
fn nobody_is_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [listener.local_addr().unwrap()];
    drop(listener);
    let figures = apply(&load(&addresses, Pace::Closed, 2, 4), &Watch::default()).unwrap();
    assert_eq!(
        (figures.requests, classes(&figures)),
        (4, vec![("not sent", 4)])
    );
}

#[test]
fn a_connection_that_closes_is_opened_again() {
    let closes: Behaviour = |nth, stream| {
        let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).is_ok() && nth > 0
    };
    let lasts: Behaviour = |_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nuntil the end");
        false
    };
    for behave in [closes, lasts] {
        let addresses = [serve(behave)];
        let figures = apply(&load(&addresses, Pace::Closed, 3, 60), &Watch::default()).unwrap();
        assert_eq!((figures.requests, classes(&figures)), (60, vec![]));
    }
}

#[test]
fn who_does_not_answer_is_given_up() {
    let silent: Behaviour = |_, stream| asked(stream);
    let addresses = [serve(silent)];
    let mut load = load(&addresses, Pace::Closed, 2, 4);
    load.patience = Duration::from_millis(50);
    let figures = apply(&load, &Watch::default()).unwrap();
    assert_eq!(
        (figures.requests, classes(&figures)),
        (4, vec![("timed out", 4)])
    );
}

#[test]
fn what_is_due_and_has_to_wait_took_long() {
    // Each answer takes 5 ms at least, and one is due every millisecond: the queue grows.
    let addresses = [serve(answers_late)];
    let pace = Pace::Open(Arrivals::Even(1_000.0));
    let figures = apply(&load(&addresses, pace, 1, 40), &Watch::default()).unwrap();
    assert_eq!((figures.requests, classes(&figures)), (40, vec![]));
    // The last was due after 39 ms and answered after 200 ms.
    assert!(
        figures.latency_us.max() >= 160_000,
        "{}",
        figures.latency_us.max()
    );
    assert!(
        figures.waiting_us.len() >= 35,
        "{}",
        figures.waiting_us.len()
    );
    assert_eq!(figures.waiting_us.len() + figures.lateness_us.len(), 40);
}

#[test]
fn whoever_watches_can_stop_it() {
    let addresses = [serve(answers)];
    let mut load = load(&addresses, Pace::Closed, 3, u64::MAX);
    load.until.elapsed = Duration::from_secs(3600);
    let watch = Watch::default();
    let figures = thread::scope(|scope| {
        let (watch, load) = (&watch, &load);
        scope.spawn(move || {
            while watch.requests.load(Ordering::Relaxed) == 0 {
                thread::yield_now();
            }
            watch.stop.store(true, Ordering::Relaxed);
        });
        apply(load, watch).unwrap()
    });
    assert!(figures.requests > 0);
    assert_eq!(classes(&figures), []);
}

#[test]
fn load_ends_after_its_time() {
    let addresses = [serve(answers)];
    let mut load = load(&addresses, Pace::Open(Arrivals::Even(1_000.0)), 3, u64::MAX);
    load.until.elapsed = Duration::from_millis(100);
    let figures = apply(&load, &Watch::default()).unwrap();
    // Those due at 0, 1, .. 99 ms.
    assert_eq!((figures.requests, classes(&figures)), (100, vec![]));
}

/// Answers a volley when all of it is there, so none waits for an answer to another.
#[test]
fn a_volley_is_let_go_at_once() {
    const SIZE: usize = 40;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [listener.local_addr().unwrap()];
    let server = thread::spawn(move || {
        let accept = |_| listener.accept().unwrap().0;
        let mut streams: Vec<TcpStream> = (0..SIZE).map(accept).collect();
        for _ in 0..3 {
            streams.iter_mut().for_each(|stream| assert!(asked(stream)));
            streams
                .iter_mut()
                .for_each(|stream| stream.write_all(OK).unwrap());
        }
    });
    let mut load = load(&addresses, Pace::Closed, SIZE as u32, 0);
    load.until.requests = None;
    let volleys = volleys(&load, 3, Release::LastByte, &Watch::default()).unwrap();
    server.join().unwrap();
    assert_eq!(volleys.figures.requests, 3 * SIZE as u64);
    assert_eq!(classes(&volleys.figures), []);
    assert_eq!(volleys.skew_us.len(), 3);
}

#[test]
fn a_volley_over_connections_that_close_opens_new_ones() {
    let closes: Behaviour = |_, stream| {
        let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).unwrap();
        false
    };
    for release in [Release::LastByte, Release::Whole] {
        let addresses = [serve(closes)];
        let load = load(&addresses, Pace::Closed, 9, u64::MAX);
        let volleys = volleys(&load, 4, release, &Watch::default()).unwrap();
        assert_eq!(
            (volleys.figures.requests, classes(&volleys.figures)),
            (36, vec![])
        );
    }
}

#[test]
fn a_volley_that_nobody_answers_is_given_up() {
    let silent: Behaviour = |_, stream| asked(stream);
    let addresses = [serve(silent)];
    let mut load = load(&addresses, Pace::Closed, 5, u64::MAX);
    load.patience = Duration::from_millis(50);
    let volleys = volleys(&load, 3, Release::LastByte, &Watch::default()).unwrap();
    assert_eq!(
        (volleys.figures.requests, classes(&volleys.figures)),
        (15, vec![("timed out", 15)])
    );
}

/// More than the sockets' buffers take at once.
#[test]
fn a_large_request_is_sent_piece_by_piece() {
    const BYTES: usize = 32 * 1024 * 1024;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [listener.local_addr().unwrap()];
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut request = vec![0; BYTES];
        for _ in 0..3 {
            stream.read_exact(&mut request).unwrap();
            stream.write_all(OK).unwrap();
        }
    });
    let large = Bytes::from(vec![b'x'; BYTES]);
    let mut load = load(&addresses, Pace::Closed, 1, 3);
    let request = |_, _| Ok(large.clone());
    load.request = &request;
    let figures = apply(&load, &Watch::default()).unwrap();
    server.join().unwrap();
    assert_eq!((figures.requests, classes(&figures)), (3, vec![]));
}

/// Nobody was asked when these connections were closed: nothing is cut.
#[test]
fn connections_that_close_between_volleys_are_opened_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [listener.local_addr().unwrap()];
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let accept = |_| listener.accept().unwrap().0;
            let mut streams: Vec<TcpStream> = (0..2).map(accept).collect();
            streams.iter_mut().for_each(|stream| assert!(asked(stream)));
            // The first is closed before the last answer, which ends the volley.
            let mut last = streams.pop().unwrap();
            let mut first = streams.pop().unwrap();
            first.write_all(OK).unwrap();
            drop(first);
            last.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
                .unwrap();
        }
    });
    let load = load(&addresses, Pace::Closed, 2, u64::MAX);
    let volleys = volleys(&load, 2, Release::LastByte, &Watch::default()).unwrap();
    server.join().unwrap();
    assert_eq!(
        (volleys.figures.requests, classes(&volleys.figures)),
        (4, vec![])
    );
}

#[test]
fn what_was_due_in_time_and_never_sent_is_counted() {
    let addresses = [serve(answers_late)];
    let pace = Pace::Open(Arrivals::Even(1_000.0));
    let mut load = load(&addresses, pace, 1, u64::MAX);
    load.until.elapsed = Duration::from_millis(100);
    load.patience = Duration::from_millis(50);
    let figures = apply(&load, &Watch::default()).unwrap();
    assert_eq!(figures.requests, 100);
    assert_eq!(figures.waiting_us.len() + figures.lateness_us.len(), 100);
    // Until 250 ms, when that is noticed at the latest, 50 can be answered.
    assert!(figures.errors["not sent"] >= 50, "{:?}", figures.errors);
}
