//! How many executions there may be in all, from what some of them were like.

use std::collections::BTreeSet;

use crate::explore::draws::Draws;
use crate::explore::racers::Racers;
use crate::explore::{Dependence, Pending};

/// How many random descents an estimate takes.
const PROBES: u32 = 2000;

/// Remembers programs as executions saw them, and who waited when.
#[derive(Debug, Clone)]
pub(super) struct Estimator<S> {
    samples: Vec<Sample<S>>,
    /// Steps that waited, each with one that another racer stood before at that time. By
    /// identity and not by place, so that what one racer showed holds for its like.
    waited: BTreeSet<(u64, u64)>,
    /// The same for steps that went, so that the other racer is not what they would wait for.
    went: BTreeSet<(u64, u64)>,
    /// Who stood before what at the last choice.
    standing: Vec<(usize, u64)>,
}

/// The steps of one execution, by racer, with their identities.
type Sample<S> = Vec<Vec<(S, u64)>>;

impl<S> Default for Estimator<S> {
    fn default() -> Estimator<S> {
        Estimator {
            samples: Vec::new(),
            waited: BTreeSet::new(),
            went: BTreeSet::new(),
            standing: Vec::new(),
        }
    }
}

impl<S: Clone> Estimator<S> {
    /// Who stands where before a choice.
    pub(super) fn stand(
        &mut self,
        ready: &[Pending<'_, S>],
        blocked: &[Pending<'_, S>],
        dependence: &impl Dependence<S>,
    ) {
        let all = ready.iter().chain(blocked);
        self.standing = all
            .map(|(racer, step)| (*racer, dependence.identity(step)))
            .collect();
        for (racer, _) in blocked {
            let pairs = self.pairs(*racer);
            self.waited.extend(pairs);
        }
    }

    /// This one goes.
    pub(super) fn went(&mut self, racer: usize) {
        // As long as nobody was seen waiting, nothing needs explaining.
        if !self.waited.is_empty() {
            let pairs = self.pairs(racer);
            self.went.extend(pairs);
        }
        // What others stand before now is not known until the next choice.
        self.standing.clear();
    }

    /// The step of a racer with that of each other one.
    fn pairs(&self, racer: usize) -> Vec<(u64, u64)> {
        let mut standing = self.standing.iter();
        let Some((_, own)) = standing.find(|(other, _)| *other == racer) else {
            return Vec::new();
        };
        let others = self.standing.iter().filter(|(other, _)| *other != racer);
        others.map(|(_, step)| (*own, *step)).collect()
    }

    /// An execution is over. Of 1, 2, 4, 8, ... the steps are kept: few, and from all over the
    /// exploration.
    pub(super) fn ended(
        &mut self,
        executions: u64,
        executed: &[(usize, S)],
        dependence: &impl Dependence<S>,
    ) {
        if executions.is_power_of_two() {
            let racers = executed.iter().map(|(racer, _)| racer + 1).max();
            let mut lanes: Sample<S> = vec![Vec::new(); racers.unwrap_or(0)];
            for (racer, step) in executed {
                lanes[*racer].push((step.clone(), dependence.identity(step)));
            }
            self.samples.push(lanes);
        }
    }

    /// The mean of random descents, each of which stands for the product of the choices it had.
    pub(super) fn estimate(
        &self,
        dependence: &impl Dependence<S>,
        preemptions_max: Option<u32>,
    ) -> f64 {
        let mut draws = Draws::new(0);
        let mut sum = 0.0;
        for lanes in self.samples.iter().cycle().take(PROBES as usize) {
            sum += match preemptions_max {
                None => self.probe_classes(lanes, dependence, &mut draws),
                Some(bound) => self.probe_bounded(lanes, bound, &mut draws),
            };
        }
        sum / f64::from(PROBES)
    }

    /// Who could go after so many steps of each.
    fn able(&self, lanes: &Sample<S>, made: &[usize]) -> Racers {
        let next = |racer: usize| lanes[racer].get(made[racer]).map(|(_, identity)| *identity);
        let waits = |racer: usize, own: u64| {
            (0..lanes.len())
                .filter(|other| *other != racer)
                .any(|other| {
                    next(other).is_some_and(|theirs| {
                        let pair = (own, theirs);
                        self.waited.contains(&pair) && !self.went.contains(&pair)
                    })
                })
        };
        (0..lanes.len())
            .filter(|racer| next(*racer).is_some_and(|own| !waits(*racer, own)))
            .collect()
    }

    /// One descent in the tree that sleep sets leave: it has one leaf for each class of
    /// equivalent executions, and dead ends, which count nought.
    fn probe_classes(
        &self,
        lanes: &Sample<S>,
        dependence: &impl Dependence<S>,
        draws: &mut Draws,
    ) -> f64 {
        let mut made = vec![0; lanes.len()];
        let mut sleep = Racers::default();
        let mut weight = 1.0;
        loop {
            let able = self.able(lanes, &made);
            if able.is_empty() {
                return weight;
            }
            let choices: Vec<usize> = able.without(sleep).iter().collect();
            if choices.is_empty() {
                return 0.0;
            }
            weight *= choices.len() as f64;
            let drawn = draws.below(choices.len() as u64) as usize;
            let racer = choices[drawn];
            let step = &lanes[racer][made[racer]].0;
            let before: Racers = choices[..drawn].iter().copied().collect();
            let still = |other: &usize| !dependence.depend(&lanes[*other][made[*other]].0, step);
            sleep = sleep.or(before).iter().filter(still).collect();
            made[racer] += 1;
        }
    }

    /// One descent in the tree of all orders within the bound.
    fn probe_bounded(&self, lanes: &Sample<S>, preemptions_max: u32, draws: &mut Draws) -> f64 {
        let mut made = vec![0; lanes.len()];
        let mut left = preemptions_max;
        let mut last: Option<usize> = None;
        let mut weight = 1.0;
        loop {
            let able = self.able(lanes, &made);
            if able.is_empty() {
                return weight;
            }
            let going = last.filter(|last| able.has(*last));
            let choices: Vec<usize> = match going {
                Some(going) if left == 0 => vec![going],
                _ => able.iter().collect(),
            };
            weight *= choices.len() as f64;
            let racer = choices[draws.below(choices.len() as u64) as usize];
            left -= u32::from(going.is_some_and(|going| going != racer));
            made[racer] += 1;
            last = Some(racer);
        }
    }
}
