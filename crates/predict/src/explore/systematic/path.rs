//! Goes along the path of decisions, makes it longer, and turns to the next way.

use super::{Course, DIVERGED_MAX, Node, Systematic};
use crate::explore::racers::Racers;
use crate::explore::{Dependence, Pending};

fn racers<S>(pending: &[Pending<'_, S>]) -> Racers {
    pending.iter().map(|(racer, _)| *racer).collect()
}

impl<S: Clone, D: Dependence<S>> Systematic<S, D> {
    /// Sees to it that the node for the next step exists and its choice can be made, or leaves
    /// the path.
    pub(super) fn decide(&mut self, ready: &[Pending<'_, S>], blocked: &[Pending<'_, S>]) {
        let at = self.run.history.len();
        if at == self.path.len() {
            self.grow(ready, blocked);
            return;
        }
        let racer = self.path[at].chosen;
        if racers(blocked).has(racer) {
            self.refuse(at, ready, blocked);
            return;
        }
        let announced = ready.iter().find(|(other, _)| *other == racer);
        let is_expected = announced.is_some_and(|(_, step)| {
            let known = self.path[at].pending(racer);
            known.is_some_and(|known| {
                self.dependence.identity(known) == self.dependence.identity(step)
            })
        });
        if !is_expected {
            self.run.course = Course::Diverged;
        }
    }

    /// Adds a node at the end of the path.
    fn grow(&mut self, ready: &[Pending<'_, S>], blocked: &[Pending<'_, S>]) {
        let mut node = Node::after(self.path.last(), self.sleep_after());
        node.ready = ready
            .iter()
            .map(|(racer, step)| (*racer, (*step).clone()))
            .collect();
        node.blocked = racers(blocked);
        self.enter(node, blocked);
    }

    /// Makes the choice at a new node, or finds that whoever goes was seen going.
    fn enter(&mut self, mut node: Node<S>, blocked: &[Pending<'_, S>]) {
        if let Some(bound) = self.preemptions_max {
            node.want_within(bound);
        } else {
            let awake = node.able().without(node.sleep);
            node.wanted = node.prefer(awake).into_iter().collect();
        }
        match node.prefer(node.open()) {
            Some(racer) => {
                node.chosen = racer;
                self.path.push(node);
            }
            None => {
                // Whoever leads on is asleep, and whoever is not cannot go: a way that was taken
                // in the hope that it could. What it is that blocks it is still to be looked at.
                let at = self.run.history.len();
                let blocked = blocked.iter();
                let blocked = blocked.map(|(racer, step)| (at, *racer, (*step).clone()));
                self.run.refused.extend(blocked);
                self.run.course = Course::Redundant;
            }
        }
    }

    /// The racer that is to go at this node is blocked there: somebody else goes, if there is
    /// anybody whose going was not seen.
    fn refuse(&mut self, at: usize, ready: &[Pending<'_, S>], blocked: &[Pending<'_, S>]) {
        if at + 1 < self.run.prefix {
            // It went here before.
            self.run.course = Course::Diverged;
            return;
        }
        let racer = self.path[at].chosen;
        if let Some((_, step)) = blocked.iter().find(|(other, _)| *other == racer) {
            self.run.refused.push((at, racer, (*step).clone()));
        }
        self.path[at].block(racer);
        if at >= self.run.prefix {
            // A new node; others may have come to know more since.
            if let Some(mut node) = self.path.pop() {
                node.learn(ready, racers(blocked));
                self.enter(node, blocked);
            }
            return;
        }
        let node = &mut self.path[at];
        if let Some(bound) = self.preemptions_max {
            node.want_within(bound);
        }
        match node.prefer(node.open().and(racers(ready))) {
            Some(next) => node.chosen = next,
            None => self.run.course = Course::Redundant,
        }
    }

    /// Who sleeps after the last step: whoever was known at its node and does not depend on it.
    fn sleep_after(&self) -> Racers {
        let Some(at) = self.run.history.len().checked_sub(1) else {
            return Racers::default();
        };
        if self.is_bounded() {
            return Racers::default();
        }
        let (node, step) = (&self.path[at], self.run.history.step(at));
        let mut sleep = node.known();
        sleep.remove(self.run.history.racer(at));
        let still = |racer: &usize| {
            let pending = node.pending(*racer);
            pending.is_some_and(|pending| !self.dependence.depend(pending, step))
        };
        sleep.iter().filter(still).collect()
    }

    /// A step was executed: on the path, or as one that waited and went by itself.
    pub(super) fn follow(&mut self, racer: usize, step: &S) {
        let at = self.run.history.len();
        let identity = self.dependence.identity(step);
        if at < self.path.len() && self.path[at].chosen == racer {
            let node = &mut self.path[at];
            if node.executed.is_some_and(|before| before != identity) {
                self.run.course = Course::Diverged;
            }
            node.executed = Some(identity);
            return;
        }
        if at < self.run.prefix {
            self.run.course = Course::Diverged;
            return;
        }
        // Somebody else was told to go here, but this one was quicker.
        self.path.truncate(at);
        let mut node = Node::after(self.path.last(), self.sleep_after());
        if node.sleep.has(racer) {
            self.run.course = Course::Redundant;
            return;
        }
        node.ready.push((racer, step.clone()));
        node.chosen = racer;
        node.wanted.insert(racer);
        node.executed = Some(identity);
        node.spontaneous = true;
        self.path.push(node);
        self.run.unsettled.get_or_insert(at);
    }

    /// Learns who else was ready while steps went by themselves: whoever stands before a step now
    /// and has not moved since, and whoever moved later. One that is blocked now may have been
    /// able to go instead of a step that it depends on: both had waited, and one was served.
    pub(super) fn settle(&mut self, ready: &[Pending<'_, S>], blocked: &[Pending<'_, S>]) {
        let Some(first) = self.run.unsettled.take() else {
            return;
        };
        let history = &self.run.history;
        for at in first..self.path.len().min(history.len()) {
            let later = history.steps()[at..].iter();
            let mut others: Vec<Pending<'_, S>> =
                later.map(|(racer, step)| (*racer, step)).collect();
            // The first step of each that moved is the one it stood before.
            let moved = racers(&others);
            let unmoved = |(racer, _): &&Pending<'_, S>| !moved.has(*racer);
            others.extend(ready.iter().filter(unmoved));
            let depends = |step: &S| self.dependence.depend(history.step(at), step);
            let (served_later, stuck): (Vec<Pending<'_, S>>, Vec<Pending<'_, S>>) = blocked
                .iter()
                .filter(unmoved)
                .partition(|(_, step)| depends(step));
            others.extend(served_later);
            let node = &mut self.path[at];
            node.learn(&others, racers(&stuck));
            if let Some(bound) = self.preemptions_max {
                node.want_within(bound);
            }
        }
    }

    /// The execution is over: was it where it was to be?
    pub(super) fn arrive(&mut self, blocked: &[Pending<'_, S>]) {
        let at = self.run.history.len();
        if self.run.course == Course::OnPath && at < self.path.len() {
            let is_refused = self.run.asked == Some(self.path[at].chosen)
                && racers(blocked).has(self.path[at].chosen);
            if is_refused && at + 1 == self.run.prefix {
                self.refuse(at, &[], blocked);
            } else if at < self.run.prefix {
                self.run.course = Course::Diverged;
            }
        }
        // What was chosen and never came to be is no decision.
        self.path.truncate(at.max(self.run.prefix));
    }

    /// Turns to the next way, deepest first.
    pub(super) fn advance(&mut self) {
        if self.run.course == Course::Diverged
            && let Some(node) = self.path.last_mut()
        {
            if node.diverged < DIVERGED_MAX {
                node.diverged += 1;
                return;
            }
            // Not done either: nothing is known of what would have followed.
            node.block(node.chosen);
            self.coverage.abandoned += 1;
        } else if let Some(node) = self.path.last_mut() {
            node.finish();
        }
        while let Some(node) = self.path.last_mut() {
            if let Some(racer) = node.prefer(node.open()) {
                node.chosen = racer;
                node.executed = None;
                node.spontaneous = false;
                node.diverged = 0;
                return;
            }
            self.path.pop();
            if let Some(parent) = self.path.last_mut() {
                parent.finish();
            }
        }
        self.is_exhausted = true;
    }
}
