//! A catch: a minimal schedule that breaks an oracle, with all that is needed to judge it again.

use serde::{Deserialize, Serialize};

use crate::schedule::Schedule;
use crate::verdict::Rate;

/// A schedule that breaks an oracle, and what was seen of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Catch {
    /// The schedule; its oracle is the one that was broken.
    pub schedule: Schedule,
    /// The system's name.
    pub system: String,
    /// The variant it was found on.
    pub variant: Option<String>,
    /// The digest of the spec's text.
    pub digest: String,
    /// The seed of the run that found it.
    pub seed: u64,
    /// One sentence about the race.
    pub why: String,
    /// What the oracle saw.
    pub saw: String,
    /// How often it goes wrong under the schedule.
    pub forced: Rate,
    /// How often it goes wrong by itself, without wires.
    pub direct: Rate,
    /// How often through idle wires.
    pub proxied: Rate,
}
