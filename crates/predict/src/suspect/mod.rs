//! Suspects: for every pair of operations, the pairs of steps of one that the other can come
//! between with an effect: the first cares about something that the other does, and the other
//! about what the second does. Such a cycle is what no order of the two, one after another, has.
//!
//! `label` names what a cycle would do, `guard` what seems to rule it out. What is guarded is
//! ranked lower and tried all the same: most hand-made protections are wrong.

mod conditional;
mod guard;
mod label;
pub(crate) mod rows;
#[cfg(test)]
mod tests;
mod told;
mod window;

use std::collections::BTreeMap;

use model::{Label, OrderLine, RacerPlan, Setup, Suspect, SuspectOrder};
use serde_json::Value;

pub use window::{Window, windows};

use guard::Guard;

use crate::footprint::Deed;
use crate::template::{Template, TemplateStep};

/// Orders tried for one suspect.
const ORDERS_MAX: usize = 4;

/// How much a guard takes from a suspect's weight.
const GUARDED: u32 = 50;

/// What is known of an operation with some arguments.
#[derive(Debug, Clone)]
pub struct Learned {
    /// The operation.
    pub operation: String,
    /// Its arguments.
    pub args: Vec<(String, Value)>,
    /// What it does.
    pub template: Template,
}

/// Columns of which no two rows have the same values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unique {
    /// The table, with its schema or without.
    pub table: String,
    /// The columns.
    pub columns: Vec<String>,
}

/// What cycles are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be tried: rather one too many.
    Trying,
    /// To be told to people and tried by nobody: what the store's own locks rule out is no cycle,
    /// and taking a lock is no act.
    Telling,
}

/// A cycle through two steps of A and some of B.
#[derive(Debug, Clone)]
pub(crate) struct Cycle {
    pub first: usize,
    pub second: usize,
    /// The first and the last of B's steps that must come between.
    pub between: (usize, usize),
    pub label: Label,
    pub weight: u32,
    pub guard: Option<Guard>,
    /// What the first step cares about, and what the second does, by their places.
    pub deeds: (usize, usize),
}

/// The cycles of two operations about one resource, the heaviest first.
#[derive(Debug, Clone)]
pub(crate) struct Race {
    pub one: usize,
    pub other: usize,
    pub resource: String,
    pub cycles: Vec<Cycle>,
}

/// All suspects of these operations, those most likely to be wrong first. Which state they are
/// tried from is left open.
pub fn suspects(learned: &[Learned]) -> Vec<Suspect> {
    let races = races(learned, &[], Purpose::Trying).into_iter();
    let mut found: Vec<(u32, Suspect)> = races
        .filter_map(|race| suspect(&learned[race.one], &learned[race.other], race))
        .collect();
    // Stable: equal weights stay in the order of the spec.
    found.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let ranked = found.into_iter().enumerate();
    ranked
        .map(|(rank, (_, suspect))| Suspect {
            id: format!("S{}", rank + 1),
            ..suspect
        })
        .collect()
}

/// Which operations are tried together, by their places.
pub fn pairs(learned: &[Learned]) -> Vec<(usize, usize)> {
    let all = (0..learned.len()).flat_map(|at| (0..learned.len()).map(move |other| (at, other)));
    all.filter(|(at, other)| is_worth_trying(learned, *at, *other))
        .collect()
}

/// The same operation with other arguments is tried against the first ones once: the other way
/// round, and against itself, it would show nothing new.
fn is_worth_trying(learned: &[Learned], at: usize, other: usize) -> bool {
    let is_first = |at: usize| {
        learned[..at]
            .iter()
            .all(|earlier| earlier.operation != learned[at].operation)
    };
    let same_operation = learned[at].operation == learned[other].operation;
    is_first(at) && (same_operation || is_first(other))
}

/// All races of these operations, pair by pair, where these columns are unique.
pub(crate) fn races(learned: &[Learned], unique: &[Unique], purpose: Purpose) -> Vec<Race> {
    let mut found = Vec::new();
    for (one, other) in pairs(learned) {
        let mut by_resource: BTreeMap<String, Vec<Cycle>> = BTreeMap::new();
        let (mine, theirs) = (&learned[one].template, &learned[other].template);
        for (resource, cycle) in cycles(mine, theirs, unique, purpose) {
            by_resource.entry(resource).or_default().push(cycle);
        }
        found.extend(by_resource.into_iter().map(|(resource, mut cycles)| {
            cycles.sort_by_key(|cycle| std::cmp::Reverse(cycle.weight));
            Race {
                one,
                other,
                resource,
                cycles,
            }
        }));
    }
    found
}

