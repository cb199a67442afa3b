//! Enforces a schedule's order: a listed step goes up only after the *reply* of the line above
//! was seen. Steps that are not listed are free.
//!
//! A racer that ends without making a listed step, or has gone past it to a later one, takes that
//! line out of the order, so nothing waits for what will never come. A hold that can only end by
//! breaking the order (the racer whose turn it is waits in the store for the one that is held) is
//! given up. `look` notices both.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use model::{LaneId, Reply, Schedule, SeenStep, Step, StepPattern};
use wire::{Director, Release, Ruling, Ticket};

use super::log::StepLog;
use super::polling::Polls;
use super::{Blocked, Steering, Waiting};

/// No step is held longer than this, whatever happens to the trial.
const HOLD_MAX: Duration = Duration::from_secs(6);

/// A step that had no reply for so long, while another racer is held, may wait for a lock.
const SUSPICIOUS: Duration = Duration::from_millis(2);

/// A racer held at a listed step has gone past its earlier ones when it does nothing else for so
/// long: one that works on several things at once would have made them by then.
const GONE_PAST: Duration = Duration::from_millis(5);

/// Enforces one schedule in one trial.
pub struct Ordered {
    state: Mutex<State>,
}

/// How far an order was enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Lines whose step was seen up and answered in its turn.
    pub done: usize,
    /// Lines whose step its racer never made.
    pub void: usize,
    /// Lines in all.
    pub lines: usize,
    /// The first line that was not done.
    pub missing: Option<usize>,
    /// The order was given up while a step was held.
    pub given_up: bool,
    /// What showed that it cannot be had: one racer keeps the other out.
    pub blocked: Option<Blocked>,
}

impl Progress {
    /// Whether the whole order happened as written.
    pub fn is_enforced(&self) -> bool {
        self.done == self.lines && !self.given_up
    }
}

struct State {
    lines: Vec<Line>,
    racers: Vec<Racer>,
    /// The first line that is neither done nor void.
    next: usize,
    /// How many steps of a kind a racer has made.
    seen: HashMap<(usize, StepPattern), u32>,
    given_up: bool,
    blocked: Option<Blocked>,
    /// Whether to wait for a lock to expire before believing in it.
    patient: bool,
    moved: Instant,
    polls: Polls,
    log: StepLog,
}

/// What a racer is at.
struct Racer {
    /// Steps that are up and have no reply yet.
    open: HashMap<Key, Instant>,
    /// When it last made a step or had a reply.
    stirred: Instant,
    started: bool,
}

struct Line {
    racer: usize,
    pattern: StepPattern,
    at: At,
    held: Option<(Release, Key)>,
}

/// Which step of a run it is.
pub(super) type Key = (model::WireId, model::ConnectionId, u64);

fn key(step: &Step) -> Key {
    (step.wire, step.connection, step.ordinal)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Waiting,
    Up(Key),
    Done,
    Void,
}

impl Ordered {
    /// A director for one trial of a schedule. Racer n runs in lane n.
    pub fn new(schedule: &Schedule) -> Ordered {
        Ordered::with(schedule, true)
    }

