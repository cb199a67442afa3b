//! Explores every interleaving that matters, each once: dynamic partial-order reduction.

mod estimate;
mod history;
mod node;
mod path;
mod races;

#[cfg(test)]
mod any_program_tests;
#[cfg(test)]
mod bound_tests;
#[cfg(test)]
mod estimate_tests;
#[cfg(test)]
mod exhaustive_tests;
#[cfg(test)]
mod models;
#[cfg(test)]
mod runner_tests;

use std::collections::HashSet;

use super::{Dependence, Ending, Pending, Strategy, carry_on};
use estimate::Estimator;
use history::History;
use node::Node;

/// How often a way that was not followed is tried again before it is given up.
const DIVERGED_MAX: u32 = 2;

/// Depth-first exploration with source sets and sleep sets.
///
/// Two executions are equivalent when they differ only in the order of steps that do not depend on
/// each other. Without a bound, `begin` returns false only after at least one execution of every
/// class of equivalent ones was run, provided that the runner did as it was told (nothing
/// abandoned, nothing cut), that programs and the state they begin with are the same each time,
/// and that [`Dependence`] is right. Deadlocks are ends like others.
///
/// With a bound on preemptions (turns taken from a racer that could have gone on) nothing is
/// reduced, because a reduction may cut off, within the bound, what it would have seen beyond it:
/// every order with at most so many preemptions is run, each once, also where some are equivalent.
/// Steps that waited in the store and go by themselves cost nothing.
pub struct Systematic<S, D> {
    dependence: D,
    preemptions_max: Option<u32>,
    /// The decisions from the beginning to here.
    path: Vec<Node<S>>,
    run: Run<S>,
    is_exhausted: bool,
    seen: HashSet<u64>,
    coverage: Coverage,
    estimator: Estimator<S>,
}

/// How far an exploration has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Executions begun and ended.
    pub executions: u64,
    /// Complete executions of which no two are equivalent.
    pub inequivalent: u64,
    /// Executions that only repeated what had been seen.
    pub redundant: u64,
    /// Executions that did not follow the way they were to take.
    pub diverged: u64,
    /// Ways given up because the runner would not follow them.
    pub abandoned: u64,
    /// Executions that the runner gave up.
    pub cut: u64,
    /// Whether nothing is left to explore.
    pub exhausted: bool,
}

impl Coverage {
    /// Whether all there is (within the bound) was seen.
    pub fn is_whole(&self) -> bool {
        self.exhausted && self.abandoned == 0 && self.cut == 0
    }
}

/// The execution under way.
struct Run<S> {
    is_open: bool,
    course: Course,
    history: History<S>,
    /// How many nodes of the path are to be gone again; the last one's choice is new.
    prefix: usize,
    /// Who was told to go and has not been seen to.
    asked: Option<usize>,
    /// From this node on, nodes were made without knowing who else was ready.
    unsettled: Option<usize>,
    /// Racers that were chosen at a node and turned out to be blocked there.
    refused: Vec<(usize, usize, S)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    /// Along the path, or making it longer.
    OnPath,
    /// Whatever follows was seen already.
    Redundant,
    /// Away from where it was to go.
    Diverged,
}

impl<S: Clone, D: Dependence<S>> Systematic<S, D> {
    /// An exploration from the beginning; the bound is on preemptions.
    pub fn new(dependence: D, preemptions_max: Option<u32>) -> Systematic<S, D> {
        Systematic {
            dependence,
            preemptions_max,
            path: Vec::new(),
            run: Run {
                is_open: false,
                course: Course::Diverged,
                history: History::new(),
                prefix: 0,
                asked: None,
                unsettled: None,
                refused: Vec::new(),
            },
            is_exhausted: false,
            seen: HashSet::new(),
            coverage: Coverage::default(),
            estimator: Estimator::default(),
        }
    }

    /// How far it has come.
    pub fn coverage(&self) -> Coverage {
        Coverage {
            inequivalent: self.seen.len() as u64,
            exhausted: self.is_exhausted,
            ..self.coverage
        }
    }

