//! What is searched for: thresholds, curves, knobs and advice, against the closed form.

use std::sync::LazyLock;

use super::super::testkit::model;
use super::super::{Model, SwarmPlan, predict};
use ::model::{Boundary, Prediction, Rate};

/// The window is open from one to the other, 0.8 ms.
const RACY: &[&str] = &[
    "cache GET inv:{event}",
    "cache DECR inv:{event}",
    "cache SET done: fresh",
];

fn searched(model: &Model, seed: u64) -> Prediction {
    let plan = SwarmPlan {
        seed,
        threads: 2,
        requests: 100_000,
        share: 0.005,
        searches: true,
    };
    predict(model, &plan)
}

fn first(prediction: &Prediction) -> &Boundary {
    &prediction.boundaries[0]
}

/// The same for all that is asked of it.
static USUAL: LazyLock<Prediction> = LazyLock::new(|| searched(&usual(), 1));

fn usual() -> Model {
    model(&[("reserve", RACY)], 400, 100)
}

#[test]
fn the_threshold_lies_where_the_closed_form_says() {
    // 1 - exp(-(n - 1) / 500 ms / 100 events x 0.8 ms) = 0.005.
    let expected = 1.0 + -(1.0f64 - 0.005).ln() * 500.0 / 0.8 * 100.0;
    let threshold = first(&USUAL).threshold.unwrap();
    let found = threshold.requests as f64;
    assert!(
        (found / expected - 1.0).abs() < 0.2,
        "{found} for {expected}"
    );
    assert_eq!((threshold.window_ms, threshold.share), (500, 0.005));
}

#[test]
fn rates_grow_with_the_load() {
    let curve = &first(&USUAL).curve;
    let loads: Vec<u64> = curve.iter().map(|point| point.requests).collect();
    assert_eq!(loads, [25, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400]);
    // Where enough is counted for it to show.
    let counted: Vec<Rate> = curve
        .iter()
        .map(|point| point.rate)
        .filter(|rate| rate.k > 50)
        .collect();
    assert!(counted.len() >= 6);
    assert!(counted.is_sorted_by(|one, other| one.share() < other.share()));
}

#[test]
fn the_window_s_latency_counts_and_no_other() {
    let of = |knob: &str| {
        let mut all = first(&USUAL).sensitivity.iter();
        all.find(|known| known.knob == knob)
            .map(|known| known.factor)
    };
    // The closing step's reply comes after it has closed: half of each of two.
    let inside = of("latency inside the window").unwrap();
    assert!((inside / 2.0 - 1.0).abs() < 0.15, "{inside}");
    for knob in ["latency outside the window", "replicas", "CPU"] {
        let factor = of(knob).unwrap();
        assert!((factor - 1.0).abs() < 0.15, "{knob}: {factor}");
    }
    assert!(of("key skew").unwrap() > 2.0);
}

#[test]
fn the_advice_is_to_delay_the_step_that_closes_the_window() {
    let boundary = first(&USUAL);
    let advice = boundary.advice.as_ref().unwrap();
    assert_eq!(advice.target, "cache");
    assert_eq!(advice.step, "cache DECR inv:42");
    assert_eq!(advice.delay_us, 4_000);
    // 4.8 ms instead of 0.8.
    let factor = advice.rate.share() / boundary.rate.unwrap().share();
    assert!((factor / 6.0 - 1.0).abs() < 0.15, "{factor}");
    assert!(
        advice
            .sentence
            .starts_with("4.0 ms more before `cache DECR inv:42` takes it from"),
        "{}",
        advice.sentence
    );
}

#[test]
fn loads_that_are_none_are_searched_without_harm() {
    // Two at the same moment race, and one does not.
    for (requests, most) in [(0, None), (2, Some(1))] {
        let prediction = searched(&usual().within(requests, 0), 5);
        let threshold = first(&prediction).threshold;
        assert_eq!(threshold.map(|threshold| threshold.requests), most);
    }
}
