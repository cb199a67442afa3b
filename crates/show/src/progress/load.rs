//! Load as it goes on, in one line: how much since the last time it was said, and what went wrong
//! since it began.

use model::LoadSecond;

use crate::number::{count, counted, microseconds, per_second, percent};
use crate::report::gather::LOAD_PHASE;
use crate::style::Paint;

/// What was told of load.
#[derive(Debug, Default)]
pub(super) struct LoadSoFar {
    planned: Option<u64>,
    requests: u64,
    errors: u64,
    violations: u64,
    since: Since,
}

/// What was told since it was last said.
#[derive(Debug, Default)]
struct Since {
    seconds: u64,
    lasted_us: u64,
    requests: u64,
    answered: u64,
    /// The highest of its seconds.
    p99_us: u64,
}

impl LoadSoFar {
    /// A phase, of so many requests or bursts if that is known.
    pub fn of(phase: &str, planned: Option<u64>) -> LoadSoFar {
        LoadSoFar {
            planned: planned.filter(|_| phase == LOAD_PHASE),
            ..LoadSoFar::default()
        }
    }

    /// Since it began.
    pub fn errors(&self) -> u64 {
        self.errors
    }

    pub fn take(&mut self, second: &LoadSecond) {
        self.requests += second.all.requests;
        self.errors += second.all.errors();
        self.violations = second.violations.unwrap_or(self.violations);
        self.since.seconds += 1;
        self.since.lasted_us += second.lasted_us;
        self.since.requests += second.all.requests;
        self.since.answered += second.all.answered;
        self.since.p99_us = self.since.p99_us.max(second.all.latency_us.p99);
    }

    /// `4980/s, p99 1.2 ms, 3 errors`; what is bad comes first, where no narrow terminal cuts it.
    pub fn say(&mut self) -> String {
        let since = std::mem::take(&mut self.since);
        let mut parts = Vec::new();
        if self.violations > 0 {
            parts.push(counted(self.violations, "violation"));
        }
        if self.errors > 0 {
            parts.push(counted(self.errors, "error"));
        }
        let seconds = (since.lasted_us as f64 / 1e6).max(1e-6);
        parts.push(format!("{}/s", per_second(since.requests as f64 / seconds)));
        let most = if since.seconds > 1 { "at most " } else { "" };
        parts.push(match since.answered {
            0 => "no answers".to_string(),
            _ => format!("p99 {most}{}", microseconds(since.p99_us)),
        });
        let so_far = match self.planned {
            Some(planned) => percent((self.requests as f64 / planned.max(1) as f64).min(1.0)),
            None => format!("{} requests", count(self.requests)),
        };
        parts.push(so_far);
        parts.join(", ")
    }

    /// How what is said should look.
    pub fn paint(&self) -> Paint {
        match (self.violations, self.errors) {
            (1.., _) => Paint::Bad,
            (0, 1..) => Paint::Unsure,
            (0, 0) => Paint::Plain,
        }
    }
}
