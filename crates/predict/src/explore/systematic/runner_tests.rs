//! Runners that do not do as they are told, change their programs or give up.

use std::collections::BTreeSet;

use super::models::{THREE, TWO_FREE, TWO_LOCKED};
use super::{Coverage, DIVERGED_MAX, Systematic};
use crate::explore::draws::Draws;
use crate::explore::testkit::{Model, Step, depend, pending};
use crate::explore::{Ending, Pending, Strategy, canonical};

const EXECUTIONS_MAX: u64 = 20_000;

type Explorer = Systematic<Step, fn(&Step, &Step) -> bool>;

fn explorer() -> Explorer {
    Systematic::new(depend, None)
}

/// A strategy that is not always heeded.
struct Deaf<'a, F> {
    told: &'a mut Explorer,
    /// Which of the ready racers goes instead, if another one does.
    instead: F,
}

impl<F: FnMut(&[usize]) -> Option<usize>> Strategy<Step> for Deaf<'_, F> {
    fn begin(&mut self) -> bool {
        self.told.begin()
    }

    fn choose(&mut self, ready: &[Pending<'_, Step>], blocked: &[Pending<'_, Step>]) -> usize {
        let racer = self.told.choose(ready, blocked);
        let racers: Vec<usize> = ready.iter().map(|(racer, _)| *racer).collect();
        (self.instead)(&racers).unwrap_or(racer)
    }

    fn executed(&mut self, racer: usize, step: Step) {
        self.told.executed(racer, step);
    }

    fn end(&mut self, ending: &Ending<'_, Step>) {
        self.told.end(ending);
    }
}

/// Explores to the end, however it goes.
fn explore(explorer: &mut Explorer, mut run: impl FnMut(&mut Explorer, u64)) -> Coverage {
    let mut executions = 0;
    while explorer.begin() {
        assert!(executions < EXECUTIONS_MAX, "{:?}", explorer.coverage());
        run(explorer, executions);
        executions += 1;
    }
    let coverage = explorer.coverage();
    assert!(coverage.exhausted && !explorer.begin());
    assert_eq!(coverage.executions, executions);
    coverage
}

#[test]
fn a_runner_that_never_listens() {
    let model = Model::of("r x, w x +1 | r x, w x +1");
    for blind in [false, true] {
        let coverage = explore(&mut explorer(), |told, _| {
            let mut deaf = Deaf {
                told,
                instead: |ready: &[usize]| ready.first().copied(),
            };
            if blind {
                model.run_blind(&mut deaf);
            } else {
                model.run(&mut deaf);
            }
        });
        assert_eq!(coverage.inequivalent, 1);
        assert!(
            coverage.abandoned > 0 && !coverage.is_whole(),
            "{coverage:?}"
        );
        let tries = u64::from(DIVERGED_MAX) + 1;
        assert_eq!(
            coverage.diverged,
            coverage.abandoned * tries,
            "{coverage:?}"
        );
    }
}

#[test]
fn what_goes_wrong_now_and_then_is_tried_again() {
    for text in TWO_FREE.iter().chain(TWO_LOCKED).chain(THREE) {
        let model = Model::of(text);
        let all = model.everything(None);
        let mut classes = BTreeSet::new();
        let coverage = explore(&mut explorer(), |told, executions| {
            // Each third execution goes astray at its second step.
            let mut choices = 0;
            let instead = |ready: &[usize]| {
                choices += 1;
                let astray = executions % 3 == 2 && choices == 2;
                ready.last().copied().filter(|_| astray)
            };
            let execution = model.run(&mut Deaf { told, instead });
            classes.insert(canonical(&execution.steps, &depend));
        });
        assert!(coverage.is_whole(), "{text}: {coverage:?}");
        assert_eq!(classes, all.classes, "{text}: {coverage:?}");
    }
}

#[test]
fn chaos_ends() {
    let texts: Vec<&&str> = TWO_FREE.iter().chain(TWO_LOCKED).collect();
    let mut draws = Draws::new(3);
    for round in 0..60 {
        let models: Vec<Model> = (0..3)
            .map(|_| Model::of(texts[draws.below(texts.len() as u64) as usize]))
            .collect();
        explore(&mut explorer(), |told, _| {
            let model = &models[draws.below(3) as usize];
            let instead = |ready: &[usize]| {
                let racer = ready[draws.below(ready.len() as u64) as usize];
                (draws.below(5) == 0).then_some(racer)
            };
            let mut deaf = Deaf { told, instead };
            if round % 2 == 0 {
                model.run(&mut deaf);
            } else {
                model.run_blind(&mut deaf);
            }
        });
    }
}

