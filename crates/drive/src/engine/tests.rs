//! The engine against servers that behave well, and others.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;

use bytes::Bytes;
use model::{Outcome, Part, Spacing};

use super::*;
use crate::draws::Draws;

mod kit;
mod protocols;

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

/// What most tests ask for.
#[derive(Clone, Copy)]
struct Wanted {
    pace: Pace,
    connections: u32,
    until: Until,
    patience: Duration,
}

fn wanted(pace: Pace, connections: u32, requests: u64) -> Wanted {
    Wanted {
        pace,
        connections,
        until: Until {
            elapsed: PATIENCE,
            requests: Some(requests),
        },
        patience: PATIENCE,
    }
}

const REQUEST: Bytes = Bytes::from_static(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n");

/// Applies load with one request again and again.
fn applied(addresses: &[SocketAddr], wanted: Wanted, request: &Bytes, watch: &Watch) -> Figures {
    applied_over(&Transport::default(), addresses, wanted, request, watch)
}

fn applied_over(
    transport: &Transport,
    addresses: &[SocketAddr],
    wanted: Wanted,
    request: &Bytes,
    watch: &Watch,
) -> Figures {
    let users = Askers {
        request: &|_, _| Ok(request.clone()),
        to_head: false,
        expects: &|told, _| matches!(told.outcome, Outcome::Answered { status: 200, .. }),
    };
    let load = Load {
        services: &[addresses.to_vec()],
        users: &users,
        operations: 1,
        keeps: Keeps::Status,
        transport,
        connections: wanted.connections,
        plan: &wanted
            .pace
            .plan(wanted.connections, wanted.until.elapsed, 1),
        until: wanted.until,
        patience: wanted.patience,
        workers: 2,
    };
    let mut seconds = Vec::new();
    let mut each = apply(&load, watch, &mut |second| {
        seconds.push((second.number, second.each[0].requests));
    })
    .unwrap();
    let figures = each.remove(0);
    assert!(seconds.is_sorted());
    let told: u64 = seconds.iter().map(|(_, requests)| requests).sum();
    assert_eq!(told, figures.requests);
    figures
}

fn asked_for(addresses: &[SocketAddr], wanted: Wanted) -> Figures {
    applied(addresses, wanted, &REQUEST, &Watch::default())
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
        let wanted = wanted(Pace::Closed, connections, requests);
        let figures = applied(&addresses, wanted, &REQUEST, &watch);
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
        let figures = asked_for(&addresses, wanted(Pace::Closed, 3, 30));
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
    let figures = asked_for(&addresses, wanted(Pace::Closed, 2, 4));
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
        let figures = asked_for(&addresses, wanted(Pace::Closed, 3, 60));
        assert_eq!((figures.requests, classes(&figures)), (60, vec![]));
    }
}

#[test]
fn who_does_not_answer_is_given_up() {
    let silent: Behaviour = |_, stream| asked(stream);
    let addresses = [serve(silent)];
    let mut wanted = wanted(Pace::Closed, 2, 4);
    wanted.patience = Duration::from_millis(50);
    let figures = asked_for(&addresses, wanted);
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
    let figures = asked_for(&addresses, wanted(pace, 1, 40));
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
    let mut wanted = wanted(Pace::Closed, 3, u64::MAX);
    wanted.until.elapsed = Duration::from_secs(3600);
    let watch = Watch::default();
    let figures = thread::scope(|scope| {
        let watch = &watch;
        scope.spawn(move || {
            while watch.requests.load(Ordering::Relaxed) == 0 {
                thread::yield_now();
            }
            watch.stop.store(true, Ordering::Relaxed);
        });
        applied(&addresses, wanted, &REQUEST, watch)
    });
    assert!(figures.requests > 0);
    assert_eq!(classes(&figures), []);
}

