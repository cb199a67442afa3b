//! A server of our own to aim load at, for what no other does: `cargo xtask serve MANNER PORT`. It has
//! one thread that never blocks, answers every request the same, and either does only that (`plain`),
//! or stalls each second (`stall`), or notes when it was asked (`log` and `bursts`; `GET /end` tells), or
//! answers badly and notes how often (`hostile`).

use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{setsockopt, sockopt::Linger};

use serde_json::Value;

use super::SERVER_CORE;
use super::comb::{Arrivals, receive};
use super::frames::Frames;
use super::hostile::{self, Bad};
use super::stalls::Stalls;
use crate::bench::servers::{Server, free_port, tied};
use crate::shell::built;

const EVENTS_MAX: usize = 256;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"ok\":true}";

/// What ends a request: none has a body.
const END: &[u8] = b"\r\n\r\n";

/// The listener's place among the connections.
const LISTENER: u64 = u64::MAX;

/// Starts one on the processor of servers.
pub fn start(manner: &str) -> Result<Server, String> {
    let port = free_port()?;
    let mut command = tied("taskset");
    command.args(["-c", SERVER_CORE]).arg(built("xtask"));
    command.args(["serve", manner, &port.to_string()]);
    Server::start(&mut command, port)
}

/// Is one, until it is ended.
pub fn serve(manner: &str, port: &str) -> Result<(), String> {
    let manner = match manner {
        "plain" => Manner::Plain,
        "stall" => Manner::Stall(Stalls::default()),
        "log" => Manner::Log(Arrivals::default()),
        "bursts" => Manner::Bursts(Arrivals::default()),
        "hostile" => Manner::Hostile(Bad::default()),
        other => return Err(format!("nothing serves as `{other}`")),
    };
    let port = port.parse().map_err(|_| format!("`{port}` is no port"))?;
    let fail = |error: io::Error| format!("serving at {port}: {error}");
    let mut asked = Asked::new(manner, port).map_err(fail)?;
    loop {
        asked.turn().map_err(fail)?;
    }
}

enum Manner {
    Plain,
    Stall(Stalls),
    Log(Arrivals),
    Bursts(Arrivals),
    Hostile(Bad),
}

impl Manner {
    /// What is told at the end, where anything was noted; it begins anew.
    fn told(&mut self) -> Option<Value> {
        match self {
            Manner::Plain => None,
            Manner::Stall(stalls) => Some(stalls.told()),
            Manner::Log(arrivals) => Some(std::mem::take(arrivals).told()),
            Manner::Bursts(arrivals) => Some(std::mem::take(arrivals).times()),
            Manner::Hostile(bad) => Some(std::mem::take(bad).told()),
        }
    }
}

struct Connection {
    stream: TcpStream,
    /// Where HTTP/2 is spoken, what has come of it.
    frames: Option<Frames>,
    /// How much of a request's end has come.
    ended: usize,
}

/// The server itself.
struct Asked {
    manner: Manner,
    poll: Epoll,
    listener: TcpListener,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    buffer: Vec<u8>,
}

