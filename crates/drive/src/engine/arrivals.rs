//! When requests of an open model are due: each at a time of its own that no answer moves.

use std::time::Duration;

use crate::draws::Draws;

/// How requests come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrivals {
    /// So many a second, evenly.
    Even(f64),
    /// So many a second on average, each whenever it likes (Poisson).
    Random(f64),
}

/// The times of one of several workers who share them: every so manieth.
#[derive(Debug)]
pub struct Schedule {
    arrivals: Arrivals,
    draws: Draws,
    /// The next one's number among all, and how far it is to the one after it.
    number: u64,
    step: u64,
    /// When the last random one was due, in nanoseconds.
    last_ns: f64,
}

impl Schedule {
    /// The times of worker `worker` of `workers`.
    pub fn new(arrivals: Arrivals, seed: u64, worker: u64, workers: u64) -> Schedule {
        Schedule {
            arrivals,
            draws: Draws::new(seed, "arrivals", worker),
            number: worker,
            step: workers.max(1),
            last_ns: 0.0,
        }
    }

    /// When the next one is due, from the beginning.
    pub fn next(&mut self) -> Duration {
        let number = self.number;
        self.number += self.step;
        let ns = match self.arrivals {
            // From its number and not from the one before: rounding does not add up.
            Arrivals::Even(per_second) => number as f64 * 1e9 / per_second,
            // The parts of a Poisson process that is dealt out at random are Poisson processes.
            Arrivals::Random(per_second) => {
                let mean = 1e9 * self.step as f64 / per_second;
                self.last_ns -= mean * self.draws.unit().ln();
                self.last_ns
            }
        };
        Duration::from_nanos(ns as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_share_an_even_comb() {
        let mut all: Vec<Duration> = Vec::new();
        for worker in 0..3 {
            let mut schedule = Schedule::new(Arrivals::Even(5_000.0), 1, worker, 3);
            all.extend((0..100).map(|_| schedule.next()));
        }
        all.sort();
        let comb: Vec<Duration> = (0..300).map(|n| Duration::from_micros(n * 200)).collect();
        assert_eq!(all, comb);
    }

    #[test]
    fn random_ones_have_their_mean_and_their_spread() {
        for workers in [1, 2] {
            let mut schedule = Schedule::new(Arrivals::Random(1_000.0), 7, 0, workers);
            let times: Vec<f64> = (0..20_000).map(|_| schedule.next().as_secs_f64()).collect();
            assert!(times.is_sorted());
            let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
            let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>();
            let deviation = (variance / gaps.len() as f64).sqrt();
            let expected = 0.001 * workers as f64;
            assert!((mean / expected - 1.0).abs() < 0.03, "{mean}");
            // Of exponential gaps both are the same.
            assert!((deviation / mean - 1.0).abs() < 0.05, "{deviation} {mean}");
        }
    }
}
