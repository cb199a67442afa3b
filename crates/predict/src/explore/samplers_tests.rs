//! What the sampling strategies promise: seeds, uniformity, chances.

use std::collections::{BTreeMap, BTreeSet};

use super::testkit::{Execution, Model, Step, depend};
use super::{Pct, Portfolio, Pos, Random, Replay, Strategy, Surw, Systematic, canonical};

fn sample(strategy: &mut dyn Strategy<Step>, model: &Model, executions: usize) -> Vec<Execution> {
    (0..executions)
        .map_while(|_| strategy.begin().then(|| model.run(strategy)))
        .collect()
}

fn order(execution: &Execution) -> Vec<usize> {
    execution.steps.iter().map(|(racer, _)| *racer).collect()
}

/// All samplers for a seed.
fn samplers(seed: u64) -> Vec<(&'static str, Box<dyn Strategy<Step>>)> {
    vec![
        ("random", Box::new(Random::new(seed))),
        ("surw", Box::new(Surw::new(seed, vec![3, 3, 2], |_| true))),
        ("pct", Box::new(Pct::new(seed, 8, 3))),
        ("pos", Box::new(Pos::new(seed, depend))),
    ]
}

const THREE: &str = "r x, w x +1, w y 1 | r x, w x +1, w y 2 | r y, r x";

#[test]
fn same_seed_same_executions() {
    let model = Model::of(THREE);
    for (index, (name, mut first)) in samplers(7).into_iter().enumerate() {
        let executions = sample(&mut *first, &model, 30);
        let again = sample(&mut *samplers(7)[index].1, &model, 30);
        assert_eq!(executions, again, "{name}");
        let other = sample(&mut *samplers(8)[index].1, &model, 30);
        assert_ne!(executions, other, "{name}");
        // What an execution draws does not depend on what those before it met.
        let mut strange = samplers(7).remove(index).1;
        sample(&mut *strange, &Model::of("r x, r x | w z 1"), 29);
        let last = sample(&mut *strange, &model, 1);
        assert_eq!(last[0], executions[29], "{name}");
    }
}

#[test]
fn samplers_find_everything_in_time_and_bear_blocking() {
    for text in [
        THREE,
        "lock m, r x, unlock m, w x 1 | r x, lock m, w x 2, unlock m",
        "lock m, lock n, unlock n, unlock m | lock n, lock m, unlock m, unlock n",
    ] {
        let model = Model::of(text);
        let all = model.everything(None);
        for blind in [false, true] {
            for (name, mut strategy) in samplers(1) {
                let mut classes = BTreeSet::new();
                for _ in 0..1500 {
                    assert!(strategy.begin());
                    let execution = match blind {
                        true => model.run_blind(&mut *strategy),
                        false => model.run(&mut *strategy),
                    };
                    classes.insert(canonical(&execution.steps, &depend));
                }
                assert!(classes.is_subset(&all.classes), "{name} {text}");
                // A few priority changes do not reach every order.
                if name != "pct" {
                    assert_eq!(classes, all.classes, "{name} {text}");
                }
            }
        }
    }
}

/// Pearson's statistic of counts that should be equal.
fn chi_square(counts: &BTreeMap<Vec<usize>, u64>, kinds: usize) -> f64 {
    let expected = counts.values().sum::<u64>() as f64 / kinds as f64;
    let missing = (kinds - counts.len()) as f64 * expected;
    let of = |count: &u64| (*count as f64 - expected).powi(2) / expected;
    counts.values().map(of).sum::<f64>() + missing
}

/// How often each order of the interesting steps, those on `x`, was met.
fn orders(strategy: &mut dyn Strategy<Step>, model: &Model) -> BTreeMap<Vec<usize>, u64> {
    let mut counts = BTreeMap::new();
    for execution in sample(strategy, model, 3000) {
        let interesting = execution.steps.iter().filter(|(_, step)| is_on_x(step));
        let order: Vec<usize> = interesting.map(|(racer, _)| *racer).collect();
        *counts.entry(order).or_default() += 1;
    }
    counts
}

fn is_on_x(step: &Step) -> bool {
    depend(step, &Step::Write('x', 0))
}

#[test]
fn surw_is_uniform_with_exact_estimates() {
    // The last number is the 99.9th percentile of chi-square with one degree less than kinds.
    for (text, estimates, kinds, limit) in [
        (
            "add x 1, add x 1, add x 1 | r x, r x, r x",
            vec![3, 3],
            20,
            43.8,
        ),
        ("add x 1 | r x, r x, r x, r x, r x", vec![1, 5], 6, 20.5),
        (
            "w x 1, w x 1 | w x 2, w x 2, w x 2, w x 2",
            vec![2, 4],
            15,
            36.1,
        ),
        (
            "w x 1, w x 1 | w x 2, w x 2 | w x 3, w x 3",
            vec![2, 2, 2],
            90,
            135.0,
        ),
        // Steps of no interest in between.
        (
            "w a 1, w x 1, w b 1, w x 1 | r x, w c 1, w d 1, r x, r x",
            vec![2, 3],
            10,
            27.9,
        ),
        (
            "w x 1, w a 1, w a 1, w a 1, w x 1 | w x 1, w x 1",
            vec![2, 2],
            6,
            20.5,
        ),
    ] {
        let model = Model::of(text);
        for seed in 0..3 {
            let counts = orders(&mut Surw::new(seed, estimates.clone(), is_on_x), &model);
            let got = chi_square(&counts, kinds);
            assert!(got < limit, "{text}, seed {seed}: {got}");
        }
        let counts = orders(&mut Random::new(0), &model);
        let random = chi_square(&counts, kinds);
        assert!(
            random > 3.0 * limit,
            "a random walk is not: {text}, {random}"
        );
    }
}

