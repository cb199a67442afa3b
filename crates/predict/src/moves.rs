//! The steps of racers as an exploration sees them: what they do, and a number that is the same in
//! every execution.

use model::{Access, StableHasher, Step};

use crate::explore::Dependence;
use crate::footprint::{Deed, Footprint};

/// A racer's step.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// What people call it.
    pub name: String,
    /// What it does to what lanes share.
    pub footprint: Footprint,
    identity: u64,
}

/// Which moves' order matters: those whose footprints depend on each other.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meeting;

impl Move {
    /// A step with its footprint. Its shape tells it from others: values, connections and times
    /// differ from one execution to the next.
    pub fn new(step: &Step, footprint: Footprint) -> Move {
        Move {
            name: step.name(),
            footprint,
            identity: StableHasher::of(&(&step.target, &step.verb, &step.shape)),
        }
    }
}

impl Dependence<Move> for Meeting {
    fn depend(&self, a: &Move, b: &Move) -> bool {
        a.footprint.depends(&b.footprint)
    }

    fn identity(&self, step: &Move) -> u64 {
        step.identity
    }

    /// Who ends a transaction that holds a row, and who wants that row, are never both able to.
    fn co_enabled(&self, a: &Move, b: &Move) -> bool {
        let frees = |deed: &Deed| deed.shows && !deed.locks && deed.effect.access != Access::Read;
        let excludes = |one: &Move, other: &Move| {
            one.footprint.deeds.iter().any(|ends| {
                let mut deeds = other.footprint.deeds.iter();
                frees(ends) && deeds.any(|wants| wants.locks && ends.depends(wants))
            })
        };
        // In Redis and over HTTP nothing is locked: a step there is always possible.
        !excludes(a, b) && !excludes(b, a)
    }
}
