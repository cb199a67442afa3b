//! The load engine: HTTP/1.1 and HTTP/2 without a runtime. Each worker is a thread with connections, a histogram
//! and a clock of its own, and waits for whichever comes first, an answer or the time of the next
//! request.

mod answer;
mod burst;
mod connection;
mod exchanges;
pub mod http2;
mod opening;
mod pace;
mod seconds;
mod target;
pub mod tls;
mod transport;
mod users;
mod worker;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::Builder;
use std::time::{Duration, Instant};

pub use answer::Keeps;
pub use burst::{Burster, Due, Release, Sent, skew, times};
pub use opening::probe;
pub use pace::{Arrivals, Pace};
pub use seconds::Second;
pub use target::{Target, TargetError};
pub use transport::{Secured, Transport};
pub use users::{Asked, Askers, Meeting, Next, Told, User, Users};

use crate::load::{Figures, Until};
use crate::profile::Plan;
use worker::Worker;

/// Who asks whom, and how often.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    /// Who is asked: services, each with its lanes. Places take turns among the lanes.
    pub services: &'a [Vec<SocketAddr>],
    /// Who asks.
    pub users: &'a dyn Users,
    /// So many operations are told apart.
    pub operations: usize,
    /// What users want to see of answers.
    pub keeps: Keeps,
    /// How connections are made, and how many places share one.
    pub transport: &'a Transport,
    /// Places over all workers, for one user at a time each, who has a connection to each service.
    pub connections: u32,
    /// When runs begin.
    pub plan: &'a Plan,
    /// When it ends, if the plan does not before; what is limited is the number of runs.
    pub until: Until,
    /// An answer is waited for no longer than this.
    pub patience: Duration,
    /// Threads; each has its share of the places.
    pub workers: u32,
}

/// How far load is, and how it is stopped; shared with whoever watches.
#[derive(Debug, Default)]
pub struct Watch {
    /// Ends it, with what was measured so far.
    pub stop: AtomicBool,
    /// Requests with an outcome, a tenth of a second ago at most.
    pub requests: AtomicU64,
    /// Those whose outcome was not the expected.
    pub errors: AtomicU64,
    /// Runs that were begun, where their number is limited.
    tickets: AtomicU64,
    /// Runs of the last part that were begun, where that is one of so many.
    iterations: AtomicU64,
}

impl Watch {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether one more run may be begun.
    fn takes_ticket(&self, until: &Until) -> bool {
        until
            .requests
            .is_none_or(|most| self.tickets.fetch_add(1, Ordering::Relaxed) < most)
    }

    /// Whether one more of so many iterations may be begun.
    fn takes_iteration(&self, runs: u64) -> bool {
        self.iterations.fetch_add(1, Ordering::Relaxed) < runs
    }
}

/// Shares that wait to be put together: workers do not wait for each other.
const SHARES_MAX: usize = 1_024;

/// Applies load and says what came of it, by operation; tells of each second when it is over. Blocks;
/// fails when a worker cannot begin.
pub fn apply(
    load: &Load<'_>,
    watch: &Watch,
    tell: &mut dyn FnMut(&Second),
) -> std::io::Result<Vec<Figures>> {
    // Places that share a connection are of one worker.
    let most = load.connections.div_ceil(load.transport.shared_by());
    let count = load.workers.clamp(1, most.max(1));
    let (sender, shares) = sync_channel(SHARES_MAX);
    let mut workers = (0..count)
        .map(|number| Worker::new(load, watch, sender.clone(), number, count))
        .collect::<std::io::Result<Vec<_>>>()?;
    drop(sender);
    std::thread::scope(|scope| {
        // All connections are there before the first request is due.
        let opening: Vec<_> = workers
            .iter_mut()
            .map(|worker| Builder::new().spawn_scoped(scope, move || worker.open_all()))
            .collect::<std::io::Result<_>>()?;
        for opening in opening {
            joined(opening.join())?;
        }
        Ok::<(), std::io::Error>(())
    })?;
    let began = Instant::now();
    std::thread::scope(|scope| {
        let running: Vec<_> = workers
            .into_iter()
            .map(|worker| Builder::new().spawn_scoped(scope, move || worker.run(began)))
            .collect::<std::io::Result<_>>()?;
        let mut each = seconds::gather(&shares, count as usize, load.operations, tell);
        for running in running {
            joined(running.join())?;
        }
        let elapsed = began.elapsed();
        each.iter_mut().for_each(|of| of.elapsed = elapsed);
        Ok(each)
    })
}

fn joined<T>(result: std::thread::Result<std::io::Result<T>>) -> std::io::Result<T> {
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests;
