//! Locks: rows that transactions hold, locks inside a service, and keys in Redis that are used as
//! locks and polled. Who waits stands in line; a circle of those who wait is found at once.

use std::collections::VecDeque;

use super::dice::Nanos;
use super::program::Touch;
use super::queue::Happening;
use super::world::{Ending, NOBODY, World};

/// A lock of this round; of an earlier one it is free.
#[derive(Debug, Clone)]
pub struct Lock {
    round: u32,
    /// The request that has it.
    owner: u32,
    /// When it goes by itself.
    until: Nanos,
    /// Who stands in line, with their serials.
    line: VecDeque<(u32, u32)>,
}

impl Default for Lock {
    fn default() -> Lock {
        Lock {
            round: 0,
            owner: NOBODY,
            until: Nanos::MAX,
            line: VecDeque::new(),
        }
    }
}

/// PostgreSQL looks for deadlocks after so long.
const DEADLOCK_NS: Nanos = 1_000_000_000;

/// A lock that is polled is asked for again after so long, and given up after so long.
const POLL_NS: Nanos = 5_000_000;
const POLLED_NS_MAX: Nanos = 2_000_000_000;

/// Chains of those who wait are followed so far.
const CHAIN_MAX: usize = 10_000;

impl Lock {
    fn now(&mut self, round: u32) -> &mut Lock {
        if self.round != round {
            self.round = round;
            self.owner = NOBODY;
            self.until = Nanos::MAX;
            self.line.clear();
        }
        self
    }
}

impl World<'_> {
    /// Takes the lock, or stands in line for it. Says whether it was had.
    pub(super) fn take_lock(&mut self, id: u32, touch: Touch, lasts: bool, at: Nanos) -> bool {
        let (family, place) = (touch.family as u32, self.place(id, touch.family, touch.at));
        let lock = self.locks[touch.family][place as usize].now(self.round);
        let request = &mut self.requests[id as usize];
        if lock.owner == id || lock.owner == NOBODY {
            lock.owner = id;
            let is_held = |held: &&(u32, u32, bool)| (held.0, held.1) == (family, place);
            if request.held.iter().find(is_held).is_none() {
                request.held.push((family, place, lasts));
                self.tally.families[touch.family].lockers += 1;
            }
            return true;
        }
        lock.line.push_back((id, request.serial));
        request.waits_for = Some((family, place));
        request.waiting_since = at;
        self.tally.families[touch.family].waited += 1;
        if self.is_in_a_circle(id) {
            self.tally.families[touch.family].deadlocks += 1;
            let request = &self.requests[id as usize];
            let attempt = request.attempt;
            self.note_deadlock(id);
            self.queue.put(
                at + DEADLOCK_NS,
                Happening::Fail {
                    request: id,
                    attempt,
                },
            );
        }
        false
    }

    /// Asks for a lock that is polled. Says whether it was had; if not, it is asked for again.
    pub(super) fn poll_lock(
        &mut self,
        id: u32,
        touch: Touch,
        lasts_ns: Option<Nanos>,
        at: Nanos,
    ) -> bool {
        let place = self.place(id, touch.family, touch.at);
        let lock = self.locks[touch.family][place as usize].now(self.round);
        if lock.owner == NOBODY || lock.until <= at {
            lock.owner = id;
            lock.until = lasts_ns.map_or(Nanos::MAX, |lasts| at.saturating_add(lasts));
            self.tally.families[touch.family].lockers += 1;
            return true;
        }
        let request = &mut self.requests[id as usize];
        if request.waiting_since == 0 {
            request.waiting_since = at;
            self.tally.families[touch.family].waited += 1;
        }
        if at - request.waiting_since > POLLED_NS_MAX {
            self.waited(id, touch.family, at);
            self.conclude(id, at, Ending::TurnedAway);
            return false;
        }
        let again = Happening::Touch {
            request: id,
            attempt: request.attempt,
        };
        let back = request.rest * 2;
        self.queue.put(at + POLL_NS + back, again);
        false
    }

    /// Gives a lock back that is not bound to a transaction.
    pub(super) fn give_lock(&mut self, id: u32, touch: Touch, own_only: bool, at: Nanos) {
        let place = self.place(id, touch.family, touch.at);
        let lock = self.locks[touch.family][place as usize].now(self.round);
        if lock.owner == id || !own_only {
            let (family, place) = (touch.family as u32, place);
            self.requests[id as usize]
                .held
                .retain(|held| (held.0, held.1) != (family, place));
            self.free_lock(family, place, at);
        }
    }

    /// Gives back what a transaction holds, or everything.
    pub(super) fn free_locks(&mut self, id: u32, all: bool, at: Nanos) {
        if self.requests[id as usize].held.is_empty() {
            return;
        }
        let mut held = std::mem::take(&mut self.requests[id as usize].held);
        held.retain(|(family, place, lasts)| {
            let goes = all || !lasts;
            if goes {
                self.free_lock(*family, *place, at);
            }
            !goes
        });
        self.requests[id as usize].held = held;
    }

    /// The next in line has it, and goes on.
    fn free_lock(&mut self, family: u32, place: u32, at: Nanos) {
        let round = self.round;
        loop {
            let lock = self.locks[family as usize][place as usize].now(round);
            lock.owner = NOBODY;
            let Some((next, serial)) = lock.line.pop_front() else {
                return;
            };
            let request = &mut self.requests[next as usize];
            let waits = request.waits_for == Some((family, place));
            if !request.live || request.serial != serial || !waits {
                continue;
            }
            request.waits_for = None;
            let attempt = request.attempt;
            self.waited(next, family as usize, at);
            // It is its own before anybody else can ask for it, and its exchange goes on.
            self.locks[family as usize][place as usize].owner = next;
            self.queue.put(
                at,
                Happening::Touch {
                    request: next,
                    attempt,
                },
            );
            return;
        }
    }

    /// The time in line is over.
    pub(super) fn waited(&mut self, id: u32, family: usize, at: Nanos) {
        let request = &mut self.requests[id as usize];
        if request.waiting_since != 0 {
            request.waited += at - request.waiting_since;
            request.waiting_since = 0;
            request.waited_in = family as u32;
        }
    }

    fn is_in_a_circle(&mut self, id: u32) -> bool {
        let mut at = id;
        for _ in 0..CHAIN_MAX {
            let Some((family, place)) = self.requests[at as usize].waits_for else {
                return false;
            };
            let lock = self.locks[family as usize][place as usize].now(self.round);
            if lock.owner == NOBODY {
                return false;
            }
            if lock.owner == id {
                return true;
            }
            at = lock.owner;
        }
        false
    }

    /// Windows of an operation that are locks in opposite orders close in a deadlock.
    fn note_deadlock(&mut self, id: u32) {
        let operation = usize::from(self.requests[id as usize].operation);
        for (at, window) in self.program.windows.iter().enumerate() {
            if window.is_lock_order && window.window.one == operation {
                self.tally.windows[at].closed += 1;
                self.tally.windows[at].raced += 1;
            }
        }
    }
}
