//! Faults a gate can put on a step or a wire, as plain data. How each is carried out stands in
//! `wire/src/toxic/`, one file per fault.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long something takes, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Distribution {
    /// Always the same.
    Fixed(u64),
    /// Anything from the first to the second, equally likely.
    Uniform(u64, u64),
    /// Lognormal with this median; `sigma` is the spread of its logarithm.
    Lognormal {
        /// Median in microseconds.
        median_us: u64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
}

/// What a gate does to what passes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Fault {
    /// Wait, then pass.
    Delay(Distribution),
    /// Swallow it; the other side waits in vain.
    Drop,
    /// Reset both sides of the connection.
    Reset,
    /// Pass in slices of so many bytes with a pause between them.
    Slow {
        /// Bytes in one slice.
        slice_bytes: u32,
        /// Pause after each slice.
        pause_us: u64,
    },
    /// Pass at most so many bytes a second.
    Bandwidth {
        /// Bytes per second.
        bytes_per_second: u64,
    },
    /// Answer with these bytes instead of asking the backend.
    Answer(Vec<u8>),
}

impl Distribution {
    /// A value, from two independent uniform draws in (0, 1].
    pub fn sample(self, u1: f64, u2: f64) -> Duration {
        let us = match self {
            Distribution::Fixed(us) => us as f64,
            Distribution::Uniform(low, high) => low as f64 + (high as f64 - low as f64) * u1,
            Distribution::Lognormal { median_us, sigma } => {
                let normal =
                    (-2.0 * u1.max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * u2).cos();
                median_us as f64 * (sigma * normal).exp()
            }
        };
        Duration::from_micros(us.clamp(0.0, DELAY_US_MAX) as u64)
    }
}

/// No drawn delay is longer than this: ten minutes.
const DELAY_US_MAX: f64 = 600e6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_stay_in_their_range() {
        for i in 1..=1000 {
            let (u1, u2) = (
                f64::from(i) / 1000.0,
                f64::from((i * 7919) % 1000 + 1) / 1000.0,
            );
            let uniform = Distribution::Uniform(100, 200).sample(u1, u2).as_micros();
            assert!((100..=200).contains(&uniform));
            assert_eq!(Distribution::Fixed(5).sample(u1, u2).as_micros(), 5);
        }
    }

    #[test]
    fn lognormal_median_and_spread() {
        let d = Distribution::Lognormal {
            median_us: 20_000,
            sigma: 0.5,
        };
        let mut all: Vec<u128> = (0..10_000u32)
            .map(|i| {
                let u1 = (f64::from(i % 100) + 0.5) / 100.0;
                let u2 = (f64::from(i / 100) + 0.5) / 100.0;
                d.sample(u1, u2).as_micros()
            })
            .collect();
        all.sort_unstable();
        let at = |p: f64| all[(p * all.len() as f64) as usize] as f64;
        assert!(
            (at(0.5) / 20_000.0 - 1.0).abs() < 0.03,
            "median {}",
            at(0.5)
        );
        assert!((at(0.841) / 20_000.0).ln() - 0.5 < 0.03, "sigma");
    }
}
