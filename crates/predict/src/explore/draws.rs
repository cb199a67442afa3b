//! Seeded randomness of the samplers: what execution n draws depends on the seed and on n only,
//! so that any execution can be made again without those before it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

#[derive(Debug, Clone)]
pub(super) struct Draws {
    stream: ChaCha8Rng,
    seed: u64,
    executions: u64,
}

impl Draws {
    pub(super) fn new(seed: u64) -> Draws {
        Draws {
            stream: ChaCha8Rng::seed_from_u64(seed),
            seed,
            executions: 0,
        }
    }

    /// Turns to the draws of the next execution.
    pub(super) fn begin(&mut self) {
        self.stream = ChaCha8Rng::seed_from_u64(self.seed);
        self.stream.set_stream(self.executions);
        self.executions += 1;
    }

    pub(super) fn bits(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// A whole number below `limit`.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(limit)) >> 64) as u64
    }

    /// The index of one of the weights, as likely as its share of their sum; if all are nought,
    /// any.
    pub(super) fn weighted(&mut self, weights: &[u64]) -> usize {
        let sum = weights.iter().sum();
        if sum == 0 {
            return self.below(weights.len() as u64) as usize;
        }
        let mut left = self.below(sum);
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        weights.len().saturating_sub(1)
    }
}
