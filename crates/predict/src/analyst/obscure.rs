//! Statements that were not understood. They may touch anything, so each would race with
//! everything: they are counted and listed, and make one boundary together.

use std::collections::HashMap;

use model::{Access, Step};

/// Statements that are listed; those after them are only counted.
const LISTED_MAX: usize = 50;
/// A listed statement is cut here.
const SHOWN_CHARS_MAX: usize = 120;

/// What was not understood, how often, in the order it came.
#[derive(Default)]
pub struct Obscure {
    rows: Vec<(String, u64)>,
    places: HashMap<String, usize>,
    /// Of statements that are not listed.
    more: u64,
    /// Whose.
    target: Option<String>,
}

/// Whether a step could do anything.
pub fn is_obscure(step: &Step) -> bool {
    step.effects
        .iter()
        .any(|effect| effect.access == Access::Unknown)
}

impl Obscure {
    /// Counts a step if it was not understood.
    pub fn count(&mut self, step: &Step) {
        if !is_obscure(step) {
            return;
        }
        self.target.get_or_insert_with(|| step.target.clone());
        if let Some(place) = self.places.get(&step.shape) {
            self.rows[*place].1 += 1;
        } else if self.rows.len() < LISTED_MAX {
            self.places.insert(step.shape.clone(), self.rows.len());
            self.rows
                .push((step.text.chars().take(SHOWN_CHARS_MAX).collect(), 1));
        } else {
            self.more += 1;
        }
    }

    /// Whose they are, if there are any.
    pub fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.rows.iter().map(|(_, times)| times).sum::<u64>() + self.more
    }

    /// The statements, each with how often it came.
    pub fn into_rows(mut self) -> Vec<(String, u64)> {
        if self.more > 0 {
            self.rows.push(("others".to_string(), self.more));
        }
        self.rows
    }
}
