//! Those who decide at the gates. One file per strategy.
//!
//! A trial steers whichever directs it through [`Steering`]: it tells when racers start and end,
//! looks now and then, and asks the store who waits for whom, which no wire can see.

use std::time::{Duration, Instant};

use model::SeenStep;
use wire::Director;

mod delays;
mod faulty;
mod log;
mod ordered;
pub(crate) mod polling;
mod stepwise;
mod watcher;

pub use delays::Delays;
pub use faulty::{Faulty, Mishap};
pub use log::StepLog;
pub use ordered::{Ordered, Progress};
pub use stepwise::{Chooser, Known, Stepwise};
pub(crate) use watcher::{Touch, Watcher};

/// A step that is up and has no reply yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Whose it is.
    pub racer: usize,
    /// What it is called.
    pub step: String,
    /// Where it went.
    pub target: String,
    /// The store's own name for its session.
    pub session: u32,
}

/// A racer that cannot move because of another one, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Who waits.
    pub racer: usize,
    /// For whom.
    pub holder: usize,
    /// In words: `db UPDATE seats waits for a lock that A holds`.
    pub evidence: String,
}

/// A director that a trial steers.
pub trait Steering: Director {
    /// A racer's request is being sent.
    fn racer_started(&self, racer: usize);

    /// Whether a step of this racer is held.
    fn holds(&self, _racer: usize) -> bool {
        false
    }

    /// A racer has its answer, and what it did in the background is done.
    fn racer_ended(&self, racer: usize);

    /// Looks for what will never come; after `stuck` without any movement it gives up holding.
    fn look(&self, now: Instant, stuck: Duration);

    /// Steps that wait in a store while another racer is held: worth asking the store about.
    fn waiting(&self, now: Instant) -> Vec<Waiting>;

    /// The sessions that each racer has in a store.
    fn sessions(&self, target: &str) -> Vec<(usize, u32)>;

    /// The store says that these wait.
    fn blocked(&self, found: Vec<Blocked>);

    /// How far the order came.
    fn progress(&self) -> Progress;

    /// All racers have their answers and what came after is done: nothing is held any more.
    fn over(&self) {}

    /// The steps seen, leaving none behind.
    fn take_log(&self) -> Vec<SeenStep>;
}