/// In how many of so many executions this held.
fn rate(
    strategy: &mut dyn Strategy<Step>,
    text: &str,
    executions: usize,
    held: impl Fn(&[usize]) -> bool,
) -> f64 {
    let found = sample(strategy, &Model::of(text), executions);
    let held = found.iter().filter(|execution| held(&order(execution)));
    held.count() as f64 / executions as f64
}

#[test]
fn pct_finds_bugs_of_its_depth_at_least_as_often_as_promised() {
    // Both have read before either has written.
    let lost_update = |order: &[usize]| order[0] != order[1];
    for seed in 0..3 {
        let mut depth_two = Pct::new(seed, 4, 2);
        let got = rate(
            &mut depth_two,
            "r x, w x +1 | r x, w x +1",
            2500,
            lost_update,
        );
        assert!(got >= 1.0 / (2.0 * 4.0), "seed {seed}: {got}");
        // Depth one makes no change, so a racer that began goes on to its end.
        let mut depth_one = Pct::new(seed, 4, 1);
        let got = rate(
            &mut depth_one,
            "r x, w x +1 | r x, w x +1",
            2500,
            lost_update,
        );
        assert!(got < 1e-9, "seed {seed}: {got}");
        // Far more steps than random walks can bear: one step between two certain ones.
        let text =
            "r a, r a, r a, r a, r a, r a, r a, r a, r a, w x 1, w x 2, r a | r x, r b, r b, r b";
        let between = |order: &[usize]| {
            let second = order.iter().position(|racer| *racer == 1).unwrap_or(0);
            second == 10
        };
        let got = rate(&mut Pct::new(seed, 16, 2), text, 2500, between);
        let promised: f64 = 1.0 / (2.0 * 16.0);
        let four_sigma = 4.0 * (promised / 2500.0).sqrt();
        assert!(got >= promised - four_sigma, "seed {seed}: {got}");
        let random = rate(&mut Random::new(seed), text, 2500, between);
        assert!(random < promised / 10.0, "seed {seed}: {random}");
    }
}

#[test]
fn pos_draws_anew_for_what_lost_a_race() {
    let last = |order: &[usize]| order[5] == 0;
    // Nothing to do with each other: the lowest of six priorities.
    let apart = rate(
        &mut Pos::new(1, depend),
        "w y 1 | r x, r x, r x, r x, r x",
        6000,
        last,
    );
    assert!((apart - 1.0 / 6.0).abs() < 0.02, "{apart}");
    // A new priority after each step of the other: as a coin.
    let racing = rate(
        &mut Pos::new(1, depend),
        "w x 1 | r x, r x, r x, r x, r x",
        6000,
        last,
    );
    assert!((racing - 1.0 / 32.0).abs() < 0.01, "{racing}");
}

#[test]
fn replay_makes_the_same_again() {
    for text in [THREE, "lock m, r x, unlock m | lock m, w x 1, unlock m"] {
        let model = Model::of(text);
        for execution in sample(&mut Random::new(3), &model, 50) {
            let mut replay = Replay::new(order(&execution), 2);
            let again = sample(&mut replay, &model, 10);
            assert_eq!(again, [execution.clone(), execution]);
            assert_eq!(replay.diverged(), 0);
        }
    }
}

#[test]
fn replay_copes_with_a_record_that_does_not_fit() {
    let model = Model::of("w x 1, w x 2 | r x");
    for (record, expected, diverged) in [
        (vec![0, 1, 0], vec![0, 1, 0], 0),
        // Short: the last racer goes on.
        (vec![1], vec![1, 0, 0], 0),
        (vec![], vec![0, 0, 1], 0),
        // Somebody who is not there, or not any more.
        (vec![2, 0, 1, 0], vec![0, 1, 0], 1),
        (vec![1, 1, 1, 0], vec![1, 0, 0], 1),
        // Long.
        (vec![0, 0, 1, 1], vec![0, 0, 1], 1),
    ] {
        let mut replay = Replay::new(record.clone(), 1);
        let executions = sample(&mut replay, &model, 5);
        assert_eq!(executions.len(), 1);
        assert_eq!(order(&executions[0]), expected, "{record:?}");
        assert_eq!(replay.diverged(), diverged, "{record:?}");
    }
}

#[test]
fn a_portfolio_takes_turns() {
    let model = Model::of("r x, w x +1 | r x, w x +1");
    let mut portfolio = Portfolio::new(vec![
        Box::new(Systematic::new(depend, None)),
        Box::new(Replay::new(vec![0, 1], 2)),
        Box::new(Random::new(1)),
    ]);
    let mut turns = Vec::new();
    for _ in 0..12 {
        assert!(portfolio.begin());
        turns.extend(portfolio.turn());
        model.run(&mut portfolio);
    }
    // Four classes for the first, two times for the second.
    assert_eq!(turns, [0, 1, 2, 0, 1, 2, 0, 2, 0, 2, 2, 2]);
    let coverage = portfolio.strategies()[0].progress().unwrap();
    assert!(
        coverage.is_whole() && coverage.executions == 4,
        "{coverage:?}"
    );
    assert!(portfolio.strategies()[2].progress().is_none());
}

#[test]
fn a_portfolio_ends_when_all_have() {
    let model = Model::of("w x 1 | r x");
    let mut portfolio = Portfolio::new(vec![
        Box::new(Systematic::new(depend, None)),
        Box::new(Systematic::new(depend, Some(0))),
    ]);
    assert_eq!(sample(&mut portfolio, &model, 100).len(), 4);
    assert!(!portfolio.begin());
    assert!(!Portfolio::<Step>::new(Vec::new()).begin());
}
