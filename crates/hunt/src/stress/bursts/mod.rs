//! `heisen stress --burst`: rounds of reset, burst, oracles. Load that goes on for minutes breaks an
//! oracle once at most; each burst can break it anew, so what is counted has a rate. Nobody is held:
//! this is what a system does by itself under the load that is predicted for it. Phases stand side by
//! side: without wires, through idle ones, with a fault on one, or with the same requests spread out.

mod diary;
mod rounds;
mod tally;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use drive::engine::{Burster, Keeps, Transport};
use lab::Lab;
use model::system::WireFault;
use model::{EventKind, Setup, Violation};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::error::HuntError;
use crate::stage::{Stage, Wiring};
use crate::stress::audit::Audit;
use crate::stress::{self, Stressed, close};
use crate::trial::PATIENCE;
use diary::Diary;
use rounds::Rounds;
use tally::Tally;

/// A burst has at most so many requests: each can need a connection of its own.
pub const REQUESTS_MAX: u64 = 10_000;

/// A burst's window is at most so long.
pub const WINDOW_MAX: Duration = Duration::from_secs(60);

/// A burst within a shorter window is sent from so many threads: one needs some microseconds for each.
const THREADS: usize = 2;
const WINDOW_OF_THREADS: Duration = Duration::from_millis(10);

/// So many violations of all rounds are handed on, and as many that nobody could decide.
const VIOLATIONS_KEPT_MAX: usize = 100;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct BurstPlan {
    /// The operation.
    pub operation: String,
    /// Values of its arguments that are not taken in turn.
    pub args: Vec<(String, Value)>,
    /// Requests in each burst, at most [`REQUESTS_MAX`].
    pub requests: u64,
    /// Bursts of each phase, each from an equal state.
    pub rounds: u64,
    /// The state that each begins with.
    pub setup: Setup,
    /// Which requests are sent.
    pub mix: Mix,
    /// What stands side by side; figures are told of the last.
    pub phases: Vec<BurstPhase>,
    /// What it aims at.
    pub aimed: Option<Aimed>,
    /// Where each request is written down.
    pub audit: Option<Arc<Audit>>,
}

/// Which requests a burst has, and down which lanes they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// Lanes take turns.
    Across,
    /// All go down the first lane.
    OneLane,
    /// The same request twice, down two lanes.
    Twins,
}

/// Bursts under one condition.
#[derive(Debug, Clone)]
pub struct BurstPhase {
    /// What people call it.
    pub name: String,
    /// Whether wires stand in the way.
    pub wiring: Wiring,
    /// Requests are sent at times drawn evenly over this, at most [`WINDOW_MAX`].
    pub window: Duration,
    /// Standing faults of wires.
    pub faults: Vec<WireFault>,
}

/// What a prediction says of what bursts aim at.
#[derive(Debug, Clone)]
pub struct Aimed {
    /// Its rank.
    pub rank: u32,
    /// What they meet at: `cache inv:42`.
    pub resource: String,
    /// What goes wrong.
    pub hazard: String,
    /// The share of bursts of this size in which it goes wrong, as simulated.
    pub predicted: Option<f64>,
}

/// Runs bursts on a stage that is open and not raised. Lowers it at the end.
pub async fn run<L: Lab>(
    stage: &mut Stage<L>,
    plan: &BurstPlan,
    context: &Context,
) -> Result<Stressed, HuntError> {
    if stage.system.invariants.is_empty() {
        context.warn("the spec has no invariants: no burst can be seen to break anything");
    }
    let mut told = Vec::new();
    let mut stressed = Stressed::default();
    let mut diary = Diary::new(plan, context);
    for phase in &plan.phases {
        if context.is_over() && !told.is_empty() {
            break;
        }
        let tally = run_phase(stage, plan, phase, &mut diary, context).await?;
        stressed.asked |= tally.wrong.n > 0;
        keep(&mut stressed.violations, &tally.violations);
        keep(&mut stressed.undecided, &tally.undecided);
        stressed.met_nobody = tally.contention.met_nobody();
        stressed.document = document(plan, phase, &tally);
        told.push(tally.in_short(plan, phase));
    }
    if told.len() > 1 {
        stressed.document.insert("phases".into(), told.into());
    }
    close(plan.audit.as_deref(), context);
    context.emit(EventKind::LoadMeasured {
        figures: Value::Object(stressed.document.clone()),
    });
    stressed.interrupted = context.interrupt.is_set();
    Ok(stressed)
}

async fn run_phase<L: Lab>(
    stage: &mut Stage<L>,
    plan: &BurstPlan,
    phase: &BurstPhase,
    diary: &mut Diary<'_>,
    context: &Context,
) -> Result<Tally, HuntError> {
    let operation = stress::operation(stage, &plan.operation)?;
    stage.raise(phase.wiring).await?;
    let lanes = stress::addresses(stage, &operation)?;
    let threads = match phase.window < WINDOW_OF_THREADS {
        true => THREADS,
        false => 1,
    };
    let transport = Transport::default();
    let burster = Burster::new(&lanes, &transport, Keeps::Bodies, PATIENCE, threads);
    let rounds = Rounds {
        plan,
        phase,
        operation,
        lanes,
        burster: Arc::new(Mutex::new(burster.map_err(stress::no_generator)?)),
        context,
    };
    context.emit(EventKind::PhaseStarted {
        phase: phase.name.clone(),
        trials: Some(plan.rounds),
    });
    let began = Instant::now();
    let tally = rounds.run(stage, diary).await;
    diary.end_phase();
    let tally = tally?;
    context.emit(EventKind::PhaseEnded {
        phase: phase.name.clone(),
        violations: tally.wrong,
        interval: tally.wrong.interval(),
        enforced: None,
        took_ms: began.elapsed().as_millis() as u64,
    });
    stage.lower().await?;
    Ok(tally)
}

fn keep(kept: &mut Vec<Violation>, more: &[Violation]) {
    let room = VIOLATIONS_KEPT_MAX.saturating_sub(kept.len());
    kept.extend(more.iter().take(room).cloned());
}

fn document(plan: &BurstPlan, phase: &BurstPhase, tally: &Tally) -> Map<String, Value> {
    let mut document = tally.measured(plan, phase);
    if let Some(aimed) = &plan.aimed {
        document.extend(model::object(json!({
            "aimed": {
                "rank": aimed.rank,
                "resource": aimed.resource,
                "hazard": aimed.hazard,
                "predicted": aimed.predicted,
                "measured": tally.wrong.share(),
            },
        })));
    }
    document
}

#[cfg(test)]
mod tests;
