//! Near a limit races show that nobody sees elsewhere: the last seat, the second use of a voucher.
//! Where the spec does not say how to come there, each operation is made again and again until its
//! answer is of another kind.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use check::serial;
use lab::Lab;
use model::{Attempt, Earlier, Operation, RacerPlan, Schedule, Setup};

use crate::context::Context;
use crate::error::HuntError;
use crate::stage::Stage;
use crate::trial::{self, Racers};

/// An operation is made so often, and for so long; a limit further away is not found.
const REQUESTS_MAX: u32 = 50;
const TIME_MAX: Duration = Duration::from_secs(2);

/// Which states races begin from.
#[derive(Debug, Default)]
pub(crate) struct Setups {
    /// Whether the spec has one near the limit.
    declared: bool,
    /// What leads to one, where it has none.
    learned: Vec<Earlier>,
}

impl Setups {
    /// What the spec says.
    pub fn declared<L: Lab>(stage: &Stage<L>) -> Setups {
        Setups {
            declared: !stage.system.near_limit.is_empty(),
            learned: Vec::new(),
        }
    }

    /// The state from which operations are learned.
    pub fn usual(&self) -> Setup {
        Setup {
            near_limit: self.declared,
            before: Vec::new(),
        }
    }

    /// The state in which little is left for these racers, if such a one is known.
    pub fn near(&self, racers: &[RacerPlan]) -> Setup {
        let leads = |earlier: &&Earlier| racers.iter().any(|r| r.operation == earlier.operation);
        Setup {
            before: self
                .learned
                .iter()
                .find(leads)
                .cloned()
                .into_iter()
                .collect(),
            ..self.usual()
        }
    }

    /// Looks for the limits of all operations, unless the spec says where they are.
    pub async fn learn<L: Lab>(
        &mut self,
        stage: &mut Stage<L>,
        settling: &HashMap<String, Duration>,
        context: &Context,
    ) -> Result<(), HuntError> {
        if self.declared {
            return Ok(());
        }
        for operation in stage.system.operations.clone() {
            if context.is_over() {
                break;
            }
            let settle = settling.get(&operation.name).copied().unwrap_or_default();
            let found = limit(stage, &operation, &Setup::reset(), settle, context).await?;
            // One that can be made once only is near its limit there already.
            if let Some(found) = found.filter(|found| found.times > 1) {
                context.warn(format!(
                    "the spec has no `near_limit:`; {} goes well {} times and then gets {}, so its races begin after {}",
                    operation.name,
                    found.times,
                    found.then,
                    found.times - 1
                ));
                self.learned.push(Earlier {
                    operation: operation.name.clone(),
                    args: operation.default_args(),
                    times: found.times - 1,
                });
            }
        }
        Ok(())
    }
}

/// After so many answers of one kind come others.
pub(crate) struct Limit {
    pub times: u32,
    pub then: String,
}

/// How often an operation can be made from a state on, with its default arguments.
pub(crate) async fn limit<L: Lab>(
    stage: &mut Stage<L>,
    operation: &Operation,
    setup: &Setup,
    settle: Duration,
    context: &Context,
) -> Result<Option<Limit>, HuntError> {
    let racer = RacerPlan {
        name: "A".to_string(),
        operation: operation.name.clone(),
        args: operation.default_args(),
    };
    let schedule = Schedule {
        name: "again and again".to_string(),
        setup: setup.clone(),
        racers: vec![racer.clone()],
        order: Vec::new(),
        oracle: None,
        settle,
    };
    let racers = Racers::new(stage, &schedule)?;
    trial::prepare(stage, &racers, &schedule, 0, context).await?;
    let until = Instant::now() + TIME_MAX;
    let mut answers: Vec<Attempt> = Vec::new();
    for number in 0..REQUESTS_MAX {
        if Instant::now() > until || context.is_over() {
            break;
        }
        let requests = trial::requests(&stage.system, &schedule, u64::from(number), context)?;
        for request in &requests {
            let client = &racers.clients[0];
            answers.push(trial::attempt(&racer, 0, client, request, Instant::now()).await);
            trial::settle(&schedule).await;
        }
        if let Some(times) = serial::limit(&answers) {
            return Ok(Some(Limit {
                times: times as u32,
                then: serial::told(&answers[times]),
            }));
        }
    }
    Ok(None)
}
