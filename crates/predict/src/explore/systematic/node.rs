//! One decision on the path from the beginning to where the exploration is.

use crate::explore::Pending;
use crate::explore::racers::Racers;

/// A point of an execution at which some racer went.
#[derive(Debug, Clone)]
pub(super) struct Node<S> {
    /// Who could go, and with which step.
    pub ready: Vec<(usize, S)>,
    /// Who could not, as far as is known: a ready racer may turn out to be blocked.
    pub blocked: Racers,
    /// Who goes.
    pub chosen: usize,
    /// What the chosen one's step was, once executed: its identity.
    pub executed: Option<u64>,
    /// Whose going here can only repeat what was seen elsewhere.
    pub sleep: Racers,
    /// Who went here before, with all that followed.
    pub done: Racers,
    /// Who is to go here; the source set.
    pub wanted: Racers,
    /// Set when nobody was asked: the step had been waiting in the store.
    pub spontaneous: bool,
    /// Who was chosen before this.
    pub last: Option<usize>,
    /// How many preemptions were made before this.
    pub preempted: u32,
    /// How often the way to here and the present choice was not followed.
    pub diverged: u32,
}

impl<S> Node<S> {
    /// The node after `parent`, at which nothing is decided yet.
    pub(super) fn after(parent: Option<&Node<S>>, sleep: Racers) -> Node<S> {
        let (last, preempted) = match parent {
            None => (None, 0),
            Some(parent) if parent.spontaneous => (parent.last, parent.preempted),
            Some(parent) => (
                Some(parent.chosen),
                parent.preempted + parent.cost(parent.chosen),
            ),
        };
        Node {
            ready: Vec::new(),
            blocked: Racers::default(),
            chosen: 0,
            executed: None,
            sleep,
            done: Racers::default(),
            wanted: Racers::default(),
            spontaneous: false,
            last,
            preempted,
            diverged: 0,
        }
    }

    pub(super) fn pending(&self, racer: usize) -> Option<&S> {
        let mut ready = self.ready.iter();
        ready
            .find(|(other, _)| *other == racer)
            .map(|(_, step)| step)
    }

    /// Who may be tried here.
    pub(super) fn able(&self) -> Racers {
        let ready: Racers = self.ready.iter().map(|(racer, _)| *racer).collect();
        ready.without(self.blocked)
    }

    /// Whether choosing this racer takes the turn from one that could go on: 1, or else 0.
    pub(super) fn cost(&self, racer: usize) -> u32 {
        u32::from(
            self.last
                .is_some_and(|last| last != racer && self.able().has(last)),
        )
    }

    /// Wants whoever may go without exceeding this number of preemptions.
    pub(super) fn want_within(&mut self, preemptions_max: u32) {
        let affordable = self.able().iter();
        let affordable =
            affordable.filter(|racer| self.preempted + self.cost(*racer) <= preemptions_max);
        self.wanted = self.wanted.or(affordable.collect());
    }

    /// Notes that a racer cannot go here after all, or cannot be brought to.
    pub(super) fn block(&mut self, racer: usize) {
        self.blocked.insert(racer);
        self.wanted.remove(racer);
    }

    /// Whose turns here are known in full: those that slept, and those that were tried.
    pub(super) fn known(&self) -> Racers {
        self.sleep.or(self.done)
    }

    /// Who is wanted and was not tried yet.
    pub(super) fn open(&self) -> Racers {
        self.wanted.without(self.known()).without(self.blocked)
    }

    /// Among these, the racer that preferably goes: the one that went last.
    pub(super) fn prefer(&self, among: Racers) -> Option<usize> {
        self.last.filter(|last| among.has(*last)).or(among.first())
    }

    /// The chosen racer and all that follows have been seen.
    pub(super) fn finish(&mut self) {
        if !self.blocked.has(self.chosen) {
            self.done.insert(self.chosen);
        }
    }

    /// Adds what is known of others besides.
    pub(super) fn learn(&mut self, ready: &[Pending<'_, S>], blocked: Racers)
    where
        S: Clone,
    {
        for (racer, step) in ready {
            if self.pending(*racer).is_none() {
                self.ready.push((*racer, (*step).clone()));
            }
        }
        self.blocked = self.blocked.or(blocked);
    }
}
