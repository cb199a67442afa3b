//! Explores interleavings: says, choice by choice, which racer makes its next step.
//!
//! Executions are run by somebody else, against a real system that cannot be rewound. A run goes
//! like this:
//!
//! ```text
//! while strategy.begin() {
//!     // a fresh state; every racer runs until its first step is known
//!     while some racer is ready {
//!         let racer = strategy.choose(&ready, &blocked);
//!         // send its step up; wait until nothing moves any more; then, for each step that was
//!         // carried out, in the order in which they were:
//!         strategy.executed(racer, step);
//!     }
//!     strategy.end(&Ending::Ended); // or Deadlock(&blocked)
//! }
//! ```
//!
//! A chosen step may turn out to wait in the store: nothing was executed then, and the next call
//! of `choose` has its racer among the blocked. A step that waited is carried out by itself when
//! another one lets it: it is `executed` without having been chosen at that moment.

mod canonical;
mod draws;
mod pct;
mod portfolio;
mod pos;
mod racers;
mod random;
mod replay;
mod surw;
mod systematic;

#[cfg(test)]
mod samplers_tests;
#[cfg(test)]
mod testkit;

pub use canonical::canonical;
pub use pct::Pct;
pub use portfolio::Portfolio;
pub use pos::Pos;
pub use racers::RACERS_MAX;
pub use random::Random;
pub use replay::Replay;
pub use surw::Surw;
pub use systematic::{Coverage, Systematic};

/// A racer, by its number below [`RACERS_MAX`], and the step it stands before.
pub type Pending<'a, S> = (usize, &'a S);

/// What steps have to do with each other. Steps of one racer always depend and are never asked
/// about here.
///
/// A closure `Fn(&S, &S) -> bool` will do where steps can be hashed.
pub trait Dependence<S> {
    /// Whether the order of two steps of different racers can matter: to what either one sees, to
    /// the state, or to whether one of them can be made at all. Symmetric. When in doubt, true:
    /// that costs executions, while a wrong false hides interleavings.
    ///
    /// A step as it was executed may depend on less than the same step when it was announced,
    /// never on more.
    fn depend(&self, a: &S, b: &S) -> bool;

    /// A number that is equal for the same step of the same racer in different executions, so it
    /// leaves out connection numbers, times and random ids; and for a step as it was announced
    /// and as it was executed, so it leaves out the answer. Steps of equal identity, made after the
    /// same steps, are taken to depend on the same.
    fn identity(&self, step: &S) -> u64;

    /// Whether two dependent steps of different racers can ever be possible in the same state.
    /// An unlock and a lock of one mutex cannot. True is always right; false saves executions
    /// that only find out that a racer is blocked.
    fn co_enabled(&self, _a: &S, _b: &S) -> bool {
        true
    }
}

impl<S, F> Dependence<S> for F
where
    S: std::hash::Hash,
    F: Fn(&S, &S) -> bool,
{
    fn depend(&self, a: &S, b: &S) -> bool {
        self(a, b)
    }

    fn identity(&self, step: &S) -> u64 {
        model::StableHasher::of(step)
    }
}

/// How an execution ended.
#[derive(Debug, Clone, Copy)]
pub enum Ending<'a, S> {
    /// All racers came to their end.
    Ended,
    /// Nobody can move: these racers are blocked at these steps. A complete execution too.
    Deadlock(&'a [Pending<'a, S>]),
    /// The runner gave it up; these racers' next steps were known.
    Cut(&'a [Pending<'a, S>]),
}

/// Decides which racer goes, one execution after another.
pub trait Strategy<S> {
    /// A new execution begins. False: nothing is left to explore, and none should be begun.
    fn begin(&mut self) -> bool;

    /// Which of the ready racers (at least one) makes its step. `blocked` are those that cannot
    /// move now: their step is up in the store and waits, or polls what somebody else holds.
    fn choose(&mut self, ready: &[Pending<'_, S>], blocked: &[Pending<'_, S>]) -> usize;

    /// A step was carried out, whether it was chosen or not. Steps that touch nothing shared are
    /// best not told of at all: they need no order.
    fn executed(&mut self, racer: usize, step: S);

    /// The execution is over.
    fn end(&mut self, ending: &Ending<'_, S>);

    /// Whether the execution under way can only repeat one that was seen: it may be cut.
    fn is_redundant(&self) -> bool {
        false
    }

    /// How far it has come, if it is one that comes to an end.
    fn progress(&self) -> Option<Coverage> {
        None
    }
}

/// Where nothing else decides: the racer that went last goes on, or else the first one does.
fn carry_on<S>(ready: &[Pending<'_, S>], last: Option<usize>) -> usize {
    let first = ready.iter().map(|(racer, _)| *racer).min().unwrap_or(0);
    last.filter(|last| ready.iter().any(|(racer, _)| racer == last))
        .unwrap_or(first)
}
