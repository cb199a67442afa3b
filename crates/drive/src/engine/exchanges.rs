//! Requests on their way: connections that never block, and the waiting of one thread for all of them.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use model::{Outcome, UnknownWhy};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use super::answer::Kept;
use super::connection::{Connection, Received, State};

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
    /// The connection it was made over.
    pub at: usize,
    /// What came of it.
    pub outcome: Outcome,
    /// The answer's headers, where they are kept.
    pub headers: Vec<(String, String)>,
}

/// What one thread has on its way.
#[derive(Debug)]
pub struct Exchanges {
    pub(super) poll: Epoll,
    timer: TimerFd,
    /// When the timer rings.
    armed_ns: u64,
    began: Instant,
    pub(super) patience: Duration,
    pub(super) connections: Vec<Connection>,
    events: Vec<EpollEvent>,
    buffer: Vec<u8>,
    /// Requests without an outcome.
    pub in_flight: usize,
    ended: VecDeque<Ended>,
}

impl Exchanges {
    /// Nothing yet, over connections that are not open yet.
    pub fn new(connections: Vec<Connection>, patience: Duration) -> io::Result<Exchanges> {
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
            connections,
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

    /// Closes every connection whose request has no outcome, and forgets those requests.
    pub fn forget_all(&mut self) {
        let left = self.connections.iter_mut();
        left.filter(|connection| connection.has_request())
            .for_each(Connection::close);
        self.in_flight = 0;
        self.ended.clear();
    }

    /// One more connection, not open yet; says which it is.
    pub fn add(&mut self, connection: Connection) -> usize {
        self.connections.push(connection);
        self.connections.len() - 1
    }

    /// Sends a request; its outcome comes with the others.
    pub fn ask(&mut self, at: usize, request: Bytes, to_head: bool) {
        self.take(at, request, to_head);
        self.send(at);
    }

    /// Takes a request and sends all but its last byte.
    pub fn ask_but_last(&mut self, at: usize, request: Bytes, to_head: bool) {
        self.take(at, request, to_head);
        if self.connections[at].state == State::Asking {
            // What goes wrong here is seen again when it is let go.
            let _ = self.connections[at].write_but_last();
        }
    }

    fn take(&mut self, at: usize, request: Bytes, to_head: bool) {
        self.in_flight += 1;
        self.connections[at].ask(request, to_head);
    }

    /// Sends what was taken, as far as it has not left.
    pub fn send(&mut self, at: usize) {
        self.connections[at].sent_ns = self.now_ns();
        match self.connections[at].state {
            State::Closed => self.open_for_request(at),
            State::Opening => {}
            State::Idle | State::Asking => self.write(at),
        }
    }

    /// Waits until something happens, but not after this time. Says how many things happened, of which
    /// each is handed to `happened`.
    pub fn wait(&mut self, until_ns: u64) -> io::Result<usize> {
        let timeout = self.timeout(until_ns)?;
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
            // Any other is of a socket that was here before, and is closed.
            State::Opening if flags.intersects(OPENED) => self.finish_opening(at),
            State::Opening => {}
            // Closed by the other side, or spoken without being asked: of no use either way.
            State::Idle => self.connections[at].close(),
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
        for at in 0..self.connections.len() {
            let connection = &self.connections[at];
            if !connection.has_request() || now_ns.saturating_sub(connection.sent_ns) <= patience_ns
            {
                continue;
            }
            match connection.state {
                State::Opening => self.not_sent(at, &io::ErrorKind::TimedOut.into()),
                _ => self.unknown(at, UnknownWhy::TimedOut),
            }
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

    fn finish_opening(&mut self, at: usize) {
        if let Err(error) = self.connections[at].opened() {
            return self.not_sent(at, &error);
        }
        self.connections[at].state = State::Asking;
        match self.listen(at, EpollFlags::EPOLLIN) {
            Ok(()) => self.write(at),
            Err(error) => self.not_sent(at, &error),
        }
    }

    fn write(&mut self, at: usize) {
        let outcome = match self.connections[at].write() {
            // Whoever still asked for room would be told of it for ever.
            Ok(true) if std::mem::take(&mut self.connections[at].wants_room) => {
                self.listen(at, EpollFlags::EPOLLIN)
            }
            Ok(true) => Ok(()),
            Ok(false) => {
                self.connections[at].wants_room = true;
                self.listen(at, EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT)
            }
            Err(error) => Err(error),
        };
        if let Err(_error) = outcome {
            // Of a connection that was closed meanwhile nothing was taken: another one is opened.
            if self.connections[at].is_unsent() {
                self.connections[at].close_but_keep_request();
                self.open_for_request(at);
            } else {
                self.unknown(at, UnknownWhy::Cut);
            }
        }
    }

    fn read(&mut self, at: usize) {
        match self.connections[at].read(&mut self.buffer) {
            Received::Nothing => {}
            Received::Answered(answered) => {
                let connection = &mut self.connections[at];
                let Kept {
                    location,
                    body,
                    headers,
                } = connection.kept();
                match answered.keeps {
                    true => connection.rest(),
                    false => connection.close(),
                }
                let outcome = Outcome::Answered {
                    status: answered.status,
                    location,
                    body: String::from_utf8_lossy(&body).into_owned(),
                };
                self.end(at, outcome, headers);
            }
            Received::Cut => self.unknown(at, UnknownWhy::Cut),
            Received::Garbled => self.unknown(at, UnknownWhy::Garbled),
        }
    }

    fn not_sent(&mut self, at: usize, error: &io::Error) {
        self.connections[at].close();
        let why = error.to_string();
        self.end(at, Outcome::NotSent { why }, Vec::new());
    }

    fn unknown(&mut self, at: usize, why: UnknownWhy) {
        self.connections[at].close();
        self.end(at, Outcome::Unknown(why), Vec::new());
    }

    fn end(&mut self, at: usize, outcome: Outcome, headers: Vec<(String, String)>) {
        self.in_flight -= 1;
        self.ended.push_back(Ended {
            at,
            outcome,
            headers,
        });
    }
}
