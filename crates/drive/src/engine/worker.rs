//! A worker: its connections, whom it waits for, and what it counts.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use model::{Outcome, UnknownWhy};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeSpec, TimeVal, TimeValLike};
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use super::arrivals::Schedule;
use super::connection::{Connection, Received, State};
use super::{Load, Pace, Watch};
use crate::load::Figures;

/// Events that are taken at once.
const EVENTS_MAX: usize = 256;

/// What is read at once, for all connections of a worker.
const BUFFER_BYTES: usize = 64 * 1024;

/// Connections of a worker that are being opened at once: backlogs of listeners are short.
const OPENING_MAX: usize = 128;

/// After a connection could not be opened, the next attempt waits so long.
const REST_NS: u64 = 10_000_000;

/// The last moment before a request is due is not slept through: waking takes that long.
const AWAKE_NS: u64 = 60_000;

/// So often time-outs are looked for and figures are shared.
const TICK_NS: u64 = 100_000_000;

/// Of a connection that is open, or never will be.
const OPENED: EpollFlags = EpollFlags::EPOLLOUT
    .union(EpollFlags::EPOLLERR)
    .union(EpollFlags::EPOLLHUP);

/// The timer's place among the connections.
const TIMER: u64 = u64::MAX;

/// What a thread applies load with.
pub struct Worker<'a> {
    load: &'a Load<'a>,
    watch: &'a Watch,
    poll: Epoll,
    timer: TimerFd,
    /// When the timer rings.
    armed_ns: u64,
    pub(super) connections: Vec<Connection>,
    /// Those that can take a request, the one used last on top.
    pub(super) free: Vec<usize>,
    /// Those that could not be opened, and when they may be tried again.
    resting: VecDeque<(u64, usize)>,
    pub(super) in_flight: usize,
    buffer: Vec<u8>,
    began: Instant,
    schedule: Option<Schedule>,
    /// When the next request is due, and whether it had to wait for a connection.
    due: Option<(u64, bool)>,
    /// The next request's number, and how far it is to the one after it.
    number: u64,
    step: u64,
    pub(super) is_over: bool,
    next_tick_ns: u64,
    pub(super) figures: Figures,
    /// What of the figures was shared.
    shared: (u64, u64),
}

