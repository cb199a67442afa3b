//! What was measured, as the machine-readable document tells it.

use drive::engine::{Arrivals, Pace};
use drive::load::{Figures, Times};
use model::LoadPlan;
use serde_json::{Map, Value, json};

/// Percentiles of times in microseconds.
pub fn percentiles(times: &Times) -> Value {
    let at = |quantile| times.value_at_quantile(quantile);
    json!({
        "mean": times.mean(), "p50": at(0.5), "p90": at(0.9), "p95": at(0.95), "p99": at(0.99),
        "p999": at(0.999), "max": times.max(),
    })
}

/// What was measured of requests, whatever the oracles say.
pub fn measured(figures: &Figures) -> Map<String, Value> {
    let seconds = figures.elapsed.as_secs_f64().max(1e-9);
    model::object(json!({
        "requests": figures.requests,
        "requests_per_second": figures.requests as f64 / seconds,
        "latency_us": percentiles(&figures.latency_us),
        "lateness_us": percentiles(&figures.lateness_us),
        "errors": figures.errors,
    }))
}

/// One in a hundred may leave so late before load is not what was asked for.
const LATE_US_MAX: u64 = 1_000;

/// Whether the generator sent what was due when it was due.
pub fn kept_up(figures: &Figures) -> bool {
    figures.lateness_us.value_at_quantile(0.99) <= LATE_US_MAX
}

/// What share of the time the generator's threads were busy.
pub fn busy(connections: u32, workers: u32, figures: &Figures) -> f64 {
    let threads = workers.clamp(1, connections.max(1));
    figures.used.as_secs_f64() / (figures.elapsed.as_secs_f64() * f64::from(threads)).max(1e-9)
}

/// How load was applied, and what that cost.
pub fn applied(
    pace: Pace,
    connections: u32,
    workers: u32,
    figures: &Figures,
) -> Map<String, Value> {
    let (pace, per_second) = match pace {
        Pace::Closed => ("closed", None),
        Pace::Open(Arrivals::Even(rate)) => ("even", Some(rate)),
        Pace::Open(Arrivals::Random(rate)) => ("random", Some(rate)),
    };
    let load = json!({ "pace": pace, "per_second": per_second, "connections": connections });
    told(load, connections, workers, figures)
}

/// How the load of a plan was applied.
pub fn planned(
    plan: &LoadPlan,
    connections: u32,
    workers: u32,
    figures: &Figures,
) -> Map<String, Value> {
    let scenarios: Vec<&str> = plan.scenarios.iter().map(|of| of.name.as_str()).collect();
    let load = json!({
        "pace": "plan", "name": plan.name, "parts": plan.profile.len(),
        "scenarios": scenarios, "connections": connections,
    });
    told(load, connections, workers, figures)
}

fn told(load: Value, connections: u32, workers: u32, figures: &Figures) -> Map<String, Value> {
    let used_us = figures.used.as_secs_f64() * 1e6 / figures.requests.max(1) as f64;
    let mut applied = model::object(json!({
        "load": load,
        "generator": {
            "used_us_per_request": used_us,
            "busy": busy(connections, workers, figures),
            "kept_up": kept_up(figures),
        },
    }));
    if !figures.waiting_us.is_empty() {
        let mut waiting = percentiles(&figures.waiting_us);
        waiting["requests"] = json!(figures.waiting_us.len());
        applied.insert("waiting_us".to_string(), waiting);
    }
    applied
}

/// What the user should know of a generator that was the bottleneck.
pub fn too_slow(pace: Pace, busy: f64, figures: &Figures) -> Option<String> {
    /// Who is busy for more of the time than this has nothing left.
    const BUSY_SHARE_MAX: f64 = 0.95;
    let late_us = figures.lateness_us.value_at_quantile(0.99);
    if !kept_up(figures) {
        return Some(format!(
            "the generator did not keep up: one in a hundred requests left {:.1} ms late or later, which is no fault of the target",
            late_us as f64 / 1e3
        ));
    }
    (pace == Pace::Closed && busy > BUSY_SHARE_MAX)
        .then(|| "the generator had no time left: the target may be faster than this".to_string())
}
