//! Bursts on any server: the same request over all connections at once, again and again, with how far
//! apart they left.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use drive::engine::{self, Burster, Due, Keeps, Release, Second, Sent, Watch};
use drive::load::{Figures, Times};
use serde_json::{Map, Value, json};

use super::audit::{Asked, quoted};
use super::figures::percentiles;
use super::plain::{PlainPlan, is_wanted};
use super::seconds::SoFar;

/// Requests that leave at once.
#[derive(Debug, Clone, Copy)]
pub struct VolleyPlan {
    /// How often.
    pub rounds: u64,
    /// How they leave.
    pub release: Release,
}

/// The volleys' own part of the machine-readable document.
pub fn document(plan: VolleyPlan, connections: u32, skew_us: &Times) -> Map<String, Value> {
    let release = match plan.release {
        Release::LastByte => "last byte",
        Release::Whole => "whole",
    };
    model::object(json!({
        "load": { "pace": "burst", "release": release, "requests": connections },
        "rounds": skew_us.len(),
        "burst_skew_us": percentiles(skew_us),
    }))
}

/// Sends them; says what was measured and their skew. Tells of each second.
pub fn apply(
    plan: &PlainPlan,
    volleys: VolleyPlan,
    name: &str,
    left: Duration,
    watch: &Watch,
    tell: &mut dyn FnMut(&Second),
) -> std::io::Result<(Figures, Option<Times>)> {
    let due = Due {
        at: Duration::ZERO,
        lane: 0,
        request: plan.transport.encode(&plan.request, &plan.target.host),
        to_head: plan.request.method == "HEAD",
    };
    let lanes = [plan.target.address];
    let threads = plan.workers as usize;
    let mut burster = Burster::new(
        &lanes,
        &plan.transport,
        Keeps::Status,
        plan.patience,
        threads,
    )?;
    let burst = vec![due; plan.connections as usize];
    let (quoted, began) = (quoted(name), Instant::now());
    let mut so_far = SoFar::default();
    let mut skew_us = Figures::default().latency_us;
    for round in 0..volleys.rounds {
        let sent = burster.send(&burst, volleys.release, watch)?;
        if watch.stop.load(Ordering::Relaxed) {
            break;
        }
        for sent in &sent {
            let number = round * u64::from(plan.connections) + sent.number as u64;
            so_far.count(sent, is_wanted(&sent.outcome));
            if let Some(audit) = &plan.audit {
                audit.take(&asked(sent, number, &quoted));
            }
        }
        skew_us.saturating_record(engine::skew(&sent).as_micros().max(1) as u64);
        let elapsed = began.elapsed();
        if let Some(second) = so_far.reach(elapsed) {
            tell(&second);
        }
        if elapsed >= left {
            break;
        }
    }
    let elapsed = began.elapsed();
    tell(&so_far.cut(elapsed));
    Ok((so_far.sum(elapsed), Some(skew_us)))
}

fn asked<'a>(sent: &'a Sent, number: u64, operation: &'a str) -> Asked<'a> {
    Asked {
        number,
        phase: None,
        operation,
        lane: 1,
        due: sent.due,
        sent: sent.sent,
        ended: sent.ended,
        outcome: &sent.outcome,
        expected: is_wanted(&sent.outcome),
    }
}
