//! One boundary in detail: why, by what it is ranked, and what changes it.

use model::Boundary;

use super::super::Look;
use crate::prediction::{details, words};
use crate::style::Paint;
use crate::text::{clean, pad, wrap};

/// Lines that the reason, and each fact, may take.
const WHY_LINES_MAX: usize = 3;
const FACT_LINES_MAX: usize = 2;

/// Cells of the word before a fact.
const LABEL_CELLS: usize = 13;

/// A heading, the reason, and a line or two for each fact.
pub fn lines(boundary: &Boundary, look: &Look) -> Vec<String> {
    let title = clean(&words::title(boundary));
    let mut lines = vec![look.heading(&format!("{}  {title}", boundary.rank))];
    let why = clean(&boundary.why);
    if !why.is_empty() {
        let why = wrap(&why, look.width.saturating_sub(2), WHY_LINES_MAX);
        lines.extend(why.iter().map(|line| format!("  {line}")));
    }
    for (label, text) in details(boundary) {
        let room = look.width.saturating_sub(LABEL_CELLS + 2);
        let wrapped = wrap(&clean(&text), room, FACT_LINES_MAX);
        lines.extend(wrapped.iter().enumerate().map(|(place, line)| {
            let label = pad(if place == 0 { label } else { "" }, LABEL_CELLS);
            format!("  {}{line}", look.style.paint(Paint::Quiet, &label))
        }));
    }
    lines
}
