//! Bursts: requests due at times that are known before, over connections that are open already, and sent
//! whatever becomes of the others. What is due at once is written up to its last byte
//! first, so that the servers have read the rest when that comes: what races is then what they do, and
//! not how long they parse.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use model::{Outcome, UnknownWhy};

use super::exchanges::Exchanges;
use super::transport::Transport;
use super::{Keeps, Watch, joined};
use crate::draws::Draws;

/// How the requests of a burst leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Each as a whole.
    Whole,
    /// All but the last byte first.
    LastByte,
}

/// Between the last byte but one and the last, servers have so long to read, and threads to be there.
const LEAD: Duration = Duration::from_millis(20);

/// The last moment before a burst is not slept through.
const AWAKE: Duration = Duration::from_micros(200);

/// Of what is not due at once, so many connections of a thread are opened before; when none is free,
/// another one is opened.
const READY_MAX: usize = 1_000;

/// So often time-outs are looked for.
const TICK_NS: u64 = 20_000_000;

/// A request of a burst.
#[derive(Debug, Clone)]
pub struct Due {
    /// When it is to be sent, counted from the burst's beginning.
    pub at: Duration,
    /// Down which lane.
    pub lane: usize,
    /// As it goes over the wire.
    pub request: Bytes,
    /// It is HEAD, whose answer has no body.
    pub to_head: bool,
}

/// What came of a request of a burst. Times are counted from the burst's beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Its place among the requests, from 0, and its lane.
    pub number: usize,
    pub lane: usize,
    /// When it was due.
    pub due: Duration,
    /// When it was begun to be sent, and when it had left.
    pub sent: Duration,
    pub left: Duration,
    /// When its outcome was known.
    pub ended: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

impl Sent {
    /// How much later than due it was sent: the generator's own fault.
    pub fn late(&self) -> Duration {
        self.sent.saturating_sub(self.due)
    }

    /// How long it took from when it was due.
    pub fn took(&self) -> Duration {
        self.ended.saturating_sub(self.due)
    }
}

/// How long it took from the first request's leaving to the last one's.
pub fn skew(burst: &[Sent]) -> Duration {
    let left = || burst.iter().map(|sent| sent.left);
    let span = left().max().zip(left().min());
    span.map_or(Duration::ZERO, |(last, first)| last - first)
}

/// When the requests of a burst are due: drawn evenly over the window, the earliest first.
pub fn times(requests: u64, window: Duration, draws: &mut Draws) -> Vec<Duration> {
    let span_us = window.as_micros() as u64 + 1;
    let drawn = (0..requests).map(|_| Duration::from_micros(draws.below(span_us)));
    let mut times: Vec<Duration> = drawn.collect();
    times.sort_unstable();
    times
}

/// Sends bursts, one after the other, over connections that stay.
#[derive(Debug)]
pub struct Burster {
    threads: Vec<Thread>,
    began: Instant,
}

impl Burster {
    /// One for these lanes, on so many threads.
    pub fn new(
        lanes: &[SocketAddr],
        transport: &Transport,
        keeps: Keeps,
        patience: Duration,
        threads: usize,
    ) -> io::Result<Burster> {
        if lanes.is_empty() {
            return Err(io::ErrorKind::AddrNotAvailable.into());
        }
        let thread = |_| {
            Ok(Thread {
                lanes: lanes.to_vec(),
                exchanges: Exchanges::new(transport, keeps, patience)?,
                known: Vec::new(),
                free: vec![VecDeque::new(); lanes.len()],
                held: Vec::new(),
            })
        };
        let threads = (0..threads.max(1)).map(thread).collect::<io::Result<_>>()?;
        Ok(Burster {
            threads,
            began: Instant::now(),
        })
    }

