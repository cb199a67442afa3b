//! Simple load: a closed model (so many in flight) and an open one (requests due at set times,
//! latency counted from when each was due, so a stalled target cannot hide its stall).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use model::{Outcome, UnknownWhy};
use tokio::time::Instant;

/// How load is applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Model {
    /// So many requests in flight at all times.
    Closed {
        /// Requests in flight.
        in_flight: u32,
    },
    /// So many a second, whether or not earlier ones were answered.
    Open {
        /// Requests per second.
        per_second: f64,
        /// At most so many in flight; what is due beyond that waits, and its waiting counts.
        in_flight_max: u32,
    },
}

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

    /// Takes in what another worker measured at the same time.
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

/// Applies load: `one(n)` makes the nth request and says its outcome and whether it was expected,
/// or nothing when no more are to be made.
pub async fn apply(
    model: Model,
    until: Until,
    one: impl AsyncFn(u64) -> Option<(Outcome, bool)>,
) -> Figures {
    let began = Instant::now();
    let shared = RefCell::new((0u64, Figures::default()));
    let run = Run {
        began,
        until,
        shared: &shared,
    };
    let workers = match model {
        Model::Closed { in_flight } => in_flight,
        Model::Open { in_flight_max, .. } => in_flight_max,
    };
    let all = (0..workers.max(1)).map(|_| run.worker(model, &one));
    join_all(all).await;
    let mut figures = shared.into_inner().1;
    figures.elapsed = began.elapsed();
    figures
}

struct Run<'a> {
    began: Instant,
    until: Until,
    shared: &'a RefCell<(u64, Figures)>,
}

impl Run<'_> {
    /// The next request's number, unless it is over.
    fn next(&self) -> Option<u64> {
        let next = &mut self.shared.borrow_mut().0;
        let over = self.began.elapsed() >= self.until.elapsed
            || self.until.requests.is_some_and(|most| *next >= most);
        if over {
            return None;
        }
        *next += 1;
        Some(*next - 1)
    }

    async fn worker(&self, model: Model, one: &impl AsyncFn(u64) -> Option<(Outcome, bool)>) {
        while let Some(number) = self.next() {
            let due = match model {
                Model::Closed { .. } => Instant::now(),
                Model::Open { per_second, .. } => {
                    self.began + Duration::from_secs_f64(number as f64 / per_second.max(0.001))
                }
            };
            if due > self.began + self.until.elapsed {
                return;
            }
            tokio::time::sleep_until(due).await;
            let late = due.elapsed();
            let Some((outcome, expected)) = one(number).await else {
                return;
            };
            let figures = &mut self.shared.borrow_mut().1;
            figures.count(late, &outcome, expected, due.elapsed());
        }
    }
}

/// Runs futures side by side in one task.
async fn join_all<F: Future<Output = ()>>(futures: impl Iterator<Item = F>) {
    use std::task::Poll;
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|cx| {
        running.retain_mut(|future| future.as_mut().poll(cx).is_pending());
        if running.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered() -> Outcome {
        Outcome::Answered {
            status: 200,
            location: None,
            body: String::new(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn closed_model_keeps_its_number_in_flight() {
        let flying = RefCell::new((0u32, 0u32));
        let until = Until {
            elapsed: Duration::from_secs(1),
            requests: Some(100),
        };
        let figures = apply(Model::Closed { in_flight: 7 }, until, async |_| {
            {
                let mut flying = flying.borrow_mut();
                flying.0 += 1;
                flying.1 = flying.1.max(flying.0);
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
            flying.borrow_mut().0 -= 1;
            Some((answered(), true))
        })
        .await;
        assert_eq!((figures.requests, flying.borrow().1), (100, 7));
        assert!(figures.errors.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn load_ends_when_no_more_are_to_be_made() {
        let until = Until {
            elapsed: Duration::from_secs(3600),
            requests: None,
        };
        let figures = apply(Model::Closed { in_flight: 3 }, until, async |number| {
            (number < 10).then(|| (answered(), true))
        })
        .await;
        assert_eq!(figures.requests, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn open_model_counts_the_wait_of_what_was_due() {
        // One in flight at most, ten a second, each taking a second: the queue grows, and the
        // latency must show it although each request by itself took a second.
        let model = Model::Open {
            per_second: 10.0,
            in_flight_max: 1,
        };
        let until = Until {
            elapsed: Duration::from_secs(5),
            requests: None,
        };
        let figures = apply(model, until, async |_| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Some((answered(), false))
        })
        .await;
        assert_eq!(figures.requests, 5);
        assert!(
            figures.latency_us.max() > 4_000_000,
            "{}",
            figures.latency_us.max()
        );
        assert_eq!(figures.errors["status 200"], 5);
    }
}
