//! Makes a schedule that breaks an oracle smaller while it still does.

use std::time::Duration;

use lab::Lab;
use model::Schedule;

use crate::context::Context;
use crate::error::HuntError;
use crate::isolate::force::Manner;
use crate::isolate::serial::Serial;
use crate::judging::Oracles;
use crate::phase::{self, Typical};
use crate::stage::Stage;
use crate::trial::{self, Control, Racers, TrialPlan};

/// A smaller schedule counts as good when it breaks the oracle in so many trials in a row: one
/// that does so in fewer than 80 % of its trials passes this with a chance below 3 %, the other
/// lines then being what makes it sure.
const IN_A_ROW: u64 = 16;

/// Racers of these trials start up to so many typical trials apart: an order that only holds for
/// twins is no order.
const SPREAD_TRIALS: u32 = 4;
const SPREAD_MIN: Duration = Duration::from_millis(20);

/// Takes lines out of the order, one after the other, while the rest still breaks an oracle every
/// time. Returns the smallest order found.
pub(crate) async fn run<L: Lab>(
    stage: &mut Stage<L>,
    schedule: &Schedule,
    serial: &Serial,
    manner: Manner,
    typical: &mut Typical,
    context: &Context,
) -> Result<Schedule, HuntError> {
    let racers = Racers::new(stage, &schedule.racers)?;
    let mut smallest = schedule.clone();
    let mut at = 0;
    while at < smallest.order.len() && smallest.order.len() > 2 {
        let mut smaller = smallest.clone();
        smaller.order.remove(at);
        if still_fails(stage, &racers, &smaller, serial, manner, typical, context).await? {
            smallest = smaller;
        } else {
            at += 1;
        }
    }
    Ok(smallest)
}

async fn still_fails<L: Lab>(
    stage: &mut Stage<L>,
    racers: &Racers,
    schedule: &Schedule,
    serial: &Serial,
    manner: Manner,
    typical: &mut Typical,
    context: &Context,
) -> Result<bool, HuntError> {
    let oracles = Oracles {
        only: None,
        invariants: manner.invariants,
        reference: Some(&serial.reference),
    };
    for number in 0..IN_A_ROW {
        if context.is_over() {
            return Ok(false);
        }
        let plan = TrialPlan {
            schedule,
            control: Control::Forced { patient: true },
            spread: manner
                .spread
                .max(SPREAD_MIN)
                .max(typical.trial() * SPREAD_TRIALS),
            stuck: typical.stuck(),
            tail: manner.tail,
            oracles: &oracles,
        };
        let done = trial::run(stage, racers, &plan, number, context).await?;
        phase::stop_if_died(stage)?;
        if !done.is_enforced() || done.judgement.violations.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}
