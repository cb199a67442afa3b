//! Verdicts, each with its evidence.

use serde::{Deserialize, Serialize};

/// One thing that was wrong after a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The oracle that says so.
    pub oracle: String,
    /// What it saw.
    pub saw: String,
}

/// What the oracles say of one trial.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Judgement {
    /// What was wrong.
    pub violations: Vec<Violation>,
    /// Oracles that could not tell, with the reason.
    pub undecided: Vec<Violation>,
}

/// k of n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rate {
    /// How many trials went wrong.
    pub k: u64,
    /// Of how many.
    pub n: u64,
}

/// What a replay says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReplayVerdict {
    /// The violation came back.
    Reproduced,
    /// The order was enforced and the oracles held.
    NotReproduced,
    /// A racer was seen kept out by the store or a lock while the other was at work.
    Protected,
    /// The order could not be had: the racers never made those steps, or waited for each other.
    Infeasible,
    /// Too little was decided to say.
    Inconclusive,
}

impl ReplayVerdict {
    /// The word people read.
    pub fn as_str(self) -> &'static str {
        match self {
            ReplayVerdict::Reproduced => "REPRODUCED",
            ReplayVerdict::NotReproduced => "NOT REPRODUCED",
            ReplayVerdict::Protected => "PROTECTED",
            ReplayVerdict::Infeasible => "INFEASIBLE",
            ReplayVerdict::Inconclusive => "INCONCLUSIVE",
        }
    }
}

/// The normal quantile of a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;

impl Rate {
    /// Counts one more trial.
    pub fn count(&mut self, wrong: bool) {
        self.n += 1;
        self.k += u64::from(wrong);
    }

    /// The share, 0 when nothing was tried.
    pub fn share(self) -> f64 {
        if self.n == 0 {
            0.0
        } else {
            self.k as f64 / self.n as f64
        }
    }

    /// Wilson's 95 % interval of a share. With nothing tried it is everything.
    pub fn interval(self) -> (f64, f64) {
        if self.n == 0 {
            return (0.0, 1.0);
        }
        let (n, p) = (self.n as f64, self.share());
        let z2 = Z_95 * Z_95;
        let centre = p + z2 / (2.0 * n);
        let half = Z_95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z2 / n;
        // At the ends the exact bound is the end itself; rounding must not move it off.
        let low = if self.k == 0 {
            0.0
        } else {
            ((centre - half) / scale).max(0.0)
        };
        let high = if self.k == self.n {
            1.0
        } else {
            ((centre + half) / scale).min(1.0)
        };
        (low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_against_reference_values() {
        for (k, n, low, high) in [
            (0, 300, 0.0, 0.012_643),
            (300, 300, 0.987_357, 1.0),
            (3, 1000, 0.001_021, 0.008_784),
            (23, 1000, 0.015_377, 0.034_274),
            (1, 2, 0.094_529, 0.905_471),
        ] {
            let got = Rate { k, n }.interval();
            assert!(
                (got.0 - low).abs() < 2e-5 && (got.1 - high).abs() < 2e-5,
                "{k}/{n}: {got:?}"
            );
        }
        assert_eq!(Rate { k: 0, n: 0 }.interval(), (0.0, 1.0));
    }

    #[test]
    fn an_interval_holds_its_share() {
        for n in 1..200u64 {
            for k in 0..=n {
                let rate = Rate { k, n };
                let (low, high) = rate.interval();
                assert!(0.0 <= low && low <= rate.share(), "{k}/{n}");
                assert!(rate.share() <= high && high <= 1.0, "{k}/{n}");
            }
        }
    }
}
