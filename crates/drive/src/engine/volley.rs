//! Volleys: as many requests at once as there are connections. They are written up to their last byte
//! first, so that the servers have read the rest when that comes, and then let go one right after the
//! other: what races is what the servers do, and not how long they parse.

use std::io;
use std::time::{Duration, Instant};

use super::connection::State;
use super::worker::Worker;
use super::{Load, Watch};
use crate::load::{Figures, Times};

/// How the requests of a volley leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Each as a whole.
    Whole,
    /// All but the last byte first.
    LastByte,
}

/// Between the last byte but one and the last, servers have so long to read.
const LEAD: Duration = Duration::from_millis(20);

/// What volleys came to.
#[derive(Debug)]
pub struct Volleys {
    /// What was measured of their requests; latency begins when the first is let go.
    pub figures: Figures,
    /// From the first request that was let go to the last, of each volley, in microseconds.
    pub skew_us: Times,
}

/// Lets volleys go, one after the other, over the connections of `load` on this thread. One that is
/// stopped ends with what it has.
pub fn volleys(
    load: &Load<'_>,
    rounds: u64,
    release: Release,
    watch: &Watch,
) -> io::Result<Volleys> {
    let began = Instant::now();
    let mut worker = Worker::new(load, watch, 0, 1)?;
    let mut skew_us = Figures::default().latency_us;
    for _ in 0..rounds {
        worker.open_all()?;
        let skew = worker.volley(release)?;
        if watch.is_stopped() {
            break;
        }
        skew_us.saturating_record((skew.as_nanos() as u64).div_ceil(1_000));
        if began.elapsed() >= load.until.elapsed {
            break;
        }
    }
    let mut figures = worker.measured()?;
    figures.elapsed = began.elapsed();
    Ok(Volleys { figures, skew_us })
}

impl Worker<'_> {
    /// Sends one request over each connection, all at once, and waits for the answers. Says how long
    /// it took from letting the first one go to letting the last one go.
    pub fn volley(&mut self, release: Release) -> io::Result<Duration> {
        let all: Vec<usize> = std::mem::take(&mut self.free);
        self.begin_to_count();
        for at in &all {
            let request = self.next_request(*at);
            let connection = &mut self.connections[*at];
            match request {
                Ok(request) => connection.ask(request),
                Err(why) => return Err(io::Error::other(why)),
            }
            if release == Release::LastByte && connection.state == State::Asking {
                // What goes wrong here is seen again when it is let go.
                let _ = connection.write_but_last();
            }
        }
        if release == Release::LastByte {
            lead();
        }
        let first_ns = self.now_ns();
        let mut sent_ns = Vec::with_capacity(all.len());
        for at in all {
            self.connections[at].due_ns = first_ns;
            self.connections[at].sent_ns = self.now_ns();
            self.in_flight += 1;
            match self.connections[at].state {
                State::Closed => self.open_for_request(at),
                _ => self.write(at),
            }
            sent_ns.push(self.now_ns());
        }
        self.is_over = true;
        self.go_on()?;
        let skew_ns = sent_ns.last().zip(sent_ns.first());
        Ok(Duration::from_nanos(
            skew_ns.map_or(0, |(last, first)| last - first),
        ))
    }
}

/// Waits until servers have read what was written.
fn lead() {
    let began = Instant::now();
    while let Some(left) = LEAD.checked_sub(began.elapsed()) {
        std::thread::park_timeout(left.max(Duration::from_micros(1)));
    }
}
