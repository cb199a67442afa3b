//! Steady load on wires, watched: which steps look at what they set is learned of single requests, and
//! then slices of the load tell whether anybody meets.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use lab::Lab;

use super::beside;
use super::contention::Contention;
use super::steady::{Done, OnLanes, StressPlan};
use crate::context::Context;
use crate::directors::Watcher;
use crate::error::HuntError;
use crate::stage::{Stage, Wiring};

/// Load is watched on its wires for so long, and not watched for so long, in turns: wires that are
/// watched take a little longer, which most of the latencies should not tell.
const SLICE: Duration = Duration::from_millis(200);
const BETWEEN: Duration = Duration::from_millis(800);

/// Makes some runs by themselves, at least one of each scenario that comes early.
pub(super) async fn learn<L: Lab>(
    stage: &Stage<L>,
    on: &Arc<OnLanes>,
    contention: &mut Contention,
    context: &Context,
) -> Result<(), HuntError> {
    let watcher = Arc::new(Watcher::new(&[]));
    stage.conductor().hand_to(watcher.clone());
    on.scenarios.watch(true);
    on.scenarios.tell_ends_to(Some(watcher.clone()));
    let alone = {
        let on = Arc::clone(on);
        beside(context, move |watch| on.alone(watch)).await
    };
    stage.conductor().rest();
    on.scenarios.tell_ends_to(None);
    on.scenarios.watch(false);
    for request in watcher.take_requests() {
        contention.learn(&request);
    }
    alone
}

/// Applies the load; where there are wires, it is watched in slices.
pub(super) async fn watched<L: Lab>(
    stage: &Stage<L>,
    plan: &StressPlan,
    on: &Arc<OnLanes>,
    contention: &mut Contention,
    context: &Context,
) -> Result<Done, HuntError> {
    let load = {
        let on = Arc::clone(on);
        beside(context, move |watch| on.apply(watch))
    };
    if plan.wiring == Wiring::Direct {
        return load.await;
    }
    on.scenarios.watch(true);
    let now = RefCell::new(None);
    let watching = async {
        loop {
            slice(stage, &now, contention).await;
            tokio::time::sleep(BETWEEN).await;
        }
    };
    let done = tokio::select! {
        done = load => done,
        () = watching => unreachable!("it never ends"),
    };
    end_slice(stage, &now, contention);
    contention.in_flight(&on.scenarios.watched());
    done
}

/// Watches for a while. What began before is not seen to end here, and the other way round: what is
/// told is the least that can have been.
async fn slice<L: Lab>(
    stage: &Stage<L>,
    now: &RefCell<Option<Arc<Watcher>>>,
    contention: &mut Contention,
) {
    let watcher = Arc::new(Watcher::new(&[]));
    stage.conductor().hand_to(watcher.clone());
    now.replace(Some(watcher));
    tokio::time::sleep(SLICE).await;
    end_slice(stage, now, contention);
}

/// Takes in what was seen in the slice that goes on now, if one does.
fn end_slice<L: Lab>(
    stage: &Stage<L>,
    now: &RefCell<Option<Arc<Watcher>>>,
    contention: &mut Contention,
) {
    stage.conductor().rest();
    if let Some(watcher) = now.take() {
        let (touches, left_out) = watcher.take();
        contention.watched(&touches, left_out, &[]);
    }
}
