//! Partial order sampling: a random priority for each step that waits, and a new one for those
//! that lost a race.

use super::draws::Draws;
use super::{Dependence, Ending, Pending, Strategy};

/// The waiting step with the highest priority goes. Steps that depend on it draw anew, so that
/// orders of dependent steps come out more evenly than in a random walk.
#[derive(Debug, Clone)]
pub struct Pos<S, D> {
    draws: Draws,
    dependence: D,
    /// By racer: the priority of the step it stands before.
    priorities: Vec<Option<u64>>,
    /// What was carried out since the last choice.
    news: Vec<(usize, S)>,
}

impl<S, D: Dependence<S>> Pos<S, D> {
    /// Sampling for this seed.
    pub fn new(seed: u64, dependence: D) -> Pos<S, D> {
        Pos {
            draws: Draws::new(seed),
            dependence,
            priorities: Vec::new(),
            news: Vec::new(),
        }
    }

    fn priority(&mut self, racer: usize, step: &S) -> u64 {
        if self.priorities.len() <= racer {
            self.priorities.resize(racer + 1, None);
        }
        let is_stale = self
            .news
            .iter()
            .any(|(other, executed)| *other == racer || self.dependence.depend(executed, step));
        match self.priorities[racer] {
            Some(priority) if !is_stale => priority,
            _ => {
                let drawn = self.draws.bits();
                self.priorities[racer] = Some(drawn);
                drawn
            }
        }
    }
}

impl<S, D: Dependence<S>> Strategy<S> for Pos<S, D> {
    fn begin(&mut self) -> bool {
        self.draws.begin();
        self.priorities.clear();
        self.news.clear();
        true
    }

    fn choose(&mut self, ready: &[Pending<'_, S>], blocked: &[Pending<'_, S>]) -> usize {
        // A blocked step waits too: what it depends on counts although it cannot go now.
        for (racer, step) in blocked {
            self.priority(*racer, step);
        }
        let mut highest: Option<(u64, usize)> = None;
        for (racer, step) in ready {
            highest = highest.max(Some((self.priority(*racer, step), *racer)));
        }
        self.news.clear();
        highest.map_or(0, |(_, racer)| racer)
    }

    fn executed(&mut self, racer: usize, step: S) {
        self.news.push((racer, step));
    }

    fn end(&mut self, _ending: &Ending<'_, S>) {}
}