impl<'a> Worker<'a> {
    pub fn new(
        load: &'a Load<'a>,
        watch: &'a Watch,
        number: u32,
        workers: u32,
    ) -> io::Result<Worker<'a>> {
        let poll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        // Once for each ringing, so that nobody has to read it.
        let rings = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        poll.add(&timer, EpollEvent::new(rings, TIMER))?;
        let lanes = load.addresses.len().max(1);
        let mine = (number..load.connections).step_by(workers as usize);
        let connections: Vec<Connection> = mine
            .map(|nth| Connection::new(nth as usize % lanes, load.keeps_bodies))
            .collect();
        let schedule = match load.pace {
            Pace::Closed => None,
            Pace::Open(arrivals) => Some(Schedule::new(
                arrivals,
                load.seed,
                u64::from(number),
                u64::from(workers),
            )),
        };
        Ok(Worker {
            load,
            watch,
            poll,
            timer,
            armed_ns: 0,
            free: Vec::with_capacity(connections.len()),
            resting: VecDeque::new(),
            in_flight: 0,
            buffer: vec![0; BUFFER_BYTES],
            began: Instant::now(),
            schedule,
            due: None,
            number: u64::from(number),
            step: u64::from(workers),
            is_over: false,
            next_tick_ns: TICK_NS,
            figures: Figures::default(),
            shared: (0, 0),
            connections,
        })
    }

    /// Times count from now on.
    pub(super) fn begin_to_count(&mut self) {
        self.began = Instant::now();
        self.armed_ns = 0;
        self.next_tick_ns = TICK_NS;
    }

    pub(super) fn now_ns(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    /// Opens all connections. One that cannot be opened now is tried again by the request that needs
    /// it, which then tells why.
    pub fn open_all(&mut self) -> io::Result<()> {
        self.free.clear();
        self.resting.clear();
        self.notice_closed()?;
        let is_closed = |at: &usize| self.connections[*at].state == State::Closed;
        let mut waiting: Vec<usize> = (0..self.connections.len())
            .rev()
            .filter(is_closed)
            .collect();
        let mut opening = 0;
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        let began = Instant::now();
        while began.elapsed() < self.load.patience && !self.watch.is_stopped() {
            while opening < OPENING_MAX {
                let Some(at) = waiting.pop() else { break };
                opening += usize::from(self.open(at).is_ok());
            }
            if opening == 0 {
                break;
            }
            let count = self.poll.wait(&mut events, EpollTimeout::from(100_u8))?;
            for event in &events[..count] {
                let at = event.data() as usize;
                let Some(connection) = self.connections.get_mut(at) else {
                    continue;
                };
                if connection.state != State::Opening {
                    continue;
                }
                opening -= 1;
                match connection.opened() {
                    Ok(()) => self.listen(at, EpollFlags::EPOLLIN)?,
                    Err(_) => connection.close(),
                }
            }
        }
        for (at, connection) in self.connections.iter_mut().enumerate().rev() {
            if connection.state == State::Opening {
                connection.close();
            }
            self.free.push(at);
        }
        Ok(())
    }

    /// Closes connections that the other side has closed while they rested.
    fn notice_closed(&mut self) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        loop {
            let count = self.poll.wait(&mut events, EpollTimeout::ZERO)?;
            for event in &events[..count] {
                let connection = self.connections.get_mut(event.data() as usize);
                if let Some(connection) = connection.filter(|known| known.state == State::Idle) {
                    connection.close();
                }
            }
            if count < EVENTS_MAX {
                return Ok(());
            }
        }
    }

    /// Applies this worker's part of the load.
    pub fn run(mut self, began: Instant) -> io::Result<Figures> {
        self.began = began;
        self.go_on()?;
        self.measured()
    }

    /// What was measured so far, given away.
    pub fn measured(mut self) -> io::Result<Figures> {
        self.share();
        let used = getrusage(UsageWho::RUSAGE_THREAD)?;
        self.figures.used = time(used.user_time()) + time(used.system_time());
        Ok(self.figures)
    }

    /// Sends what is due and takes what comes, until it is over and every request has its outcome.
    pub(super) fn go_on(&mut self) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        loop {
            let now_ns = self.now_ns();
            if now_ns >= self.next_tick_ns {
                self.tick(now_ns);
            }
            if self.watch.is_stopped() {
                break;
            }
            self.send_what_is_due(now_ns);
            if self.is_over && self.in_flight == 0 {
                break;
            }
            let timeout = self.until_next()?;
            let count = match self.poll.wait(&mut events, timeout) {
                Err(nix::errno::Errno::EINTR) => 0,
                other => other?,
            };
            for event in &events[..count] {
                if event.data() != TIMER {
                    self.happened(event.data() as usize, event.events());
                }
            }
        }
        Ok(())
    }

    /// How long to wait for answers: until the next request is due, or not at all where that is now.
    fn until_next(&mut self) -> io::Result<EpollTimeout> {
        let resting = self.resting.front().map(|(at, _)| *at);
        let can_send = !self.is_over && !self.free.is_empty();
        let due = self.due.map(|(at, _)| at).filter(|_| can_send);
        let wakes = [Some(self.next_tick_ns), resting, due];
        let next_ns = wakes.into_iter().flatten().min().unwrap_or(TICK_NS);
        let left_ns = next_ns.saturating_sub(self.now_ns());
        if left_ns <= AWAKE_NS {
            return Ok(EpollTimeout::ZERO);
        }
        if self.armed_ns != next_ns {
            self.armed_ns = next_ns;
            let left = Duration::from_nanos(left_ns - AWAKE_NS);
            let once = Expiration::OneShot(TimeSpec::from_duration(left));
            self.timer.set(once, TimerSetTimeFlags::empty())?;
        }
        Ok(EpollTimeout::NONE)
    }

    fn send_what_is_due(&mut self, now_ns: u64) {
        while let Some((at_ns, at)) = self.resting.front().copied() {
            if at_ns > now_ns {
                break;
            }
            self.resting.pop_front();
            self.free.push(at);
        }
        while !self.is_over {
            let due_ns = match self.next_due() {
                None => now_ns,
                Some((due_ns, _)) if due_ns > now_ns => return,
                Some((due_ns, _)) => due_ns,
            };
            if u128::from(due_ns) >= self.load.until.elapsed.as_nanos() {
                self.is_over = true;
                return;
            }
            let Some(at) = self.free.pop() else {
                // Whoever is late now is late for want of a connection.
                self.due = self.due.map(|(due_ns, _)| (due_ns, true));
                return;
            };
            if !self.watch.takes_ticket(&self.load.until) {
                self.is_over = true;
                return;
            }
            let waited = self.due.take().is_some_and(|(_, waited)| waited);
            self.ask(at, due_ns, waited);
        }
    }

    /// When the next request of an open model is due.
    fn next_due(&mut self) -> Option<(u64, bool)> {
        if self.due.is_none() {
            let schedule = self.schedule.as_mut()?;
            self.due = Some((schedule.next().as_nanos() as u64, false));
        }
        self.due
    }

    fn ask(&mut self, at: usize, due_ns: u64, waited: bool) {
        let request = self.next_request(at);
        let now_ns = self.now_ns();
        let connection = &mut self.connections[at];
        connection.sent_ns = now_ns;
        connection.due_ns = match self.load.pace {
            Pace::Closed => now_ns,
            Pace::Open(_) => due_ns,
        };
        let late = Duration::from_nanos(now_ns - connection.due_ns);
        self.figures.count_sent(late, waited);
        self.in_flight += 1;
        match request {
            Ok(request) => connection.ask(request),
            Err(why) => return self.end(at, &Outcome::NotSent { why }, false),
        }
        match connection.state {
            State::Closed => self.open_for_request(at),
            _ => self.write(at),
        }
    }

    pub(super) fn next_request(&mut self, at: usize) -> Result<Bytes, String> {
        let request = (self.load.request)(self.number, self.connections[at].lane);
        self.number += self.step;
        request
    }

    pub(super) fn open_for_request(&mut self, at: usize) {
        if let Err(error) = self.open(at) {
            self.not_sent(at, &error);
        }
    }

    fn open(&mut self, at: usize) -> io::Result<()> {
        let connection = &mut self.connections[at];
        let address = self.load.addresses.get(connection.lane);
        let address = address.ok_or(io::ErrorKind::AddrNotAvailable)?;
        connection.open(*address)?;
        let Some(fd) = connection.fd() else {
            return Ok(());
        };
        let event = EpollEvent::new(EpollFlags::EPOLLOUT, at as u64);
        // Closing takes it out again.
        self.poll.add(fd, event)?;
        Ok(())
    }

    fn listen(&mut self, at: usize, flags: EpollFlags) -> io::Result<()> {
        let Some(fd) = self.connections[at].fd() else {
            return Ok(());
        };
        let mut event = EpollEvent::new(flags, at as u64);
        Ok(self.poll.modify(fd, &mut event)?)
    }

    fn happened(&mut self, at: usize, flags: EpollFlags) {
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

    pub(super) fn write(&mut self, at: usize) {
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
                self.reopen(at);
            } else {
                self.end(at, &Outcome::Unknown(UnknownWhy::Cut), false);
                self.connections[at].close();
            }
        }
    }

    fn reopen(&mut self, at: usize) {
        let request = self.connections[at].take_request();
        self.connections[at].close();
        self.connections[at].ask(request);
        self.open_for_request(at);
    }

    fn read(&mut self, at: usize) {
        let received = self.connections[at].read(&mut self.buffer, self.load.to_head);
        match received {
            Received::Nothing => {}
            Received::Answered(answered) => {
                let connection = &mut self.connections[at];
                let kept = connection.kept();
                let outcome = Outcome::Answered {
                    status: answered.status,
                    location: kept.location,
                    body: String::from_utf8_lossy(&kept.body).into_owned(),
                };
                let expected = (self.load.expects)(&outcome, connection.lane);
                self.end(at, &outcome, expected);
                if !answered.keeps {
                    self.connections[at].close();
                }
                // The next one at once: it is what this connection is for.
                if self.schedule.is_none() {
                    let now_ns = self.now_ns();
                    self.send_what_is_due(now_ns);
                }
            }
            Received::Cut => {
                self.connections[at].close();
                self.end(at, &Outcome::Unknown(UnknownWhy::Cut), false);
            }
            Received::Garbled => {
                self.connections[at].close();
                self.end(at, &Outcome::Unknown(UnknownWhy::Garbled), false);
            }
        }
    }

    fn not_sent(&mut self, at: usize, error: &io::Error) {
        self.connections[at].close();
        let why = error.to_string();
        self.count(at, &Outcome::NotSent { why }, false);
        self.resting.push_back((self.now_ns() + REST_NS, at));
    }

    /// A request has its outcome, and its connection is free.
    fn end(&mut self, at: usize, outcome: &Outcome, expected: bool) {
        self.count(at, outcome, expected);
        if self.connections[at].state != State::Closed {
            self.connections[at].rest();
        }
        self.free.push(at);
    }

    fn count(&mut self, at: usize, outcome: &Outcome, expected: bool) {
        let took_ns = self.now_ns().saturating_sub(self.connections[at].due_ns);
        self.in_flight -= 1;
        let took = Duration::from_nanos(took_ns);
        self.figures.count_outcome(outcome, expected, took);
    }

    fn tick(&mut self, now_ns: u64) {
        self.next_tick_ns = now_ns + TICK_NS;
        // What was due in time is sent, also when it had to wait; but not for ever.
        let grace = match self.schedule {
            None => Duration::ZERO,
            Some(_) => self.load.patience,
        };
        let end = self.load.until.elapsed.saturating_add(grace);
        if u128::from(now_ns) >= end.as_nanos() && !self.is_over {
            self.give_up_waiting(now_ns);
            self.is_over = true;
        }
        let patience_ns = self.load.patience.as_nanos() as u64;
        for at in 0..self.connections.len() {
            let connection = &self.connections[at];
            if now_ns.saturating_sub(connection.sent_ns) <= patience_ns {
                continue;
            }
            match connection.state {
                State::Opening if connection.has_request() => {
                    self.not_sent(at, &io::ErrorKind::TimedOut.into());
                }
                State::Asking => {
                    self.connections[at].close();
                    self.end(at, &Outcome::Unknown(UnknownWhy::TimedOut), false);
                }
                _ => {}
            }
        }
        self.share();
    }

    /// What was due in time and still waits counts as it is: it was never sent.
    fn give_up_waiting(&mut self, now_ns: u64) {
        let end_ns = self.load.until.elapsed.as_nanos();
        while let Some((due_ns, _)) = self.next_due().filter(|due| u128::from(due.0) < end_ns) {
            if !self.watch.takes_ticket(&self.load.until) {
                return;
            }
            self.due = None;
            let late = Duration::from_nanos(now_ns.saturating_sub(due_ns));
            self.figures.count_sent(late, true);
            let why = "no connection was free in time".to_string();
            let outcome = Outcome::NotSent { why };
            self.figures.count_outcome(&outcome, false, late);
        }
    }

    /// Shows how far it is.
    fn share(&mut self) {
        let errors: u64 = self.figures.errors.values().sum();
        let (requests_before, errors_before) = self.shared;
        let requests = self.figures.requests;
        let add = |to: &std::sync::atomic::AtomicU64, more| to.fetch_add(more, Ordering::Relaxed);
        add(&self.watch.requests, requests - requests_before);
        add(&self.watch.errors, errors - errors_before);
        self.shared = (requests, errors);
    }
}

fn time(used: TimeVal) -> Duration {
    Duration::from_micros(used.num_microseconds().unsigned_abs())
}
