//! Seconds as points of a chart. A load of a month has no more points than one of minutes: when there
//! are too many, neighbours become one.

use std::collections::BTreeMap;

use model::LoadSecond;

/// Points kept at most.
const POINTS_MAX: usize = 300;

/// What is left of a last second that was shorter is no second of its own: its rates would say nothing.
const SHORT_US: u64 = 200_000;

/// What some seconds next to each other did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Point {
    pub from_us: u64,
    pub to_us: u64,
    /// Time that was measured, which is what rates are made of.
    pub lasted_us: u64,
    pub requests: u64,
    pub answered: u64,
    pub errors: u64,
    /// The highest of any of the seconds: p50, p95, p99, the longest.
    pub latency_us: [u64; 4],
    /// So far.
    pub violations: Option<u64>,
    seconds: u64,
}

/// All of them, and what they come to.
#[derive(Debug)]
pub struct Points {
    pub all: Vec<Point>,
    /// Seconds in each, but for the last one.
    pub seconds_each: u64,
    pub errors: BTreeMap<String, u64>,
}

impl Default for Points {
    fn default() -> Points {
        Points {
            all: Vec::new(),
            seconds_each: 1,
            errors: BTreeMap::new(),
        }
    }
}

impl Points {
    pub fn take(&mut self, second: &LoadSecond) {
        for (class, times) in &second.all.errors {
            *self.errors.entry(class.clone()).or_default() += times;
        }
        let point = Point::of(second);
        match self.all.last_mut() {
            Some(last) if last.seconds < self.seconds_each || point.lasted_us < SHORT_US => {
                last.join(&point);
            }
            _ => self.all.push(point),
        }
        if self.all.len() > POINTS_MAX {
            self.halve();
        }
    }

    /// When the last second ended.
    pub fn end_us(&self) -> u64 {
        self.all.last().map_or(0, |last| last.to_us)
    }

    fn halve(&mut self) {
        self.seconds_each *= 2;
        let pairs = self.all.chunks(2);
        self.all = pairs
            .map(|pair| {
                let mut joined = pair[0].clone();
                pair[1..].iter().for_each(|next| joined.join(next));
                joined
            })
            .collect();
    }
}

impl Point {
    fn of(second: &LoadSecond) -> Point {
        let from_us = second.second.saturating_mul(1_000_000);
        let times = second.all.latency_us;
        Point {
            from_us,
            to_us: from_us.saturating_add(second.lasted_us),
            lasted_us: second.lasted_us,
            requests: second.all.requests,
            answered: second.all.answered,
            errors: second.all.errors(),
            latency_us: [times.p50, times.p95, times.p99, times.max],
            violations: second.violations,
            seconds: 1,
        }
    }

    fn join(&mut self, next: &Point) {
        self.to_us = next.to_us.max(self.to_us);
        self.lasted_us = self.lasted_us.saturating_add(next.lasted_us);
        self.requests += next.requests;
        self.answered += next.answered;
        self.errors += next.errors;
        for (mine, theirs) in self.latency_us.iter_mut().zip(next.latency_us) {
            *mine = theirs.max(*mine);
        }
        self.violations = next.violations.or(self.violations);
        self.seconds += next.seconds;
    }

    /// Its middle, in seconds.
    pub fn at_s(&self) -> f64 {
        (self.from_us as f64 + self.to_us as f64) / 2e6
    }

    /// Something per second of this point.
    pub fn per_second(&self, number: u64) -> f64 {
        number as f64 * 1e6 / (self.lasted_us as f64).max(1.0)
    }
}
