//! The magic question: what if this step fails?

use serde::{Deserialize, Serialize};

/// One step, one fault, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhatIf {
    /// The operation that made the step.
    pub operation: String,
    /// The step.
    pub step: String,
    /// What happened to it: `reset before`, `reset after`, `late reply`, `503`, `killed`.
    pub fault: String,
    /// What became of the operation.
    pub outcome: Aftermath,
    /// In words: what the client was told, and what the state shows.
    pub saw: String,
}

/// What became of an operation after a fault and the client's retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aftermath {
    /// It was done once.
    Once,
    /// It was not done, and the client was told so.
    NotDone,
    /// It was done twice.
    Twice,
    /// The client was told that it was done, and it was not.
    Lost,
    /// The state is what no number of right requests leaves.
    HalfDone,
    /// The client's answer is wrong on its face.
    WrongAnswer,
    /// Even the retry got no answer.
    Hangs,
    /// A later request is not served as it should be.
    StuckAfter,
    /// The step was not made, so its fault did not happen.
    NotReached,
}

impl Aftermath {
    /// Whether something is wrong.
    pub fn is_wrong(self) -> bool {
        !matches!(
            self,
            Aftermath::Once | Aftermath::NotDone | Aftermath::NotReached
        )
    }

    /// The words people read.
    pub fn as_str(self) -> &'static str {
        match self {
            Aftermath::Once => "once",
            Aftermath::NotDone => "not done",
            Aftermath::Twice => "TWICE",
            Aftermath::Lost => "LOST",
            Aftermath::HalfDone => "HALF DONE",
            Aftermath::WrongAnswer => "WRONG ANSWER",
            Aftermath::Hangs => "HANGS",
            Aftermath::StuckAfter => "STUCK AFTER",
            Aftermath::NotReached => "not reached",
        }
    }
}
