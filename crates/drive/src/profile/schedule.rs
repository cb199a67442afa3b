//! When runs of open parts are due, one after the other, for one of several workers.

use std::sync::Arc;
use std::time::Duration;

use model::Spacing;

use super::segment::{Segment, What, teeth};
use crate::draws::Draws;

/// A run of an open part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its number among all of the plan, from 0, whoever makes it.
    pub number: u64,
    /// When it is due, from the plan's beginning.
    pub due: Duration,
}

/// The due times of one worker, in order: every so manieth of all. Which worker a run falls to changes
/// neither its number nor its time.
#[derive(Debug)]
pub struct Schedule {
    segments: Arc<[Segment]>,
    seed: u64,
    worker: u64,
    workers: u64,
    /// Which segment, and how many runs began before it.
    at: usize,
    before: u64,
    /// How many of its runs were looked at.
    seen: u64,
    /// Random segments only: the draws, and how far the process is in integrated rate.
    process: Option<(Draws, f64)>,
}

impl Schedule {
    pub(super) fn new(segments: Arc<[Segment]>, seed: u64, worker: u64, workers: u64) -> Schedule {
        Schedule {
            segments,
            seed,
            worker,
            workers: workers.max(1),
            at: 0,
            before: 0,
            seen: 0,
            process: None,
        }
    }

    /// The next of this segment that is this worker's, counted from the segment's first.
    fn next_own(&self) -> u64 {
        let number = self.before + self.seen;
        let gap = (self.worker + self.workers - number % self.workers) % self.workers;
        self.seen + gap
    }

    /// Its time within the segment; or how many runs the segment has, if it has no more.
    fn within(&mut self, segment: &Segment) -> Result<u64, u64> {
        let own = self.next_own();
        match &segment.what {
            What::Users { .. } | What::Pause => Err(0),
            What::Recorded(times) => match times.get(own as usize) {
                Some(at_ns) => {
                    self.seen = own + 1;
                    Ok(*at_ns)
                }
                None => Err(times.len() as u64),
            },
            What::Rate {
                curve,
                spacing: Spacing::Even,
                before,
            } => {
                let (first, end) = teeth(curve, *before);
                if own >= end - first {
                    return Err(end - first);
                }
                self.seen = own + 1;
                Ok(to_ns(curve.reaches((first + own) as f64 - before)))
            }
            What::Rate { curve, .. } => {
                let stream = || (Draws::new(self.seed, "arrivals", self.at as u64), 0.0);
                let (draws, reached) = self.process.get_or_insert_with(stream);
                let whole = curve.integral();
                // Every worker draws them all and keeps its own: so the times are the same ones
                // with any number of workers, and each has a number.
                while self.seen <= own {
                    *reached -= draws.unit().ln();
                    if *reached >= whole {
                        return Err(self.seen);
                    }
                    self.seen += 1;
                }
                Ok(to_ns(curve.reaches(*reached)))
            }
        }
    }
}

impl Iterator for Schedule {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let segments = Arc::clone(&self.segments);
        loop {
            let segment = segments.get(self.at)?;
            match self.within(segment) {
                Ok(within_ns) => {
                    let due_ns = segment.begins_ns + within_ns.min(segment.lasts_ns);
                    return Some(Arrival {
                        number: self.before + self.seen - 1,
                        due: Duration::from_nanos(due_ns),
                    });
                }
                Err(runs) => {
                    self.before += runs;
                    self.at += 1;
                    self.seen = 0;
                    self.process = None;
                }
            }
        }
    }
}

fn to_ns(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}
