//! Serial equivalence: what racers did together must be what they do one after another, in some
//! order. It needs nothing from the user: the system itself, run sequentially, is the oracle.
//!
//! `normal` takes out of answers and states what may differ between two right runs (fresh ids,
//! tokens, times), `compare` looks for an order that explains a trial, `rules` names what is wrong
//! on its face.

mod compare;
mod limit;
mod normal;
mod rules;
#[cfg(test)]
mod tests;

use model::{Attempt, StateSeen};

pub use compare::{Reference, told};
pub use limit::limit;
pub use rules::broken;

/// Racers that ran one after another.
#[derive(Debug, Clone, PartialEq)]
pub struct SerialRun {
    /// Which racer ran first, second, ...; those left out did not run.
    pub order: Vec<usize>,
    /// Their attempts, in that order.
    pub attempts: Vec<Attempt>,
    /// The state after the last.
    pub state: Vec<StateSeen>,
}

/// The orders in which `racers` can run one after another, each complete one first, then those
/// with some left out: a racer that was rightly refused explains itself by not having run.
pub fn orders(racers: usize) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = vec![Vec::new()];
    let mut last = found.clone();
    for _ in 0..racers {
        last = last
            .iter()
            .flat_map(|order| {
                (0..racers)
                    .filter(|racer| !order.contains(racer))
                    .map(|racer| [order.as_slice(), &[racer]].concat())
            })
            .collect();
        found.extend(last.clone());
    }
    found.sort_by_key(|order| std::cmp::Reverse(order.len()));
    found
}
