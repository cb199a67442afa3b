//! `heisen stress`: load on a raised system, its figures, and what the oracles say after; `bursts` asks
//! them after each of many short bursts instead, and `plain` has neither system nor oracles.

pub mod audit;
pub mod bursts;
pub(crate) mod contention;
mod figures;
pub mod plain;
mod scenarios;
mod seconds;
pub mod steady;
mod thresholds;
pub mod volleys;
mod watching;
mod wrong;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use drive::engine::Watch;
use lab::Lab;
use model::{Operation, Outcome, Violation};
use serde_json::{Map, Value};

use audit::Audit;

use crate::context::Context;
use crate::error::HuntError;
use crate::stage::Stage;

/// What a load run found.
#[derive(Debug, Clone, Default)]
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
    /// Whether nobody met anybody in what was watched, so that nothing could have raced; none when
    /// nothing was watched.
    pub met_nobody: Option<bool>,
    /// Whether a threshold was crossed.
    pub crossed: bool,
}

fn operation<L: Lab>(stage: &Stage<L>, name: &str) -> Result<Operation, HuntError> {
    let known = stage.system.operation(name).cloned();
    known.ok_or_else(|| HuntError::Lacking(format!("there is no operation `{name}`")))
}

/// Where the lanes of an operation's service listen.
fn addresses<L: Lab>(
    stage: &Stage<L>,
    operation: &Operation,
) -> Result<Vec<SocketAddr>, HuntError> {
    let found = steady::lanes(stage, operation);
    match found.is_empty() {
        true => Err(HuntError::Lacking(format!(
            "`{}` has no service that runs",
            operation.name
        ))),
        false => Ok(found),
    }
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

fn no_generator(error: std::io::Error) -> HuntError {
    HuntError::Lacking(format!("the generator cannot run: {error}"))
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
    let applied = applied.map_err(std::io::Error::other).flatten();
    applied.map_err(no_generator)
}

/// Ends the log of requests. One that is not whole fails nothing.
fn close(audit: Option<&Audit>, context: &Context) {
    if let Some(Err(error)) = audit.map(Audit::finish) {
        context.warn(format!(
            "the log of requests is not whole: {error}; see that there is room, or give another file"
        ));
    }
}