#[test]
fn load_ends_after_its_time() {
    let addresses = [serve(answers)];
    let mut wanted = wanted(Pace::Open(Arrivals::Even(1_000.0)), 3, u64::MAX);
    wanted.until.elapsed = Duration::from_millis(100);
    let figures = asked_for(&addresses, wanted);
    // Those due at 0, 1, .. 99 ms.
    assert_eq!((figures.requests, classes(&figures)), (100, vec![]));
}

fn at_once(requests: usize, lanes: usize) -> Vec<Due> {
    let due = |number| Due {
        at: Duration::ZERO,
        lane: number % lanes,
        request: REQUEST,
        to_head: false,
    };
    (0..requests).map(due).collect()
}

fn burster(addresses: &[SocketAddr], patience: Duration, threads: usize) -> Burster {
    let transport = Transport::default();
    Burster::new(addresses, &transport, Keeps::Bodies, patience, threads).unwrap()
}

fn statuses(sent: &[Sent]) -> Vec<String> {
    let of = |sent: &Sent| match &sent.outcome {
        Outcome::Answered { status, body, .. } => format!("{status} {body}"),
        other => format!("{other:?}"),
    };
    let mut all: Vec<String> = sent.iter().map(of).collect();
    all.dedup();
    all
}

/// Answers a burst when all of it is there, so none waits for an answer to another.
#[test]
fn a_burst_is_let_go_at_once() {
    const SIZE: usize = 40;
    for (threads, release) in [
        (1, Release::LastByte),
        (1, Release::Whole),
        (2, Release::LastByte),
        (3, Release::Whole),
    ] {
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
        let mut burster = burster(&addresses, PATIENCE, threads);
        for _ in 0..3 {
            let sent = burster.send(&at_once(SIZE, 1), release, &Watch::default());
            let sent = sent.unwrap();
            assert_eq!(statuses(&sent), ["200 ok"]);
            let numbers: Vec<usize> = sent.iter().map(|sent| sent.number).collect();
            assert_eq!(numbers, (0..SIZE).collect::<Vec<_>>());
            assert!(
                sent.iter()
                    .all(|one| one.sent <= one.left && one.left <= one.ended)
            );
            assert!(skew(&sent) < PATIENCE);
        }
        server.join().unwrap();
    }
}

#[test]
fn each_of_a_burst_has_its_time() {
    let addresses = [serve(answers), serve(answers)];
    let drawn = times(
        50,
        Duration::from_millis(20),
        &mut Draws::new(1, "times", 0),
    );
    let mut burst = at_once(50, 2);
    for (due, at) in burst.iter_mut().zip(&drawn) {
        due.at = *at;
    }
    let mut burster = burster(&addresses, PATIENCE, 2);
    for release in [Release::Whole, Release::LastByte] {
        let sent = burster.send(&burst, release, &Watch::default()).unwrap();
        assert_eq!(statuses(&sent), ["200 ok"]);
        for (one, at) in sent.iter().zip(&drawn) {
            assert_eq!(one.due, *at);
            assert!(one.sent >= one.due, "{one:?}");
        }
    }
}

#[test]
fn times_of_a_burst_are_spread_evenly() {
    for window in [
        Duration::ZERO,
        Duration::from_micros(1),
        Duration::from_millis(500),
    ] {
        let drawn = times(10_000, window, &mut Draws::new(3, "times", 0));
        assert!(drawn.is_sorted());
        assert!(drawn.iter().all(|at| *at <= window));
        if window > Duration::from_micros(1) {
            let early = drawn.iter().filter(|at| **at < window / 2).count();
            assert!((4_800..5_200).contains(&early), "{window:?}: {early}");
        }
    }
}

#[test]
fn a_burst_over_connections_that_close_opens_new_ones() {
    let closes: Behaviour = |_, stream| {
        let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).unwrap();
        false
    };
    for release in [Release::LastByte, Release::Whole] {
        let mut burster = burster(&[serve(closes)], PATIENCE, 2);
        for _ in 0..4 {
            let sent = burster.send(&at_once(9, 1), release, &Watch::default());
            assert_eq!(statuses(&sent.unwrap()), ["200 "]);
        }
    }
}

