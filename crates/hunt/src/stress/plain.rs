//! `heisen stress --url`: load on any server, without a spec and without oracles. What comes out are
//! times and counts, and whether the generator itself kept up.

use std::time::Duration;

use drive::PreparedRequest;
use drive::engine::{self, Load, Pace, Target, Watch};
use drive::load::{Figures, Until};
use model::{EventKind, Outcome};
use serde_json::{Map, Value};

use super::beside;
use super::figures::{applied, busy, measured, too_slow};
use crate::context::Context;
use crate::error::HuntError;

/// What is asked, and how.
#[derive(Debug, Clone)]
pub struct PlainPlan {
    /// Of whom.
    pub target: Target,
    /// The request.
    pub request: PreparedRequest,
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
        return Err(HuntError::Unreachable {
            address: address.to_string(),
            why: error.to_string(),
        });
    }
    context.emit(EventKind::PhaseStarted {
        phase: "load".to_string(),
        trials: plan.until.requests,
    });
    let (asked, seed) = (plan.clone(), context.seed);
    let left = context.left(plan.until.elapsed);
    let figures = beside(context, move |watch| apply(&asked, left, seed, watch)).await?;
    let mut document = measured(&figures);
    document.extend(applied(plan.pace, plan.connections, plan.workers, &figures));
    let busy = busy(plan.connections, plan.workers, &figures);
    if let Some(warning) = too_slow(plan.pace, busy, &figures) {
        context.warn(format!("{warning}; give --threads, or ask for less"));
    }
    context.emit(EventKind::LoadMeasured {
        figures: Value::Object(document.clone()),
    });
    Ok(document)
}

fn apply(plan: &PlainPlan, left: Duration, seed: u64, watch: &Watch) -> std::io::Result<Figures> {
    let request = plan.request.to_wire(&plan.target.host);
    let load = Load {
        addresses: &[plan.target.address],
        request: &|_, _| Ok(request.clone()),
        to_head: plan.request.method == "HEAD",
        expects: &|outcome, _| {
            matches!(
                outcome,
                Outcome::Answered {
                    status: 200..400,
                    ..
                }
            )
        },
        keeps_bodies: false,
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
