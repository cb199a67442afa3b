//! Enforces a schedule's order: a listed step goes up only after the *reply* of the line above
//! was seen. Steps that are not listed are free.
//!
//! A racer that ends without making a listed step takes that line out of the order, so nothing
//! waits for what will never come. A hold that can only end by breaking the order (the racer
//! whose turn it is waits in the store for the one that is held) is ended by `give_up`.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use model::{Reply, Schedule, Step, StepPattern};
use wire::{Director, Release, Ruling, Ticket};

use super::log::{LoggedStep, StepLog};

/// No step is held longer than this, whatever happens to the trial.
const HOLD_MAX: Duration = Duration::from_secs(4);

/// Enforces one schedule in one trial.
pub struct Ordered {
    state: Mutex<State>,
}

/// How far an order was enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Lines whose step was seen up and answered in its turn.
    pub done: usize,
    /// Lines whose step its racer never made.
    pub void: usize,
    /// Lines in all.
    pub lines: usize,
    /// The order was given up while a step was held.
    pub given_up: bool,
}

impl Progress {
    /// Whether the whole order happened as written.
    pub fn is_enforced(self) -> bool {
        self.done == self.lines && !self.given_up
    }
}

struct State {
    lines: Vec<Line>,
    racers: usize,
    /// The first line that is neither done nor void.
    next: usize,
    /// How many steps of a kind a racer has made.
    seen: HashMap<(usize, StepPattern), u32>,
    given_up: bool,
    moved: Instant,
    log: StepLog,
}

struct Line {
    racer: usize,
    pattern: StepPattern,
    at: At,
    held: Option<(Release, Key)>,
}

type Key = (model::WireId, model::ConnectionId, u64);

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
        let state = State {
            lines,
            racers: schedule.racers.len(),
            next: 0,
            seen: HashMap::new(),
            given_up: false,
            moved: Instant::now(),
            log: StepLog::new(),
        };
        Ordered {
            state: Mutex::new(state),
        }
    }

    /// A racer has its answer: what it has not done by now it will not do.
    pub fn racer_ended(&self, racer: usize) {
        let mut state = self.state();
        for line in &mut state.lines {
            if line.racer == racer && line.at == At::Waiting && line.held.is_none() {
                line.at = At::Void;
            }
        }
        state.advance();
    }

    /// For how long nothing has moved while a step was held; none when none is.
    pub fn stuck_for(&self) -> Option<Duration> {
        let state = self.state();
        state
            .lines
            .iter()
            .any(|line| line.held.is_some())
            .then(|| state.moved.elapsed())
    }

    /// Lets everything go: the order cannot be had.
    pub fn give_up(&self) {
        let mut state = self.state();
        state.given_up = true;
        state.release_all();
    }

    /// How far it came.
    pub fn progress(&self) -> Progress {
        let state = self.state();
        let count = |at: fn(&At) -> bool| state.lines.iter().filter(|line| at(&line.at)).count();
        Progress {
            done: count(|at| *at == At::Done),
            void: count(|at| *at == At::Void),
            lines: state.lines.len(),
            given_up: state.given_up,
        }
    }

    /// The steps seen, leaving none behind.
    pub fn take_log(&self) -> Vec<LoggedStep> {
        std::mem::take(&mut self.state().log).into_steps()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl State {
    /// The line this step is, if it is listed: the racer's next occurrence of such a step.
    fn line_of(&mut self, step: &Step) -> Option<usize> {
        let racer = usize::from(step.lane.0);
        if racer >= self.racers {
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

    fn release(&mut self, index: usize) {
        let Some(line) = self.lines.get_mut(index) else {
            return;
        };
        if let Some((release, key)) = line.held.take() {
            line.at = At::Up(key);
            self.log.passed(key.0, key.1, key.2);
            release.pass();
        }
    }

    fn release_all(&mut self) {
        (0..self.lines.len()).for_each(|index| self.release(index));
    }

    fn ended(&mut self, step: &Step) {
        let key = (step.wire, step.connection, step.ordinal);
        if let Some(line) = self.lines.iter_mut().find(|line| line.at == At::Up(key)) {
            line.at = At::Done;
            self.advance();
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
        let Some(index) = state.line_of(step) else {
            return Ruling::Pass;
        };
        let key = (step.wire, step.connection, step.ordinal);
        if index == state.next || state.given_up {
            state.moved = Instant::now();
            state.lines[index].at = At::Up(key);
            return Ruling::Pass;
        }
        let (release, ticket) = Ticket::new(HOLD_MAX);
        if state.lines.iter().all(|line| line.held.is_none()) {
            // The wait is counted from the first hold: before it nobody was kept from moving.
            state.moved = Instant::now();
        }
        state.lines[index].held = Some((release, key));
        Ruling::Hold(ticket)
    }

    fn before_down(&self, step: &Step, reply: &Reply) -> Ruling {
        let mut state = self.state();
        state.log.replied(step, reply);
        state.ended(step);
        Ruling::Pass
    }

    fn cut(&self, step: &Step) {
        let mut state = self.state();
        state.log.cut(step);
        state.ended(step);
    }
}

#[cfg(test)]
#[path = "ordered_tests.rs"]
mod tests;
