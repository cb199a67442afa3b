//! Wires between real sockets. Servers and clients are plain blocking ones; nothing sleeps to
//! let something happen: every wait is a read that ends when the thing has happened.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use model::{Distribution, Fault, Reply, Step};

use super::*;
use crate::gate::{Idle, Release, Ruling, Ticket};

/// What a test waits at most for anything, so that a defect fails instead of hanging.
const LIMIT: Duration = Duration::from_secs(20);

struct Rig {
    wire: Wire,
    server: TcpListener,
}

fn rig(protocol: Protocol, director: Arc<dyn Director>) -> Rig {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = WireConfig {
        wire: WireId(0),
        lane: LaneId(0),
        from: "a".into(),
        target: "b".into(),
        protocol,
        upstream: server.local_addr().unwrap().to_string(),
        listen_port: 0,
        seed: 1,
    };
    Rig {
        wire: Wire::open(config, director, None).unwrap(),
        server,
    }
}

impl Rig {
    fn pair(&self) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(self.wire.address()).unwrap();
        let (server, _) = self.server.accept().unwrap();
        for socket in [&client, &server] {
            socket.set_read_timeout(Some(LIMIT)).unwrap();
            socket.set_write_timeout(Some(LIMIT)).unwrap();
        }
        (client, server)
    }
}

fn read(socket: &mut TcpStream, n: usize) -> Vec<u8> {
    let mut bytes = vec![0; n];
    socket.read_exact(&mut bytes).unwrap();
    bytes
}

fn is_reset(socket: &mut TcpStream) -> bool {
    matches!(socket.read(&mut [0; 16]), Err(error) if error.kind() == ErrorKind::ConnectionReset)
}

#[test]
fn bytes_pass_both_ways_whatever_their_size() {
    let rig = rig(Protocol::Tcp, Arc::new(Idle));
    let (mut client, mut server) = rig.pair();
    let big: Vec<u8> = (0..3_000_000u32).map(|i| ((i * 31) >> 7) as u8).collect();
    let sent = big.clone();
    let sender = std::thread::spawn(move || {
        client.write_all(&sent).unwrap();
        client
    });
    assert_eq!(read(&mut server, big.len()), big);
    let mut client = sender.join().unwrap();
    server.write_all(b"ok").unwrap();
    assert_eq!(read(&mut client, 2), b"ok");
    assert_eq!(rig.wire.close().bytes, big.len() as u64 + 2);
}

#[test]
fn a_half_closed_connection_still_answers() {
    let rig = rig(Protocol::Tcp, Arc::new(Idle));
    let (mut client, mut server) = rig.pair();
    client.write_all(b"question").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut question = Vec::new();
    server.read_to_end(&mut question).unwrap();
    assert_eq!(question, b"question");
    server.write_all(b"answer").unwrap();
    drop(server);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"answer");
}

#[test]
fn a_reset_is_passed_on_as_a_reset() {
    let rig = rig(Protocol::Tcp, Arc::new(Idle));
    let (mut client, server) = rig.pair();
    client.write_all(b"x").unwrap();
    // Closing with unread bytes makes the kernel send a reset.
    server.set_nonblocking(false).unwrap();
    let mut peek = [0];
    server.peek(&mut peek).unwrap();
    drop(server);
    assert!(is_reset(&mut client));
}

#[test]
fn a_refused_upstream_resets_the_client_and_is_counted() {
    let Rig { wire, server } = rig(Protocol::Tcp, Arc::new(Idle));
    drop(server);
    let mut client = TcpStream::connect(wire.address()).unwrap();
    client.set_read_timeout(Some(LIMIT)).unwrap();
    assert!(is_reset(&mut client));
    let reading = wire.close();
    assert_eq!(reading.failed, 1);
    assert!(reading.first_failed.unwrap().contains("refused"));
}

#[test]
fn a_retargeted_wire_serves_new_connections_elsewhere() {
    let rig = rig(Protocol::Tcp, Arc::new(Idle));
    let (mut old_client, mut old_server) = rig.pair();
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    rig.wire
        .retarget(&elsewhere.local_addr().unwrap().to_string());
    let mut client = TcpStream::connect(rig.wire.address()).unwrap();
    let (mut server, _) = elsewhere.accept().unwrap();
    client.write_all(b"new").unwrap();
    assert_eq!(read(&mut server, 3), b"new");
    old_client.write_all(b"old").unwrap();
    assert_eq!(read(&mut old_server, 3), b"old");
}

