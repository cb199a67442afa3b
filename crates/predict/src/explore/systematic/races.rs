//! Finds the steps of an execution whose order could have been the other way round, and asks for
//! what leads there.

use super::{Course, Systematic};
use crate::explore::racers::Racers;
use crate::explore::{Dependence, Pending};

impl<S: Clone, D: Dependence<S>> Systematic<S, D> {
    /// Looks at what is new in this execution: its steps from the last decision on, racers that
    /// were found blocked, and those that stand before a step at the end.
    pub(super) fn find_races(&mut self, left: &[Pending<'_, S>]) {
        let end = self.path.len().min(self.run.history.len());
        for at in self.run.prefix.saturating_sub(1)..end {
            let racer = self.run.history.racer(at);
            let step = self.run.history.step(at).clone();
            self.find_rivals(at, racer, &step);
        }
        for (at, racer, step) in std::mem::take(&mut self.run.refused) {
            self.find_rivals(at, racer, &step);
        }
        if self.run.course == Course::OnPath {
            for (racer, step) in left {
                self.find_rivals(end, *racer, step);
            }
        }
    }

    /// Which of the first `upto` steps could a step of this racer, standing after them, have come
    /// before? Of those that follow on each other the last one is enough: once turned round, the
    /// others race with it in their turn.
    fn find_rivals(&mut self, upto: usize, racer: usize, step: &S) {
        let history = &self.run.history;
        let mut found: Vec<usize> = Vec::new();
        for at in history.rivals(upto, racer, step, &self.dependence) {
            let mut later = found.iter();
            if later.any(|later| self.run.history.happens_before(at, *later)) {
                continue;
            }
            let between = self.run.history.without(at, upto);
            if self.is_reversible(at, racer, step, &between) {
                found.push(at);
                self.want(at, racer, step, &between);
            }
        }
    }

    /// Whether the racer could have gone at this node: it was not blocked there, or one of the
    /// steps between, which would be made first, may have been what let it go.
    fn is_reversible(&self, at: usize, racer: usize, step: &S, between: &[usize]) -> bool {
        let history = &self.run.history;
        if !self.dependence.co_enabled(history.step(at), step) {
            return false;
        }
        !self.path[at].blocked.has(racer)
            || between.iter().any(|at| {
                history.racer(*at) == racer || self.dependence.depend(history.step(*at), step)
            })
    }

    /// Sees to it that from this node somebody goes who leads to the steps between and then the
    /// racer's step, all without the step that went there.
    fn want(&mut self, at: usize, racer: usize, step: &S, between: &[usize]) {
        let history = &self.run.history;
        let initials = history.initials(between, racer, step, &self.dependence);
        let node = &self.path[at];
        if !initials.and(node.wanted.or(node.known())).is_empty() {
            return;
        }
        let able = node.able();
        let wanted = match initials.and(able).first() {
            Some(initial) => Racers::of(initial),
            // None of them is known to be able to: whoever is.
            None => able,
        };
        let node = &mut self.path[at];
        node.wanted = node.wanted.or(wanted);
    }
}
