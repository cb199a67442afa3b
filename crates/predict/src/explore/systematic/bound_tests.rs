//! With a bound on preemptions, exactly the executions within it are run.

use std::collections::BTreeSet;

use super::Systematic;
use super::models::{THREE, TWO_FREE, TWO_LOCKED};
use crate::explore::Strategy;
use crate::explore::testkit::{Model, depend};

#[test]
fn exactly_the_executions_within_the_bound() {
    for text in TWO_FREE.iter().chain(TWO_LOCKED).chain(THREE) {
        let model = Model::of(text);
        for bound in 0..3 {
            let all = model.everything(Some(bound));
            let mut systematic = Systematic::new(depend, Some(bound));
            let mut found = BTreeSet::new();
            while systematic.begin() {
                assert!(
                    found.insert(model.run(&mut systematic).steps),
                    "{text}: the same once more"
                );
            }
            assert_eq!(found, all.executions, "{text}, bound {bound}");
            let coverage = systematic.coverage();
            assert!(coverage.is_whole(), "{text}, bound {bound}: {coverage:?}");
            assert_eq!(coverage.inequivalent, all.classes.len() as u64, "{text}");
            assert_eq!(coverage.executions, found.len() as u64, "{text}");
            let estimate = systematic.estimate();
            assert!(
                (estimate - found.len() as f64).abs() < 0.1,
                "{text}: {estimate}"
            );
        }
    }
}

#[test]
fn without_preemption_racers_run_one_after_another() {
    let model = Model::of("w x 1, w x 2 | r x, r x | add x 5");
    let mut systematic = Systematic::new(depend, Some(0));
    let mut orders = BTreeSet::new();
    while systematic.begin() {
        let steps = model.run(&mut systematic).steps;
        let mut order: Vec<usize> = steps.iter().map(|(racer, _)| *racer).collect();
        order.dedup();
        assert_eq!(order.len(), 3, "{steps:?}");
        orders.insert(order);
    }
    assert_eq!(orders.len(), 6);
}

#[test]
fn steps_that_go_by_themselves_are_no_preemptions() {
    for text in TWO_LOCKED.iter().chain(THREE) {
        let model = Model::of(text);
        for bound in 0..3 {
            let all = model.everything(Some(bound));
            let mut systematic = Systematic::new(depend, Some(bound));
            let mut outcomes = BTreeSet::new();
            for _ in 0..10_000 {
                if !systematic.begin() {
                    break;
                }
                outcomes.insert(model.run_blind(&mut systematic).outcome);
            }
            let coverage = systematic.coverage();
            assert!(coverage.is_whole(), "{text}, bound {bound}: {coverage:?}");
            assert!(outcomes.is_superset(&all.outcomes), "{text}, bound {bound}");
        }
    }
}
