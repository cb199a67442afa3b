//! The same for random small programs, straight or branching on what they read.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::exhaustive_tests::check;

/// A step over few keys, or, where blocking is wanted, on mutexes.
fn word(with_blocking: bool) -> BoxedStrategy<String> {
    let key = prop::sample::select(vec!["x", "y", "z"]);
    let mutex = prop::sample::select(vec!["m", "n"]);
    let plain = prop_oneof![
        key.clone().prop_map(|key| format!("r {key}")),
        (key.clone(), 1..3).prop_map(|(key, value)| format!("w {key} {value}")),
        key.clone().prop_map(|key| format!("w {key} +1")),
        key.clone().prop_map(|key| format!("add {key} 1")),
        (0..2, 1..3).prop_map(|(value, count)| format!("if {value} skip {count}")),
    ];
    if !with_blocking {
        return plain.boxed();
    }
    prop_oneof![
        3 => plain,
        2 => mutex.clone().prop_map(|mutex| format!("lock {mutex}")),
        2 => mutex.clone().prop_map(|mutex| format!("unlock {mutex}")),
        1 => (key.clone(), 0..3).prop_map(|(key, value)| format!("await {key} {value}")),
        2 => (mutex, key).prop_map(|(mutex, key)| format!("put {mutex} {key} 7")),
    ]
    .boxed()
}

fn programs(racers: usize, steps_max: usize, with_blocking: bool) -> impl Strategy<Value = String> {
    let program = prop::collection::vec(word(with_blocking), 1..=steps_max);
    let program = program.prop_map(|words| words.join(", "));
    prop::collection::vec(program, racers).prop_map(|programs| programs.join(" | "))
}

/// The same programs each time; change it to meet others.
const SEED: u64 = 1;

fn settings(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(SEED),
        ..ProptestConfig::with_cases(cases)
    }
}

proptest! {
    #![proptest_config(settings(100))]

    #[test]
    fn any_two_programs(text in programs(2, 5, false)) {
        let [knowing, ..] = check(&text);
        prop_assert_eq!(knowing.redundant, 0);
    }

    #[test]
    fn any_three_programs(text in programs(3, 3, false)) {
        let [knowing, ..] = check(&text);
        prop_assert!(knowing.redundant <= 1 + knowing.inequivalent);
    }

    #[test]
    fn any_two_programs_that_block(text in programs(2, 6, true)) {
        check(&text);
    }

    #[test]
    fn any_three_programs_that_block(text in programs(3, 3, true)) {
        check(&text);
    }
}
