//! Load that goes on, down all lanes in turn; the oracles are asked once, when it is over.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use drive::engine::{self, Askers, Keeps, Load, Pace, Transport, Watch};
use drive::load::{Figures, Until};
use drive::{Draws, Filling};
use lab::Lab;
use model::{
    EventKind, LaneId, Observation, Operation, Outcome, Probe, Rate, Setup, System, TrialHistory,
    Violation,
};
use serde_json::{Map, Value, json};

use super::figures::{applied, busy, measured, too_slow};
use super::{Stressed, addresses, beside, is_expected, operation};
use crate::context::Context;
use crate::error::HuntError;
use crate::judging;
use crate::stage::{Stage, Wiring};
use crate::trial::{self, PATIENCE};

/// What a load run is asked to do.
#[derive(Debug, Clone)]
pub struct StressPlan {
    /// The operation.
    pub operation: String,
    /// Connections over all lanes.
    pub connections: u32,
    /// How load is applied.
    pub pace: Pace,
    /// When it ends.
    pub until: Until,
    /// Whether wires stand in the way.
    pub wiring: Wiring,
    /// The state it starts from.
    pub setup: Setup,
}

/// Runs load on a stage that is open and not raised. Lowers it at the end.
pub async fn run<L: Lab>(
    stage: &mut Stage<L>,
    plan: &StressPlan,
    context: &Context,
) -> Result<Stressed, HuntError> {
    let operation = operation(stage, &plan.operation)?;
    stage.raise(plan.wiring).await?;
    trial::prepare_state(stage, &plan.setup).await?;
    context.emit(EventKind::PhaseStarted {
        phase: "load".to_string(),
        trials: plan.until.requests,
    });
    let on = OnLanes {
        system: stage.system.clone(),
        addresses: addresses(stage, &operation)?,
        operation,
        plan: plan.clone(),
        left: Until {
            elapsed: context.left(plan.until.elapsed),
            ..plan.until
        },
        seed: context.seed,
        now_ms: context.now_ms,
    };
    let (figures, wrong) = beside(context, move |watch| on.apply(watch)).await?;
    let system = stage.system.clone();
    let observations: Vec<Observation> = judging::observations(stage, &system, None).await;
    let history = TrialHistory {
        state: Vec::new(),
        trial: 0,
        attempts: Vec::new(),
        observations,
    };
    let mut judgement = check::judge(&system, &history, None);
    judgement.violations.extend(wrong);
    let interrupted = context.interrupt.is_set();
    stage.report_deaths();
    stage.lower().await?;
    let broken = Rate {
        k: u64::from(!judgement.violations.is_empty()),
        n: 1,
    };
    context.emit(EventKind::PhaseEnded {
        phase: "load".to_string(),
        violations: broken,
        interval: broken.interval(),
        enforced: None,
        took_ms: figures.elapsed.as_millis() as u64,
    });
    let mut document = document(&figures, &judgement.violations, broken);
    document.extend(applied(plan.pace, plan.connections, WORKERS, &figures));
    let busy = busy(plan.connections, WORKERS, &figures);
    if let Some(warning) = too_slow(plan.pace, busy, &figures) {
        context.warn(warning);
    }
    context.emit(EventKind::LoadMeasured {
        figures: Value::Object(document.clone()),
    });
    context.emit(EventKind::TrialJudged {
        phase: "load".to_string(),
        history,
        judgement: judgement.clone(),
        enforced: None,
        took_us: figures.elapsed.as_micros() as u64,
    });
    Ok(Stressed {
        violations: judgement.violations,
        undecided: judgement.undecided,
        document,
        interrupted,
        asked: true,
        met_nobody: None,
    })
}

/// At most so many violations by answers are kept; all are counted.
const WRONG_ANSWERS_MAX: usize = 100;

/// One thread asks faster than a system answers whose wires are in this process.
const WORKERS: u32 = 1;

/// Load on an operation, down all lanes in turn.
struct OnLanes {
    system: System,
    operation: Operation,
    addresses: Vec<SocketAddr>,
    plan: StressPlan,
    left: Until,
    seed: u64,
    now_ms: fn() -> u64,
}

impl OnLanes {
    /// Says what was measured, and which answers were wrong.
    fn apply(&self, watch: &Watch) -> std::io::Result<(Figures, Vec<Violation>)> {
        let hosts: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
        let wrong = Mutex::new(Vec::new());
        let mut invariants = self.system.invariants.iter();
        let judges_answers = invariants.any(|i| matches!(&i.probe, Probe::Responses { .. }));
        let users = Askers {
            request: &|number, place| {
                let request = drive::prepare(
                    &self.operation,
                    &mut Filling {
                        args: &[],
                        draws: &mut Draws::new(self.seed, "stress", number),
                        now_ms: (self.now_ms)(),
                    },
                );
                let request = request.map_err(|error| error.to_string())?;
                Ok(request.to_wire(&hosts[place % hosts.len()]))
            },
            to_head: self.operation.method == "HEAD",
            expects: &|told, place| {
                if judges_answers {
                    let lane = place % hosts.len();
                    judge_answer(&self.system, &self.operation, lane, told.outcome, &wrong);
                }
                is_expected(&self.operation, told.outcome)
            },
        };
        let load = Load {
            services: std::slice::from_ref(&self.addresses),
            transport: &Transport::default(),
            users: &users,
            operations: 1,
            keeps: match judges_answers {
                true => Keeps::Bodies,
                false => Keeps::Status,
            },
            connections: self.plan.connections,
            pace: self.plan.pace,
            until: self.left,
            patience: PATIENCE,
            workers: WORKERS,
            seed: self.seed,
        };
        let figures = engine::apply(&load, watch, &mut |_| {})?.remove(0);
        Ok((
            figures,
            wrong.into_inner().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

fn judge_answer(
    system: &System,
    operation: &Operation,
    lane: usize,
    outcome: &Outcome,
    wrong: &Mutex<Vec<Violation>>,
) {
    let attempt = model::Attempt {
        racer: format!("lane {}", lane + 1),
        operation: operation.name.clone(),
        lane: LaneId(lane as u16),
        sent_us: 0,
        ended_us: 0,
        outcome: outcome.clone(),
    };
    let history = TrialHistory {
        attempts: vec![attempt],
        ..TrialHistory::default()
    };
    let found = check::judge(system, &history, None).violations;
    let mut wrong = wrong.lock().unwrap_or_else(PoisonError::into_inner);
    let room = WRONG_ANSWERS_MAX.saturating_sub(wrong.len());
    wrong.extend(found.into_iter().take(room));
}

fn document(figures: &Figures, violations: &[Violation], broken: Rate) -> Map<String, Value> {
    let (low, high) = broken.interval();
    let mut document = measured(figures);
    document.extend(model::object(json!({
        "violations": violations.len(),
        "rate": broken.share(),
        "interval": [low, high],
    })));
    document
}
