//! Delays each step that touches shared state by a drawn time, and decides nothing else: what
//! tools do that shake a network in the hope that something breaks. It is the peer that an
//! enforced order is held against.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use drive::Draws;
use model::{Distribution, Fault, LaneId, Reply, SeenStep, Step};
use wire::{Director, Ruling};

use super::log::StepLog;
use super::{Blocked, Progress, Steering, Waiting};

/// Delays the steps of one trial.
pub struct Delays {
    most_us: u64,
    seed: u64,
    trial: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Each lane draws from a stream of its own, so that no draw depends on which came first.
    lanes: HashMap<LaneId, Draws>,
    log: StepLog,
}

impl Delays {
    /// A director for one trial: delays are anything up to `most`, equally likely.
    pub fn new(most: Duration, seed: u64, trial: u64) -> Delays {
        Delays {
            most_us: most.as_micros() as u64,
            seed,
            trial,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn stream(&self, lane: LaneId) -> Draws {
        Draws::new(self.seed, &format!("delays of lane {}", lane.0), self.trial)
    }
}

impl Director for Delays {
    fn is_attentive(&self) -> bool {
        true
    }

    /// Drawn here and not by the wire, whose draws depend on which pooled connection it is.
    fn before_up(&self, step: &Step) -> Ruling {
        let mut state = self.state();
        state.log.asked(step);
        if !step.is_shared() {
            return Ruling::Pass;
        }
        let lane = state.lanes.entry(step.lane);
        let draws = lane.or_insert_with(|| self.stream(step.lane));
        let delay_us = draws.below(self.most_us.saturating_add(1));
        state.log.delayed(step, delay_us);
        Ruling::Fault(Fault::Delay(Distribution::Fixed(delay_us)))
    }

    fn before_down(&self, step: &Step, reply: &Reply) -> Ruling {
        self.state().log.replied(step, reply);
        Ruling::Pass
    }

    fn cut(&self, step: &Step) {
        self.state().log.cut(step);
    }
}

/// There is no order to steer.
impl Steering for Delays {
    fn racer_started(&self, _racer: usize) {}

    fn racer_ended(&self, _racer: usize) {}

    fn look(&self, _now: Instant, _stuck: Duration) {}

    /// Nobody is held for another, so whoever waits in a store will come in.
    fn waiting(&self, _now: Instant) -> Vec<Waiting> {
        Vec::new()
    }

    fn sessions(&self, target: &str) -> Vec<(usize, u32)> {
        self.state().log.sessions(target)
    }

    fn blocked(&self, _found: Vec<Blocked>) {}

    fn progress(&self) -> Progress {
        Progress {
            done: 0,
            void: 0,
            lines: 0,
            missing: None,
            given_up: false,
            blocked: None,
        }
    }

    fn take_log(&self) -> Vec<SeenStep> {
        std::mem::take(&mut self.state().log).into_steps()
    }
}

#[cfg(test)]
#[path = "delays_tests.rs"]
mod tests;
