//! What happened in a trial, timed, with unknown outcomes as a class of their own.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::names::LaneId;
use crate::step::{Reply, Step};

/// Why nobody knows whether an attempt took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownWhy {
    /// No answer within the client's patience.
    TimedOut,
    /// The connection ended after the request was (perhaps partly) sent.
    Cut,
    /// What came back was no HTTP answer.
    Garbled,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An answer came.
    Answered {
        /// HTTP status.
        status: u16,
        /// Where a redirection leads: sites that answer 302 to everything tell by it.
        location: Option<String>,
        /// Body, cut at a limit.
        body: String,
    },
    /// It may or may not have taken effect.
    Unknown(UnknownWhy),
    /// It certainly took no effect: it never left (connection refused).
    NotSent {
        /// What the system said.
        why: String,
    },
}

/// One request a racer made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The racer's name.
    pub racer: String,
    /// The operation.
    pub operation: String,
    /// The lane it went down.
    pub lane: LaneId,
    /// When it was sent, in microseconds since the trial began.
    pub sent_us: u64,
    /// When its outcome was known.
    pub ended_us: u64,
    /// How it ended.
    pub outcome: Outcome,
}

/// What an oracle's question to the system at rest came back with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The invariant that asked.
    pub invariant: String,
    /// The answer as text (`none` for NULL or nil), or why there is none.
    pub value: Result<Option<String>, String>,
}

/// What a question about the whole state came back with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StateSeen {
    /// Who was asked.
    pub target: String,
    /// What.
    pub command: String,
    /// The whole answer (rows as objects), or why there is none.
    pub value: Result<Value, String>,
}

/// One step of a trial and what became of it. Times count from the trial's beginning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeenStep {
    /// The step.
    pub step: Step,
    /// Its reply, once seen.
    pub reply: Option<Reply>,
    /// When it came up to its gate.
    pub asked_us: u64,
    /// When it was let up.
    pub passed_us: u64,
    /// When its reply was seen.
    pub replied_us: u64,
}

/// Everything a judge may look at.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrialHistory {
    /// Which trial of its phase, from 0.
    pub trial: u64,
    /// The requests.
    pub attempts: Vec<Attempt>,
    /// The state at rest, as far as invariants asked for it.
    pub observations: Vec<Observation>,
    /// The state at rest, whole, where it was asked for.
    pub state: Vec<StateSeen>,
}

impl Attempt {
    /// Time from sending to outcome, in microseconds.
    pub fn latency_us(&self) -> u64 {
        self.ended_us.saturating_sub(self.sent_us)
    }

    /// The status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self.outcome {
            Outcome::Answered { status, .. } => Some(status),
            _ => None,
        }
    }
}
