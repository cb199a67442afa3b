//! What is measured of load. Latency counts from when a request was due, so that a stalled target cannot
//! hide its stall.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use model::{Outcome, UnknownWhy};

/// When load ends: at whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Until {
    /// After so long.
    pub elapsed: Duration,
    /// After so many requests.
    pub requests: Option<u64>,
}

/// Times in microseconds, counted.
pub type Times = Histogram<u64>;

/// What load measured.
#[derive(Debug)]
pub struct Figures {
    /// Requests with an outcome.
    pub requests: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Latency of answered requests, in microseconds.
    pub latency_us: Times,
    /// Outcomes that were not an expected answer, by class.
    pub errors: BTreeMap<String, u64>,
    /// How late requests left, in microseconds: the generator's own fault (open model, bursts).
    pub lateness_us: Times,
    /// How late those left that had to wait for a free connection: the target's fault.
    pub waiting_us: Times,
    /// What the generator's threads used of the processors, where that is known.
    pub used: Duration,
}

/// The longest latency told apart: ten minutes.
const LATENCY_US_MAX: u64 = 600_000_000;

impl Default for Figures {
    fn default() -> Figures {
        let histogram = || {
            Histogram::new_with_bounds(1, LATENCY_US_MAX, 3)
                .unwrap_or_else(|_| unreachable!("constant bounds"))
        };
        Figures {
            requests: 0,
            elapsed: Duration::ZERO,
            latency_us: histogram(),
            errors: BTreeMap::new(),
            lateness_us: histogram(),
            waiting_us: histogram(),
            used: Duration::ZERO,
        }
    }
}

impl Figures {
    /// Counts a request: how late it left, how it ended, whether that was expected, and how long it
    /// took from when it was due.
    pub fn count(&mut self, late: Duration, outcome: &Outcome, expected: bool, took: Duration) {
        self.count_sent(late, false);
        self.count_outcome(outcome, expected, took);
    }

    /// Counts how late a request left, and whether that was for want of a connection.
    pub fn count_sent(&mut self, late: Duration, waited: bool) {
        let late_us = late.as_micros().max(1) as u64;
        match waited {
            false => self.lateness_us.saturating_record(late_us),
            true => self.waiting_us.saturating_record(late_us),
        }
    }

    /// Counts how a request ended, whether that was expected, and how long it took from when it was
    /// due.
    pub fn count_outcome(&mut self, outcome: &Outcome, expected: bool, took: Duration) {
        self.requests += 1;
        if matches!(outcome, Outcome::Answered { .. }) {
            self.latency_us
                .saturating_record(took.as_micros().max(1) as u64);
        }
        let class = match outcome {
            Outcome::Answered { .. } if expected => return,
            Outcome::Answered { status, .. } => format!("status {status}"),
            Outcome::Unknown(UnknownWhy::TimedOut) => "timed out".to_string(),
            Outcome::Unknown(UnknownWhy::Cut) => "cut".to_string(),
            Outcome::Unknown(UnknownWhy::Garbled) => "garbled".to_string(),
            Outcome::NotSent { .. } => "not sent".to_string(),
        };
        *self.errors.entry(class).or_default() += 1;
    }

    /// Outcomes that were not an expected answer.
    pub fn errors(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Takes in what was measured of other requests.
    pub fn add(&mut self, other: &Figures) {
        self.requests += other.requests;
        self.used += other.used;
        for (class, count) in &other.errors {
            *self.errors.entry(class.clone()).or_default() += count;
        }
        for (mine, theirs) in [
            (&mut self.latency_us, &other.latency_us),
            (&mut self.lateness_us, &other.lateness_us),
            (&mut self.waiting_us, &other.waiting_us),
        ] {
            mine.add(theirs)
                .unwrap_or_else(|_| unreachable!("equal bounds"));
        }
    }
}