/// What a test decides before a reply goes down.
type DownRule = dyn FnMut(&Step, &Reply) -> Ruling + Send;

/// Asks the test about every step, on channels.
struct Asking {
    up: SyncSender<(String, Release)>,
    down: Mutex<Box<DownRule>>,
}

impl Director for Asking {
    fn is_attentive(&self) -> bool {
        true
    }

    fn before_up(&self, step: &Step) -> Ruling {
        let (release, ticket) = Ticket::new(LIMIT);
        let _ = self.up.send((step.text.clone(), release));
        Ruling::Hold(ticket)
    }

    fn before_down(&self, step: &Step, reply: &Reply) -> Ruling {
        (self.down.lock().unwrap())(step, reply)
    }
}

fn asking(
    down: impl FnMut(&Step, &Reply) -> Ruling + Send + 'static,
) -> (Arc<dyn Director>, Receiver<(String, Release)>) {
    let (up, asked) = sync_channel(1024);
    (
        Arc::new(Asking {
            up,
            down: Mutex::new(Box::new(down)),
        }),
        asked,
    )
}

#[test]
fn a_held_step_does_not_arrive_before_it_is_let_go() {
    let (director, asked) = asking(|_, _| Ruling::Pass);
    let rig = rig(Protocol::Tcp, director);
    let (mut client, mut server) = rig.pair();
    client.write_all(b"held").unwrap();
    let (text, release) = asked.recv_timeout(LIMIT).unwrap();
    assert_eq!(text, "held");
    server.set_nonblocking(true).unwrap();
    assert_eq!(
        server.read(&mut [0; 8]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    server.set_nonblocking(false).unwrap();
    release.pass();
    assert_eq!(read(&mut server, 4), b"held");
}

#[test]
fn faults_on_the_way_up() {
    let check = |fault: Fault, look: &dyn Fn(TcpStream, TcpStream)| {
        let (director, asked) = asking(|_, _| Ruling::Pass);
        let rig = rig(Protocol::Tcp, director);
        let (mut client, server) = rig.pair();
        client.write_all(b"question").unwrap();
        asked.recv_timeout(LIMIT).unwrap().1.fault(fault);
        look(client, server);
    };
    check(
        Fault::Delay(Distribution::Fixed(2_000)),
        &|_client, mut server| {
            assert_eq!(read(&mut server, 8), b"question");
        },
    );
    check(
        Fault::Slow {
            slice_bytes: 3,
            pause_us: 1_000,
        },
        &|_client, mut server| {
            assert_eq!(read(&mut server, 8), b"question");
        },
    );
    check(
        Fault::Bandwidth {
            bytes_per_second: 10_000,
        },
        &|_client, mut server| {
            assert_eq!(read(&mut server, 8), b"question");
        },
    );
    check(Fault::Reset, &|mut client, mut server| {
        assert!(is_reset(&mut client) && is_reset(&mut server));
    });
    check(Fault::Drop, &|client, mut server| {
        client.shutdown(Shutdown::Write).unwrap();
        let mut nothing = Vec::new();
        server.read_to_end(&mut nothing).unwrap();
        assert!(nothing.is_empty(), "what was dropped must not arrive");
    });
}

#[test]
fn a_step_can_be_answered_in_the_backends_place() {
    let (director, asked) = asking(|_, _| Ruling::Pass);
    let rig = rig(Protocol::Redis, director);
    let (mut client, mut server) = rig.pair();
    let (get, ping) = (b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"*1\r\n$4\r\nPING\r\n");
    client.write_all(&[&get[..], &ping[..]].concat()).unwrap();
    let (text, release) = asked.recv_timeout(LIMIT).unwrap();
    assert!(text.starts_with("GET"), "{text}");
    release.fault(Fault::Answer(b"$4\r\nmine\r\n".to_vec()));
    asked.recv_timeout(LIMIT).unwrap().1.pass();
    assert_eq!(read(&mut server, ping.len()), ping, "and nothing before it");
    server.write_all(b"+PONG\r\n").unwrap();
    assert_eq!(read(&mut client, 17), b"$4\r\nmine\r\n+PONG\r\n");
}

/// A PostgreSQL message.
fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32 + 4).to_be_bytes();
    [&[tag][..], &length, body].concat()
}

