//! Makes a recorded order again.

use super::{Ending, Pending, Strategy, carry_on};

/// Follows a recorded sequence of racers. Where the expected racer cannot move, the one that comes
/// soonest in the record goes instead, and the execution counts as diverged.
#[derive(Debug, Clone)]
pub struct Replay {
    order: Vec<usize>,
    times: u64,
    /// What of the order is still to come.
    rest: Vec<usize>,
    last: Option<usize>,
    has_diverged: bool,
    diverged: u64,
}

impl Replay {
    /// Makes this order, so many times. Past its end the last racer goes on.
    pub fn new(order: Vec<usize>, times: u64) -> Replay {
        Replay {
            order,
            times,
            rest: Vec::new(),
            last: None,
            has_diverged: false,
            diverged: 0,
        }
    }

    /// How many executions did not follow the record.
    pub fn diverged(&self) -> u64 {
        self.diverged
    }
}

impl<S> Strategy<S> for Replay {
    fn begin(&mut self) -> bool {
        if self.times == 0 {
            return false;
        }
        self.times -= 1;
        self.rest.clone_from(&self.order);
        self.last = None;
        self.has_diverged = false;
        true
    }

    fn choose(&mut self, ready: &[Pending<'_, S>], _blocked: &[Pending<'_, S>]) -> usize {
        let is_ready = |racer: usize| ready.iter().any(|(other, _)| *other == racer);
        let found = self.rest.iter().copied().find(|racer| is_ready(*racer));
        self.has_diverged |= !self.rest.is_empty() && found != self.rest.first().copied();
        found.unwrap_or_else(|| carry_on(ready, self.last))
    }

    fn executed(&mut self, racer: usize, _step: S) {
        let place = self.rest.iter().position(|other| *other == racer);
        self.has_diverged |= !self.rest.is_empty() && place != Some(0);
        if let Some(place) = place {
            self.rest.remove(place);
        }
        self.last = Some(racer);
    }

    fn end(&mut self, _ending: &Ending<'_, S>) {
        self.diverged += u64::from(self.has_diverged || !self.rest.is_empty());
    }
}
