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
}
