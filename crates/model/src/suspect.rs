//! A suspect: a predicted race, and what became of it once it was tried.

use serde::{Deserialize, Serialize};

use crate::schedule::{OrderLine, RacerPlan, Setup};
use crate::verdict::Rate;

/// What kind of race is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// It is read, another one writes it, and it is overwritten.
    LostUpdate,
    /// It is looked at, another one changes it, and what was seen is acted on.
    CheckThenAct,
    /// Nothing is found, another one makes it, and it is made again.
    DoubleInsert,
    /// Two look at both and each changes one.
    WriteSkew,
    /// An old value is put into a cache after its invalidation.
    StaleCacheFill,
    /// Something is written, and a cache then tells what was before.
    ReadYourOldCache,
    /// Two take the same locks in opposite orders.
    LockOrder,
    /// Two looks see the state of different times.
    ReadSkew,
}

/// A predicted race: two steps of one operation with another operation's step between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// `S1`: its rank.
    pub id: String,
    /// The racers' operations.
    pub operations: Vec<String>,
    /// What they race for: `cache inv:42`.
    pub resource: String,
    /// The kind.
    pub label: Label,
    /// One sentence: who does what, with what in between.
    pub why: String,
    /// What seems to protect it; tested all the same.
    pub guard: Option<String>,
    /// The racers.
    pub racers: Vec<RacerPlan>,
    /// The state its trials start from.
    pub setup: Setup,
    /// Orders that would show it, the likeliest first.
    pub orders: Vec<SuspectOrder>,
}

/// One order that would show a suspect, and what it would be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuspectOrder {
    /// The kind.
    pub label: Label,
    /// The order.
    pub lines: Vec<OrderLine>,
}

/// What became of a suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SuspectVerdict {
    /// An oracle was broken under the order.
    Confirmed,
    /// The order was enforced and every oracle held.
    Benign,
    /// The partner was seen blocked or aborted by the store.
    Protected,
    /// The order could not be had.
    Infeasible,
    /// It is wrong one after another too: a bug, no race.
    Sequential,
    /// Nothing can be said.
    Inconclusive,
}

/// A suspect and what its trials showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// The suspect.
    pub suspect: Suspect,
    /// The verdict.
    pub verdict: SuspectVerdict,
    /// Trials with a violation under the enforced order, of all forced ones.
    pub violations: Rate,
    /// The first forced trial with a violation, from 1.
    pub trials_to_first: Option<u64>,
    /// What the verdict rests on.
    pub evidence: String,
    /// Median length of a forced trial.
    pub trial_us: u64,
    /// Where its catch was written.
    pub catch: Option<String>,
}

impl Label {
    /// The words people read.
    pub fn as_str(self) -> &'static str {
        match self {
            Label::LostUpdate => "lost update",
            Label::CheckThenAct => "check-then-act",
            Label::DoubleInsert => "double insert",
            Label::WriteSkew => "write skew",
            Label::StaleCacheFill => "stale cache fill",
            Label::ReadYourOldCache => "read your old cache",
            Label::LockOrder => "lock order",
            Label::ReadSkew => "read skew",
        }
    }
}

impl SuspectVerdict {
    /// The word people read.
    pub fn as_str(self) -> &'static str {
        match self {
            SuspectVerdict::Confirmed => "CONFIRMED",
            SuspectVerdict::Benign => "BENIGN",
            SuspectVerdict::Protected => "PROTECTED",
            SuspectVerdict::Infeasible => "INFEASIBLE",
            SuspectVerdict::Sequential => "SEQUENTIAL",
            SuspectVerdict::Inconclusive => "INCONCLUSIVE",
        }
    }
}