    /// When the last burst began.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// Sends a burst, whose requests stand in the order of their times, and waits for every outcome.
    /// One that is stopped ends with what it has.
    pub fn send(
        &mut self,
        burst: &[Due],
        release: Release,
        watch: &Watch,
    ) -> io::Result<Vec<Sent>> {
        let count = self.threads.len();
        self.on_threads(|number, thread| {
            thread.hold(burst.iter().skip(number).step_by(count), release, watch)
        })?;
        let began = Instant::now() + LEAD;
        self.began = began;
        let shares = self.on_threads(|number, thread| {
            let mut sent = thread.let_go(began, watch)?;
            sent.iter_mut()
                .for_each(|sent| sent.number = sent.number * count + number);
            Ok(sent)
        })?;
        let mut all: Vec<Sent> = shares.into_iter().flatten().collect();
        all.sort_unstable_by_key(|sent| sent.number);
        Ok(all)
    }

    fn on_threads<T: Send>(
        &mut self,
        work: impl Fn(usize, &mut Thread) -> io::Result<T> + Sync,
    ) -> io::Result<Vec<T>> {
        let work = &work;
        std::thread::scope(|scope| {
            let threads = self.threads.iter_mut().enumerate();
            let working = threads
                .map(|(number, thread)| {
                    std::thread::Builder::new().spawn_scoped(scope, move || work(number, thread))
                })
                .collect::<io::Result<Vec<_>>>()?;
            working.into_iter().map(|one| joined(one.join())).collect()
        })
    }
}

/// What one thread sends.
#[derive(Debug)]
struct Thread {
    lanes: Vec<SocketAddr>,
    exchanges: Exchanges,
    /// Of each connection its lane, and the request that is on its way.
    known: Vec<(usize, usize)>,
    /// The connections of each lane that can be asked, the one that rested longest first.
    free: Vec<VecDeque<usize>>,
    /// Whom it holds, in the order of their times, and over which connections, where that is known.
    held: Vec<(Due, Option<usize>)>,
}

