//! The swarm against what is known: one file for each subject.

mod any_model;
mod caches;
mod clients;
mod personas;
mod queues;
mod rounds;
mod search;
mod stores;

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
    assert_eq!(first.resource, "cache inv:42");
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
