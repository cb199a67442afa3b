//! What is protected: by what, and how often that kept somebody out.

use model::Boundary;

use super::super::Look;
use crate::number::count;
use crate::prediction::words::{guard, meeting};
use crate::text::{clean, wrap};

/// Protected boundaries shown; the rest are counted.
const PROTECTED_SHOWN_MAX: usize = 6;

/// Lines a guard may take.
const GUARD_LINES_MAX: usize = 2;

/// Two lines or three for each.
pub fn lines(protected: &[&Boundary], was_simulated: bool, look: &Look) -> Vec<String> {
    if protected.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![look.heading("protected")];
    for boundary in protected.iter().take(PROTECTED_SHOWN_MAX) {
        let hazard = boundary.hazard.as_str();
        let text = format!("{}  {hazard}: {}", boundary.rank, meeting(boundary));
        let width = look.width.saturating_sub(2);
        lines.extend(
            wrap(&clean(&text), width, 1)
                .iter()
                .map(|line| format!("  {line}")),
        );
        let guard = clean(&guard(boundary, was_simulated));
        let guard = wrap(&guard, look.width.saturating_sub(5), GUARD_LINES_MAX);
        lines.extend(guard.iter().map(|line| look.aside(&format!("     {line}"))));
    }
    let hidden = protected.len().saturating_sub(PROTECTED_SHOWN_MAX);
    if hidden > 0 {
        lines.push(look.aside(&format!("  and {} more", count(hidden as u64))));
    }
    lines
}
