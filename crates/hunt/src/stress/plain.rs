//! `heisen stress --url`: load on any server, without a spec and without oracles. What comes out are
//! times and counts, and whether the generator itself kept up.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use drive::engine::{self, Arrivals, Load, Pace, Target, Watch};
use drive::load::{Figures, Until};
use model::EventKind;
use serde_json::{Map, Value, json};

use super::{measured, percentiles};
use crate::context::Context;
use crate::error::HuntError;

/// Who of a hundred may leave so late before the load is not what was asked for.
const LATE_US_MAX: u64 = 1_000;

/// A generator that is busy for more than this has nothing left.
const BUSY_SHARE_MAX: f64 = 0.95;

/// What is asked, and how.
#[derive(Debug, Clone)]
pub struct PlainPlan {
    /// Of whom.
    pub target: Target,
    /// `GET`.
    pub method: String,
    /// Headers, without those that every request has.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// Connections.
    pub connections: u32,
    /// How it is applied.
    pub pace: Pace,
    /// When it ends.
    pub until: Until,
    /// An answer is waited for no longer than this.
    pub patience: Duration,
    /// Threads.
    pub workers: u32,
}

/// Applies load; returns the command's part of the machine-readable document.
pub async fn run(plan: &PlainPlan, context: &Context) -> Result<Map<String, Value>, HuntError> {
    let address = plan.target.address;
    if let Err(error) = tokio::net::TcpStream::connect(address).await {
        return Err(unreachable(plan, &error.to_string()));
    }
    context.emit(EventKind::PhaseStarted {
        phase: "load".to_string(),
        trials: plan.until.requests,
    });
    let watch = Arc::new(Watch::default());
    let mut load = {
        let (plan, watch, seed) = (plan.clone(), Arc::clone(&watch), context.seed);
        let left = context.left(plan.until.elapsed);
        tokio::task::spawn_blocking(move || apply(&plan, left, seed, &watch))
    };
    let figures = tokio::select! {
        figures = &mut load => figures,
        () = context.interrupt.wait() => {
            watch.stop.store(true, Ordering::Relaxed);
            load.await
        }
    };
    let figures = figures
        .map_err(|error| unreachable(plan, &error.to_string()))?
        .map_err(|error| unreachable(plan, &error.to_string()))?;
    let document = document(plan, &figures);
    if let Some(warning) = warning(plan, &figures) {
        context.warn(warning);
    }
    context.emit(EventKind::LoadMeasured {
        figures: Value::Object(document.clone()),
    });
    Ok(document)
}

fn unreachable(plan: &PlainPlan, why: &str) -> HuntError {
    HuntError::Unreachable {
        address: plan.target.address.to_string(),
        why: why.to_string(),
    }
}

fn apply(plan: &PlainPlan, left: Duration, seed: u64, watch: &Watch) -> std::io::Result<Figures> {
    let request = plan.target.request(&plan.method, &plan.headers, &plan.body);
    let load = Load {
        addresses: &[plan.target.address],
        request: &|_, _| request.clone(),
        to_head: plan.method == "HEAD",
        expects: &|status| (200..400).contains(&status),
        connections: plan.connections,
        pace: plan.pace,
        until: Until {
            elapsed: left,
            ..plan.until
        },
        patience: plan.patience,
        workers: plan.workers,
        seed,
    };
    engine::apply(&load, watch)
}

/// What share of the time the generator's threads were busy.
fn busy(plan: &PlainPlan, figures: &Figures) -> f64 {
    let threads = plan.workers.clamp(1, plan.connections.max(1));
    figures.used.as_secs_f64() / (figures.elapsed.as_secs_f64() * f64::from(threads)).max(1e-9)
}

fn document(plan: &PlainPlan, figures: &Figures) -> Map<String, Value> {
    let mut document = measured(figures);
    let used_us = figures.used.as_secs_f64() * 1e6 / figures.requests.max(1) as f64;
    let (pace, per_second) = match plan.pace {
        Pace::Closed => ("closed", None),
        Pace::Open(Arrivals::Even(rate)) => ("even", Some(rate)),
        Pace::Open(Arrivals::Random(rate)) => ("random", Some(rate)),
    };
    document.extend(model::object(json!({
        "load": { "pace": pace, "per_second": per_second, "connections": plan.connections },
        "generator": {
            "used_us_per_request": used_us,
            "busy": busy(plan, figures),
            "kept_up": kept_up(figures),
        },
    })));
    if !figures.waiting_us.is_empty() {
        let mut waiting = percentiles(&figures.waiting_us);
        waiting["requests"] = json!(figures.waiting_us.len());
        document.insert("waiting_us".to_string(), waiting);
    }
    document
}

fn kept_up(figures: &Figures) -> bool {
    figures.lateness_us.value_at_quantile(0.99) <= LATE_US_MAX
}

/// What the user should know of the generator.
fn warning(plan: &PlainPlan, figures: &Figures) -> Option<String> {
    let late_us = figures.lateness_us.value_at_quantile(0.99);
    if !kept_up(figures) {
        return Some(format!(
            "the generator did not keep up: one in a hundred requests left {:.1} ms late or later, which is no fault of the target; ask for fewer, or give --threads",
            late_us as f64 / 1e3
        ));
    }
    let is_busy = plan.pace == Pace::Closed && busy(plan, figures) > BUSY_SHARE_MAX;
    is_busy.then(|| {
        "the generator had no time left: the target may be faster than this; give --threads"
            .to_string()
    })
}
