//! Selectively uniform random walk: orders of the interesting steps are equally likely.

use super::draws::Draws;
use super::{Ending, Pending, Strategy};

/// Draws the racer that makes the next interesting step, each as likely as its share of the
/// interesting steps that are left; steps of no interest run in between at random.
///
/// With exact estimates and nobody blocked, every order of the interesting steps is equally
/// likely. With wrong ones all orders stay possible, some less likely.
pub struct Surw<S> {
    draws: Draws,
    estimates: Vec<u64>,
    is_interesting: Box<dyn Fn(&S) -> bool + Send>,
    left: Vec<u64>,
    next: Option<usize>,
}

impl<S> Surw<S> {
    /// `estimates` says how many interesting steps each racer will make; racers that are not in it
    /// count as making none until they stand before one.
    pub fn new(
        seed: u64,
        estimates: Vec<u64>,
        is_interesting: impl Fn(&S) -> bool + Send + 'static,
    ) -> Surw<S> {
        Surw {
            draws: Draws::new(seed),
            left: estimates.clone(),
            estimates,
            is_interesting: Box::new(is_interesting),
            next: None,
        }
    }

    /// The racer whose interesting step is next, drawn among those that can move.
    fn draw(&mut self, ready: &[Pending<'_, S>]) -> usize {
        let weights: Vec<u64> = ready
            .iter()
            .map(|(racer, step)| {
                let left = self.left.get(*racer).copied().unwrap_or(0);
                left.max(u64::from((self.is_interesting)(step)))
            })
            .collect();
        ready[self.draws.weighted(&weights)].0
    }
}

impl<S> Strategy<S> for Surw<S> {
    fn begin(&mut self) -> bool {
        self.draws.begin();
        self.left.clone_from(&self.estimates);
        self.next = None;
        true
    }

    fn choose(&mut self, ready: &[Pending<'_, S>], _blocked: &[Pending<'_, S>]) -> usize {
        // A racer that is blocked or over cannot be waited for.
        let next = self
            .next
            .filter(|next| ready.iter().any(|(racer, _)| racer == next));
        let next = next.unwrap_or_else(|| self.draw(ready));
        self.next = Some(next);
        let free: Vec<usize> = ready
            .iter()
            .filter(|(racer, step)| *racer == next || !(self.is_interesting)(step))
            .map(|(racer, _)| *racer)
            .collect();
        free[self.draws.below(free.len() as u64) as usize]
    }

    fn executed(&mut self, racer: usize, step: S) {
        if (self.is_interesting)(&step) {
            if let Some(left) = self.left.get_mut(racer) {
                *left = left.saturating_sub(1);
            }
            self.next = None;
        }
    }

    fn end(&mut self, _ending: &Ending<'_, S>) {}
}
