//! Makes a schedule that breaks an oracle smaller while it still does.

use std::time::Duration;

use lab::Lab;
use model::Schedule;

use crate::error::HuntError;
use crate::isolate::ground::Ground;
use crate::trial::Control;

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
    ground: &mut Ground<'_, L>,
    schedule: &Schedule,
    serial: usize,
) -> Result<Schedule, HuntError> {
    let usual = ground.spread;
    let apart = ground.typical.trial() * SPREAD_TRIALS;
    ground.spread = usual.max(SPREAD_MIN).max(apart);
    let mut smallest = schedule.clone();
    let mut at = 0;
    while at < smallest.order.len() && smallest.order.len() > 2 {
        let mut smaller = smallest.clone();
        smaller.order.remove(at);
        if still_fails(ground, &smaller, serial).await? {
            smallest = smaller;
        } else {
            at += 1;
        }
    }
    ground.spread = usual;
    Ok(smallest)
}

async fn still_fails<L: Lab>(
    ground: &mut Ground<'_, L>,
    schedule: &Schedule,
    serial: usize,
) -> Result<bool, HuntError> {
    let racers = ground.racers(schedule)?;
    for number in 0..IN_A_ROW {
        if ground.context.is_over() {
            return Ok(false);
        }
        let control = Control::Forced { patient: true };
        let done = ground
            .trial(schedule, &racers, serial, control, number)
            .await?;
        if !done.is_enforced() || done.judgement.violations.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}
