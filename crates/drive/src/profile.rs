//! The times of a load: how many users are under way at any moment of its closed parts, and when each
//! run of its open parts is due. Known before anything is sent, from the plan and the seed alone.

mod curve;
mod recorded;
mod schedule;
mod segment;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::Part;

pub use recorded::{RecordedError, read as read_recorded};
pub use schedule::{Arrival, Schedule};

use segment::{Segment, What};

/// A profile, laid out in time.
#[derive(Debug, Clone)]
pub struct Plan {
    segments: Arc<[Segment]>,
    seed: u64,
    iterations: Option<Iterations>,
}

/// The last part, where it is one that ends when its runs are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iterations {
    /// How many runs.
    pub runs: u64,
    /// By how many users.
    pub users: u64,
    /// When they begin.
    pub begins: Duration,
}

/// What a moment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// So many users are to be under way; who is through begins again.
    Closed(u64),
    /// Runs begin when they are due.
    Open,
    /// Nothing begins.
    Pause,
    /// Nothing begins any more.
    Over,
}

impl Plan {
    /// Lays out a profile; recorded times are read from files below this folder.
    pub fn of(profile: &[Part], folder: &Path, seed: u64) -> Result<Plan, RecordedError> {
        let mut recorded = Vec::new();
        for part in profile {
            if let Part::Recorded { file } = part {
                recorded.push(recorded::read(&folder.join(file))?);
            }
        }
        Ok(Plan::with(profile, recorded, seed))
    }

    /// Lays out a profile; `recorded` are the times of its recorded parts, in nanoseconds.
    pub fn with(profile: &[Part], recorded: Vec<Vec<u64>>, seed: u64) -> Plan {
        let segments: Arc<[Segment]> = segment::lay_out(profile, recorded, seed).into();
        let iterations = profile.iter().find_map(|part| match part {
            Part::Iterations { runs, users } => Some((*runs, *users)),
            _ => None,
        });
        let ends_ns = segments.last().map_or(0, Segment::ends_ns);
        Plan {
            iterations: iterations.map(|(runs, users)| Iterations {
                runs,
                users: users.min(runs),
                begins: Duration::from_nanos(ends_ns),
            }),
            segments,
            seed,
        }
    }

    /// How long it lasts, not counting iterations.
    pub fn lasts(&self) -> Duration {
        Duration::from_nanos(self.segments.last().map_or(0, Segment::ends_ns))
    }

    /// The iterations that follow, if any.
    pub fn iterations(&self) -> Option<Iterations> {
        self.iterations
    }

    /// What is to go on at this time.
    pub fn phase(&self, at: Duration) -> Phase {
        let at_ns = nanos(at);
        match self.segments.get(self.segment_at(at_ns)) {
            None => self
                .iterations
                .map_or(Phase::Over, |last| Phase::Closed(last.users)),
            Some(segment) => match &segment.what {
                What::Users { from, to } => Phase::Closed(segment.users(*from, *to, at_ns)),
                What::Pause => Phase::Pause,
                What::Rate { .. } | What::Recorded(_) => Phase::Open,
            },
        }
    }

    /// How many users are to be under way at this time; none in open parts.
    pub fn users(&self, at: Duration) -> u64 {
        match self.phase(at) {
            Phase::Closed(users) => users,
            Phase::Open | Phase::Pause | Phase::Over => 0,
        }
    }

    /// When the phase is another next, or has other users; none when it stays as it is.
    pub fn next_change(&self, at: Duration) -> Option<Duration> {
        let at_ns = nanos(at);
        let segment = self.segments.get(self.segment_at(at_ns))?;
        let within = match &segment.what {
            What::Users { from, to } => segment.next_step_ns(*from, *to, at_ns),
            What::Pause | What::Rate { .. } | What::Recorded(_) => None,
        };
        let next_ns = within.unwrap_or(segment.ends_ns());
        Some(Duration::from_nanos(next_ns))
    }

    /// The most users that are under way at any time.
    pub fn users_max(&self) -> u64 {
        let closed = self.segments.iter().map(|segment| match segment.what {
            What::Users { from, to } => from.max(to),
            _ => 0,
        });
        let last = self.iterations.map_or(0, |last| last.users);
        closed.max().unwrap_or(0).max(last)
    }

    /// Whether any part is open.
    pub fn is_open(&self) -> bool {
        let is_open =
            |segment: &Segment| matches!(segment.what, What::Rate { .. } | What::Recorded(_));
        self.segments.iter().any(is_open)
    }

    /// How many runs its open parts begin; those of random ones on average.
    pub fn arrivals(&self) -> f64 {
        self.segments.iter().map(Segment::arrivals).sum()
    }

    /// The due times of one of several workers, who share them.
    pub fn schedule(&self, worker: u64, workers: u64) -> Schedule {
        Schedule::new(Arc::clone(&self.segments), self.seed, worker, workers)
    }

    /// Which segment a time lies in; beyond the last when it is over.
    fn segment_at(&self, at_ns: u64) -> usize {
        self.segments
            .partition_point(|segment| segment.ends_ns() <= at_ns)
    }
}

/// One worker's share of so many users; shares add up.
pub fn share(users: u64, worker: u64, workers: u64) -> u64 {
    let workers = workers.max(1);
    users / workers + u64::from(worker < users % workers)
}

fn nanos(at: Duration) -> u64 {
    u64::try_from(at.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