#[test]
fn a_burst_that_nobody_answers_is_given_up() {
    let silent: Behaviour = |_, stream| asked(stream);
    let mut burster = burster(&[serve(silent)], Duration::from_millis(50), 1);
    for _ in 0..3 {
        let sent = burster.send(&at_once(5, 1), Release::LastByte, &Watch::default());
        assert_eq!(statuses(&sent.unwrap()), ["Unknown(TimedOut)"]);
    }
}

#[test]
fn a_burst_finds_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [listener.local_addr().unwrap()];
    drop(listener);
    let mut burster = burster(&addresses, PATIENCE, 2);
    for release in [Release::LastByte, Release::Whole] {
        let sent = burster
            .send(&at_once(5, 1), release, &Watch::default())
            .unwrap();
        let is_not_sent = |sent: &Sent| matches!(sent.outcome, Outcome::NotSent { .. });
        assert!(sent.len() == 5 && sent.iter().all(is_not_sent), "{sent:?}");
    }
    let none = burster.send(&[], Release::Whole, &Watch::default());
    assert_eq!(none.unwrap(), []);
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
    let wanted = wanted(Pace::Closed, 1, 3);
    let figures = applied(&addresses, wanted, &large, &Watch::default());
    server.join().unwrap();
    assert_eq!((figures.requests, classes(&figures)), (3, vec![]));
}

/// Nobody was asked when these connections were closed: nothing is cut.
#[test]
fn connections_that_close_between_bursts_are_opened_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [listener.local_addr().unwrap()];
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let accept = |_| listener.accept().unwrap().0;
            let mut streams: Vec<TcpStream> = (0..2).map(accept).collect();
            streams.iter_mut().for_each(|stream| assert!(asked(stream)));
            // The first is closed before the last answer, which ends the burst.
            let mut last = streams.pop().unwrap();
            let mut first = streams.pop().unwrap();
            first.write_all(OK).unwrap();
            drop(first);
            last.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok")
                .unwrap();
        }
    });
    let mut burster = burster(&addresses, PATIENCE, 1);
    for _ in 0..2 {
        let sent = burster.send(&at_once(2, 1), Release::LastByte, &Watch::default());
        assert_eq!(statuses(&sent.unwrap()), ["200 ok"]);
    }
    server.join().unwrap();
}

#[test]
fn what_was_due_in_time_and_never_sent_is_counted() {
    let addresses = [serve(answers_late)];
    let pace = Pace::Open(Arrivals::Even(1_000.0));
    let mut wanted = wanted(pace, 1, u64::MAX);
    wanted.until.elapsed = Duration::from_millis(100);
    wanted.patience = Duration::from_millis(50);
    let figures = asked_for(&addresses, wanted);
    assert_eq!(figures.requests, 100);
    assert_eq!(figures.waiting_us.len() + figures.lateness_us.len(), 100);
    // Until 250 ms, when that is noticed at the latest, 50 can be answered.
    assert!(figures.errors["not sent"] >= 50, "{:?}", figures.errors);
}

/// Asks twice, thinks in between, and meets the others before.
struct Walkers {
    together: usize,
}

struct Walker {
    together: usize,
    at: usize,
    seen: Vec<String>,
}

impl Users for Walkers {
    fn user<'a>(&'a self, _place: usize) -> Box<dyn User + 'a> {
        Box::new(Walker {
            together: self.together,
            at: 0,
            seen: Vec::new(),
        })
    }
}

impl User for Walker {
    fn begin(&mut self, _number: u64) {
        self.at = 0;
        self.seen.clear();
    }

