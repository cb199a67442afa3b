//! What seems to keep B from coming between. Recognised to rank suspects and to name what is
//! tested, never believed.

use std::collections::HashSet;

use model::{Access, Isolation};

use crate::footprint::Deed;
use crate::template::{Template, TemplateStep};

/// What seems to protect the steps of A from `first` to `second`.
pub fn of(
    one: &Template,
    other: &Template,
    first: usize,
    second: usize,
    deed: &Deed,
) -> Option<String> {
    if let Some(key) = span(one, first, second).find(|key| takes(other, key)) {
        return Some(format!("the lock `{key}`"));
    }
    let theirs = |lock: &Deed| {
        let mut deeds = other.steps.iter().flat_map(|step| &step.footprint.deeds);
        deeds.any(|theirs| theirs.effect.access == Access::Lock && lock.depends(theirs))
    };
    if let Some(lock) = locked_before(one, first)
        .into_iter()
        .find(|lock| theirs(lock))
    {
        return Some(match lock.effect.resource.strip_prefix("advisory:") {
            Some(key) => format!("the advisory lock {key}"),
            None => format!("a row lock on {}", lock.resource()),
        });
    }
    if one.steps[..=second].iter().any(is_serializable) {
        return Some("SERIALIZABLE".to_string());
    }
    turns_away(one, second, &deed.resource())
        .then(|| format!("a conditional {}", one.steps[second].step.verb))
}

/// Whether the act itself does nothing when what it acts on is no longer as it was.
pub fn turns_away(one: &Template, second: usize, resource: &str) -> bool {
    one.steps[second].footprint.deeds.iter().any(|deed| {
        deed.effect.access == Access::Atomic && deed.locks && deed.resource() == resource
    })
}

/// Keys that are used as locks by both: set only if absent, and removed later.
pub fn lock_keys(one: &Template, other: &Template) -> HashSet<String> {
    let last = |template: &Template| template.steps.len();
    let mine: HashSet<String> = span(one, last(one), 0).collect();
    let theirs: HashSet<String> = span(other, last(other), 0).collect();
    mine.intersection(&theirs).cloned().collect()
}

/// Redis locks taken before step `first` and given back after step `second`.
fn span(template: &Template, first: usize, second: usize) -> impl Iterator<Item = String> {
    let taken = template.steps[..first.min(template.steps.len())]
        .iter()
        .filter(|step| takes_lock(step));
    taken.filter_map(move |step| {
        let key = step.footprint.deeds.first()?.resource();
        let given_back = template
            .steps
            .iter()
            .enumerate()
            .any(|(at, later)| at > second && gives_back(later) && touches(later, &key));
        given_back.then_some(key)
    })
}

fn takes(template: &Template, key: &str) -> bool {
    let mut steps = template.steps.iter();
    steps.any(|step| takes_lock(step) && touches(step, key))
}

fn touches(step: &TemplateStep, key: &str) -> bool {
    let mut deeds = step.footprint.deeds.iter();
    deeds.any(|deed| deed.resource() == key)
}

/// `SET key value NX`, `SETNX key value`.
fn takes_lock(step: &TemplateStep) -> bool {
    step.step.verb == "SETNX"
        || step.step.verb == "SET"
            && step
                .step
                .text
                .split_whitespace()
                .any(|word| word.eq_ignore_ascii_case("NX"))
}

fn gives_back(step: &TemplateStep) -> bool {
    matches!(
        step.step.verb.as_str(),
        "DEL" | "UNLINK" | "EVAL" | "EVALSHA" | "FCALL"
    )
}

/// Locks that the transaction in which a step is made has taken by then.
fn locked_before(template: &Template, upto: usize) -> Vec<&Deed> {
    let mut locked: Vec<&Deed> = Vec::new();
    for step in template.steps.iter().take(upto + 1) {
        match step.step.transaction {
            model::Transaction::Commit | model::Transaction::Rollback => locked.clear(),
            _ => locked.extend(
                step.footprint
                    .deeds
                    .iter()
                    .filter(|deed| deed.effect.access == Access::Lock),
            ),
        }
    }
    locked
}

fn is_serializable(step: &TemplateStep) -> bool {
    step.step.isolation == Some(Isolation::Serializable)
}