impl Asked {
    fn new(manner: Manner, port: u16) -> io::Result<Asked> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        if let Manner::Log(_) | Manner::Bursts(_) = manner {
            // What it accepts inherits that, and the kernel needs a while to begin.
            Arrivals::ask_for_stamps(&listener)?;
        }
        let poll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        poll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
        Ok(Asked {
            manner,
            poll,
            listener,
            connections: Vec::new(),
            free: Vec::new(),
            buffer: vec![0; 16 * 1024],
        })
    }

    /// Waits, and serves who has come.
    fn turn(&mut self) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        let count = match self.poll.wait(&mut events, EpollTimeout::NONE) {
            Err(nix::errno::Errno::EINTR) => 0,
            other => other?,
        };
        for event in &events[..count] {
            if event.data() == LISTENER {
                self.accept()?;
                continue;
            }
            if let Manner::Stall(stalls) = &mut self.manner {
                stalls.wait_out();
            }
            let at = event.data() as usize;
            if self.answer(at).is_err() {
                // Closing takes it out of the poll.
                self.connections[at] = None;
                self.free.push(at);
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                // Who is gone already is no reason to end.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error),
            };
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let at = self.free.pop().unwrap_or_else(|| {
                self.connections.push(None);
                self.connections.len() - 1
            });
            let event = EpollEvent::new(EpollFlags::EPOLLIN, at as u64);
            self.poll.add(&stream, event)?;
            self.connections[at] = Some(Connection {
                stream,
                frames: None,
                ended: 0,
            });
        }
    }

    /// Reads what has come and answers it; an error closes the connection.
    fn answer(&mut self, at: usize) -> io::Result<()> {
        let connection = self.connections[at].as_mut();
        let connection = connection.ok_or(ErrorKind::NotConnected)?;
        let (count, stamp) = match receive(connection.stream.as_raw_fd(), &mut self.buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            other => other?,
        };
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let bytes = &self.buffer[..count];
        if let Manner::Stall(stalls) = &mut self.manner {
            stalls.asked();
            stalls.wait_out();
        }
        if connection.frames.is_none() && Frames::begin(bytes) {
            connection.frames = Some(Frames::default());
        }
        if let Some(frames) = &mut connection.frames {
            let (ended, answer) = frames.take(bytes);
            if let Manner::Bursts(arrivals) = &mut self.manner {
                (0..ended).for_each(|_| arrivals.add(stamp));
            }
            return connection.stream.write_all(&answer);
        }
        for _ in 0..ends(&mut connection.ended, bytes) {
            if bytes.starts_with(b"GET /end ")
                && let Some(told) = self.manner.told()
            {
                let body = told.to_string();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}", body.len());
                let text = format!("{head}\r\nconnection: close\r\n\r\n{body}");
                connection.stream.set_nonblocking(false)?;
                connection.stream.write_all(text.as_bytes())?;
                return Err(ErrorKind::UnexpectedEof.into());
            }
            match &mut self.manner {
                Manner::Log(arrivals) | Manner::Bursts(arrivals) => arrivals.add(stamp),
                Manner::Hostile(bad) => {
                    misbehave(bad.next(), &mut connection.stream)?;
                    continue;
                }
                Manner::Stall(stalls) => stalls.answered(),
                Manner::Plain => {}
            }
            // So little always goes at once, unless nobody reads it.
            connection.stream.write_all(ANSWER)?;
        }
        Ok(())
    }
}

/// Answers badly, or not; an error closes the connection.
fn misbehave(manner: hostile::Manner, stream: &mut TcpStream) -> io::Result<()> {
    match manner {
        hostile::Manner::Well => stream.write_all(ANSWER),
        hostile::Manner::Refuses => {
            stream.write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n")
        }
        hostile::Manner::Garbles => stream.write_all(b"\x16\x03 this is no answer\r\n\r\n"),
        hostile::Manner::Stops => {
            stream.write_all(&ANSWER[..ANSWER.len() - 4])?;
            Err(ErrorKind::UnexpectedEof.into())
        }
        hostile::Manner::Resets => {
            let at_once = nix::libc::linger {
                l_onoff: 1,
                l_linger: 0,
            };
            setsockopt(stream, Linger, &at_once)?;
            Err(ErrorKind::ConnectionReset.into())
        }
        hostile::Manner::HalfCloses => stream.shutdown(Shutdown::Write),
        hostile::Manner::Silent => Ok(()),
    }
}

/// How many requests end in what has come. One may be cut anywhere: `ended` goes on with the next.
fn ends(ended: &mut usize, bytes: &[u8]) -> usize {
    let mut count = 0;
    for byte in bytes {
        *ended = match *byte {
            byte if byte == END[*ended] => *ended + 1,
            b'\r' => 1,
            _ => 0,
        };
        if *ended == END.len() {
            *ended = 0;
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_end_wherever_they_are_cut() {
        let text = b"GET / HTTP/1.1\r\nhost: a\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET ";
        for piece in 1..=text.len() {
            let mut ended = 0;
            let pieces = text.chunks(piece);
            let count: usize = pieces.map(|bytes| ends(&mut ended, bytes)).sum();
            assert_eq!((count, ended), (2, 0), "by {piece}");
        }
        let mut ended = 0;
        assert_eq!(ends(&mut ended, b"\r\r\n\r\r\n\r"), 0);
        assert_eq!(ends(&mut ended, b"\n"), 1);
    }
}
