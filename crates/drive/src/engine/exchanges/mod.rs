//! Requests on their way: connections that never block, and the waiting of one thread for all of them.

mod single;
mod streams;

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use model::{Outcome, UnknownWhy};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use super::answer::Keeps;
use super::connection::{Connection, State};
use super::transport::Transport;

/// Events that are taken at once.
pub(super) const EVENTS_MAX: usize = 256;

/// What is read at once, for all connections of a thread.
const BUFFER_BYTES: usize = 64 * 1024;

/// The last moment before something is due is not slept through: waking takes that long.
const AWAKE_NS: u64 = 60_000;

/// Of a connection that is open, or never will be.
const OPENED: EpollFlags = EpollFlags::EPOLLOUT
    .union(EpollFlags::EPOLLERR)
    .union(EpollFlags::EPOLLHUP);

/// The timer's place among the connections.
const TIMER: u64 = u64::MAX;

/// A request that has its outcome.
#[derive(Debug)]
pub struct Ended {
    /// The place it was made from.
    pub at: usize,
    /// What came of it.
    pub outcome: Outcome,
    /// The answer's headers, where they are kept.
    pub headers: Vec<(String, String)>,
}

/// Where one request at a time is made: of HTTP/1.1 a connection, of HTTP/2 a stream at a time.
#[derive(Debug)]
struct Place {
    /// The connection it uses.
    connection: usize,
    /// It has a request without an outcome.
    is_asked: bool,
    /// When that was sent, and when it had left, in nanoseconds.
    sent_ns: u64,
    left_ns: u64,
}

/// What one thread has on its way. It is asked by places.
#[derive(Debug)]
pub struct Exchanges {
    pub(super) poll: Epoll,
    timer: TimerFd,
    /// When the timer rings.
    armed_ns: u64,
    began: Instant,
    pub(super) patience: Duration,
    pub(super) transport: Transport,
    keeps: Keeps,
    places: Vec<Place>,
    pub(super) connections: Vec<Connection>,
    /// Connections with something to write before the thread waits.
    due: Vec<usize>,
    events: Vec<EpollEvent>,
    pub(super) buffer: Vec<u8>,
    /// Requests without an outcome.
    pub in_flight: usize,
    ended: VecDeque<Ended>,
}

impl Exchanges {
    /// Nothing yet, from no places.
    pub fn new(transport: &Transport, keeps: Keeps, patience: Duration) -> io::Result<Exchanges> {
        let poll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        // Once for each ringing, so that nobody has to read it.
        let rings = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        poll.add(&timer, EpollEvent::new(rings, TIMER))?;
        Ok(Exchanges {
            poll,
            timer,
            armed_ns: 0,
            began: Instant::now(),
            patience,
            transport: transport.clone(),
            keeps,
            places: Vec::new(),
            connections: Vec::new(),
            due: Vec::new(),
            events: vec![EpollEvent::empty(); EVENTS_MAX],
            buffer: vec![0; BUFFER_BYTES],
            in_flight: 0,
            ended: VecDeque::new(),
        })
    }

    /// Times count from this moment on.
    pub fn count_from(&mut self, began: Instant) {
        self.began = began;
        self.armed_ns = 0;
    }

