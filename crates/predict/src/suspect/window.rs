//! Windows: the same cycles that suspects are made of, by the places of their steps, for who wants
//! to count how often they close.

use model::{Access, Label};

use super::{Cycle, Learned, Purpose, Unique, cycles, pairs, plan, told, why};
use crate::template::Template;

/// A window of A that B can come into.
#[derive(Debug, Clone)]
pub struct Window {
    /// A, by its place.
    pub one: usize,
    /// B.
    pub other: usize,
    /// A's step that opens it, in its template.
    pub first: usize,
    /// A's step that closes it.
    pub second: usize,
    /// B's first and last step that must come between.
    pub between: (usize, usize),
    /// What they meet at.
    pub resource: String,
    /// What it would be.
    pub label: Label,
    /// How likely it is to be wrong.
    pub weight: u32,
    /// What seems to protect it.
    pub guard: Option<String>,
    /// Whether the act itself turns away who comes second.
    pub turns_away: bool,
    /// Who does what.
    pub why: String,
    /// The racers' arguments.
    pub args: Vec<Vec<(String, serde_json::Value)>>,
}

/// Windows of one pair of operations on one resource that are kept.
const WINDOWS_KEPT: usize = 4;

/// The best windows of each pair of operations and each resource.
pub fn windows(learned: &[Learned], unique: &[Unique]) -> Vec<Window> {
    let mut found: Vec<Window> = Vec::new();
    for (one, other) in pairs(learned) {
        let (a, b) = (&learned[one], &learned[other]);
        let mut all = cycles(&a.template, &b.template, unique, Purpose::Trying);
        all.retain(|(resource, cycle)| {
            // Who locks in another order is not kept out by a lock, but waits for it for ever.
            let is_free = cycle.label == Label::LockOrder
                || !told::takes(&a.template, (cycle.first, cycle.second), resource);
            is_free && (reads(&b.template) || !is_skew(cycle))
        });
        all.sort_by_key(|(_, cycle)| std::cmp::Reverse(cycle.weight));
        for (resource, cycle) in all {
            let mut known = found.iter().filter(|known| {
                (known.one, known.other) == (one, other) && known.resource == resource
            });
            let steps = (cycle.first, cycle.second);
            let is_known = known.any(|known| (known.first, known.second) == steps);
            if is_known || known.count() >= WINDOWS_KEPT {
                continue;
            }
            found.push(Window {
                one,
                other,
                first: cycle.first,
                second: cycle.second,
                between: cycle.between,
                label: cycle.label,
                weight: cycle.weight,
                turns_away: cycle.guard.as_ref().is_some_and(|guard| guard.turns_away),
                guard: cycle.guard.as_ref().map(|guard| guard.what.clone()),
                why: why(a, b, &cycle),
                args: vec![plan("A", a).args, plan("B", b).args],
                resource,
            });
        }
    }
    found.sort_by_key(|window| std::cmp::Reverse(window.weight));
    found
}

/// Who only counts up and down sees nothing of different times.
fn is_skew(cycle: &Cycle) -> bool {
    cycle.label == Label::ReadSkew
}

fn reads(template: &Template) -> bool {
    let mut deeds = template.steps.iter().flat_map(|step| &step.footprint.deeds);
    deeds.any(|deed| deed.effect.access == Access::Read && !deed.is_snapshot())
}
