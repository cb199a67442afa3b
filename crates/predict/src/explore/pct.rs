//! Probabilistic concurrency testing: random priorities that change at a few random moments.

use super::draws::Draws;
use super::{Ending, Pending, Strategy};

/// The ready racer with the highest priority goes; at `depth - 1` random steps the one that just
/// went falls below all others.
///
/// A bug that needs `depth` ordering constraints is met with a chance of at least
/// 1 / (racers * steps^(depth - 1)) in each execution of at most `steps` steps.
#[derive(Debug, Clone)]
pub struct Pct {
    draws: Draws,
    steps: u64,
    depth: u32,
    /// By racer; those that fell have priorities below `depth`.
    priorities: Vec<u64>,
    /// After which step the nth change comes.
    changes: Vec<u64>,
    made: u64,
}

impl Pct {
    /// `steps` estimates how many steps an execution has in all.
    pub fn new(seed: u64, steps: u64, depth: u32) -> Pct {
        Pct {
            draws: Draws::new(seed),
            steps: steps.max(1),
            depth: depth.max(1),
            priorities: Vec::new(),
            changes: Vec::new(),
            made: 0,
        }
    }

    /// A racer's priority; drawn when it is first seen, above all those that fell.
    fn priority(&mut self, racer: usize) -> u64 {
        while self.priorities.len() <= racer {
            let drawn = self.draws.bits().max(u64::from(self.depth));
            self.priorities.push(drawn);
        }
        self.priorities[racer]
    }
}

impl<S> Strategy<S> for Pct {
    fn begin(&mut self) -> bool {
        self.draws.begin();
        self.priorities.clear();
        self.made = 0;
        let changes = 1..self.depth;
        self.changes = changes.map(|_| self.draws.below(self.steps) + 1).collect();
        true
    }

    fn choose(&mut self, ready: &[Pending<'_, S>], _blocked: &[Pending<'_, S>]) -> usize {
        let racers = ready.iter().map(|(racer, _)| *racer);
        let highest = racers.max_by_key(|racer| (self.priority(*racer), *racer));
        highest.unwrap_or(0)
    }

    fn executed(&mut self, racer: usize, _step: S) {
        self.made += 1;
        self.priority(racer);
        for (change, after) in self.changes.iter().enumerate() {
            if *after == self.made {
                self.priorities[racer] = change as u64;
            }
        }
    }

    fn end(&mut self, _ending: &Ending<'_, S>) {}
}
