//! What of recorded traffic the prediction does not rest on: statements that were not
//! understood, lines that could not be read.

use model::prediction::RecordedTraffic;

use super::super::Look;
use crate::number::{count, counted};
use crate::style::Paint;
use crate::table::{Table, flexible, right};

/// Kinds of statements and of lines shown; the rest are counted.
const KINDS_SHOWN_MAX: usize = 5;

/// Both lists, each with its sum.
pub fn lines(recorded: &RecordedTraffic, look: &Look) -> Vec<String> {
    let mut lines = Vec::new();
    let obscure = recorded.obscure.iter();
    let obscure = obscure.map(|(text, times)| (*times, text.clone()));
    lines.extend(listed(
        "not understood, so they may touch anything",
        "statement",
        &obscure.collect::<Vec<_>>(),
        look,
    ));
    let skipped = recorded.skipped.iter();
    let skipped = skipped.map(|(why, times, first)| {
        (
            *times,
            format!("{why} (the first is line {})", count(*first)),
        )
    });
    lines.extend(listed(
        "skipped",
        "line",
        &skipped.collect::<Vec<_>>(),
        look,
    ));
    lines
}

/// `15 statements not understood, so they may touch anything`, and the first kinds of them.
fn listed(what: &str, noun: &str, kinds: &[(u64, String)], look: &Look) -> Vec<String> {
    if kinds.is_empty() {
        return Vec::new();
    }
    let total = kinds
        .iter()
        .fold(0u64, |sum, (times, _)| sum.saturating_add(*times));
    let heading = format!("{} {what}", counted(total, noun));
    let mut lines = vec![
        look.style
            .paint(Paint::Unsure, &crate::text::cut(&heading, look.width)),
    ];
    let mut table = Table::new(2, vec![right(""), flexible("")]);
    for (times, text) in kinds.iter().take(KINDS_SHOWN_MAX) {
        table.row(Paint::Plain, vec![count(*times), text.clone()]);
    }
    lines.extend(table.lines(look.width, look.style));
    let hidden = kinds.len().saturating_sub(KINDS_SHOWN_MAX);
    if hidden > 0 {
        lines.push(look.aside(&format!("  and {} more", counted(hidden as u64, "kind"))));
    }
    lines
}