fn suspect(one: &Learned, other: &Learned, race: Race) -> Option<(u32, Suspect)> {
    let best = race.cycles.first()?;
    let orders = race.cycles.iter().take(ORDERS_MAX);
    let suspect = Suspect {
        id: String::new(),
        operations: vec![one.operation.clone(), other.operation.clone()],
        why: why(one, other, best),
        label: best.label,
        guard: best.guard.as_ref().map(|guard| guard.what.clone()),
        racers: vec![plan("A", one), plan("B", other)],
        setup: Setup::default(),
        orders: orders
            .map(|cycle| order(&one.template, &other.template, cycle))
            .collect(),
        resource: race.resource,
    };
    Some((best.weight, suspect))
}

impl Unique {
    /// Whether it is of this table.
    pub fn is_of(&self, table: &str) -> bool {
        let bare = |name: &str| name.rsplit('.').next().unwrap_or_default().to_string();
        self.table == table
            || bare(&self.table) == bare(table)
                && !(self.table.contains('.') && table.contains('.'))
    }
}

fn plan(name: &str, learned: &Learned) -> RacerPlan {
    RacerPlan {
        name: name.to_string(),
        operation: learned.operation.clone(),
        args: learned.args.clone(),
    }
}

/// Every cycle, with the resource that the first step cares about.
fn cycles(
    one: &Template,
    other: &Template,
    unique: &[Unique],
    purpose: Purpose,
) -> Vec<(String, Cycle)> {
    let met = met(one, other);
    let mut found = Vec::new();
    for (first, nth, deed) in &met {
        let mut seen: Vec<(String, bool, bool)> = Vec::new();
        for (second, then_nth, then) in met.iter().filter(|(second, ..)| second > first) {
            // The first step after that does this to it: what comes later is too late.
            let is_same_row = rows::are_same(deed, then);
            let kind = (then.resource(), then.shows || then.locks, is_same_row);
            if seen.contains(&kind) {
                continue;
            }
            let candidate = label::Candidate {
                first: &one.steps[*first],
                deed,
                second: &one.steps[*second],
                then,
                other,
                purpose,
            };
            let Some(named) = label::of(&candidate) else {
                continue;
            };
            let steps = (*first, *second);
            if purpose == Purpose::Telling && told::is_held(one, steps, deed) {
                continue;
            }
            seen.push(kind);
            let between = guard::Between {
                one,
                other,
                first: *first,
                second: *second,
                deed,
                purpose,
            };
            let guard = guard::of(&between, unique);
            let cycle = Cycle {
                first: *first,
                second: *second,
                between: named.between,
                label: named.label,
                weight: match &guard {
                    Some(_) => named.weight.saturating_sub(GUARDED),
                    None => named.weight,
                },
                guard,
                deeds: (*nth, *then_nth),
            };
            found.push((deed.resource(), cycle));
        }
    }
    found
}

/// A's deeds that B can meet, each with its step and its place there.
fn met<'a>(one: &'a Template, other: &Template) -> Vec<(usize, usize, &'a Deed)> {
    let locks = guard::lock_keys(one, other);
    // What B does not touch is in no cycle with it.
    let is_met = |deed: &Deed| {
        let mut theirs = other.steps.iter().flat_map(|step| &step.footprint.deeds);
        theirs.any(|theirs| deed.depends(theirs))
    };
    // That a lock is free again changes nothing that was looked at.
    let is_release = |deed: &Deed| deed.shows && deed.effect.access == model::Access::Lock;
    let is_data = |deed: &Deed| {
        !deed.is_snapshot()
            && !is_release(deed)
            && is_met(deed)
            && !locks.contains(&deed.resource())
    };
    let mut met: Vec<(usize, usize, &Deed)> = Vec::new();
    for (at, step) in one.steps.iter().enumerate() {
        let deeds = step.footprint.deeds.iter().enumerate();
        met.extend(
            deeds
                .filter(|(_, deed)| is_data(deed))
                .map(|(nth, deed)| (at, nth, deed)),
        );
    }
    met
}

fn order(one: &Template, other: &Template, cycle: &Cycle) -> SuspectOrder {
    let line = |racer, step: &TemplateStep| OrderLine {
        racer,
        step: step.pattern.clone(),
    };
    let mut lines = vec![
        line(0, &one.steps[cycle.first]),
        line(1, &other.steps[cycle.between.0]),
        line(1, &other.steps[cycle.between.1]),
        line(0, &one.steps[cycle.second]),
    ];
    lines.dedup();
    SuspectOrder {
        label: cycle.label,
        lines,
    }
}

/// One sentence: who does what, with what in between.
pub(crate) fn why(one: &Learned, other: &Learned, cycle: &Cycle) -> String {
    let (a, b) = match one.operation == other.operation {
        true => (
            one.operation.clone(),
            format!("another {}", other.operation),
        ),
        false => (one.operation.clone(), other.operation.clone()),
    };
    let first = &one.template.steps[cycle.first];
    let second = &one.template.steps[cycle.second];
    let between = &other.template.steps[cycle.between.1];
    let late = match second.after_answer {
        true => ", after it has answered",
        false => "",
    };
    format!(
        "{a} makes `{}` and later `{}`{late}; {b} can come between with `{}`",
        first.pattern, second.pattern, between.pattern
    )
}
