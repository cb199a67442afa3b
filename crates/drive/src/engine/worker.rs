//! A worker: the users of one thread, whom it waits for, and what it counts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use model::Outcome;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};

use super::exchanges::{Ended, Exchanges};
use super::seconds::{Share, zero};
use super::users::{Asked, Meeting, Next, Told, User};
use super::{Load, Watch};
use crate::load::Figures;
use crate::profile::{Arrival, Phase, Schedule, share};

/// After a request that could not be sent, its user waits so long.
const REST_NS: u64 = 10_000_000;

/// So often time-outs are looked for and figures are shared.
const TICK_NS: u64 = 100_000_000;

const SECOND_NS: u64 = 1_000_000_000;

/// Where a plan has open parts too, runs of closed ones are numbered from here on.
const CLOSED_RUNS_BEGIN: u64 = 1 << 40;

/// What a thread applies load with.
pub struct Worker<'a> {
    load: &'a Load<'a>,
    watch: &'a Watch,
    shares: SyncSender<Share>,
    number: usize,
    exchanges: Exchanges,
    places: Vec<Place<'a>>,
    /// Places whose users can begin, the one used last on top.
    free: Vec<usize>,
    /// When places that wait go on.
    wakes: BinaryHeap<Reverse<(u64, usize)>>,
    /// Places that wait, for their time or for others.
    waiting: usize,
    meetings: BTreeMap<usize, Vec<usize>>,
    /// When runs of open parts are due, until there are no more.
    schedule: Option<Schedule>,
    /// The next of them.
    due: Option<Arrival>,
    /// When a run last had to wait for a place: whoever was due before is late for want of one.
    full_ns: u64,
    /// What goes on, until when.
    phase: Phase,
    phase_ends_ns: u64,
    /// The number of the next run of closed parts, and how far it is to the one after it.
    run: u64,
    step: u64,
    is_over: bool,
    next_tick_ns: u64,
    /// What was measured since this second began, by operation.
    second: u64,
    figures: Vec<Figures>,
    /// What of that was shown.
    shown: (u64, u64),
}

/// Where one user at a time is.
struct Place<'a> {
    user: Box<dyn User + 'a>,
    /// What was asked, and when that was due and sent.
    operation: usize,
    due_ns: u64,
    sent_ns: u64,
    /// When its user goes on by itself.
    wakes_ns: Option<u64>,
}

