//! Windows: the same cycles that suspects are made of, by the places of their steps, for who wants
//! to count how often they close.

use model::Label;

use super::{Learned, cycles, guard, pairs, plan, why};

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

/// The best window of each pair of operations and each resource.
pub fn windows(learned: &[Learned]) -> Vec<Window> {
    let mut found: Vec<Window> = Vec::new();
    for (one, other) in pairs(learned) {
        let (a, b) = (&learned[one], &learned[other]);
        let mut all = cycles(&a.template, &b.template);
        all.sort_by_key(|(_, cycle)| std::cmp::Reverse(cycle.weight));
        for (resource, cycle) in all {
            let is_known = |known: &Window| {
                (known.one, known.other) == (one, other) && known.resource == resource
            };
            if found.iter().any(is_known) {
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
                turns_away: guard::turns_away(&a.template, cycle.second, &resource),
                guard: cycle.guard.clone(),
                why: why(a, b, &cycle),
                args: vec![plan("A", a).args, plan("B", b).args],
                resource,
            });
        }
    }
    found.sort_by_key(|window| std::cmp::Reverse(window.weight));
    found
}
