//! `heisen stress`: simple load on a raised system, its figures, and what the oracles say after.
//! `bursts` asks them after each of many short bursts instead.

pub mod bursts;
pub mod plain;

use std::cell::RefCell;

use drive::load::{self, Figures, Model, Times, Until};
use drive::{Client, Draws, Filling};
use lab::Lab;
use model::{
    EventKind, LaneId, Observation, Operation, Outcome, Probe, Rate, Setup, TrialHistory, Violation,
};
use serde_json::{Map, Value, json};

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
    /// How load is applied.
    pub model: Model,
    /// When it ends.
    pub until: Until,
    /// Whether wires stand in the way.
    pub wiring: Wiring,
    /// The state it starts from.
    pub setup: Setup,
}

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

/// Runs load on a stage that is open and not raised. Lowers it at the end.
pub async fn run<L: Lab>(
    stage: &mut Stage<L>,
    plan: &StressPlan,
    context: &Context,
) -> Result<Stressed, HuntError> {
    let operation = operation(stage, &plan.operation)?;
    stage.raise(plan.wiring).await?;
    trial::prepare_state(stage, &plan.setup).await?;
    let clients = clients(stage, &operation);
    context.emit(EventKind::PhaseStarted {
        phase: "load".to_string(),
        trials: plan.until.requests,
    });
    let wrong = RefCell::new(Vec::new());
    let until = Until {
        elapsed: context.left(plan.until.elapsed),
        ..plan.until
    };
    let figures = apply(&operation, &clients, plan, until, stage, context, &wrong).await;
    let system = stage.system.clone();
    let observations: Vec<Observation> = judging::observations(stage, &system, None).await;
    let history = TrialHistory {
        state: Vec::new(),
        trial: 0,
        attempts: Vec::new(),
        observations,
    };
    let mut judgement = check::judge(&system, &history, None);
    judgement.violations.extend(wrong.into_inner());
    let interrupted = context.interrupt.is_set();
    stage.report_deaths();
    stage.lower().await?;
    let document = document(&figures, &judgement.violations);
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
    })
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

/// At most so many violations by answers are kept; all are counted.
const WRONG_ANSWERS_MAX: usize = 100;

async fn apply<L: Lab>(
    operation: &Operation,
    clients: &[Client],
    plan: &StressPlan,
    until: Until,
    stage: &Stage<L>,
    context: &Context,
    wrong: &RefCell<Vec<Violation>>,
) -> Figures {
    let judges_answers = stage
        .system
        .invariants
        .iter()
        .any(|i| matches!(&i.probe, Probe::Responses { .. }));
    load::apply(plan.model, until, async |number| {
        if context.is_over() {
            return None;
        }
        let mut draws = Draws::new(context.seed, "stress", number);
        let mut filling = Filling {
            args: &[],
            draws: &mut draws,
            now_ms: (context.now_ms)(),
        };
        let request = match drive::prepare(operation, &mut filling) {
            Ok(request) => request,
            Err(error) => {
                let why = error.to_string();
                return Some((Outcome::NotSent { why }, false));
            }
        };
        let lane = number as usize % clients.len().max(1);
        let outcome = clients[lane].send(&request).await;
        let expected = is_expected(operation, &outcome);
        if judges_answers {
            judge_answer(stage, operation, lane, &outcome, wrong);
        }
        Some((outcome, expected))
    })
    .await
}

fn judge_answer<L: Lab>(
    stage: &Stage<L>,
    operation: &Operation,
    lane: usize,
    outcome: &Outcome,
    wrong: &RefCell<Vec<Violation>>,
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
    let found = check::judge(&stage.system, &history, None).violations;
    let mut wrong = wrong.borrow_mut();
    let room = WRONG_ANSWERS_MAX.saturating_sub(wrong.len());
    wrong.extend(found.into_iter().take(room));
}

/// Percentiles of times in microseconds.
fn percentiles(times: &Times) -> Value {
    let at = |quantile| times.value_at_quantile(quantile);
    json!({
        "mean": times.mean(), "p50": at(0.5), "p90": at(0.9), "p95": at(0.95), "p99": at(0.99),
        "p999": at(0.999), "max": times.max(),
    })
}

/// What was measured of requests, whatever the oracles say.
fn measured(figures: &Figures) -> Map<String, Value> {
    let seconds = figures.elapsed.as_secs_f64().max(1e-9);
    model::object(json!({
        "requests": figures.requests,
        "requests_per_second": figures.requests as f64 / seconds,
        "latency_us": percentiles(&figures.latency_us),
        "lateness_us": percentiles(&figures.lateness_us),
        "errors": figures.errors,
    }))
}

fn document(figures: &Figures, violations: &[Violation]) -> Map<String, Value> {
    let rate = Rate {
        k: u64::from(!violations.is_empty()),
        n: 1,
    };
    let (low, high) = rate.interval();
    let mut document = measured(figures);
    document.extend(model::object(json!({
        "violations": violations.len(),
        "rate": rate.share(),
        "interval": [low, high],
    })));
    document
}
