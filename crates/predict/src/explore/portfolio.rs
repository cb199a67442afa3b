//! Several strategies in turn.

use super::{Ending, Pending, Strategy};

/// Gives each strategy an execution in turn; those that have nothing left to explore drop out.
pub struct Portfolio<'a, S> {
    strategies: Vec<Box<dyn Strategy<S> + Send + 'a>>,
    is_over: Vec<bool>,
    turn: Option<usize>,
}

impl<'a, S> Portfolio<'a, S> {
    /// The strategies, in the order in which they take turns.
    pub fn new(strategies: Vec<Box<dyn Strategy<S> + Send + 'a>>) -> Portfolio<'a, S> {
        Portfolio {
            is_over: vec![false; strategies.len()],
            strategies,
            turn: None,
        }
    }

    /// Whose execution it is, or was last: its index.
    pub fn turn(&self) -> Option<usize> {
        self.turn
    }

    /// The strategies themselves, to ask what they found.
    pub fn strategies(&self) -> &[Box<dyn Strategy<S> + Send + 'a>] {
        &self.strategies
    }

    fn current(&mut self) -> Option<&mut Box<dyn Strategy<S> + Send + 'a>> {
        self.strategies.get_mut(self.turn?)
    }
}

impl<S> Strategy<S> for Portfolio<'_, S> {
    fn begin(&mut self) -> bool {
        let count = self.strategies.len();
        let first = self.turn.map_or(0, |turn| turn + 1);
        for index in (first..first + count).map(|index| index % count) {
            if !self.is_over[index] {
                self.turn = Some(index);
                if self.strategies[index].begin() {
                    return true;
                }
                self.is_over[index] = true;
            }
        }
        false
    }

    fn choose(&mut self, ready: &[Pending<'_, S>], blocked: &[Pending<'_, S>]) -> usize {
        match self.current() {
            Some(strategy) => strategy.choose(ready, blocked),
            None => super::carry_on(ready, None),
        }
    }

    fn executed(&mut self, racer: usize, step: S) {
        if let Some(strategy) = self.current() {
            strategy.executed(racer, step);
        }
    }

    fn end(&mut self, ending: &Ending<'_, S>) {
        if let Some(strategy) = self.current() {
            strategy.end(ending);
        }
    }

    fn is_redundant(&self) -> bool {
        let current = self.turn.and_then(|turn| self.strategies.get(turn));
        current.is_some_and(|strategy| strategy.is_redundant())
    }
}