impl<'a> Worker<'a> {
    pub fn new(
        load: &'a Load<'a>,
        watch: &'a Watch,
        shares: SyncSender<Share>,
        number: u32,
        workers: u32,
    ) -> io::Result<Worker<'a>> {
        let shared_by = load.transport.shared_by();
        let mine = (0..load.connections).filter(|nth| nth / shared_by % workers == number);
        let mut exchanges = Exchanges::new(load.transport, load.keeps, load.patience)?;
        let mut places = Vec::new();
        for nth in mine.map(|nth| nth as usize) {
            for lanes in load.services {
                let address = lanes.get(nth % lanes.len().max(1));
                let address = address.ok_or(io::ErrorKind::AddrNotAvailable)?;
                exchanges.add(*address);
            }
            places.push(Place {
                user: load.users.user(nth),
                operation: 0,
                due_ns: 0,
                sent_ns: 0,
                wakes_ns: None,
            });
        }
        let schedule = load.plan.schedule(u64::from(number), u64::from(workers));
        let first = match load.plan.is_open() {
            true => CLOSED_RUNS_BEGIN,
            false => 0,
        };
        Ok(Worker {
            load,
            watch,
            shares,
            number: number as usize,
            exchanges,
            free: (0..places.len()).rev().collect(),
            places,
            wakes: BinaryHeap::new(),
            waiting: 0,
            meetings: BTreeMap::new(),
            schedule: load.plan.is_open().then_some(schedule),
            due: None,
            full_ns: 0,
            phase: Phase::Pause,
            phase_ends_ns: 0,
            run: first + u64::from(number),
            step: u64::from(workers),
            is_over: false,
            next_tick_ns: TICK_NS,
            second: 0,
            figures: zero(load.operations),
            shown: (0, 0),
        })
    }

    /// Opens all connections.
    pub fn open_all(&mut self) -> io::Result<()> {
        self.exchanges.open_all(self.watch)
    }

    /// Applies this worker's part of the load.
    pub fn run(mut self, began: Instant) -> io::Result<()> {
        self.exchanges.count_from(began);
        self.go_on()?;
        self.show();
        let used = getrusage(UsageWho::RUSAGE_THREAD)?;
        if let Some(first) = self.figures.first_mut() {
            first.used = time(used.user_time()) + time(used.system_time());
        }
        self.hand_over(true);
        Ok(())
    }

    /// Sends what is due and takes what comes, until it is over and every request has its outcome.
    fn go_on(&mut self) -> io::Result<()> {
        loop {
            let now_ns = self.exchanges.now_ns();
            if now_ns >= self.next_tick_ns {
                self.tick(now_ns);
            }
            if self.watch.is_stopped() {
                return Ok(());
            }
            self.wake(now_ns);
            self.begin_what_is_due(now_ns);
            self.take_ended();
            let is_left = self.waiting > 0 && !self.is_past_end(now_ns);
            if self.is_over && self.exchanges.in_flight == 0 && !is_left {
                return Ok(());
            }
            for nth in 0..self.exchanges.wait(self.next_ns())? {
                self.exchanges.happened(nth);
                self.take_ended();
            }
        }
    }

    /// When something is to be done, even if nothing comes.
    fn next_ns(&self) -> u64 {
        let wake = self.wakes.peek().map(|Reverse((at_ns, _))| *at_ns);
        let can_begin = !self.is_over && !self.free.is_empty();
        let due = self.due.map(|arrival| ns(arrival.due));
        let due = due.into_iter().chain([self.phase_ends_ns]).min();
        let all = [Some(self.next_tick_ns), wake, due.filter(|_| can_begin)];
        all.into_iter().flatten().min().unwrap_or(self.next_tick_ns)
    }

    /// Whether the time for load has passed.
    fn is_past_end(&self, now_ns: u64) -> bool {
        u128::from(now_ns) >= self.load.until.elapsed.as_nanos()
    }

    fn wake(&mut self, now_ns: u64) {
        while let Some(Reverse((at_ns, place))) = self.wakes.peek().copied() {
            if at_ns > now_ns {
                return;
            }
            self.wakes.pop();
            // Whom others have met meanwhile has gone on already.
            if self.places[place].wakes_ns == Some(at_ns) {
                for meeting in self.meetings.values_mut() {
                    meeting.retain(|who| *who != place);
                }
                self.resume(place, at_ns);
            }
        }
    }

    fn resume(&mut self, place: usize, due_ns: u64) {
        self.places[place].wakes_ns = None;
        self.waiting -= 1;
        self.advance(place, Some(due_ns), false);
    }

    fn rest(&mut self, place: usize, until_ns: u64) {
        self.places[place].wakes_ns = Some(until_ns);
        self.waiting += 1;
        self.wakes.push(Reverse((until_ns, place)));
    }

    fn begin_what_is_due(&mut self, now_ns: u64) {
        self.begin_open(now_ns);
        self.begin_closed(now_ns);
        if self.schedule.is_none() && self.due.is_none() && self.phase == Phase::Over {
            self.is_over = true;
        }
    }

    fn begin_open(&mut self, now_ns: u64) {
        while !self.is_over {
            let Some(arrival) = self.next_due() else {
                return;
            };
            let due_ns = ns(arrival.due);
            if due_ns > now_ns {
                return;
            }
            if self.is_past_end(due_ns) {
                (self.schedule, self.due) = (None, None);
                self.is_over = self.load.plan.iterations().is_none();
                return;
            }
            let Some(place) = self.take_place() else {
                self.full_ns = now_ns;
                return;
            };
            self.due = None;
            let waited = due_ns < self.full_ns;
            self.places[place].user.begin(arrival.number);
            self.advance(place, Some(due_ns), waited);
        }
    }

    fn begin_closed(&mut self, now_ns: u64) {
        while !self.is_over {
            let Phase::Closed(users) = self.phase_at(now_ns) else {
                return;
            };
            let busy = (self.places.len() - self.free.len()) as u64;
            if busy >= share(users, self.number as u64, self.step) {
                return;
            }
            if self.is_past_end(now_ns) {
                self.is_over = true;
                return;
            }
            let iterations = self.load.plan.iterations();
            let iterations = iterations.filter(|last| now_ns >= ns(last.begins));
            if iterations.is_some_and(|last| !self.watch.takes_iteration(last.runs)) {
                (self.phase, self.phase_ends_ns) = (Phase::Over, u64::MAX);
                return;
            }
            let Some(place) = self.take_place() else {
                return;
            };
            self.places[place].user.begin(self.run);
            self.run += self.step;
            self.advance(place, None, false);
        }
    }

    /// A place for one more run; none when all are taken, or no more may be begun.
    fn take_place(&mut self) -> Option<usize> {
        if self.free.is_empty() {
            return None;
        }
        if !self.watch.takes_ticket(&self.load.until) {
            self.is_over = true;
            return None;
        }
        self.free.pop()
    }

    fn phase_at(&mut self, now_ns: u64) -> Phase {
        if now_ns >= self.phase_ends_ns {
            let now = Duration::from_nanos(now_ns);
            self.phase = self.load.plan.phase(now);
            let next = self.load.plan.next_change(now);
            self.phase_ends_ns = next.map_or(u64::MAX, ns);
        }
        self.phase
    }

    /// The next run of an open part.
    fn next_due(&mut self) -> Option<Arrival> {
        if self.due.is_none() {
            match self.schedule.as_mut()?.next() {
                Some(arrival) => self.due = Some(arrival),
                None => self.schedule = None,
            }
        }
        self.due
    }

    /// The user in this place goes on, with what was due at this time or is due now.
    fn advance(&mut self, place: usize, due_ns: Option<u64>, waited: bool) {
        match self.places[place].user.next() {
            Next::Ask(asked) => self.ask(place, asked, due_ns, waited),
            Next::Think(time) => {
                let from_ns = due_ns.unwrap_or_else(|| self.exchanges.now_ns());
                self.rest(place, from_ns.saturating_add(time.as_nanos() as u64));
            }
            Next::Meet(meeting) => self.meet(place, meeting),
            Next::Done => self.free.push(place),
        }
    }

    fn meet(&mut self, place: usize, meeting: Meeting) {
        let now_ns = self.exchanges.now_ns();
        self.rest(
            place,
            now_ns.saturating_add(meeting.patience.as_nanos() as u64),
        );
        let there = self.meetings.entry(meeting.number).or_default();
        there.push(place);
        if there.len() >= meeting.users {
            for place in std::mem::take(there) {
                self.resume(place, now_ns);
            }
        }
    }

    fn ask(&mut self, at: usize, asked: Asked, due_ns: Option<u64>, waited: bool) {
        let now_ns = self.exchanges.now_ns();
        let place = &mut self.places[at];
        place.operation = asked.operation;
        place.sent_ns = now_ns;
        place.due_ns = due_ns.unwrap_or(now_ns);
        let late = Duration::from_nanos(now_ns - place.due_ns);
        self.figures[asked.operation].count_sent(late, waited);
        match asked.request {
            Ok(request) => {
                let over = at * self.load.services.len() + asked.service;
                self.exchanges.ask(over, request, asked.to_head);
            }
            Err(why) => self.told(at, &Outcome::NotSent { why }, &[]),
        }
    }

    fn take_ended(&mut self) {
        while let Some(Ended {
            at,
            outcome,
            headers,
        }) = self.exchanges.next_ended()
        {
            self.told(at / self.load.services.len(), &outcome, &headers);
        }
    }

    /// A request has its outcome, and its user goes on.
    fn told(&mut self, at: usize, outcome: &Outcome, headers: &[(String, String)]) {
        let now_ns = self.exchanges.now_ns();
        let place = &mut self.places[at];
        let expected = place.user.told(&Told {
            outcome,
            headers,
            due: Duration::from_nanos(place.due_ns),
            sent: Duration::from_nanos(place.sent_ns),
            ended: Duration::from_nanos(now_ns),
        });
        let took = Duration::from_nanos(now_ns.saturating_sub(place.due_ns));
        self.figures[place.operation].count_outcome(outcome, expected, took);
        if matches!(outcome, Outcome::NotSent { .. }) {
            return self.rest(at, now_ns + REST_NS);
        }
        // Time that has passed ends runs between two requests, as it keeps others from beginning.
        match self.is_past_end(now_ns) {
            true => self.free.push(at),
            false => self.advance(at, None, false),
        }
        // The next run at once: it is what this place is for.
        self.begin_closed(now_ns);
    }

    fn tick(&mut self, now_ns: u64) {
        self.next_tick_ns = (now_ns / TICK_NS + 1) * TICK_NS;
        // What was due in time is sent, also when it had to wait; but not for ever.
        let grace = match self.load.plan.is_open() {
            false => Duration::ZERO,
            true => self.load.patience,
        };
        let end = self.load.until.elapsed.saturating_add(grace);
        if u128::from(now_ns) >= end.as_nanos() && !self.is_over {
            self.give_up_waiting(now_ns);
            self.is_over = true;
        }
        self.exchanges.give_up_late();
        self.show();
        if now_ns / SECOND_NS > self.second {
            self.hand_over(false);
            self.second = now_ns / SECOND_NS;
        }
    }

    /// What was due in time and still waits counts as it is: it was never sent.
    fn give_up_waiting(&mut self, now_ns: u64) {
        let end_ns = self.load.until.elapsed.as_nanos();
        let is_in_time = |arrival: &Arrival| arrival.due.as_nanos() < end_ns;
        while let Some(arrival) = self.next_due().filter(is_in_time) {
            if !self.watch.takes_ticket(&self.load.until) {
                return;
            }
            self.due = None;
            let Some(first) = self.figures.first_mut() else {
                return;
            };
            let late = Duration::from_nanos(now_ns.saturating_sub(ns(arrival.due)));
            first.count_sent(late, true);
            let why = "no connection was free in time".to_string();
            first.count_outcome(&Outcome::NotSent { why }, false, late);
        }
    }

    /// Shows how far it is.
    fn show(&mut self) {
        let requests = self.figures.iter().map(|of| of.requests).sum::<u64>();
        let errors = self.figures.iter().map(Figures::errors).sum::<u64>();
        let (requests_before, errors_before) =
            std::mem::replace(&mut self.shown, (requests, errors));
        let add = |to: &AtomicU64, more| to.fetch_add(more, Ordering::Relaxed);
        add(&self.watch.requests, requests - requests_before);
        add(&self.watch.errors, errors - errors_before);
    }

    /// Gives away what was measured since the last time.
    fn hand_over(&mut self, is_last: bool) {
        let mut each = std::mem::replace(&mut self.figures, zero(self.load.operations));
        self.shown = (0, 0);
        let began_ns = self.second * SECOND_NS;
        let lasted = Duration::from_nanos(self.exchanges.now_ns().saturating_sub(began_ns));
        each.iter_mut().for_each(|of| of.elapsed = lasted);
        // Whoever takes them is there until all workers have ended.
        let _ = self.shares.send(Share {
            worker: self.number,
            second: self.second,
            each,
            is_last,
        });
    }
}

fn ns(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn time(used: TimeVal) -> Duration {
    Duration::from_micros(used.num_microseconds().unsigned_abs())
}
