//! Which of several suspects is to blame. An order that puts one request inside another lets all
//! their races happen at once; so a suspect is tried again with the race of another one kept from
//! happening. What then does no harm was only seen beside it.

use lab::Lab;
use model::{EventKind, OrderLine, Rate, Schedule, SeenStep, Settled, StepPattern, SuspectVerdict};

use crate::context::Context;
use crate::error::HuntError;
use crate::isolate::Pair;
use crate::isolate::force::{Manner, Tried};
use crate::isolate::serial::Serial;
use crate::judging::Oracles;
use crate::phase::{self, Typical};
use crate::stage::Stage;
use crate::trial::{self, Control, Racers, TrialPlan};

/// Trials without a violation after which a suspect counts as harmless by itself.
const TRIES: u64 = 6;

/// A suspect whose order broke an oracle.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its place among the settled ones, and that of its racers.
    pub suspect: usize,
    pub pair: usize,
    pub schedule: Schedule,
    /// The steps of a trial in which it did.
    steps: Vec<SeenStep>,
    rate: Rate,
}

/// What a tried suspect found.
pub(crate) fn found_in(tried: &Tried, suspect: usize, pair: usize) -> Option<Found> {
    let (schedule, done) = tried.found.as_ref()?;
    let oracle = done.judgement.violations.first()?.oracle.clone();
    Some(Found {
        suspect,
        pair,
        schedule: Schedule {
            oracle: Some(oracle),
            ..schedule.clone()
        },
        steps: done.steps.clone(),
        rate: tried.settled.violations,
    })
}

/// Those that break an oracle by themselves, the surest first. The others are settled anew.
pub(crate) async fn only<L: Lab>(
    stage: &mut Stage<L>,
    mut found: Vec<Found>,
    pairs: &[Pair],
    manner: Manner,
    settled: &mut [Settled],
    typical: &mut Typical,
    context: &Context,
) -> Result<Vec<Found>, HuntError> {
    // Stable: of equally sure ones the likelier suspect comes first.
    found.sort_by(|a, b| b.rate.share().total_cmp(&a.rate.share()));
    let mut at = found.len();
    while at > 0 {
        at -= 1;
        let one = &found[at];
        let mut explained = None;
        for other in found.iter().filter(|other| other.suspect != one.suspect) {
            let Some(apart) = apart(&one.schedule, &other.schedule, &one.steps) else {
                continue;
            };
            let serial = &pairs[one.pair].1;
            if is_harmless(stage, &apart, serial, manner, typical, context).await? {
                explained = Some(settled[other.suspect].suspect.id.clone());
                break;
            }
        }
        if let Some(guilty) = explained {
            let one = &mut settled[one.suspect];
            one.verdict = SuspectVerdict::Benign;
            one.evidence = format!(
                "seen wrong only beside {guilty}: with that race kept apart, no oracle broke"
            );
            context.emit(EventKind::SuspectSettled {
                settled: Box::new(one.clone()),
            });
            found.remove(at);
        }
    }
    Ok(found)
}

/// The suspect's order, in which the other's race cannot happen: whoever looked too early in it
/// now looks after the one that came between. None when the two cannot be told apart like this.
fn apart(suspect: &Schedule, other: &Schedule, steps: &[SeenStep]) -> Option<Schedule> {
    let ([first, between @ .., second], [looks, ..]) =
        (suspect.order.as_slice(), other.order.as_slice())
    else {
        return None;
    };
    if !suspect.operations().eq(other.operations()) || looks.racer != first.racer {
        return None;
    }
    let at = |line: &OrderLine| position(steps, line.racer, &line.step);
    // It must be possible to look later: after the suspect's own first step.
    if at(looks)? <= at(first)? {
        return None;
    }
    let mut order = vec![first.clone()];
    order.extend(between.iter().cloned());
    order.push(looks.clone());
    if at(second).is_none_or(|second| Some(second) > at(looks)) {
        order.push(second.clone());
    }
    Some(Schedule {
        order,
        ..suspect.clone()
    })
}

/// Which of its racer's steps a line names.
fn position(steps: &[SeenStep], racer: usize, pattern: &StepPattern) -> Option<usize> {
    let own = steps
        .iter()
        .filter(|seen| usize::from(seen.step.lane.0) == racer);
    let mut like = own
        .enumerate()
        .filter(|(_, seen)| pattern.is_like(&seen.step));
    let nth = usize::try_from(pattern.occurrence).ok()?.checked_sub(1)?;
    like.nth(nth).map(|(at, _)| at)
}

/// Whether nothing breaks under the order.
async fn is_harmless<L: Lab>(
    stage: &mut Stage<L>,
    schedule: &Schedule,
    serial: &Serial,
    manner: Manner,
    typical: &mut Typical,
    context: &Context,
) -> Result<bool, HuntError> {
    let racers = Racers::new(stage, &schedule.racers)?;
    let oracles = Oracles {
        only: None,
        invariants: manner.invariants,
        reference: Some(&serial.reference),
    };
    for number in 0..TRIES {
        if context.is_over() {
            return Ok(false);
        }
        let plan = TrialPlan {
            schedule,
            control: Control::Forced { patient: false },
            spread: manner.spread,
            stuck: typical.stuck(),
            tail: manner.tail,
            oracles: &oracles,
        };
        let done = trial::run(stage, &racers, &plan, number, context).await?;
        phase::stop_if_died(stage)?;
        if !done.judgement.violations.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}
