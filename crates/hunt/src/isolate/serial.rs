//! Runs racers one after another, in every order, from equal resets: what they do together is
//! held against it.

use std::time::Instant;

use check::serial::{self, Reference, SerialRun};
use lab::Lab;
use model::{Attempt, Outcome, Schedule, TrialHistory, Violation, oracle};

use crate::context::Context;
use crate::error::HuntError;
use crate::judging;
use crate::stage::Stage;
use crate::trial::{self, Racers};

/// Complete orders are run this often, so that what varies by itself is known.
const REPEATS: usize = 2;

/// What racers do one after another.
#[derive(Debug, Clone)]
pub(crate) struct Serial {
    /// For serial equivalence.
    pub reference: Reference,
    /// What is wrong one after another already: bugs, and no races.
    pub wrong: Vec<Violation>,
}

/// Runs the racers of a schedule in every order.
pub(crate) async fn run<L: Lab>(
    stage: &mut Stage<L>,
    schedule: &Schedule,
    invariants: bool,
    context: &Context,
) -> Result<Serial, HuntError> {
    let plans = &schedule.racers;
    // Everything is held against these few runs, so what goes on in the background gets more time.
    let pause = match schedule.settle.is_zero() {
        true => schedule.settle,
        false => schedule.settle.max(trial::LATE),
    };
    let racers = Racers::new(stage, schedule)?;
    let mut runs = Vec::new();
    let mut wrong: Vec<Violation> = Vec::new();
    for order in serial::orders(plans.len()) {
        let is_complete = order.len() == plans.len();
        for repeat in 0..if is_complete { REPEATS } else { 1 } {
            if context.interrupt.is_set() {
                return Err(HuntError::Interrupted);
            }
            let number = repeat as u64;
            trial::prepare(stage, &racers, schedule, number, context).await?;
            let requests = trial::requests(&stage.system, schedule, number, context)?;
            let began = Instant::now();
            let mut attempts = Vec::new();
            for racer in &order {
                let request = &requests[*racer];
                let client = &racers.clients[*racer];
                let plan = &plans[*racer];
                attempts.push(trial::attempt(plan, *racer, client, request, began).await);
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
            let state = judging::whole_state(stage).await;
            if invariants && is_complete {
                note(&mut wrong, broken(stage, &attempts).await);
            }
            note(&mut wrong, attempts.iter().filter_map(failed).collect());
            runs.push(SerialRun {
                order: order.clone(),
                attempts,
                state,
            });
        }
    }
    Ok(Serial {
        reference: Reference::new(plans, runs),
        wrong,
    })
}

/// Invariants that do not hold after a run.
async fn broken<L: Lab>(stage: &mut Stage<L>, attempts: &[Attempt]) -> Vec<Violation> {
    let system = stage.system.clone();
    let history = TrialHistory {
        attempts: attempts.to_vec(),
        observations: judging::observations(stage, &system, None).await,
        ..TrialHistory::default()
    };
    check::judge(&system, &history, None).violations
}

/// A server that fails with nobody else about.
fn failed(attempt: &Attempt) -> Option<Violation> {
    let Outcome::Answered { status, body, .. } = &attempt.outcome else {
        return None;
    };
    (*status >= 500).then(|| Violation {
        oracle: oracle::SERVER_ERROR.to_string(),
        saw: format!("{} answers {status} {body}", attempt.operation),
    })
}

fn note(known: &mut Vec<Violation>, more: Vec<Violation>) {
    for violation in more {
        if !known.iter().any(|k| k.oracle == violation.oracle) {
            known.push(violation);
        }
    }
}
