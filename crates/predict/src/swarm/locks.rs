//! Locks: rows that transactions hold, locks inside a service, and keys in Redis that are used as
//! locks and polled. Who waits stands in line; a circle of those who wait is found at once.

use std::collections::VecDeque;

use super::dice::Nanos;
use super::program::Touch;
use super::queue::Happening;
use super::requests::operation_of;
use super::world::{Ending, NOBODY, World};

/// A lock of this round; of an earlier one it is free.
#[derive(Debug, Clone)]
pub struct Lock {
    round: u32,
    /// The request that has it.
    owner: u32,
    /// When it goes by itself.
    until: Nanos,
    line: VecDeque<Waiting>,
}

/// Who stands in line.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    request: u32,
    serial: u32,
    /// It is not bound to a transaction.
    lasts: bool,
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
        let (family, place) = (touch.family as u32, self.lock_place(id, touch));
        let lock = self.locks[touch.family][place as usize].now(self.round);
        let request = &mut self.requests[id as usize];
        if lock.owner == id || lock.owner == NOBODY {
            lock.owner = id;
            let is_held = |held: &&(u32, u32, bool)| (held.0, held.1) == (family, place);
            let held = &mut self.kept[id as usize].held;
            if held.iter().find(is_held).is_none() {
                held.push((family, place, lasts));
                self.tally.families[touch.family].lockers += 1;
            }
            return true;
        }
        lock.line.push_back(Waiting {
            request: id,
            serial: request.serial,
            lasts,
        });
        request.waits_for = Some((family, place));
        request.waiting_since = at;
        self.tally.families[touch.family].waited += 1;
        let attempt = request.attempt;
        if let Some(circle) = self.circle(id) {
            self.tally.families[touch.family].deadlocks += 1;
            self.note_deadlock(id, &circle);
            self.queue.put(
                at + DEADLOCK_NS,
                Happening::Victim {
                    request: id,
                    attempt,
                },
            );
        }
        false
    }

    /// The store looks for a deadlock; whoever has gone on meanwhile is left alone.
    pub(super) fn break_circle(&mut self, id: u32, at: Nanos) {
        if self.circle(id).is_some() {
            self.fail(id, at);
        }
    }

    /// A lock of a service's own is in each replica, any other is there once.
    fn lock_place(&self, id: u32, touch: Touch) -> u32 {
        let place = self.place(id, touch.family, touch.at);
        let family = &self.program.families[touch.family];
        let replica = self.requests[id as usize].replica % family.replicas;
        place + u32::from(replica) * (family.members + 2)
    }

    /// Asks for a lock that is polled. Says whether it was had; if not, it is asked for again.
    pub(super) fn poll_lock(
        &mut self,
        id: u32,
        touch: Touch,
        lasts_ns: Option<Nanos>,
        at: Nanos,
    ) -> bool {
        let place = self.lock_place(id, touch);
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
        let place = self.lock_place(id, touch);
        let lock = self.locks[touch.family][place as usize].now(self.round);
        if lock.owner == id || !own_only {
            let (family, place) = (touch.family as u32, place);
            self.kept[id as usize]
                .held
                .retain(|held| (held.0, held.1) != (family, place));
            self.free_lock(family, place, at);
        }
    }

    /// Gives back what a transaction holds, or everything.
    pub(super) fn free_locks(&mut self, id: u32, all: bool, at: Nanos) {
        if self.kept[id as usize].held.is_empty() {
            return;
        }
        let mut held = std::mem::take(&mut self.kept[id as usize].held);
        held.retain(|(family, place, lasts)| {
            let goes = all || !lasts;
            if goes {
                self.free_lock(*family, *place, at);
            }
            !goes
        });
        self.kept[id as usize].held = held;
    }

    /// The next in line has it, and goes on.
    fn free_lock(&mut self, family: u32, place: u32, at: Nanos) {
        let round = self.round;
        loop {
            let lock = self.locks[family as usize][place as usize].now(round);
            lock.owner = NOBODY;
            let Some(first) = lock.line.pop_front() else {
                return;
            };
            let next = first.request;
            let request = &mut self.requests[next as usize];
            let waits = request.waits_for == Some((family, place));
            if !request.live || request.serial != first.serial || !waits {
                continue;
            }
            request.waits_for = None;
            let attempt = request.attempt;
            self.waited(next, family as usize, at);
            // It is its own before anybody else can ask for it, and its exchange goes on.
            self.locks[family as usize][place as usize].owner = next;
            self.tally.families[family as usize].lockers += 1;
            let held = &mut self.kept[next as usize].held;
            held.push((family, place, first.lasts));
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

    /// The requests that wait for each other in a circle with this one.
    fn circle(&mut self, id: u32) -> Option<Vec<u32>> {
        let mut all = Vec::new();
        let mut at = id;
        for _ in 0..CHAIN_MAX {
            let (family, place) = self.requests[at as usize].waits_for?;
            all.push(at);
            let lock = self.locks[family as usize][place as usize].now(self.round);
            at = lock.owner;
            if at == NOBODY {
                return None;
            }
            if at == id {
                return Some(all);
            }
        }
        None
    }

    /// Windows that are locks in opposite orders close in a deadlock of their operations.
    fn note_deadlock(&mut self, id: u32, circle: &[u32]) {
        let operation = |id: &u32| operation_of(&self.requests[*id as usize]);
        let others: Vec<usize> = circle.iter().skip(1).map(operation).collect();
        let one = operation(&id);
        for (at, window) in self.program.windows.iter().enumerate() {
            let is_of = window.window.one == one && others.contains(&window.window.other);
            if window.is_lock_order && is_of {
                self.tally.windows[at].closed += 1;
                self.tally.windows[at].raced += 1;
            }
        }
    }
}
