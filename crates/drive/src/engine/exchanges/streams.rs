//! Requests on their way over HTTP/2, where they share connections: what is asked of a connection while
//! a thread is awake is written in one piece before it waits.

use std::io;

use bytes::Bytes;
use model::{Outcome, UnknownWhy};
use nix::sys::epoll::EpollFlags;

use super::super::answer::Kept;
use super::super::connection::{State, Taken};
use super::super::http2::Ended;
use super::super::tls::Protocol;
use super::Exchanges;

impl Exchanges {
    /// Whether connections are of HTTP/2, so that many requests can leave in one piece.
    pub fn is_http2(&self) -> bool {
        self.transport.protocol == Protocol::Http2
    }

    /// Which connection a place uses.
    pub fn connection_of(&self, place: usize) -> usize {
        self.places[place].connection
    }

    /// When the request of this place had left, if it had to wait for room after it was sent.
    pub fn left_ns(&self, place: usize) -> u64 {
        self.places[place].left_ns
    }

    /// Takes a request that is to be sent whole, together with others.
    pub fn ask_later(&mut self, place: usize, request: Bytes, to_head: bool) {
        let at = self.take(place);
        if let Some((streams, _)) = self.connections[at].http2() {
            streams.hold(place, request, to_head, false);
        }
    }

    /// Takes a request, and writes what may leave of it before it is let go.
    pub(super) fn hold(&mut self, at: usize, place: usize, request: Bytes, to_head: bool) {
        let connection = &mut self.connections[at];
        let is_open = connection.state == State::Idle;
        if let Some((streams, _)) = connection.http2() {
            streams.hold(place, request, to_head, is_open);
        }
        self.go_on_soon(at);
    }

    /// Writes what may leave of what is held, but not for longer than this.
    pub fn settle(&mut self, until_ns: u64) -> io::Result<()> {
        while self.now_ns() < until_ns && self.is_held_up() {
            for nth in 0..self.wait(until_ns)? {
                self.happened(nth);
            }
        }
        Ok(())
    }

    fn is_held_up(&mut self) -> bool {
        let mut all = self.connections.iter_mut().filter_map(|one| one.http2());
        all.any(|(streams, _)| streams.is_held_up())
    }

    /// Sends all that is held for a connection, in one write.
    pub fn send_held(&mut self, places: &[usize]) {
        let now_ns = self.now_ns();
        for place in places {
            self.places[*place].sent_ns = now_ns;
        }
        let Some(at) = places.first().map(|place| self.places[*place].connection) else {
            return;
        };
        if let Some((streams, _)) = self.connections[at].http2() {
            streams.let_go();
        }
        match self.connections[at].state {
            State::Closed => self.open_for_request(at),
            State::Opening => {}
            State::Idle | State::Asking => self.write_streams(at),
        }
    }

    /// Has a connection written before the thread waits.
    pub(super) fn go_on_soon(&mut self, at: usize) {
        if let Some((streams, _)) = self.connections[at].http2()
            && !std::mem::replace(&mut streams.is_due, true)
        {
            self.due.push(at);
        }
    }

    pub(super) fn write_what_is_due(&mut self) {
        while let Some(at) = self.due.pop() {
            if let Some((streams, _)) = self.connections[at].http2() {
                streams.is_due = false;
            }
            let has_waiting = self.has_waiting(at);
            match self.connections[at].state {
                State::Closed if has_waiting => self.open_for_request(at),
                State::Closed | State::Opening => {}
                State::Idle | State::Asking => self.write_streams(at),
            }
        }
    }

    fn has_waiting(&mut self, at: usize) -> bool {
        let streams = self.connections[at].http2();
        streams.is_some_and(|(streams, _)| streams.has_waiting())
    }

    /// Begins what there is room for, and writes.
    pub(super) fn write_streams(&mut self, at: usize) {
        let now_ns = self.now_ns();
        let places = &mut self.places;
        let Some((streams, socket)) = self.connections[at].http2() else {
            return;
        };
        streams.begin_waiting(|place| places[place].left_ns = now_ns);
        let written = streams.write(socket);
        let outcome = written.and_then(|is_all| self.listen_for_room(at, !is_all));
        if outcome.is_err() {
            self.lose_streams(at, UnknownWhy::Cut);
        }
    }

