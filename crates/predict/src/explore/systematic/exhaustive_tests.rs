//! Everything that brute force finds is found, each class once.

use std::collections::BTreeSet;

use super::models::{THREE, TWO_FREE, TWO_LOCKED};
use super::{Coverage, Systematic};
use crate::explore::testkit::{Everything, Execution, Model, Mutexes, State, Step, depend};
use crate::explore::{Dependence, Strategy, canonical};

const EXECUTIONS_MAX: usize = 200_000;

struct Found {
    coverage: Coverage,
    classes: BTreeSet<u64>,
    outcomes: BTreeSet<State>,
}

fn explore<D: Dependence<Step>>(
    dependence: D,
    mut run: impl FnMut(&mut Systematic<Step, D>) -> Execution,
) -> Found {
    let mut systematic = Systematic::new(dependence, None);
    let (mut classes, mut outcomes) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..EXECUTIONS_MAX {
        if !systematic.begin() {
            break;
        }
        let execution = run(&mut systematic);
        classes.insert(canonical(&execution.steps, &depend));
        outcomes.insert(execution.outcome);
    }
    Found {
        coverage: systematic.coverage(),
        classes,
        outcomes,
    }
}

fn compare(model: &Model, all: &Everything, found: &Found) {
    let (text, coverage) = (&model.text, found.coverage);
    assert!(coverage.is_whole(), "{text}: {coverage:?}");
    assert_eq!(coverage.diverged, 0, "{text}: {coverage:?}");
    assert_eq!(found.classes, all.classes, "{text}: {coverage:?}");
    assert_eq!(coverage.inequivalent, all.classes.len() as u64, "{text}");
    assert_eq!(found.outcomes, all.outcomes, "{text}: {coverage:?}");
    assert_eq!(
        coverage.executions,
        coverage.inequivalent + coverage.redundant,
        "{text}: {coverage:?}"
    );
}

/// Told who is blocked, not told, not told but knowing mutexes, now this and now that: the
/// coverages in that order.
pub fn check(text: &str) -> [Coverage; 4] {
    let model = Model::of(text);
    let all = model.everything(None);
    let found = [
        explore(depend, |strategy| model.run(strategy)),
        explore(depend, |strategy| model.run_blind(strategy)),
        explore(Mutexes, |strategy| model.run_blind(strategy)),
        // Not even always in the same manner.
        explore(depend, |strategy| {
            if strategy.coverage().executions % 2 == 0 {
                model.run(strategy)
            } else {
                model.run_blind(strategy)
            }
        }),
    ];
    for found in &found {
        compare(&model, &all, found);
    }
    println!(
        "{:>6} {:>5} {:>3} {:>3} {:>3}  {text}",
        all.executions.len(),
        all.classes.len(),
        found[0].coverage.redundant,
        found[1].coverage.redundant,
        found[2].coverage.redundant
    );
    found.map(|found| found.coverage)
}

#[test]
fn two_racers_without_locks() {
    for text in TWO_FREE {
        for coverage in check(text) {
            assert_eq!(coverage.redundant, 0, "{text}: {coverage:?}");
        }
    }
}

#[test]
fn two_racers_with_locks() {
    for text in TWO_LOCKED {
        let [knowing, ..] = check(text);
        // To find out what is blocked takes executions that end as others did.
        assert!(
            knowing.redundant <= knowing.inequivalent,
            "{text}: {knowing:?}"
        );
    }
}

#[test]
fn three_racers() {
    for text in THREE {
        let [knowing, ..] = check(text);
        assert!(
            knowing.redundant <= knowing.inequivalent,
            "{text}: {knowing:?}"
        );
    }
}

#[test]
fn all_orders_of_dependent_steps_in_good_time() {
    let eight = ["add x 1"; 8].join(", ");
    let model = Model::of(&format!("{eight} | {eight}"));
    let mut systematic = Systematic::new(depend, None);
    while systematic.begin() {
        model.run(&mut systematic);
    }
    let coverage = systematic.coverage();
    assert_eq!(coverage.executions, 12_870);
    assert_eq!(coverage.inequivalent, 12_870);
    assert!(coverage.is_whole());
}
