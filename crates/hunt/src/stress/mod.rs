//! `heisen stress`: load on a raised system, its figures, and what the oracles say after; `bursts` asks
//! them after each of many short bursts instead, and `plain` has neither system nor oracles.

pub mod bursts;
mod figures;
pub mod plain;
pub mod steady;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use drive::Client;
use drive::engine::Watch;
use lab::Lab;
use model::{LaneId, Operation, Outcome, Violation};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::HuntError;
use crate::stage::Stage;
use crate::trial::PATIENCE;

/// What a load run found.
#[derive(Debug, Clone)]
pub struct Stressed {
    /// What the oracles saw at the end.
    pub violations: Vec<Violation>,
    /// Oracles that could not tell.
    pub undecided: Vec<Violation>,
    /// The command's part of the machine-readable document.
    pub document: Map<String, Value>,
    /// Whether the user stopped it.
    pub interrupted: bool,
    /// Whether the oracles were asked at all: a budget can be spent before.
    pub asked: bool,
}

fn operation<L: Lab>(stage: &Stage<L>, name: &str) -> Result<Operation, HuntError> {
    let known = stage.system.operation(name).cloned();
    known.ok_or_else(|| HuntError::Lacking(format!("there is no operation `{name}`")))
}

/// A client for each lane of the operation's service.
fn clients<L: Lab>(stage: &Stage<L>, operation: &Operation) -> Vec<Client> {
    let lanes = stage
        .system
        .service(&operation.service)
        .map_or(1, |service| service.replicas.max(1));
    (0..lanes)
        .filter_map(|lane| stage.client(&operation.service, LaneId(lane), PATIENCE))
        .collect()
}

/// Whether the spec knows such an outcome.
fn is_expected(operation: &Operation, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Answered { status, .. } => {
            operation.is_accepted(*status) || operation.refused.contains(status)
        }
        _ => false,
    }
}

/// Applies load on threads of its own, while this one goes on with what wires do. Ends early when the
/// user wants to stop.
async fn beside<T: Send + 'static>(
    context: &Context,
    apply: impl FnOnce(&Watch) -> std::io::Result<T> + Send + 'static,
) -> Result<T, HuntError> {
    let watch = Arc::new(Watch::default());
    let mut load = {
        let watch = Arc::clone(&watch);
        tokio::task::spawn_blocking(move || apply(&watch))
    };
    let applied = tokio::select! {
        applied = &mut load => applied,
        () = context.interrupt.wait() => {
            watch.stop.store(true, Ordering::Relaxed);
            load.await
        }
    };
    let failed = |why: String| HuntError::Lacking(format!("the generator cannot run: {why}"));
    let applied = applied.map_err(|error| failed(error.to_string()))?;
    applied.map_err(|error| failed(error.to_string()))
}