    fn next(&mut self) -> Next {
        self.at += 1;
        let ask = |service| {
            Next::Ask(Asked {
                operation: service,
                service,
                request: Ok(REQUEST),
                to_head: false,
            })
        };
        match self.at {
            1 => Next::Meet(Meeting {
                number: 0,
                users: self.together,
                patience: PATIENCE,
            }),
            2 => ask(0),
            3 => Next::Think(Duration::from_millis(3)),
            4 => ask(1),
            _ => Next::Done,
        }
    }

    fn told(&mut self, told: &Told<'_>) -> bool {
        self.seen
            .extend(told.headers.iter().map(|(name, _)| name.clone()));
        assert!(told.due <= told.sent && told.sent <= told.ended);
        told.headers == [("x-who".to_string(), self.at.to_string())]
    }
}

#[test]
fn users_do_one_thing_after_the_other() {
    // Each server says which step it expects, so a request to the wrong one is an error.
    let first: Behaviour = |_, stream| {
        let answer = b"HTTP/1.1 204 None\r\nX-Who: 2\r\n\r\n";
        stream.write_all(answer).is_ok()
    };
    let second: Behaviour = |_, stream| {
        let answer = b"HTTP/1.1 204 None\r\nX-Who: 4\r\n\r\n";
        stream.write_all(answer).is_ok()
    };
    let services = [vec![serve(first)], vec![serve(second)]];
    for (connections, runs, together, pace) in [
        (1, 3, 1, Pace::Closed),
        (4, 8, 4, Pace::Closed),
        (4, 8, 2, Pace::Open(Arrivals::Even(2_000.0))),
    ] {
        let load = Load {
            services: &services,
            users: &Walkers { together },
            operations: 2,
            keeps: Keeps::Headers,
            transport: &Transport::default(),
            connections,
            plan: &pace.plan(connections, PATIENCE, 1),
            until: wanted(pace, connections, runs).until,
            patience: PATIENCE,
            workers: 1,
        };
        let each = apply(&load, &Watch::default(), &mut |_| {}).unwrap();
        let counts: Vec<_> = each.iter().map(|of| (of.requests, classes(of))).collect();
        assert_eq!(counts, [(runs, vec![]), (runs, vec![])]);
    }
}

/// Parts follow each other: nothing is lost between them, and nobody is asked in a pause.
#[test]
fn parts_follow_each_other() {
    let services = [vec![serve(answers)]];
    let ms = Duration::from_millis;
    let profile = [
        Part::Rate {
            per_second: 1_000.0,
            spacing: Spacing::Even,
            lasts: ms(50),
        },
        Part::Pause { lasts: ms(20) },
        Part::RampRate {
            per_second: 1_000.0,
            lasts: ms(100),
        },
        Part::Iterations { runs: 30, users: 3 },
    ];
    let plan = Plan::with(&profile, Vec::new(), 1);
    let runs = Mutex::new(Vec::new());
    let users = Askers {
        request: &|run, _| {
            runs.lock().unwrap().push(run);
            Ok(REQUEST)
        },
        to_head: false,
        expects: &|_, _| true,
    };
    let load = Load {
        services: &services,
        transport: &Transport::default(),
        users: &users,
        operations: 1,
        keeps: Keeps::Status,
        connections: 5,
        plan: &plan,
        until: Until {
            elapsed: PATIENCE,
            requests: None,
        },
        patience: PATIENCE,
        workers: 2,
    };
    let each = apply(&load, &Watch::default(), &mut |_| {}).unwrap();
    let begun = plan.arrivals() as u64;
    assert_eq!((each[0].requests, classes(&each[0])), (begun + 30, vec![]));
    let mut runs = runs.into_inner().unwrap();
    runs.sort_unstable();
    let open: Vec<u64> = (0..begun).collect();
    assert_eq!(runs[..open.len()], open);
    runs.dedup();
    assert_eq!(
        runs.len() as u64,
        begun + 30,
        "each has a number of its own"
    );
}