impl Thread {
    /// Has connections open, and what may be written before written.
    fn hold<'a>(
        &mut self,
        burst: impl Iterator<Item = &'a Due>,
        release: Release,
        watch: &Watch,
    ) -> io::Result<()> {
        self.held = burst.map(|due| (due.clone(), None)).collect();
        let most = match release {
            Release::Whole if !self.exchanges.is_http2() => READY_MAX.div_ceil(self.lanes.len()),
            _ => usize::MAX,
        };
        self.free.iter_mut().for_each(VecDeque::clear);
        for (at, (lane, _)) in self.known.iter().enumerate() {
            self.free[*lane].push_back(at);
        }
        for lane in 0..self.lanes.len() {
            let wanted = self.held.iter().filter(|(due, _)| due.lane == lane).count();
            while self.free[lane].len() < wanted.min(most) {
                let at = self.add(lane);
                self.free[lane].push_back(at);
            }
        }
        self.exchanges.count_from(Instant::now());
        self.exchanges.open_all(watch)?;
        // What shares a connection leaves in one piece, if it is due at the same time.
        let is_one = self.exchanges.is_http2() && self.is_at_once();
        if is_one || (release == Release::LastByte && !self.exchanges.is_http2()) {
            (0..self.held.len()).for_each(|number| self.take(number, release));
            let until_ns = self.exchanges.now_ns() + LEAD.as_nanos() as u64;
            self.exchanges.settle(until_ns)?;
        }
        Ok(())
    }

    /// Takes a request before it is due, and writes of it what may be written before.
    fn take(&mut self, number: usize, release: Release) {
        let at = self.connection_for(number);
        let (due, over) = &mut self.held[number];
        *over = Some(at);
        let request = due.request.clone();
        match release {
            Release::LastByte => self.exchanges.ask_but_last(at, request, due.to_head),
            Release::Whole => self.exchanges.ask_later(at, request, due.to_head),
        }
    }

    fn is_at_once(&self) -> bool {
        let mut pairs = self.held.windows(2);
        pairs.all(|pair| pair[0].0.at == pair[1].0.at)
    }

    fn add(&mut self, lane: usize) -> usize {
        self.known.push((lane, 0));
        self.exchanges.add(self.lanes[lane])
    }

    fn connection_for(&mut self, number: usize) -> usize {
        let lane = self.held[number].0.lane.min(self.lanes.len() - 1);
        let at = match self.free[lane].pop_front() {
            Some(at) => at,
            None => self.add(lane),
        };
        self.known[at].1 = number;
        at
    }

    fn let_go(&mut self, began: Instant, watch: &Watch) -> io::Result<Vec<Sent>> {
        let held = self.held.iter().enumerate();
        let mut sent: Vec<Sent> = held.map(|(number, (due, _))| unsent(number, due)).collect();
        park_until(began);
        self.exchanges.count_from(began);
        let (mut next, mut next_tick_ns) = (0, TICK_NS);
        while !watch.is_stopped() {
            let now_ns = self.exchanges.now_ns();
            while self.due_ns(next) <= now_ns {
                let count = self.together(next);
                let began = self.now();
                match count {
                    1 => self.let_one_go(next),
                    _ => self.let_many_go(next, count),
                }
                let left = self.now();
                for sent in &mut sent[next..next + count] {
                    (sent.sent, sent.left) = (began, left);
                }
                next += count;
            }
            self.take_ended(&mut sent);
            if next == self.held.len() && self.exchanges.in_flight == 0 {
                break;
            }
            if now_ns >= next_tick_ns {
                next_tick_ns = now_ns + TICK_NS;
                self.exchanges.give_up_late();
            }
            for nth in 0..self.exchanges.wait(self.due_ns(next).min(next_tick_ns))? {
                self.exchanges.happened(nth);
            }
        }
        self.exchanges.forget_all();
        Ok(sent)
    }

    /// How many requests from this one on leave in one piece: those that wait on its connection.
    fn together(&self, number: usize) -> usize {
        if !self.exchanges.is_http2() {
            return 1;
        }
        let over = |held: &(Due, Option<usize>)| held.1.map(|at| self.exchanges.connection_of(at));
        let mut held = self.held[number..].iter();
        let first = self.held.get(number).and_then(over);
        let count = held.position(|other| first.is_none() || over(other) != first);
        count.unwrap_or(self.held.len() - number).max(1)
    }

    fn let_many_go(&mut self, number: usize, count: usize) {
        let held = self.held[number..number + count].iter();
        let places: Vec<usize> = held.filter_map(|(_, over)| *over).collect();
        self.exchanges.send_held(&places);
    }

    fn let_one_go(&mut self, number: usize) {
        match self.held[number].1 {
            Some(at) if self.exchanges.is_http2() => self.exchanges.send_held(&[at]),
            Some(at) => self.exchanges.send(at),
            None => {
                let at = self.connection_for(number);
                let due = &self.held[number].0;
                self.exchanges.ask(at, due.request.clone(), due.to_head);
            }
        }
    }

    fn due_ns(&self, number: usize) -> u64 {
        let due = self.held.get(number);
        due.map_or(u64::MAX, |(due, _)| due.at.as_nanos() as u64)
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.exchanges.now_ns())
    }

    fn take_ended(&mut self, sent: &mut [Sent]) {
        while let Some(ended) = self.exchanges.next_ended() {
            let (lane, number) = self.known[ended.at];
            self.free[lane].push_back(ended.at);
            // It may have had to wait for room.
            let left = Duration::from_nanos(self.exchanges.left_ns(ended.at));
            sent[number].left = sent[number].left.max(left);
            sent[number].ended = self.now();
            sent[number].outcome = ended.outcome;
        }
    }
}

/// A request before it is sent. One that is stopped may have left, for all that is known.
fn unsent(number: usize, due: &Due) -> Sent {
    Sent {
        number,
        lane: due.lane,
        due: due.at,
        sent: due.at,
        left: due.at,
        ended: due.at,
        outcome: Outcome::Unknown(UnknownWhy::Cut),
    }
}

/// Sleeps, and is awake before the moment comes.
fn park_until(moment: Instant) {
    loop {
        let left = moment.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        match left > AWAKE {
            true => std::thread::park_timeout(left - AWAKE),
            false => std::hint::spin_loop(),
        }
    }
}