    pub(super) fn streams_happened(&mut self, at: usize, flags: EpollFlags) {
        if flags.contains(EpollFlags::EPOLLOUT) {
            self.write_streams(at);
        }
        if flags.intersects(!EpollFlags::EPOLLOUT) && self.connections[at].state == State::Idle {
            self.read_streams(at);
        }
    }

    fn read_streams(&mut self, at: usize) {
        let Some((streams, socket)) = self.connections[at].http2() else {
            return;
        };
        let taken = streams.read(socket, &mut self.buffer);
        let is_over = streams.is_over();
        self.tell_ended(at);
        match taken {
            Taken::Cut => self.lose_streams(at, UnknownWhy::Cut),
            Taken::Garbled => self.leave(at),
            Taken::All if is_over => self.lose_streams(at, UnknownWhy::Cut),
            Taken::All => self.go_on_soon(at),
        }
    }

    fn tell_ended(&mut self, at: usize) {
        while let Some((place, how)) = self.connections[at]
            .http2()
            .and_then(|(streams, _)| streams.next_ended())
        {
            let (outcome, headers) = match how {
                Ended::Answered { status, kept } => outcome(status, kept),
                Ended::Refused => (refused(), Vec::new()),
                Ended::Reset => (Outcome::Unknown(UnknownWhy::Cut), Vec::new()),
                Ended::Garbled => (Outcome::Unknown(UnknownWhy::Garbled), Vec::new()),
            };
            self.end(place, outcome, headers);
        }
    }

    /// The server has broken the rules: it is told so, if it listens.
    fn leave(&mut self, at: usize) {
        if let Some((streams, socket)) = self.connections[at].http2() {
            let _ = streams.write(socket);
        }
        self.lose_streams(at, UnknownWhy::Garbled);
    }

    /// Closes a connection, and what was on its way there has ended. What still waits goes over another.
    fn lose_streams(&mut self, at: usize, why: UnknownWhy) {
        let connection = &mut self.connections[at];
        connection.close_but_keep_request();
        let Some((streams, _)) = connection.http2() else {
            return;
        };
        for place in streams.restart() {
            self.end(place, Outcome::Unknown(why), Vec::new());
        }
        if self.has_waiting(at) {
            self.go_on_soon(at);
        }
    }

    /// None of those that wait can be sent.
    pub(super) fn give_up_waiting(&mut self, at: usize, why: &str) {
        while let Some(place) = self.connections[at]
            .http2()
            .and_then(|(streams, _)| streams.give_up_waiting())
        {
            let why = why.to_string();
            self.end(place, Outcome::NotSent { why }, Vec::new());
        }
    }

    /// Nobody waits for the request of this place any more. The others of its connection go on.
    pub(super) fn give_up_stream(&mut self, at: usize, place: usize) {
        let is_opening = self.connections[at].state == State::Opening;
        let Some((streams, _)) = self.connections[at].http2() else {
            return;
        };
        let was_sent = streams.forget(place);
        let is_over = streams.is_over();
        let is_useless = is_opening && !streams.has_waiting();
        let outcome = match (was_sent, is_opening) {
            (true, _) => Outcome::Unknown(UnknownWhy::TimedOut),
            (false, true) => Outcome::NotSent {
                why: io::Error::from(io::ErrorKind::TimedOut).to_string(),
            },
            (false, false) => Outcome::NotSent {
                why: "the server had no room for it in time".to_string(),
            },
        };
        self.end(place, outcome, Vec::new());
        match is_over || is_useless {
            true => self.lose_streams(at, UnknownWhy::Cut),
            false => self.go_on_soon(at),
        }
    }
}

fn refused() -> Outcome {
    Outcome::NotSent {
        why: "the server refused it".to_string(),
    }
}

/// An answer, as it is judged.
fn outcome(status: u16, kept: Kept) -> (Outcome, Vec<(String, String)>) {
    let outcome = Outcome::Answered {
        status,
        location: kept.location,
        body: String::from_utf8_lossy(&kept.body).into_owned(),
    };
    (outcome, kept.headers)
}
