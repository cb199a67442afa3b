//! What was executed in one run, and what happened before what.

use crate::explore::Dependence;
use crate::explore::canonical::foata;
use crate::explore::racers::Racers;

/// Counts, by racer, how many of its steps are known to come before: a vector clock.
type Clock = Vec<u32>;

#[derive(Debug, Clone)]
struct Event {
    racer: usize,
    /// The nth step of its racer, from 1.
    ordinal: u32,
    /// What happens before it, itself included.
    clock: Clock,
    /// Its layer in the Foata normal form.
    layer: usize,
    identity: u64,
}

/// The steps of one run, in the order in which they were executed.
#[derive(Debug, Clone)]
pub(super) struct History<S> {
    /// Those of this run; after them those of the last one, which this one may repeat.
    steps: Vec<(usize, S)>,
    events: Vec<Event>,
    /// How many are of this run.
    made: usize,
}

fn covers(clock: &Clock, event: &Event) -> bool {
    clock.get(event.racer).is_some_and(|n| *n >= event.ordinal)
}

fn join(clock: &mut Clock, other: &Clock) {
    if clock.len() < other.len() {
        clock.resize(other.len(), 0);
    }
    for (own, theirs) in clock.iter_mut().zip(other) {
        *own = (*own).max(*theirs);
    }
}

impl<S> History<S> {
    pub(super) fn new() -> History<S> {
        History {
            steps: Vec::new(),
            events: Vec::new(),
            made: 0,
        }
    }

    /// A new run begins.
    pub(super) fn restart(&mut self) {
        self.made = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.made
    }

    pub(super) fn steps(&self) -> &[(usize, S)] {
        &self.steps[..self.made]
    }

    /// The same number as for all equivalent runs.
    pub(super) fn canonical(&self) -> u64 {
        let events = self.events[..self.made].iter();
        foata(events.map(|event| (event.layer, event.racer, event.identity)))
    }

    pub(super) fn racer(&self, at: usize) -> usize {
        self.steps[at].0
    }

    pub(super) fn step(&self, at: usize) -> &S {
        &self.steps[at].1
    }

    pub(super) fn last_racer(&self) -> Option<usize> {
        self.steps().last().map(|(racer, _)| *racer)
    }

    pub(super) fn push(&mut self, racer: usize, step: S, dependence: &impl Dependence<S>) {
        let identity = dependence.identity(&step);
        let upto = self.made;
        self.made += 1;
        let before = self.events.get(upto);
        if before.is_some_and(|before| (before.racer, before.identity) == (racer, identity)) {
            // As in the last run so far, so what comes before it is the same too.
            self.steps[upto] = (racer, step);
            return;
        }
        self.steps.truncate(upto);
        self.events.truncate(upto);
        let own = self.own(upto, racer);
        let mut layer = own.map_or(0, |own| own.layer + 1);
        let mut clock = own.map(|own| own.clock.clone()).unwrap_or_default();
        for (event, (_, earlier)) in self.events.iter().zip(&self.steps).rev() {
            if !covers(&clock, event) && dependence.depend(earlier, &step) {
                join(&mut clock, &event.clock);
                layer = layer.max(event.layer + 1);
            }
        }
        if clock.len() <= racer {
            clock.resize(racer + 1, 0);
        }
        clock[racer] += 1;
        self.events.push(Event {
            racer,
            ordinal: clock[racer],
            clock,
            layer,
            identity,
        });
        self.steps.push((racer, step));
    }

    /// The racer's last step before that.
    fn own(&self, upto: usize, racer: usize) -> Option<&Event> {
        let mut before = self.events[..upto].iter().rev();
        before.find(|event| event.racer == racer)
    }

    pub(super) fn happens_before(&self, earlier: usize, later: usize) -> bool {
        covers(&self.events[later].clock, &self.events[earlier])
    }

    /// The events before `upto` that a step of this racer, made then, could race with: others'
    /// steps that it depends on and that its own earlier steps do not come after. Latest first.
    pub(super) fn rivals(
        &self,
        upto: usize,
        racer: usize,
        step: &S,
        dependence: &impl Dependence<S>,
    ) -> Vec<usize> {
        let own = self.own(upto, racer);
        let follows = |event: &Event| own.is_some_and(|own| covers(&own.clock, event));
        (0..upto)
            .rev()
            .filter(|at| !follows(&self.events[*at]))
            .filter(|at| dependence.depend(self.step(*at), step))
            .collect()
    }

    /// The events between the two that could as well be made if the first were not.
    pub(super) fn without(&self, first: usize, upto: usize) -> Vec<usize> {
        (first + 1..upto)
            .filter(|at| !self.happens_before(first, *at))
            .collect()
    }

    /// The racers that could be the first to go in a continuation: these events and then the step
    /// of `racer`. Their first events come after no other one of it.
    pub(super) fn initials(
        &self,
        events: &[usize],
        racer: usize,
        step: &S,
        dependence: &impl Dependence<S>,
    ) -> Racers {
        let mut seen = Racers::default();
        let mut initials = Racers::default();
        for (index, at) in events.iter().enumerate() {
            let mover = self.racer(*at);
            let mut earlier = events[..index].iter();
            if !seen.has(mover) && !earlier.any(|other| self.happens_before(*other, *at)) {
                initials.insert(mover);
            }
            seen.insert(mover);
        }
        let mut others = events.iter();
        if !seen.has(racer) && !others.any(|at| dependence.depend(self.step(*at), step)) {
            initials.insert(racer);
        }
        initials
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::canonical;

    #[test]
    fn clocks_follow_dependence() {
        let depend = |a: &char, b: &char| a == b;
        let mut history = History::new();
        for (racer, step) in [(0, 'x'), (1, 'y'), (1, 'x'), (2, 'x'), (2, 'y')] {
            history.push(racer, step, &depend);
        }
        assert!(history.happens_before(0, 2));
        assert!(!history.happens_before(0, 1));
        // Through racer 1's own order.
        assert!(history.happens_before(1, 3));
        assert_eq!(history.rivals(3, 2, &'x', &depend), [2, 0]);
        assert_eq!(history.rivals(3, 2, &'y', &depend), [1]);
        assert_eq!(history.rivals(5, 2, &'x', &depend), [0usize; 0]);
        assert_eq!(history.without(0, 4), [1]);
        let initials = history.initials(&[1], 2, &'x', &depend);
        assert_eq!(initials.iter().collect::<Vec<_>>(), [1, 2]);
        let initials = history.initials(&[1], 2, &'y', &depend);
        assert_eq!(initials.iter().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn what_is_repeated_is_as_if_made_anew() {
        let depend = |a: &char, b: &char| a == b;
        let runs = [
            vec![(0, 'x'), (1, 'x'), (1, 'y')],
            vec![(0, 'x'), (1, 'y'), (1, 'x')],
            vec![(0, 'x'), (1, 'y')],
            vec![(0, 'x'), (1, 'y'), (1, 'z'), (0, 'y')],
            vec![(1, 'x'), (1, 'y'), (0, 'y'), (0, 'x')],
        ];
        let mut kept = History::new();
        for run in runs {
            kept.restart();
            for (racer, step) in &run {
                kept.push(*racer, *step, &depend);
            }
            assert_eq!(kept.steps(), run);
            assert_eq!(kept.canonical(), canonical(&run, &depend));
            let mut anew = History::new();
            for (racer, step) in &run {
                anew.push(*racer, *step, &depend);
            }
            for later in 0..run.len() {
                for earlier in 0..later {
                    let kept = kept.happens_before(earlier, later);
                    assert_eq!(kept, anew.happens_before(earlier, later));
                }
            }
        }
    }
}