#[test]
fn programs_that_change_are_counted() {
    let models = ["w x 1, w y 1 | r x, r y", "w x 2, w x 3 | r x"].map(Model::of);
    let coverage = explore(&mut explorer(), |told, executions| {
        models[executions as usize % 2].run(told);
    });
    assert!(coverage.diverged > 0, "{coverage:?}");
}

/// An execution that the runner ends as soon as `is_enough`; what was executed, if all of it was.
fn run_until(
    told: &mut Explorer,
    model: &Model,
    is_enough: impl Fn(&Explorer, usize) -> bool,
) -> Option<Vec<(usize, Step)>> {
    let (mut state, mut steps) = (model.start(), Vec::new());
    loop {
        let (ready, blocked) = model.standing(&state);
        let (ready, blocked) = (pending(&ready), pending(&blocked));
        if ready.is_empty() {
            told.end(&Ending::Deadlock(&blocked));
            return Some(steps);
        }
        let racer = told.choose(&ready, &blocked);
        if is_enough(told, steps.len()) {
            told.end(&Ending::Cut(&[ready, blocked].concat()));
            return None;
        }
        let step = model.pending(&state, racer).unwrap();
        model.make(&mut state, racer, &step);
        steps.push((racer, step.clone()));
        told.executed(racer, step);
    }
}

#[test]
fn executions_cut_short_leave_it_unfinished() {
    let model = Model::of("w x 1, w x 2 | r x, r x");
    let coverage = explore(&mut explorer(), |told, _| {
        run_until(told, &model, |_, steps| steps == 2);
    });
    // Orders of the first two steps that matter: none of them is complete.
    assert_eq!(coverage.inequivalent, 0);
    assert_eq!(coverage.cut, coverage.executions);
    assert!(coverage.cut >= 3 && !coverage.is_whole(), "{coverage:?}");
}

#[test]
fn what_is_redundant_may_be_cut() {
    let mut redundant = 0;
    for text in TWO_FREE.iter().chain(TWO_LOCKED).chain(THREE) {
        let model = Model::of(text);
        let mut classes = BTreeSet::new();
        let coverage = explore(&mut explorer(), |told, _| {
            let steps = run_until(told, &model, |told, _| told.is_redundant());
            classes.extend(steps.map(|steps| canonical(&steps, &depend)));
        });
        assert!(coverage.is_whole(), "{text}: {coverage:?}");
        assert_eq!(
            classes,
            model.everything(None).classes,
            "{text}: {coverage:?}"
        );
        redundant += coverage.redundant;
    }
    assert!(redundant > 0, "none of the models shows it");
}

#[test]
fn executions_forgotten_by_the_runner_are_cut() {
    let mut explorer = explorer();
    for _ in 0..10 {
        if !explorer.begin() {
            break;
        }
        explorer.choose(&[(0, &Step::Read('x')), (1, &Step::Write('x', 1))], &[]);
    }
    assert!(!explorer.begin());
    assert!(explorer.coverage().cut > 0);
}

#[test]
fn nonsense_does_no_harm() {
    let steps = [Step::Read('x'), Step::Write('x', 1), Step::Lock('m')];
    let mut draws = Draws::new(9);
    for round in 0..300 {
        let mut explorer = Systematic::new(depend, (round % 3 == 0).then_some(1));
        for _ in 0..200 {
            let mut below = |limit: u64| draws.below(limit) as usize;
            let standing: Vec<(usize, Step)> = (0..3)
                .map(|racer| (racer, steps[below(3)].clone()))
                .collect();
            // One of them may be neither.
            let (ready, blocked) = standing.split_at(1 + below(3));
            let blocked = &blocked[below(2).min(blocked.len())..];
            match below(12) {
                0 => {
                    explorer.begin();
                }
                1 => explorer.end(&Ending::Ended),
                2 => explorer.end(&Ending::Deadlock(&pending(blocked))),
                3 => explorer.end(&Ending::Cut(&pending(ready))),
                4..8 => explorer.executed(below(3), steps[below(3)].clone()),
                _ => {
                    let racer = explorer.choose(&pending(ready), &pending(blocked));
                    assert!(racer < ready.len(), "{racer} is not ready");
                }
            }
        }
        assert!(explorer.estimate().is_finite());
    }
}
