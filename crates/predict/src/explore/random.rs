//! A random walk: any ready racer is as likely as the others.

use super::draws::Draws;
use super::{Ending, Pending, Strategy};

/// Chooses uniformly among the ready racers at each step. Short racers tend to be over early, so
/// interleavings are not equally likely; see [`super::Surw`].
#[derive(Debug, Clone)]
pub struct Random {
    draws: Draws,
}

impl Random {
    /// A walk for this seed.
    pub fn new(seed: u64) -> Random {
        Random {
            draws: Draws::new(seed),
        }
    }
}

impl<S> Strategy<S> for Random {
    fn begin(&mut self) -> bool {
        self.draws.begin();
        true
    }

    fn choose(&mut self, ready: &[Pending<'_, S>], _blocked: &[Pending<'_, S>]) -> usize {
        ready[self.draws.below(ready.len() as u64) as usize].0
    }

    fn executed(&mut self, _racer: usize, _step: S) {}

    fn end(&mut self, _ending: &Ending<'_, S>) {}
}
