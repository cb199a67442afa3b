//! The vocabulary: plain data and pure logic that every other crate speaks.
//!
//! `system` (what the user wrote) -> `schedule` (what to try) -> `step` and `history`
//! (what happened) -> `verdict` (what it means); `event` is the one stream that tells it all.
//! Nothing here does I/O, waits, or looks at a clock.

pub mod called;
pub mod catch;
pub mod csv;
pub mod described;
pub mod effect;
pub mod event;
pub mod fault;
pub mod hash;
pub mod history;
pub mod load;
pub mod load_second;
pub mod names;
pub mod oracle;
pub mod prediction;
pub mod record;
pub mod rows;
pub mod schedule;
pub mod step;
pub mod suspect;
pub mod system;
pub mod template;
pub mod units;
pub mod verdict;
pub mod what_if;
pub mod zipf;

pub use called::Routes;
pub use catch::Catch;
pub use described::{
    Act, Breaker, Demand, DemandShape, DescribedStep, Latency, Link, Outage, OutageKind, Persona,
    Retry, Traffic,
};
pub use effect::{Access, Effect};
pub use event::{Event, EventKind, EventSink};
pub use fault::{Distribution, Fault};
pub use hash::StableHasher;
pub use history::{Attempt, Observation, Outcome, SeenStep, StateSeen, TrialHistory, UnknownWhy};
pub use load::{
    Auth, Comparison, Feed, FeedSource, LoadPlan, Measure, Measured, Part, Pick, Scenario,
    ScenarioStep, Spacing, Taken, Threshold, Values,
};
pub use load_second::{LoadFigures, LoadSecond, Percentiles};
pub use names::{ConnectionId, LaneId, Protocol, WireId};
pub use prediction::{Boundary, Hazard, Prediction};
pub use record::StepRecord;
pub use rows::{Rows, RowsError};
pub use schedule::{Earlier, OrderLine, RacerPlan, Schedule, Setup, StepPattern};
pub use step::{Isolation, Reply, ReplyKind, Step, Transaction};
pub use suspect::{Label, Settled, Suspect, SuspectOrder, SuspectVerdict};
pub use system::{
    Backend, BackendSource, Body, Expect, Incident, Invariant, Limits, Operation, Probe, Ready,
    Service, StateCommand, System, Variant,
};
pub use template::{Template, Variable};
pub use verdict::{Judgement, Rate, ReplayVerdict, Violation};
pub use what_if::{Aftermath, WhatIf};
pub use zipf::Zipf;

/// The fields of a JSON object; none of any other value.
pub fn object(json: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    match json {
        serde_json::Value::Object(fields) => fields,
        _ => serde_json::Map::new(),
    }
}
