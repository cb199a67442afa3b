//! What the operations do when each runs alone. Told when nothing was found, for then the
//! question is whether anything was seen at all, and when there is little to tell.

use model::SuspectVerdict;

use super::Look;
use super::gather::{Gathered, Learned};
use crate::number::counted;
use crate::text::{clean, wrap};

/// Operations shown.
const OPERATIONS_SHOWN_MAX: usize = 6;

/// Operations that are few enough beside a race.
const OPERATIONS_FEW: usize = 1;

/// One line for each operation.
pub fn lines(gathered: &Gathered, look: &Look) -> Vec<String> {
    let mut shown: Vec<&Learned> = Vec::new();
    for learned in &gathered.learned {
        // Other arguments make other steps now and then; the first choice stands for all.
        if !shown
            .iter()
            .any(|known| known.operation == learned.operation)
        {
            shown.push(learned);
        }
    }
    let is_confirmed = |verdict| verdict == SuspectVerdict::Confirmed;
    let has_race = gathered
        .settled
        .iter()
        .any(|settled| is_confirmed(settled.verdict));
    if has_race && shown.len() > OPERATIONS_FEW {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for learned in shown.iter().take(OPERATIONS_SHOWN_MAX) {
        let wrapped = wrap(&sentence(learned), look.width.saturating_sub(2), 1);
        lines.extend(wrapped.iter().map(|line| look.aside(&format!("  {line}"))));
    }
    let hidden = shown.len().saturating_sub(OPERATIONS_SHOWN_MAX);
    if hidden > 0 {
        let text = counted(hidden as u64, "operation");
        lines.push(look.aside(&format!("  and {text} more")));
    }
    lines
}

/// `reserve: 5 steps that matter, 1 set aside (db START)`.
pub fn sentence(learned: &Learned) -> String {
    let steps = counted(learned.steps as u64, "step");
    let matter = if learned.steps == 1 {
        "matters"
    } else {
        "matter"
    };
    let mut text = format!("{}: {steps} that {matter}", learned.operation);
    let aside = &learned.set_aside;
    if !aside.is_empty() {
        text.push_str(&format!(
            ", {} set aside ({})",
            aside.len(),
            aside.join(", ")
        ));
    }
    if learned.obscure > 0 {
        text.push_str(&format!(", {} not understood", learned.obscure));
    }
    clean(&text)
}
