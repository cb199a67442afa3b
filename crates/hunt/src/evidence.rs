//! What the steps of a trial say about why an order did no harm: the store or a lock turned a
//! racer away.

use std::collections::HashMap;

use model::{Access, Schedule, SeenStep};

use crate::directors::polling;
use crate::trial::TrialDone;

/// Errors by which PostgreSQL aborts one of two that meet, in words.
const ABORTS: [(&str, &str); 4] = [
    ("40001", "could not be serialized"),
    ("40P01", "was ended because of a deadlock"),
    ("23505", "was refused by a unique constraint"),
    ("55P03", "did not get its lock"),
];

/// What kept a racer out while another one was at work, if anything did: the store made it wait, or
/// turned it away.
pub(crate) fn kept_out(schedule: &Schedule, done: &TrialDone) -> Option<String> {
    let progress = done.progress.as_ref()?;
    let waited = progress.blocked.as_ref();
    waited
        .map(|blocked| blocked.evidence.clone())
        .or_else(|| turned_away(schedule, &done.steps))
}

/// How a racer was turned away in favour of another one; none when nobody was.
fn turned_away(schedule: &Schedule, steps: &[SeenStep]) -> Option<String> {
    steps
        .iter()
        .find_map(|seen| aborted(schedule, seen).or_else(|| changed_nothing(schedule, seen)))
        .or_else(|| found_locked(schedule, steps))
}

fn name(schedule: &Schedule, seen: &SeenStep) -> String {
    let racer = schedule.racers.get(usize::from(seen.step.lane.0));
    let racer = racer.map_or("a racer", |racer| racer.name.as_str());
    format!("{racer}'s `{}`", seen.step.name())
}

fn aborted(schedule: &Schedule, seen: &SeenStep) -> Option<String> {
    let reply = seen.reply.as_ref()?;
    let code = reply.code.as_deref()?;
    let (_, words) = ABORTS.into_iter().find(|(known, _)| *known == code)?;
    Some(format!("{} {words} ({code})", name(schedule, seen)))
}

/// A conditional change whose condition did not hold, or a transaction whose watched keys moved.
fn changed_nothing(schedule: &Schedule, seen: &SeenStep) -> Option<String> {
    let reply = seen.reply.as_ref()?;
    let writes = seen
        .step
        .effects
        .iter()
        .any(|effect| matches!(effect.access, Access::Write | Access::Atomic));
    let is_update = matches!(seen.step.verb.as_str(), "UPDATE" | "DELETE" | "INSERT");
    if writes && is_update && reply.rows == Some(0) {
        return Some(format!("{} changed no row", name(schedule, seen)));
    }
    let is_nil = reply.kind == model::ReplyKind::Empty;
    (seen.step.verb == "EXEC" && is_nil)
        .then(|| format!("{} was not carried out (WATCH)", name(schedule, seen)))
}

/// An attempt at a lock that another racer had.
fn found_locked(schedule: &Schedule, steps: &[SeenStep]) -> Option<String> {
    let mut holders: HashMap<String, u16> = HashMap::new();
    for seen in steps.iter().filter(|seen| polling::is_attempt(&seen.step)) {
        let key = seen.step.effects.first()?.resource.clone();
        let lane = seen.step.lane.0;
        let Some(reply) = seen.reply.as_ref() else {
            continue;
        };
        if !polling::is_in_vain(reply) {
            holders.insert(key, lane);
        } else if holders.get(&key).is_some_and(|holder| *holder != lane) {
            return Some(format!("{} found it taken", name(schedule, seen)));
        }
    }
    None
}
