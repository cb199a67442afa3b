//! How near estimates come.

use super::Systematic;
use super::models::{THREE, TWO_FREE, TWO_LOCKED};
use crate::explore::Strategy;
use crate::explore::testkit::{Model, depend};

/// The estimate after so many executions.
fn estimate(model: &Model, preemptions_max: Option<u32>, executions: u32) -> f64 {
    let mut systematic = Systematic::new(depend, preemptions_max);
    for _ in 0..executions {
        if !systematic.begin() {
            break;
        }
        model.run(&mut systematic);
    }
    systematic.estimate()
}

#[test]
fn straight_programs_after_a_few_executions() {
    let eight = ["add x 1"; 8].join(", ");
    for (text, expected) in [
        (format!("{eight} | {eight}"), 12_870.0),
        (
            "add x 1, add x 2, add x 4 | add x 8, add x 16, add x 32".into(),
            20.0,
        ),
        ("w x 1, w x 1, w x 1 | r x, r x | r x, r x".into(), 100.0),
    ] {
        for executions in [1, 10] {
            let got = estimate(&Model::of(&text), None, executions);
            assert!((0.8..1.25).contains(&(got / expected)), "{text}: {got}");
        }
    }
}

#[test]
fn within_a_bound() {
    let model = Model::of("r a, r b, r c, r d, r e | r a, r b, r c, r d, r e");
    for bound in 0..3 {
        let all = model.everything(Some(bound)).executions.len() as f64;
        let got = estimate(&model, Some(bound), 2);
        assert!((0.7..1.4).contains(&(got / all)), "{bound}: {got} of {all}");
    }
}

#[test]
fn at_the_end_it_is_exact_and_before_it_not_below_what_was_seen() {
    for text in TWO_FREE.iter().chain(TWO_LOCKED).chain(THREE) {
        let model = Model::of(text);
        let all = model.everything(None).classes.len() as f64;
        let got = estimate(&model, None, u32::MAX);
        assert!((got - all).abs() < 0.1, "{text}: {got} of {all}");
        assert!(estimate(&model, None, 2) >= 1.0, "{text}");
    }
}

#[test]
fn locks_are_learnt() {
    let section = "lock m, r x, w x +1, unlock m";
    let twice = format!("{section}, {section}");
    let model = Model::of(&format!("{twice} | {twice}"));
    let all = model.everything(None).classes.len() as f64;
    let got = estimate(&model, None, 3);
    println!("locks: {got} of {all}");
    // Taken as if nothing blocked there would be thousands.
    assert!((0.3..6.0).contains(&(got / all)), "{got} of {all}");
}