    /// As `new`; one that is `patient` holds until locks that are polled have expired.
    pub fn with(schedule: &Schedule, patient: bool) -> Ordered {
        let lines = schedule
            .order
            .iter()
            .map(|line| Line {
                racer: line.racer,
                pattern: line.step.clone(),
                at: At::Waiting,
                held: None,
            })
            .collect();
        let now = Instant::now();
        let racer = |_| Racer {
            open: HashMap::new(),
            stirred: now,
            started: false,
        };
        let state = State {
            lines,
            racers: schedule.racers.iter().map(racer).collect(),
            next: 0,
            seen: HashMap::new(),
            given_up: false,
            blocked: None,
            patient,
            moved: now,
            polls: Polls::default(),
            log: StepLog::new(),
        };
        Ordered {
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl State {
    /// The line this step is, if it is listed: the racer's next occurrence of such a step.
    fn line_of(&mut self, step: &Step) -> Option<usize> {
        let racer = usize::from(step.lane.0);
        if racer >= self.racers.len() {
            return None;
        }
        let mut found = None;
        let mut counted: Vec<StepPattern> = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            if line.racer != racer || !line.pattern.is_like(step) {
                continue;
            }
            let kind = StepPattern {
                occurrence: 0,
                ..line.pattern.clone()
            };
            if !counted.contains(&kind) {
                *self.seen.entry((racer, kind.clone())).or_default() += 1;
                counted.push(kind.clone());
            }
            if self.seen.get(&(racer, kind)) == Some(&line.pattern.occurrence)
                && line.at == At::Waiting
            {
                found = found.or(Some(index));
            }
        }
        found
    }

    /// Moves on past lines that are over, and lets the next one's step go if it is held.
    fn advance(&mut self) {
        self.moved = Instant::now();
        while self
            .lines
            .get(self.next)
            .is_some_and(|line| matches!(line.at, At::Done | At::Void))
        {
            self.next += 1;
        }
        self.release(self.next);
    }

    fn is_holding(&self) -> bool {
        self.lines.iter().any(|line| line.held.is_some())
    }

    fn is_held(&self, racer: usize) -> bool {
        let mut lines = self.lines.iter();
        lines.any(|line| line.racer == racer && line.held.is_some())
    }

    /// Takes a racer's lines above `end` that were not made out of the order.
    fn void(&mut self, racer: usize, end: usize) -> bool {
        let mut any = false;
        for line in &mut self.lines[..end] {
            if line.racer == racer && line.at == At::Waiting && line.held.is_none() {
                line.at = At::Void;
                any = true;
            }
        }
        any
    }

    fn skip_what_was_gone_past(&mut self, now: Instant) {
        for racer in 0..self.racers.len() {
            let Racer { open, stirred, .. } = &self.racers[racer];
            if !open.is_empty() || now.saturating_duration_since(*stirred) < GONE_PAST {
                continue;
            }
            let held = |line: &Line| line.racer == racer && line.held.is_some();
            if let Some(at) = self.lines.iter().rposition(held)
                && self.void(racer, at)
            {
                self.advance();
            }
        }
    }

    /// A racer made a step that goes up, or (`false`) has its reply.
    fn stir(&mut self, lane: LaneId, key: Key, up: bool) {
        if let Some(racer) = self.racers.get_mut(usize::from(lane.0)) {
            racer.stirred = Instant::now();
            if up {
                racer.open.insert(key, racer.stirred);
            } else {
                racer.open.remove(&key);
            }
        }
    }

    fn release(&mut self, index: usize) {
        let Some(line) = self.lines.get_mut(index) else {
            return;
        };
        if let Some((release, key)) = line.held.take() {
            line.at = At::Up(key);
            let lane = LaneId(line.racer as u16);
            self.log.passed(key.0, key.1, key.2);
            release.pass();
            self.stir(lane, key, true);
        }
    }

    /// The order cannot be had: everything is let go, in the order that was asked for.
    fn give_up(&mut self, blocked: Option<Blocked>) {
        self.given_up = true;
        self.blocked = blocked;
        self.release_all();
    }

    /// Whether the racer whose turn it is asks for a lock again and again that one who is held has.
    fn polling(&self, now: Instant) -> Option<Blocked> {
        let turn = self.lines.get(self.next)?.racer;
        let holder = self.lines.iter().find(|line| line.held.is_some())?.racer;
        let poll = self.polls.of(turn, now)?;
        if holder == turn || !poll.is_hopeless(now, self.patient) {
            return None;
        }
        Some(Blocked {
            racer: turn,
            holder,
            evidence: poll.evidence(),
        })
    }

    fn release_all(&mut self) {
        (0..self.lines.len()).for_each(|index| self.release(index));
    }

    /// A step has its reply, or will have none.
    fn ended(&mut self, step: &Step) {
        let key = key(step);
        self.stir(step.lane, key, false);
        for line in &mut self.lines {
            if line.at == At::Up(key) {
                line.at = At::Done;
            } else if line.held.as_ref().is_some_and(|(_, held)| *held == key) {
                // Its connection went away while it was held.
                line.held = None;
                line.at = At::Void;
            } else {
                continue;
            }
            return self.advance();
        }
    }
}

impl Director for Ordered {
    fn is_attentive(&self) -> bool {
        true
    }

    fn before_up(&self, step: &Step) -> Ruling {
        let mut state = self.state();
        state.log.asked(step);
        let key = key(step);
        let Some(index) = state.line_of(step) else {
            state.stir(step.lane, key, true);
            return Ruling::Pass;
        };
        if index == state.next || state.given_up {
            state.moved = Instant::now();
            state.lines[index].at = At::Up(key);
            state.stir(step.lane, key, true);
            return Ruling::Pass;
        }
        let (release, ticket) = Ticket::new(HOLD_MAX);
        if !state.is_holding() {
            // The wait is counted from the first hold: before it nobody was kept from moving.
            state.moved = Instant::now();
        }
        state.lines[index].held = Some((release, key));
        Ruling::Hold(ticket)
    }

    fn before_down(&self, step: &Step, reply: &Reply) -> Ruling {
        let mut state = self.state();
        state.log.replied(step, reply);
        state.polls.replied(step, reply);
        state.ended(step);
        Ruling::Pass
    }

    fn cut(&self, step: &Step) {
        let mut state = self.state();
        state.log.cut(step);
        state.ended(step);
    }
}

impl Steering for Ordered {
    fn racer_started(&self, racer: usize) {
        let mut state = self.state();
        state.moved = Instant::now();
        if let Some(racer) = state.racers.get_mut(racer) {
            racer.started = true;
        }
    }

    fn holds(&self, racer: usize) -> bool {
        self.state().is_held(racer)
    }

    /// What it has not done by now it will not do.
    fn racer_ended(&self, racer: usize) {
        let mut state = self.state();
        let lines = state.lines.len();
        state.void(racer, lines);
        state.advance();
    }

    fn look(&self, now: Instant, stuck: Duration) {
        let mut state = self.state();
        state.skip_what_was_gone_past(now);
        if !state.is_holding() || !state.racers.iter().all(|racer| racer.started) {
            return;
        }
        if let Some(blocked) = state.polling(now) {
            state.give_up(Some(blocked));
        } else if now.saturating_duration_since(state.moved) >= stuck {
            state.give_up(None);
        }
    }

    fn waiting(&self, now: Instant) -> Vec<Waiting> {
        let state = self.state();
        if !state.is_holding() {
            return Vec::new();
        }
        let is_old = |since: &Instant| now.saturating_duration_since(*since) >= SUSPICIOUS;
        let open = state.log.steps().iter().filter_map(|seen| {
            let racer = usize::from(seen.step.lane.0);
            let since = state.racers.get(racer)?.open.get(&key(&seen.step))?;
            Some(Waiting {
                racer,
                step: seen.step.name(),
                target: seen.step.target.clone(),
                session: seen.step.session.filter(|_| is_old(since))?,
            })
        });
        open.collect()
    }

    fn sessions(&self, target: &str) -> Vec<(usize, u32)> {
        self.state().log.sessions(target)
    }

    fn blocked(&self, found: Vec<Blocked>) {
        let mut state = self.state();
        let turn = state.lines.get(state.next).map(|line| line.racer);
        let hopeless = found
            .into_iter()
            .find(|blocked| Some(blocked.racer) == turn && state.is_held(blocked.holder));
        if hopeless.is_some() {
            state.give_up(hopeless);
        }
    }

    fn progress(&self) -> Progress {
        let state = self.state();
        let count = |at: fn(&At) -> bool| state.lines.iter().filter(|line| at(&line.at)).count();
        Progress {
            done: count(|at| *at == At::Done),
            void: count(|at| *at == At::Void),
            lines: state.lines.len(),
            missing: state.lines.iter().position(|line| line.at != At::Done),
            given_up: state.given_up,
            blocked: state.blocked.clone(),
        }
    }

    fn take_log(&self) -> Vec<SeenStep> {
        std::mem::take(&mut self.state().log).into_steps()
    }
}

#[cfg(test)]
#[path = "ordered_tests.rs"]
mod tests;