    /// The time, in nanoseconds.
    pub fn now_ns(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    /// Closes every connection with a request that has no outcome, and forgets those requests.
    pub fn forget_all(&mut self) {
        for place in self.places.iter_mut().filter(|place| place.is_asked) {
            place.is_asked = false;
            let connection = &mut self.connections[place.connection];
            connection.close();
            if let Some((streams, _)) = connection.http2() {
                streams.clear();
            }
        }
        self.in_flight = 0;
        self.ended.clear();
    }

    /// One more place to ask this address from; says which it is. It may share a connection with others.
    pub fn add(&mut self, address: SocketAddr) -> usize {
        let place = self.places.len();
        let most = self.transport.shared_by();
        let has_room = |known: &Connection| known.address == address && known.places < most;
        let known = match most {
            1 => None,
            _ => self.connections.iter().rposition(has_room),
        };
        let connection = known.unwrap_or(self.connections.len());
        match known {
            Some(at) => self.connections[at].places += 1,
            None => {
                let (protocol, keeps) = (self.transport.protocol, self.keeps);
                let connection = Connection::new(address, place, protocol, keeps);
                self.connections.push(connection);
            }
        }
        self.places.push(Place {
            connection,
            is_asked: false,
            sent_ns: 0,
            left_ns: 0,
        });
        place
    }

    /// Sends a request; its outcome comes with the others.
    pub fn ask(&mut self, place: usize, request: Bytes, to_head: bool) {
        let at = self.take(place);
        let known = &mut self.connections[at];
        if let Some((exchange, _)) = known.http1() {
            exchange.ask(request, to_head);
            if known.state == State::Idle {
                known.state = State::Asking;
            }
            self.send(place);
        } else if let Some((streams, _)) = known.http2() {
            streams.ask(place, request, to_head);
            self.places[place].sent_ns = self.now_ns();
            self.go_on_soon(at);
        }
    }

    /// Takes a request and sends all but its last byte; of HTTP/2, all but its end.
    pub fn ask_but_last(&mut self, place: usize, request: Bytes, to_head: bool) {
        let at = self.take(place);
        let known = &mut self.connections[at];
        let is_open = known.state == State::Idle;
        if let Some((exchange, socket)) = known.http1() {
            exchange.ask(request, to_head);
            if is_open {
                // What goes wrong here is seen again when it is let go.
                let _ = exchange.write_but_last(socket);
                known.state = State::Asking;
            }
        } else {
            self.hold(at, place, request, to_head);
        }
    }

    fn take(&mut self, place: usize) -> usize {
        self.in_flight += 1;
        let known = &mut self.places[place];
        known.is_asked = true;
        // Nobody waits for the answer to what is held back.
        known.sent_ns = u64::MAX;
        known.left_ns = 0;
        known.connection
    }

    /// Sends what was taken, as far as it has not left.
    pub fn send(&mut self, place: usize) {
        let now_ns = self.now_ns();
        let known = &mut self.places[place];
        known.sent_ns = now_ns;
        let at = known.connection;
        match self.connections[at].state {
            State::Closed => self.open_for_request(at),
            State::Opening => {}
            State::Idle | State::Asking => self.write(at),
        }
    }

    /// Waits until something happens, but not after this time. Says how many things happened, of which
    /// each is handed to `happened`.
    pub fn wait(&mut self, until_ns: u64) -> io::Result<usize> {
        self.write_what_is_due();
        let timeout = match self.ended.is_empty() {
            true => self.timeout(until_ns)?,
            // Somebody is to be told already.
            false => EpollTimeout::ZERO,
        };
        match self.poll.wait(&mut self.events, timeout) {
            Err(Errno::EINTR) => Ok(0),
            other => Ok(other?),
        }
    }

    fn timeout(&mut self, until_ns: u64) -> io::Result<EpollTimeout> {
        let left_ns = until_ns.saturating_sub(self.now_ns());
        if left_ns <= AWAKE_NS {
            return Ok(EpollTimeout::ZERO);
        }
        if self.armed_ns != until_ns {
            self.armed_ns = until_ns;
            let left = Duration::from_nanos(left_ns - AWAKE_NS);
            let once = Expiration::OneShot(TimeSpec::from_duration(left));
            self.timer.set(once, TimerSetTimeFlags::empty())?;
        }
        Ok(EpollTimeout::NONE)
    }

    /// Does what the nth of the last wait asks for.
    pub fn happened(&mut self, nth: usize) {
        let (at, flags) = (self.events[nth].data(), self.events[nth].events());
        if at == TIMER {
            return;
        }
        let at = at as usize;
        match self.connections[at].state {
            State::Closed => {}
            State::Opening => self.go_on_opening(at, flags),
            State::Idle => self.attend(at, flags),
            State::Asking => {
                if flags.contains(EpollFlags::EPOLLOUT) {
                    self.write(at);
                }
                if flags.intersects(!EpollFlags::EPOLLOUT)
                    && self.connections[at].state == State::Asking
                {
                    self.read(at);
                }
            }
        }
    }

    /// The next request that has its outcome.
    pub fn next_ended(&mut self) -> Option<Ended> {
        self.ended.pop_front()
    }

    /// Gives up whoever was waited for too long.
    pub fn give_up_late(&mut self) {
        let (now_ns, patience_ns) = (self.now_ns(), self.patience.as_nanos() as u64);
        for place in 0..self.places.len() {
            let known = &self.places[place];
            if !known.is_asked || now_ns.saturating_sub(known.sent_ns) <= patience_ns {
                continue;
            }
            let connection = &mut self.connections[known.connection];
            match (connection.http1().is_some(), connection.state) {
                (false, _) => self.give_up_stream(known.connection, place),
                (true, State::Opening) => {
                    self.not_sent(known.connection, &io::ErrorKind::TimedOut.into());
                }
                (true, _) => self.unknown(known.connection, UnknownWhy::TimedOut),
            }
        }
    }

    /// Does what a connection wants that was not asked.
    pub(super) fn attend(&mut self, at: usize, flags: EpollFlags) {
        match self.connections[at].http1() {
            Some(_) => self.connections[at].attend(&mut self.buffer),
            None => self.streams_happened(at, flags),
        }
    }

    fn open_for_request(&mut self, at: usize) {
        if let Err(error) = self.open(at) {
            self.not_sent(at, &error);
        }
    }

    pub(super) fn open(&mut self, at: usize) -> io::Result<()> {
        let connection = &mut self.connections[at];
        connection.open()?;
        let Some(fd) = connection.fd() else {
            return Ok(());
        };
        let event = EpollEvent::new(EpollFlags::EPOLLOUT, at as u64);
        // Closing takes it out again.
        self.poll.add(fd, event)?;
        Ok(())
    }

    pub(super) fn listen(&mut self, at: usize, flags: EpollFlags) -> io::Result<()> {
        let Some(fd) = self.connections[at].fd() else {
            return Ok(());
        };
        let mut event = EpollEvent::new(flags, at as u64);
        Ok(self.poll.modify(fd, &mut event)?)
    }

    fn go_on_opening(&mut self, at: usize, flags: EpollFlags) {
        match self.open_further(at, flags) {
            Ok(false) => {}
            Ok(true) => self.go_on(at),
            Err(error) => self.not_sent(at, &error),
        }
    }

    /// Goes on opening; says whether it is open.
    pub(super) fn open_further(&mut self, at: usize, flags: EpollFlags) -> io::Result<bool> {
        let connection = &mut self.connections[at];
        if connection.is_connecting() && !flags.intersects(OPENED) {
            // It is of a socket that was here before, and is closed.
            return Ok(false);
        }
        let is_open = connection.open_further(&self.transport, &mut self.buffer)?;
        connection.wants_room = connection.wants_write();
        let room = match connection.wants_room {
            true => EpollFlags::EPOLLOUT,
            false => EpollFlags::empty(),
        };
        self.listen(at, EpollFlags::EPOLLIN | room)?;
        Ok(is_open)
    }

    /// It is open, and was asked before.
    fn go_on(&mut self, at: usize) {
        match self.connections[at].http1() {
            Some(_) => {
                self.connections[at].state = State::Asking;
                self.write(at);
            }
            None => self.write_streams(at),
        }
    }

    /// Whoever still asked for room when all has left would be told of it for ever.
    fn listen_for_room(&mut self, at: usize, wants_room: bool) -> io::Result<()> {
        let connection = &mut self.connections[at];
        if connection.wants_room == wants_room {
            return Ok(());
        }
        connection.wants_room = wants_room;
        match wants_room {
            true => self.listen(at, EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT),
            false => self.listen(at, EpollFlags::EPOLLIN),
        }
    }

    /// Nothing of what this connection was asked has left.
    fn not_sent(&mut self, at: usize, error: &io::Error) {
        let connection = &mut self.connections[at];
        connection.close();
        let (why, place) = (error.to_string(), connection.place);
        match connection.http1() {
            Some(_) => self.end(place, Outcome::NotSent { why }, Vec::new()),
            None => self.give_up_waiting(at, &why),
        }
    }

    fn end(&mut self, place: usize, outcome: Outcome, headers: Vec<(String, String)>) {
        self.in_flight -= 1;
        self.places[place].is_asked = false;
        self.ended.push_back(Ended {
            at: place,
            outcome,
            headers,
        });
    }
}
