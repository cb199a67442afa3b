//! What is on its way on a connection of HTTP/2: many requests at a time, and those for which the server
//! has no room yet.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use bytes::Bytes;

use super::super::answer::Keeps;
use super::super::http2::{Ended, Http2, has_body};
use super::socket::Socket;

/// A request that nobody has sent.
#[derive(Debug)]
struct Waiting {
    place: usize,
    request: Bytes,
    to_head: bool,
}

/// What came of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// What there was.
    All,
    /// It was closed.
    Cut,
    /// What came is no HTTP/2.
    Garbled,
}

/// The requests of a connection.
#[derive(Debug)]
pub struct Streams {
    keeps_bodies: bool,
    http2: Http2,
    /// Those that leave as soon as there is room.
    waiting: VecDeque<Waiting>,
    /// Those that leave when they are let go.
    held: Vec<Waiting>,
    /// Those that have ended, until somebody is told.
    ended: VecDeque<(usize, Ended)>,
    /// Something is to be written, before the thread waits the next time.
    pub is_due: bool,
}

impl Streams {
    /// None yet.
    pub fn new(keeps: Keeps) -> Streams {
        let keeps_bodies = keeps != Keeps::Status;
        Streams {
            keeps_bodies,
            http2: Http2::new(keeps_bodies),
            waiting: VecDeque::new(),
            held: Vec::new(),
            ended: VecDeque::new(),
            is_due: false,
        }
    }

    /// Takes a request, to be sent when there is room.
    pub fn ask(&mut self, place: usize, request: Bytes, to_head: bool) {
        self.waiting.push_back(Waiting {
            place,
            request,
            to_head,
        });
    }

    /// Takes a request, to be sent by `let_go`. Its head and body may leave before, but not its end. One
    /// without a body does not: servers begin with it when its head is there.
    pub fn hold(&mut self, place: usize, request: Bytes, to_head: bool, is_open: bool) {
        let may_begin = is_open && has_body(&request);
        if !may_begin || !self.http2.ask_but_end(place, &request, to_head) {
            self.held.push(Waiting {
                place,
                request,
                to_head,
            });
        }
    }

    /// Lets go what is held.
    pub fn let_go(&mut self) {
        self.http2.end_all();
        self.waiting.extend(self.held.drain(..));
    }

    /// Begins as many of those that wait as there is room for, and tells which.
    pub fn begin_waiting(&mut self, mut tell: impl FnMut(usize)) {
        while self.http2.room() > 0
            && let Some(next) = self.waiting.pop_front()
        {
            if !self.http2.ask(next.place, &next.request, next.to_head) {
                return self.waiting.push_front(next);
            }
            tell(next.place);
        }
    }

    /// Writes as much as goes, all at once if that is possible; says whether that was all.
    pub fn write(&mut self, socket: &mut Socket) -> io::Result<bool> {
        while !self.http2.output().is_empty() {
            match socket.write(self.http2.output()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.http2.written(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        socket.is_flushed()
    }

    /// Reads what has come.
    pub fn read(&mut self, socket: &mut Socket, buffer: &mut [u8]) -> Taken {
        loop {
            let count = match socket.read(buffer) {
                Ok(0) => return Taken::Cut,
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Taken::All,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Taken::Cut,
            };
            let ended = &mut self.ended;
            let mut tell = |place, how| ended.push_back((place, how));
            if self.http2.take(&buffer[..count], &mut tell).is_err() {
                return Taken::Garbled;
            }
            if count < buffer.len() && !socket.has_more() {
                return Taken::All;
            }
        }
    }

    /// Greets the server; says whether it has greeted back, and so told what it takes.
    pub fn greet(&mut self, socket: &mut Socket, buffer: &mut [u8]) -> io::Result<bool> {
        self.write(socket)?;
        match self.read(socket, buffer) {
            Taken::All if self.http2.is_greeted() => self.write(socket).map(|_| true),
            Taken::All => Ok(false),
            Taken::Cut => Err(io::Error::new(
                ErrorKind::UnexpectedEof,
                "the server closed the connection when it was greeted in HTTP/2",
            )),
            Taken::Garbled => Err(io::Error::new(
                ErrorKind::Unsupported,
                "HTTP/2 was asked for, and the server does not speak it",
            )),
        }
    }

    /// Whether something is to be written.
    pub fn has_output(&self) -> bool {
        !self.http2.output().is_empty()
    }

    /// Whether something of what is held could not be sent so far.
    pub fn is_held_up(&self) -> bool {
        self.has_output() || self.http2.is_held_up()
    }

    /// The next that has ended.
    pub fn next_ended(&mut self) -> Option<(usize, Ended)> {
        self.ended.pop_front()
    }

    /// Nobody waits for this any more. Says whether it was sent.
    pub fn forget(&mut self, place: usize) -> bool {
        let count = self.waiting.len();
        self.waiting.retain(|waiting| waiting.place != place);
        let was_sent = self.waiting.len() == count;
        if was_sent {
            self.http2.forget(place);
        }
        was_sent
    }

    /// Whether any wait to be sent.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The next of those that wait, given up.
    pub fn give_up_waiting(&mut self) -> Option<usize> {
        self.waiting.pop_front().map(|waiting| waiting.place)
    }

    /// Whether nothing more can be asked, and nothing is to come.
    pub fn is_over(&self) -> bool {
        self.http2.is_closing() && self.http2.in_flight().len() == 0
    }

    /// Begins anew; tells what was on its way.
    pub fn restart(&mut self) -> Vec<usize> {
        let mut in_flight: Vec<usize> = self.http2.in_flight().collect();
        in_flight.sort_unstable();
        self.http2 = Http2::new(self.keeps_bodies);
        self.is_due = false;
        in_flight
    }

    /// Forgets all that was not sent.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.held.clear();
        self.ended.clear();
    }
}
