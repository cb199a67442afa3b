use serde_json::{Value, json};

use super::prediction_document;
use super::testkit::*;
use model::Prediction;

/// The keys that each object of the document has, whatever is known.
const KEYS: [&str; 8] = [
    "boundaries",
    "simulated_requests",
    "requests_per_second",
    "simulated",
    "recorded",
    "graph",
    "load",
    "notes",
];
const BOUNDARY_KEYS: [&str; 24] = [
    "rank",
    "edge",
    "operation",
    "operations",
    "resource",
    "label",
    "rate",
    "interval",
    "k",
    "n",
    "figure",
    "threshold",
    "curve",
    "factors",
    "volatility",
    "closed_form",
    "window_us",
    "over_limit",
    "guard",
    "kept_out",
    "why",
    "sensitivity",
    "advice",
    "args",
];

fn document(prediction: &Prediction) -> Value {
    Value::Object(prediction_document(prediction))
}

fn keys(of: &Value) -> Vec<&str> {
    of.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_key_is_always_there() {
    for prediction in [
        hazards(),
        storm(),
        analyst(),
        protected(),
        nothing(),
        hostile(),
    ] {
        let document = document(&prediction);
        assert_eq!(keys(&document), KEYS);
        for boundary in document["boundaries"].as_array().unwrap() {
            assert_eq!(keys(boundary), BOUNDARY_KEYS);
        }
    }
}

/// Looks each pointer up.
fn check(prediction: &Prediction, expected: &[(&str, Value)]) {
    let document = document(prediction);
    for (pointer, expected) in expected {
        assert_eq!(document.pointer(pointer), Some(expected), "{pointer}");
    }
}

#[test]
fn figures_of_a_boundary() {
    check(
        &hazards(),
        &[
            ("/boundaries/0/rank", json!(1)),
            ("/boundaries/0/operation", json!("reserve")),
            ("/boundaries/0/operations", json!(["reserve", "reserve"])),
            ("/boundaries/0/label", json!("check-then-act")),
            ("/boundaries/0/rate", json!(0.271)),
            ("/boundaries/0/interval", json!([0.2702, 0.2718])),
            ("/boundaries/0/k", json!(325_200)),
            ("/boundaries/0/n", json!(1_200_000)),
            ("/boundaries/0/figure", Value::Null),
            (
                "/boundaries/0/threshold",
                json!({ "requests": 12, "window_ms": 500, "share": 0.01 }),
            ),
            (
                "/boundaries/0/curve/1",
                json!({ "requests": 5, "rate": 0.0041, "k": 41, "n": 10_000 }),
            ),
            (
                "/boundaries/2/factors",
                json!({ "probability": 0.000_001_2, "severity": 0.7, "unprotected": 1.0, "incident": 2.0 }),
            ),
            ("/boundaries/0/volatility", json!(0.271)),
        ],
    );
}

#[test]
fn knobs_and_the_whole() {
    check(
        &hazards(),
        &[
            (
                "/boundaries/0/over_limit",
                json!({ "rate": 412.0 / 6000.0, "k": 412, "n": 6000 }),
            ),
            (
                "/boundaries/0/sensitivity/0",
                json!({ "knob": "latency inside the window", "change": "x2", "rate": 0.44, "k": 440, "n": 1000, "factor": 1.62 }),
            ),
            ("/boundaries/0/advice/step", json!("cache GET inv:42")),
            ("/boundaries/0/args/1", json!({ "event": 42 })),
            ("/boundaries/3/kept_out", json!(48_210)),
            ("/simulated_requests", json!(9_870_000)),
            ("/requests_per_second", json!(2_100_000.0)),
            ("/simulated/rounds", json!(6000)),
            (
                "/recorded/obscure/0",
                json!({ "statement": "CALL refresh_totals($1)", "times": 14 }),
            ),
            (
                "/recorded/skipped/0",
                json!({ "why": "no statement and no command", "lines": 3, "first_line": 17 }),
            ),
            (
                "/graph/4",
                json!({ "from": "inventory", "to": "cache", "protocol": "redis", "volatility": 0.271 }),
            ),
            ("/load", json!({ "requests": 200, "window_ms": 500 })),
        ],
    );
}

#[test]
fn what_does_not_exist_is_null() {
    check(
        &storm(),
        &[
            ("/boundaries/0/figure", json!("312 times normal")),
            ("/boundaries/0/rate", Value::Null),
            ("/boundaries/0/advice", Value::Null),
            ("/recorded", Value::Null),
        ],
    );
    check(
        &analyst(),
        &[
            ("/boundaries/0/k", Value::Null),
            ("/boundaries/0/over_limit", Value::Null),
            ("/simulated", Value::Null),
            ("/simulated_requests", Value::Null),
            ("/requests_per_second", Value::Null),
        ],
    );
    check(
        &nothing(),
        &[("/boundaries", json!([])), ("/load", Value::Null)],
    );
}

#[test]
fn what_is_no_number_is_null() {
    let document = document(&hostile());
    for pointer in [
        "/boundaries/0/closed_form",
        "/boundaries/0/volatility",
        "/graph/0/volatility",
    ] {
        assert_eq!(document.pointer(pointer), Some(&Value::Null), "{pointer}");
    }
}