    /// About how many inequivalent executions there are in all (with a bound: executions within
    /// it), for "stopped after n of about m". Exact once exhausted. Until then Knuth's estimate on
    /// programs taken to be straight, as some executions saw them: branches not taken yet are not
    /// in it, and blocking only as far as it was met.
    pub fn estimate(&self) -> f64 {
        let seen = match self.preemptions_max {
            None => self.seen.len() as u64,
            Some(_) => self.coverage.executions - self.coverage.diverged,
        };
        if self.is_exhausted {
            return seen as f64;
        }
        // What is known to be open bounds it from below.
        let open: u32 = self.path.iter().map(|node| node.open().len()).sum();
        let least = seen as f64 + f64::from(open);
        self.estimator
            .estimate(&self.dependence, self.preemptions_max)
            .max(least)
    }

    fn is_bounded(&self) -> bool {
        self.preemptions_max.is_some()
    }

    fn count(&mut self, is_cut: bool) {
        self.coverage.executions += 1;
        let is_new = !is_cut && self.seen.insert(self.run.history.canonical());
        match self.run.course {
            Course::Diverged => self.coverage.diverged += 1,
            Course::OnPath if is_cut => self.coverage.cut += 1,
            Course::OnPath if is_new => {}
            Course::OnPath | Course::Redundant => self.coverage.redundant += 1,
        }
    }
}

impl<S: Clone, D: Dependence<S>> Strategy<S> for Systematic<S, D> {
    fn begin(&mut self) -> bool {
        if self.run.is_open {
            self.end(&Ending::Cut(&[]));
        }
        if self.is_exhausted {
            return false;
        }
        self.run.is_open = true;
        self.run.course = Course::OnPath;
        self.run.history.restart();
        self.run.prefix = self.path.len();
        self.run.asked = None;
        self.run.unsettled = None;
        self.run.refused.clear();
        true
    }

    fn choose(&mut self, ready: &[Pending<'_, S>], blocked: &[Pending<'_, S>]) -> usize {
        self.estimator.stand(ready, blocked, &self.dependence);
        self.settle(ready, blocked);
        if self.run.course == Course::OnPath {
            self.decide(ready, blocked);
        }
        let planned = match self.run.course {
            Course::OnPath => Some(self.path[self.run.history.len()].chosen),
            Course::Redundant | Course::Diverged => None,
        };
        let is_ready = |planned: &usize| ready.iter().any(|(racer, _)| racer == planned);
        let racer = planned.filter(is_ready).unwrap_or_else(|| {
            // One that was ready and no longer is, though nothing was executed, diverges too.
            self.run.course = match self.run.course {
                Course::Redundant => Course::Redundant,
                _ => Course::Diverged,
            };
            carry_on(ready, self.run.history.last_racer())
        });
        self.run.asked = Some(racer);
        racer
    }

    fn executed(&mut self, racer: usize, step: S) {
        self.estimator.went(racer);
        if self.run.course == Course::OnPath {
            self.follow(racer, &step);
        }
        if self.run.asked == Some(racer) {
            self.run.asked = None;
        }
        self.run.history.push(racer, step, &self.dependence);
    }

    fn end(&mut self, ending: &Ending<'_, S>) {
        if !std::mem::take(&mut self.run.is_open) {
            return;
        }
        let (ready, blocked): (&[Pending<'_, S>], &[Pending<'_, S>]) = match ending {
            Ending::Ended => (&[], &[]),
            Ending::Deadlock(blocked) => (&[], blocked),
            Ending::Cut(pending) => (pending, &[]),
        };
        let is_cut = matches!(ending, Ending::Cut(_));
        self.settle(ready, blocked);
        self.arrive(blocked);
        self.count(is_cut);
        if self.run.course != Course::Diverged {
            let (executions, steps) = (self.coverage.executions, self.run.history.steps());
            self.estimator.ended(executions, steps, &self.dependence);
            if !self.is_bounded() {
                self.find_races(if is_cut { ready } else { blocked });
            }
        }
        self.advance();
        // Whatever is still told belongs to no execution.
        self.run.course = Course::Diverged;
    }

    fn is_redundant(&self) -> bool {
        self.run.course == Course::Redundant
    }

    fn progress(&self) -> Option<Coverage> {
        Some(self.coverage())
    }
}