#[test]
fn a_simple_query_can_be_answered_and_an_extended_one_is_cut_instead() {
    let (director, asked) = asking(|_, _| Ruling::Pass);
    let rig = rig(Protocol::Postgres, director);
    let (mut client, mut server) = rig.pair();
    let start = message(0, b"\0\x03\0\0user\0me\0\0").split_off(1);
    client.write_all(&start).unwrap();
    assert_eq!(read(&mut server, start.len()), start);
    let ready = message(b'Z', b"I");
    let greeting = [message(b'R', &[0; 4]), ready.clone()].concat();
    server.write_all(&greeting).unwrap();
    assert_eq!(read(&mut client, greeting.len()), greeting);

    client
        .write_all(&message(b'Q', b"DELETE FROM t\0"))
        .unwrap();
    let answer = [message(b'C', b"DELETE 7\0"), ready].concat();
    let (_, release) = asked.recv_timeout(LIMIT).unwrap();
    release.fault(Fault::Answer(answer.clone()));
    assert_eq!(read(&mut client, answer.len()), answer);

    let extended = [
        message(b'P', b"\0DELETE FROM t\0\0\0"),
        message(b'B', &[0; 8]),
        message(b'E', &[0; 5]),
        message(b'S', b""),
    ];
    client.write_all(&extended.concat()).unwrap();
    let (_, release) = asked.recv_timeout(LIMIT).unwrap();
    release.fault(Fault::Answer(answer));
    assert!(is_reset(&mut client));
    let reading = rig.wire.close();
    assert!(reading.first_failed.unwrap().contains("cannot be answered"));
}

#[test]
fn a_reply_can_be_lost_after_it_was_given() {
    let (director, asked) = asking(|_, _| Ruling::Fault(Fault::Reset));
    let rig = rig(Protocol::Tcp, director);
    let (mut client, mut server) = rig.pair();
    client.write_all(b"question").unwrap();
    asked.recv_timeout(LIMIT).unwrap().1.pass();
    assert_eq!(read(&mut server, 8), b"question");
    server.write_all(b"answer").unwrap();
    assert!(is_reset(&mut client));
}

#[test]
fn a_hold_ends_by_itself() {
    struct Forgetful;
    impl Director for Forgetful {
        fn is_attentive(&self) -> bool {
            true
        }
        fn before_up(&self, _step: &Step) -> Ruling {
            let (release, ticket) = Ticket::new(Duration::from_millis(20));
            // The director is not dropped with the test's end in sight: it just never tells.
            std::mem::forget(release);
            Ruling::Hold(ticket)
        }
        fn before_down(&self, _step: &Step, _reply: &Reply) -> Ruling {
            Ruling::Pass
        }
    }
    let rig = rig(Protocol::Tcp, Arc::new(Forgetful));
    let (mut client, mut server) = rig.pair();
    client.write_all(b"late").unwrap();
    assert_eq!(read(&mut server, 4), b"late");
}

#[test]
fn closing_a_wire_closes_its_connections() {
    let rig = rig(Protocol::Tcp, Arc::new(Idle));
    let (mut client, mut server) = rig.pair();
    rig.wire.close();
    assert!(matches!(client.read(&mut [0; 8]), Ok(0) | Err(_)));
    assert!(matches!(server.read(&mut [0; 8]), Ok(0) | Err(_)));
}

#[test]
fn ten_thousand_connections_pass_through_one_wire() {
    let most = nix_limit();
    // Each takes four descriptors of this one process: both ends of both sockets.
    let wanted = 10_000.min(most.saturating_sub(200) / 4);
    let rig = rig(Protocol::Tcp, Arc::new(Idle));
    let mut pairs = Vec::with_capacity(wanted);
    for _ in 0..wanted {
        pairs.push(rig.pair());
    }
    for (client, _) in &mut pairs {
        client.write_all(b"x").unwrap();
    }
    for (client, server) in &mut pairs {
        assert_eq!(read(server, 1), b"x");
        server.write_all(b"y").unwrap();
        assert_eq!(read(client, 1), b"y");
    }
    let reading = rig.wire.reading();
    assert_eq!(
        (reading.connections, reading.open),
        (wanted as u64, wanted as u64)
    );
}

/// How many files this process may have open.
fn nix_limit() -> usize {
    std::fs::read_to_string("/proc/self/limits")
        .ok()
        .and_then(|limits| {
            let line = limits
                .lines()
                .find(|line| line.starts_with("Max open files"))?
                .to_string();
            line.split_whitespace().nth(3)?.parse().ok()
        })
        .unwrap_or(1024)
}
