//! The load engine: HTTP/1.1 without a runtime. Each worker is a thread with connections, a histogram
//! and a clock of its own, and waits for whichever comes first, an answer or the time of the next
//! request.

mod answer;
mod arrivals;
mod connection;
pub mod http2;
mod target;
pub mod tls;
mod volley;
mod worker;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Builder;
use std::time::{Duration, Instant};

use bytes::Bytes;
use model::Outcome;

pub use arrivals::Arrivals;
pub use target::{Target, TargetError};
pub use volley::{Release, Volleys, volleys};

use crate::load::{Figures, Until};
use worker::Worker;

/// How load is applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// The next request is sent when an answer has come.
    Closed,
    /// Requests are due at set times; one that finds no free connection waits, and that counts.
    Open(Arrivals),
}

/// What is asked, of whom, and how often.
pub struct Load<'a> {
    /// Who is asked; connections take turns.
    pub addresses: &'a [SocketAddr],
    /// The nth request, to one of them, as it goes over the wire; or why there is none.
    pub request: &'a (dyn Fn(u64, usize) -> Result<Bytes, String> + Sync),
    /// Requests are HEAD, whose answers have no bodies.
    pub to_head: bool,
    /// Whether an outcome, of one of them, is what the user wants.
    pub expects: &'a (dyn Fn(&Outcome, usize) -> bool + Sync),
    /// Outcomes have bodies.
    pub keeps_bodies: bool,
    /// Connections over all workers.
    pub connections: u32,
    /// How it is applied.
    pub pace: Pace,
    /// When it ends.
    pub until: Until,
    /// An answer is waited for no longer than this.
    pub patience: Duration,
    /// Threads; each has its share of the connections.
    pub workers: u32,
    /// Seed of random arrivals.
    pub seed: u64,
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
    /// Requests that were begun, where their number is limited.
    tickets: AtomicU64,
}

impl Watch {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether one more request may be begun.
    fn takes_ticket(&self, until: &Until) -> bool {
        until
            .requests
            .is_none_or(|most| self.tickets.fetch_add(1, Ordering::Relaxed) < most)
    }
}

/// Applies load and says what came of it. Blocks; fails when a worker cannot begin.
pub fn apply(load: &Load<'_>, watch: &Watch) -> std::io::Result<Figures> {
    let count = load.workers.clamp(1, load.connections.max(1));
    let mut workers = (0..count)
        .map(|number| Worker::new(load, watch, number, count))
        .collect::<std::io::Result<Vec<_>>>()?;
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
    let mut figures = Figures::default();
    std::thread::scope(|scope| {
        let running: Vec<_> = workers
            .into_iter()
            .map(|worker| Builder::new().spawn_scoped(scope, move || worker.run(began)))
            .collect::<std::io::Result<_>>()?;
        for running in running {
            figures.add(&joined(running.join())?);
        }
        Ok::<(), std::io::Error>(())
    })?;
    figures.elapsed = began.elapsed();
    Ok(figures)
}

fn joined<T>(result: std::thread::Result<std::io::Result<T>>) -> std::io::Result<T> {
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod tests;
