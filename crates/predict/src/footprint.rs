//! What a step does as far as its order with other steps matters. Inside a transaction of
//! PostgreSQL a write takes locks at once and shows when it is committed, so COMMIT carries what
//! the transaction wrote, and reading cares about commits only.

use std::collections::HashMap;

use model::effect::ANYTHING;
use model::{Access, ConnectionId, Effect, Isolation, Protocol, Step, Transaction, WireId};

use crate::suspect::rows;

/// One thing a step does to one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The backend or service.
    pub target: String,
    /// What is touched.
    pub effect: Effect,
    /// It depends on what others have shown.
    pub looks: bool,
    /// It takes a lock, or waits for one.
    pub locks: bool,
    /// Others see another state after it, or find a lock free.
    pub shows: bool,
}

/// All that a step does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Footprint {
    /// Its deeds.
    pub deeds: Vec<Deed>,
}

/// What the open transactions of each connection will show.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    open: HashMap<(WireId, ConnectionId), Open>,
}

#[derive(Debug, Clone, Default)]
struct Open {
    /// What its end shows.
    pending: Vec<Deed>,
    /// It has made its first statement.
    begun: bool,
}

impl Deed {
    /// Whether the order of the two matters.
    pub fn depends(&self, other: &Deed) -> bool {
        self.target == other.target
            && self.meets(other)
            && (self.shows && other.looks && self.effect.shares_columns(&other.effect)
                || other.shows && self.looks && self.effect.shares_columns(&other.effect)
                || self.shows && other.shows
                || self.locks && (other.locks || other.shows)
                || self.shows && other.locks)
    }

    /// Whether both can touch the same thing, as deeds of two requests.
    pub fn meets(&self, other: &Deed) -> bool {
        self.effect.meets(&other.effect) && !rows::are_apart_by_own(&self.effect, &other.effect)
    }

    /// Whether it is the moment of a whole transaction, and no resource of its own.
    pub fn is_snapshot(&self) -> bool {
        self.effect.access == Access::Read && self.effect.resource == ANYTHING
    }

    /// `cache inv:42`.
    pub fn resource(&self) -> String {
        format!("{} {}", self.target, self.effect.resource)
    }
}

impl Footprint {
    /// Whether the order of the two steps matters.
    pub fn depends(&self, other: &Footprint) -> bool {
        self.deeds
            .iter()
            .any(|deed| other.deeds.iter().any(|theirs| deed.depends(theirs)))
    }

    /// Whether it does nothing that could matter to anybody.
    pub fn is_empty(&self) -> bool {
        self.deeds.is_empty()
    }
}

impl Ledger {
    /// What this step does, the next one of its connection.
    pub fn take(&mut self, step: &Step) -> Footprint {
        let deeds = match step.protocol {
            Protocol::Postgres => self.sql(step),
            // Commands between MULTI and EXEC only queue.
            Protocol::Redis if step.transaction == Transaction::Inside => Vec::new(),
            _ => deeds(step, true),
        };
        Footprint { deeds }
    }

    fn sql(&mut self, step: &Step) -> Vec<Deed> {
        let open = self.open.entry((step.wire, step.connection)).or_default();
        match step.transaction {
            Transaction::None => deeds(step, true),
            Transaction::Begin => {
                *open = Open::default();
                // `BEGIN; UPDATE ...` in one text.
                open.inside(step)
            }
            Transaction::Inside => open.inside(step),
            Transaction::Commit | Transaction::Rollback => {
                let mut all = open.inside(step);
                all.append(&mut open.pending);
                *open = Open::default();
                all
            }
        }
    }
}

impl Open {
    fn inside(&mut self, step: &Step) -> Vec<Deed> {
        let mut all = deeds(step, false);
        for deed in all.iter().filter(|deed| deed.locks) {
            let shown = Deed {
                looks: false,
                locks: false,
                shows: true,
                ..deed.clone()
            };
            if !self.pending.contains(&shown) {
                self.pending.push(shown);
            }
        }
        if !all.is_empty() && !self.begun {
            self.begun = true;
            if step.isolation.is_some_and(Isolation::is_of_one_moment) {
                all.push(Deed {
                    target: step.target.clone(),
                    effect: Effect::of(Access::Read, ANYTHING),
                    looks: true,
                    locks: false,
                    shows: false,
                });
            }
        }
        all
    }
}

/// The deeds of a step by itself; what it changes shows `at_once` or later.
fn deeds(step: &Step, at_once: bool) -> Vec<Deed> {
    if step.noise {
        return Vec::new();
    }
    let effects = step.effects.iter().filter(|effect| !is_private(effect));
    effects
        .map(|effect| {
            let sql = step.protocol == Protocol::Postgres;
            let unlocks = effect.access == Access::Unlock;
            Deed {
                target: step.target.clone(),
                effect: effect.clone(),
                looks: effect.access.looks(),
                locks: effect.access == Access::Lock || sql && effect.access.changes(),
                shows: unlocks || at_once && effect.access.changes(),
            }
        })
        .collect()
}

/// What only hands out fresh names: its order shows in nothing but the names.
fn is_private(effect: &Effect) -> bool {
    effect.resource.ends_with("_seq")
}

#[cfg(test)]
#[path = "footprint_tests.rs"]
mod tests;
