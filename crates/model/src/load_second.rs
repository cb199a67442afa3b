//! What load did in one second. It goes down the stream of events while load goes on; progress, tables
//! of intervals, charts and metrics are all made of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One second of load. There is one for each, for as long as load goes on, so it is kept small: what
/// is nothing is not written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LoadSecond {
    /// Which, from 0.
    pub second: u64,
    /// How long it lasted; the last one can be short.
    pub lasted_us: u64,
    /// What all requests did.
    pub all: LoadFigures,
    /// What those of each operation did, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<(String, LoadFigures)>,
    /// Answers judged wrong since load began, or bursts in which an oracle broke; none where no
    /// oracle judges either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violations: Option<u64>,
}

/// What requests did in one second.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LoadFigures {
    /// Requests with an outcome.
    pub requests: u64,
    /// Those that were answered: percentiles are of these.
    pub answered: u64,
    /// Outcomes that were not an expected answer, by class.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, u64>,
    /// Latency from when a request was due.
    pub latency_us: Percentiles,
    /// How late one in a hundred left, which is the generator's own fault.
    pub lateness_p99_us: u64,
}

/// How times are spread, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Percentiles {
    /// Their mean, to a tenth.
    pub mean: f64,
    /// Half of them are no longer than this.
    pub p50: u64,
    /// Nine in ten.
    pub p90: u64,
    /// 95 in a hundred.
    pub p95: u64,
    /// 99 in a hundred.
    pub p99: u64,
    /// 999 in a thousand.
    pub p999: u64,
    /// The longest.
    pub max: u64,
}

impl LoadFigures {
    /// Outcomes that were not an expected answer.
    pub fn errors(&self) -> u64 {
        self.errors.values().sum()
    }
}
