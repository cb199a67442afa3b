use super::rounds::{Effort, simulate};
use super::tally::Tally;
use super::testkit::model;
use super::*;

const RACY: &[&str] = &[
    "cache GET inv:{event}",
    "cache DECR inv:{event}",
    "db BEGIN",
    "db+ INSERT orders fresh",
    "db+ UPDATE events{event}",
    "db COMMIT",
];

fn plan(requests: u64) -> SwarmPlan {
    SwarmPlan {
        seed: 1,
        threads: 1,
        requests,
        share: 0.01,
        searches: false,
    }
}

#[test]
fn the_rate_is_that_of_the_closed_form() {
    let prediction = predict(&model(&[("reserve", RACY)], 200, 100), &plan(400_000));
    let first = &prediction.boundaries[0];
    assert_eq!(first.edge, "inventory -> cache");
    assert_eq!(first.resource, "cache inv:");
    let rate = first.rate.unwrap().share();
    let expected = 1.0 - (-(199.0 / 0.5 / 100.0) * 0.8e-3f64).exp();
    assert!(
        (rate / expected - 1.0).abs() < 0.05,
        "{rate} for {expected}"
    );
    let closed = first.closed_form.unwrap();
    assert!(
        (closed / expected - 1.0).abs() < 0.01,
        "{closed} for {expected}"
    );
}

fn counted(threads: usize) -> Tally {
    let effort = Effort {
        requests: 50_000,
        rounds: 10,
    };
    simulate(&model(&[("reserve", RACY)], 200, 100), 9, effort, threads).1
}

#[test]
fn threads_make_no_difference() {
    let one = counted(1);
    for threads in [2, 3, 7] {
        assert_eq!(counted(threads), one, "{threads} threads");
    }
}
