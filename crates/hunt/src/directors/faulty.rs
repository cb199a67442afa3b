//! One fault at one step: everything passes, and the step that was named meets its fault, once.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use model::{Fault, LaneId, Reply, Step, StepPattern};
use wire::{Director, Release, Ruling, Ticket};

use super::ordered::Key;

/// A reply is kept this long while its replica is killed.
const HOLD_MAX: Duration = Duration::from_secs(6);

/// What happens to the step.
#[derive(Debug, Clone, PartialEq)]
pub enum Mishap {
    /// Before it goes up: the backend never sees it, unless the fault passes it on.
    Before(Fault),
    /// After it was applied, to its reply.
    After(Fault),
    /// Its replica is killed after it was applied.
    Kill,
}

/// Lets one fault happen.
pub struct Faulty {
    pattern: StepPattern,
    mishap: Mishap,
    state: Mutex<State>,
}

struct State {
    like: u32,
    meant: Option<Key>,
    happened: bool,
    kept: Option<Release>,
    open: HashSet<Key>,
    stirred: Instant,
}

fn key(step: &Step) -> Key {
    (step.wire, step.connection, step.ordinal)
}

impl Faulty {
    /// A director for one trial: the fault is for the step of lane 1 with this name.
    pub fn new(pattern: StepPattern, mishap: Mishap) -> Faulty {
        Faulty {
            pattern,
            mishap,
            state: Mutex::new(State {
                like: 0,
                meant: None,
                happened: false,
                kept: None,
                open: HashSet::new(),
                stirred: Instant::now(),
            }),
        }
    }

    /// Whether the step was made and met its fault.
    pub fn has_happened(&self) -> bool {
        self.state().happened
    }

    /// Whether the replica is to be killed now.
    pub fn wants_a_kill(&self) -> bool {
        self.state().kept.is_some()
    }

    /// The replica was killed: what was kept of it goes.
    pub fn killed(&self) {
        self.state().kept = None;
    }

    /// Whether nothing has gone on for so long.
    pub fn is_quiet(&self, for_so_long: Duration) -> bool {
        let state = self.state();
        state.open.is_empty() && state.stirred.elapsed() >= for_so_long
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Director for Faulty {
    fn is_attentive(&self) -> bool {
        true
    }

    fn before_up(&self, step: &Step) -> Ruling {
        let mut state = self.state();
        state.stirred = Instant::now();
        if step.lane == LaneId(0) && self.pattern.is_like(step) {
            state.like += 1;
            if state.like == self.pattern.occurrence && !state.happened {
                state.meant = Some(key(step));
                if let Mishap::Before(fault) = &self.mishap {
                    state.happened = true;
                    return Ruling::Fault(fault.clone());
                }
            }
        }
        state.open.insert(key(step));
        Ruling::Pass
    }

    fn before_down(&self, step: &Step, _reply: &Reply) -> Ruling {
        let mut state = self.state();
        state.stirred = Instant::now();
        state.open.remove(&key(step));
        if state.meant != Some(key(step)) || state.happened {
            return Ruling::Pass;
        }
        state.happened = true;
        match &self.mishap {
            Mishap::After(fault) => Ruling::Fault(fault.clone()),
            Mishap::Kill => {
                let (release, ticket) = Ticket::new(HOLD_MAX);
                state.kept = Some(release);
                Ruling::Hold(ticket)
            }
            Mishap::Before(_) => Ruling::Pass,
        }
    }

    fn cut(&self, step: &Step) {
        let mut state = self.state();
        state.stirred = Instant::now();
        state.open.remove(&key(step));
    }
}
