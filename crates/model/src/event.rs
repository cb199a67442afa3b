//! The one stream of run events. It feeds terminal, evidence and JSON alike, so a run can be
//! shown again from its evidence at any time.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::history::TrialHistory;
use crate::load_second::LoadSecond;
use crate::names::{LaneId, WireId};
use crate::prediction::Prediction;
use crate::step::{Reply, Step};
use crate::suspect::Settled;
use crate::verdict::{Judgement, Rate};
use crate::what_if::WhatIf;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Microseconds since the run began.
    pub at_us: u64,
    /// What.
    pub kind: EventKind,
}

/// What happened. A fact enters the stream once; displays derive the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A run began.
    RunStarted {
        /// Its id, which is also its file's name.
        run: String,
        /// The verb: `replay`.
        command: String,
        /// heisen's version.
        version: String,
        /// The system's name, or the address under load when there is no spec.
        system: String,
        /// The variant.
        variant: Option<String>,
        /// The spec's path and digest.
        spec: Option<(String, String)>,
        /// The seed of every random choice.
        seed: u64,
        /// Wall clock at the beginning, RFC 3339.
        started: String,
    },
    /// A backend or replica is ready.
    Ready {
        /// `db`, `inventory 2`.
        what: String,
        /// Where it listens.
        address: String,
        /// How long it took.
        took_ms: u64,
    },
    /// A wire listens.
    WireOpened {
        /// The wire.
        wire: WireId,
        /// Its lane.
        lane: LaneId,
        /// `inventory -> cache`.
        edge: String,
        /// Where it listens.
        address: String,
    },
    /// What a wire carried, told when it closes.
    WireClosed {
        /// The wire.
        wire: WireId,
        /// Connections accepted.
        connections: u64,
        /// Steps seen.
        steps: u64,
        /// Bytes in both directions.
        bytes: u64,
        /// Frames passed without being understood.
        not_understood: u64,
        /// Why the first of them was not.
        first_not_understood: Option<String>,
        /// Connections that failed: refused upstream, reset.
        failed: u64,
        /// Why the first of them did.
        first_failed: Option<String>,
    },
    /// What an operation does when it runs alone.
    OperationLearned {
        /// The operation.
        operation: String,
        /// Its arguments.
        args: Vec<(String, Value)>,
        /// What a request of it is made of.
        #[serde(default)]
        values: Vec<String>,
        /// The names of its steps that matter.
        steps: Vec<String>,
        /// Steps that touch nothing shared, with how often they were seen.
        set_aside: Vec<(String, u64)>,
        /// Steps that were not understood.
        obscure: u64,
    },
    /// Some racers' interleavings were explored.
    Explored {
        /// How far, and with what outcome.
        sentence: String,
    },
    /// A step met a fault.
    Asked {
        /// Which, and what came of it.
        what_if: WhatIf,
    },
    /// A suspect was tried.
    SuspectSettled {
        /// What it is and what became of it.
        settled: Box<Settled>,
    },
    /// A phase of the run began: `natural, direct`, `natural, idle wires`, `random delays`,
    /// `forced`.
    PhaseStarted {
        /// Its name.
        phase: String,
        /// How many trials are planned, or requests where it is load; if known.
        trials: Option<u64>,
    },
    /// A step passed both its gates in a trial whose steps are kept.
    StepDone {
        /// The phase it belongs to.
        phase: String,
        /// The trial.
        trial: u64,
        /// The racer, when the lane has one.
        racer: Option<String>,
        /// What was asked.
        step: Box<Step>,
        /// What came back.
        reply: Reply,
        /// When it came up to its gate, in microseconds since the trial began.
        asked_us: u64,
        /// How long it was held before it went up.
        held_us: u64,
        /// When its reply was seen.
        replied_us: u64,
    },
    /// A trial was judged.
    TrialJudged {
        /// The phase it belongs to.
        phase: String,
        /// What happened; kept in full for the first trials and all that went wrong.
        history: TrialHistory,
        /// What the oracles say.
        judgement: Judgement,
        /// Whether the schedule was enforced to its end; none when nothing was scheduled.
        enforced: Option<bool>,
        /// How long it took, reset included.
        took_us: u64,
    },
    /// A phase ended.
    PhaseEnded {
        /// Its name.
        phase: String,
        /// Trials with a violation.
        violations: Rate,
        /// 95 % interval of their share.
        interval: (f64, f64),
        /// Trials in which the schedule was enforced to its end.
        enforced: Option<Rate>,
        /// How long it took.
        took_ms: u64,
    },
    /// A replica ended without being asked to.
    ReplicaDied {
        /// `inventory 2`.
        what: String,
        /// How it ended and the last lines of its log.
        why: String,
    },
    /// Something the user should know that stops nothing.
    Warning {
        /// What, and what to do.
        message: String,
    },
    /// Something was predicted.
    Predicted {
        /// All of it.
        prediction: Box<Prediction>,
    },
    /// A second of load is over.
    LoadSecond {
        /// What it did.
        second: Box<LoadSecond>,
    },
    /// While the run goes on, it can be asked for something.
    Offered {
        /// What: `metrics`.
        what: String,
        /// Where: `http://127.0.0.1:9464/metrics`.
        address: String,
    },
    /// Load was measured.
    LoadMeasured {
        /// The figures of `stress`.
        figures: serde_json::Value,
    },
    /// The run ended.
    RunEnded {
        /// The verdict, as printed.
        verdict: String,
        /// The one machine-readable document.
        document: serde_json::Value,
        /// How long the run took.
        wall_ms: u64,
    },
}

/// Takes events from the machinery. Never blocks the caller for long and never fails it.
pub trait EventSink: Send + Sync {
    /// Takes one event; the sink stamps the time.
    fn emit(&self, kind: EventKind);
}
