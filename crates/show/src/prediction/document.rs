//! A prediction as scripts read it. Every key is always there; what does not exist is null.

use model::prediction::{Advice, CurvePoint, GraphEdge, RecordedTraffic, Sensitivity, Simulated};
use model::{Boundary, Prediction, Rate};
use serde_json::{Map, Value, json};

use super::words;

/// The keys of `predict` in the machine-readable document, in their order.
pub fn prediction_document(prediction: &Prediction) -> Map<String, Value> {
    let simulated = prediction.simulated.as_ref();
    let mut all = Map::new();
    let mut put = |key: &str, value: Value| all.insert(key.to_string(), value);
    put("boundaries", listed(&prediction.boundaries, boundary));
    put(
        "simulated_requests",
        json!(simulated.map(|simulated| simulated.requests_in_all)),
    );
    put(
        "requests_per_second",
        json!(simulated.and_then(words::requests_per_second)),
    );
    put("simulated", simulated.map_or(Value::Null, how_much));
    let recorded = prediction.recorded.as_ref();
    put("recorded", recorded.map_or(Value::Null, traffic));
    put("graph", listed(&prediction.graph, edge));
    put(
        "load",
        prediction.load.map_or(
            Value::Null,
            |load| json!({ "requests": load.requests, "window_ms": load.window_ms }),
        ),
    );
    put("notes", json!(prediction.notes));
    all
}

fn listed<T>(all: &[T], shown: fn(&T) -> Value) -> Value {
    Value::Array(all.iter().map(shown).collect())
}

fn boundary(of: &Boundary) -> Value {
    let factors = &of.factors;
    json!({
        "rank": of.rank,
        "edge": of.edge,
        "operation": of.operations.first(),
        "operations": of.operations,
        "resource": of.resource,
        "label": of.hazard.as_str(),
        "rate": of.rate.and_then(share),
        "interval": of.interval.map(|(low, high)| [low, high]),
        "k": of.rate.map(|rate| rate.k),
        "n": of.rate.map(|rate| rate.n),
        "figure": of.figure,
        "threshold": of.threshold.map(|threshold| json!({
            "requests": threshold.requests,
            "window_ms": threshold.window_ms,
            "share": threshold.share,
        })),
        "curve": listed(&of.curve, point),
        "factors": {
            "probability": factors.probability,
            "severity": factors.severity,
            "unprotected": factors.unprotected,
            "incident": factors.incident,
        },
        "volatility": factors.volatility(),
        "closed_form": of.closed_form,
        "window_us": of.window_us,
        "over_limit": of.over_limit.map(counts),
        "guard": of.guard,
        "kept_out": of.kept_out,
        "why": of.why,
        "sensitivity": listed(&of.sensitivity, knob),
        "advice": of.advice.as_ref().map(advice),
        "args": of.args.iter().map(|args| arguments(args)).collect::<Vec<_>>(),
    })
}

/// A share of nothing is not known.
fn share(rate: Rate) -> Option<f64> {
    (rate.n > 0).then(|| rate.share())
}

fn counts(rate: Rate) -> Value {
    json!({ "rate": share(rate), "k": rate.k, "n": rate.n })
}

fn point(of: &CurvePoint) -> Value {
    let Rate { k, n } = of.rate;
    json!({ "requests": of.requests, "rate": share(of.rate), "k": k, "n": n })
}

fn knob(of: &Sensitivity) -> Value {
    let Rate { k, n } = of.rate;
    json!({
        "knob": of.knob, "change": of.change,
        "rate": share(of.rate), "k": k, "n": n, "factor": of.factor,
    })
}

fn advice(of: &Advice) -> Value {
    let Rate { k, n } = of.rate;
    json!({
        "target": of.target, "step": of.step, "delay_us": of.delay_us,
        "rate": share(of.rate), "k": k, "n": n, "sentence": of.sentence,
    })
}

fn arguments(args: &[(String, Value)]) -> Value {
    let all = args.iter().cloned();
    Value::Object(all.collect())
}

fn how_much(of: &Simulated) -> Value {
    json!({
        "requests": of.requests,
        "rounds": of.rounds,
        "requests_in_all": of.requests_in_all,
        "busy_us": of.busy_us,
    })
}

fn traffic(of: &RecordedTraffic) -> Value {
    let obscure = of.obscure.iter();
    let obscure =
        obscure.map(|(statement, times)| json!({ "statement": statement, "times": times }));
    let skipped = of.skipped.iter();
    let skipped = skipped
        .map(|(why, lines, first)| json!({ "why": why, "lines": lines, "first_line": first }));
    json!({
        "statements": of.statements,
        "requests": of.requests,
        "kinds": of.kinds,
        "obscure": obscure.collect::<Vec<_>>(),
        "skipped": skipped.collect::<Vec<_>>(),
    })
}

fn edge(of: &GraphEdge) -> Value {
    json!({
        "from": of.from, "to": of.to,
        "protocol": of.protocol, "volatility": of.volatility,
    })
}
