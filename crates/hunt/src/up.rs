//! `heisen up`: the system with wires on every edge, until the user stops it.

use lab::Lab;

use crate::context::Context;
use crate::error::HuntError;
use crate::stage::{Stage, Wiring};
use crate::trial;

/// How often replicas are looked after.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(500);

/// Raises the system, resets its state and waits. Lowers it at the end.
pub async fn run<L: Lab>(
    stage: &mut Stage<L>,
    wiring: Wiring,
    context: &Context,
    ready: impl FnOnce(&[(String, String)]),
) -> Result<(), HuntError> {
    stage.raise(wiring).await?;
    trial::prepare_state(stage, &model::Setup::reset()).await?;
    ready(&stage.addresses());
    while !context.is_over() {
        tokio::select! {
            () = context.interrupt.wait() => {}
            () = tokio::time::sleep(context.left(LOOK_EVERY)) => {
                stage.report_deaths();
            }
        }
    }
    stage.lower().await
}
