//! Suspects: for every pair of operations, the pairs of steps of one that the other can come
//! between with an effect: the first cares about something that the other does, and the other
//! about what the second does. Such a cycle is what no order of the two, one after another, has.
//!
//! `label` names what a cycle would do, `guard` what seems to rule it out. What is guarded is
//! ranked lower and tried all the same: most hand-made protections are wrong.

mod guard;
mod label;
#[cfg(test)]
mod tests;
mod window;

use std::collections::BTreeMap;

use model::{Label, OrderLine, RacerPlan, Setup, Suspect, SuspectOrder};
use serde_json::Value;

pub use window::{Window, windows};

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

/// A cycle through two steps of A and some of B.
#[derive(Debug, Clone)]
struct Cycle {
    first: usize,
    second: usize,
    /// The first and the last of B's steps that must come between.
    between: (usize, usize),
    label: Label,
    weight: u32,
    guard: Option<String>,
}

/// All suspects of these operations, those most likely to be wrong first. Which state they are
/// tried from is left open.
pub fn suspects(learned: &[Learned]) -> Vec<Suspect> {
    let mut found: Vec<(u32, Suspect)> = Vec::new();
    for (one, other) in pairs(learned) {
        found.extend(between(&learned[one], &learned[other]));
    }
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

fn between(one: &Learned, other: &Learned) -> Vec<(u32, Suspect)> {
    let mut by_resource: BTreeMap<String, Vec<Cycle>> = BTreeMap::new();
    for (resource, cycle) in cycles(&one.template, &other.template) {
        by_resource.entry(resource).or_default().push(cycle);
    }
    let racers = vec![plan("A", one), plan("B", other)];
    by_resource
        .into_iter()
        .filter_map(|(resource, mut cycles)| {
            cycles.sort_by_key(|cycle| std::cmp::Reverse(cycle.weight));
            let best = cycles.first()?.clone();
            let orders = cycles
                .iter()
                .take(ORDERS_MAX)
                .map(|cycle| order(&one.template, &other.template, cycle))
                .collect();
            let suspect = Suspect {
                id: String::new(),
                operations: vec![one.operation.clone(), other.operation.clone()],
                why: why(one, other, &best),
                resource,
                label: best.label,
                guard: best.guard,
                racers: racers.clone(),
                setup: Setup::default(),
                orders,
            };
            Some((best.weight, suspect))
        })
        .collect()
}

fn plan(name: &str, learned: &Learned) -> RacerPlan {
    RacerPlan {
        name: name.to_string(),
        operation: learned.operation.clone(),
        args: learned.args.clone(),
    }
}

/// Every cycle, with the resource that the first step cares about.
fn cycles(one: &Template, other: &Template) -> Vec<(String, Cycle)> {
    let locks = guard::lock_keys(one, other);
    let is_data = |deed: &&Deed| !deed.is_snapshot() && !locks.contains(&deed.resource());
    let mut found = Vec::new();
    for (first, step) in one.steps.iter().enumerate() {
        for deed in step.footprint.deeds.iter().filter(is_data) {
            let mut seen: Vec<(String, bool)> = Vec::new();
            for (second, later) in one.steps.iter().enumerate().skip(first + 1) {
                for then in later.footprint.deeds.iter().filter(is_data) {
                    // The first step after that does this to it: what comes later is too late.
                    let kind = (then.resource(), then.shows || then.locks);
                    if seen.contains(&kind) {
                        continue;
                    }
                    let candidate = label::Candidate {
                        first: step,
                        deed,
                        second: later,
                        then,
                        other,
                    };
                    let Some(named) = label::of(&candidate) else {
                        continue;
                    };
                    seen.push(kind);
                    let guard = guard::of(one, other, first, second, deed);
                    let cycle = Cycle {
                        first,
                        second,
                        between: named.between,
                        label: named.label,
                        weight: match &guard {
                            Some(_) => named.weight.saturating_sub(GUARDED),
                            None => named.weight,
                        },
                        guard,
                    };
                    found.push((deed.resource(), cycle));
                }
            }
        }
    }
    found
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

fn why(one: &Learned, other: &Learned, cycle: &Cycle) -> String {
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
