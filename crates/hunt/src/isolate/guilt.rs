//! Which of several suspects is to blame. An order that puts one request inside another lets all
//! their races happen at once; so a suspect is tried again with the race of another one kept from
//! happening. What then does no harm was only seen beside it.

use lab::Lab;
use model::{EventKind, OrderLine, Rate, Schedule, SeenStep, Settled, StepPattern, SuspectVerdict};

use crate::error::HuntError;
use crate::isolate::force::{self, Tried};
use crate::isolate::ground::Ground;
use crate::trial::Control;

/// Trials without a violation after which a suspect counts as harmless by itself.
const TRIES: u64 = 6;

/// A suspect whose order broke an oracle.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its place among the settled ones, and that of its racers' serial runs.
    pub suspect: usize,
    pub serial: usize,
    pub schedule: Schedule,
    /// The steps of a trial in which it did.
    steps: Vec<SeenStep>,
    rate: Rate,
    kept_out: Option<String>,
}

/// What a tried suspect found.
pub(crate) fn found_in(tried: &Tried, suspect: usize, serial: usize) -> Option<Found> {
    let (schedule, done) = tried.found.as_ref()?;
    let oracle = done.judgement.violations.first()?.oracle.clone();
    Some(Found {
        suspect,
        serial,
        schedule: Schedule {
            oracle: Some(oracle),
            ..schedule.clone()
        },
        steps: done.steps.clone(),
        rate: tried.settled.violations,
        kept_out: tried.kept_out.clone(),
    })
}

/// Leaves those that break an oracle by themselves, the surest first. The others are settled anew.
pub(crate) async fn only<L: Lab>(
    ground: &mut Ground<'_, L>,
    found: &mut Vec<Found>,
    settled: &mut [Settled],
) -> Result<(), HuntError> {
    // Stable: of equally sure ones the likelier suspect comes first.
    found.sort_by(|a, b| b.rate.share().total_cmp(&a.rate.share()));
    let mut at = found.len();
    // A user who stops it is told of all of them.
    while at > 0 && !ground.context.interrupt.is_set() {
        at -= 1;
        let one = &found[at];
        let mut explained = None;
        let is_sure = |found: &Found| found.rate.share() >= force::SURE;
        // An order that breaks something now and then, where another one always does.
        if !is_sure(one) {
            let same = |other: &&Found| other.schedule.has_operations_of(&one.schedule);
            let sure = found.iter().filter(same).find(|other| is_sure(other));
            explained = sure.map(|other| settled[other.suspect].suspect.id.clone());
        }
        for other in found
            .iter()
            .filter(|_| explained.is_none())
            .filter(|other| other.suspect != one.suspect)
        {
            let Some(apart) = apart(&one.schedule, &other.schedule, &one.steps) else {
                continue;
            };
            if is_harmless(ground, &apart, one.serial).await? {
                explained = Some(settled[other.suspect].suspect.id.clone());
                break;
            }
        }
        if let Some(guilty) = explained {
            let kept_out = one.kept_out.clone();
            let one = &mut settled[one.suspect];
            let Rate { k, n } = one.violations;
            let beside = format!("wrong in {k} of {n} trials by the race of {guilty}");
            (one.verdict, one.evidence) = match kept_out {
                Some(evidence) => (SuspectVerdict::Protected, format!("{evidence}; {beside}")),
                None => (SuspectVerdict::Benign, beside),
            };
            one.violations = Rate { k: 0, n };
            one.trials_to_first = None;
            ground.context.emit(EventKind::SuspectSettled {
                settled: Box::new(one.clone()),
            });
            found.remove(at);
        }
    }
    Ok(())
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
    // All that the other racer must have done by then, in the order in which it does it.
    let theirs = other.order[1..]
        .iter()
        .filter(|line| line.racer != looks.racer);
    let mut middle: Vec<OrderLine> = between.to_vec();
    middle.extend(theirs.filter(|line| !between.contains(line)).cloned());
    middle.sort_by_key(|line| at(line));
    let mut order = vec![first.clone()];
    order.append(&mut middle);
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
    ground: &mut Ground<'_, L>,
    schedule: &Schedule,
    serial: usize,
) -> Result<bool, HuntError> {
    let racers = ground.racers(schedule)?;
    let mut seen = false;
    for number in 0..TRIES {
        if ground.context.is_over() {
            return Ok(false);
        }
        let control = Control::Forced { patient: false };
        let done = ground
            .trial(schedule, &racers, serial, control, number)
            .await?;
        // What breaks in another order says nothing of this one.
        let given_up = done.progress.as_ref().is_some_and(|p| p.given_up);
        if !given_up && !done.judgement.violations.is_empty() {
            return Ok(false);
        }
        seen |= !given_up;
    }
    // An order that was never had shows nothing.
    Ok(seen)
}
