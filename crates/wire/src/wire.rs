//! A wire: one listener on this machine, one upstream, one thread with a runtime of its own.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use model::{ConnectionId, LaneId, Protocol, WireId};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::oneshot;

use crate::counters::{Counters, Reading};
use crate::gate::Director;
use crate::pipe;
use crate::recorder::{Batch, Recorder};

/// What a wire is between, and what it does.
#[derive(Debug, Clone)]
pub struct WireConfig {
    /// Its number in the run.
    pub wire: WireId,
    /// Its lane.
    pub lane: LaneId,
    /// The service that calls.
    pub from: String,
    /// The backend or service that is called.
    pub target: String,
    /// What they speak.
    pub protocol: Protocol,
    /// `host:port` of what is called.
    pub upstream: String,
    /// The port to listen on; 0 takes a free one.
    pub listen_port: u16,
    /// The run's seed, for drawn delays.
    pub seed: u64,
}

/// Where step records go, and since when times count.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The beginning of time.
    pub began: Instant,
    /// Takes batches; a full one loses records, it never slows the wire.
    pub taker: SyncSender<Batch>,
}

/// Why a wire could not be opened.
#[derive(Debug, Error)]
pub enum WireError {
    /// No port, no thread, no more files.
    #[error("opening the wire {edge}: {source}")]
    Open {
        /// `inventory -> cache`.
        edge: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// An open wire. Dropping it closes it and every connection on it.
pub struct Wire {
    config: WireConfig,
    address: SocketAddr,
    counters: Arc<Counters>,
    upstream: Arc<RwLock<String>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the connections of a wire share, on its thread.
pub(crate) struct Carrier {
    pub(crate) wire: WireId,
    pub(crate) lane: LaneId,
    pub(crate) target: String,
    pub(crate) protocol: Protocol,
    pub(crate) seed: u64,
    pub(crate) director: Arc<dyn Director>,
    pub(crate) counters: Arc<Counters>,
    upstream: Arc<RwLock<String>>,
    recorder: Option<RefCell<Recorder>>,
}

impl Carrier {
    pub(crate) fn upstream(&self) -> String {
        self.upstream
            .read()
            .unwrap_or_else(|e| e.into_inner())
            .clone()
    }

    /// Lets the recorder look at the clock, if there is one.
    pub(crate) fn tick(&self) {
        if let Some(recorder) = &self.recorder {
            recorder.borrow_mut().tick();
        }
    }

    pub(crate) fn recorder(&self) -> Option<&RefCell<Recorder>> {
        self.recorder.as_ref()
    }
}

impl Wire {
    /// Opens a wire.
    pub fn open(
        config: WireConfig,
        director: Arc<dyn Director>,
        recording: Option<Recording>,
    ) -> Result<Wire, WireError> {
        let edge = format!("{} -> {}", config.from, config.target);
        let fail = |source| WireError::Open {
            edge: edge.clone(),
            source,
        };
        let listener =
            std::net::TcpListener::bind((pipe::LISTEN, config.listen_port)).map_err(fail)?;
        listener.set_nonblocking(true).map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        let counters = Arc::new(Counters::default());
        let upstream = Arc::new(RwLock::new(config.upstream.clone()));
        let (stop, stopped) = oneshot::channel();
        let thread = {
            let (config, counters, upstream) = (config.clone(), counters.clone(), upstream.clone());
            std::thread::Builder::new()
                .name(format!("wire {edge}"))
                .spawn(move || {
                    let recorder = recording
                        .map(|r| RefCell::new(Recorder::new(config.wire, r.began, r.taker)));
                    let carrier = Carrier {
                        wire: config.wire,
                        lane: config.lane,
                        target: config.target,
                        protocol: config.protocol,
                        seed: config.seed,
                        director,
                        counters,
                        upstream,
                        recorder,
                    };
                    run(listener, Rc::new(carrier), stopped);
                })
                .map_err(fail)?
        };
        Ok(Wire {
            config,
            address,
            counters,
            upstream,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it is between.
    pub fn config(&self) -> &WireConfig {
        &self.config
    }

    /// What it has carried.
    pub fn reading(&self) -> Reading {
        self.counters.read()
    }

    /// New connections go there from now on (a backend that came back on another port).
    pub fn retarget(&self, upstream: &str) {
        *self.upstream.write().unwrap_or_else(|e| e.into_inner()) = upstream.to_string();
    }

    /// Closes it and waits for its thread.
    pub fn close(mut self) -> Reading {
        self.shut();
        self.counters.read()
    }

    fn shut(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.shut();
    }
}

/// A wire's thread: takes connections until it is told to stop.
fn run(listener: std::net::TcpListener, carrier: Rc<Carrier>, stopped: oneshot::Receiver<()>) {
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build_local(LocalOptions::default());
    match runtime {
        Ok(runtime) => runtime.block_on(async {
            tokio::select! {
                () = accept(listener, &carrier) => {}
                _ = stopped => {}
            }
        }),
        Err(error) => carrier
            .counters
            .note_failed(&format!("starting the wire's runtime: {error}")),
    }
}

async fn accept(listener: std::net::TcpListener, carrier: &Rc<Carrier>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return carrier.counters.note_failed(&format!("listening: {error}")),
    };
    let mut number = 0;
    let mut recorder_tick = tokio::time::interval(HAND_OVER_EVERY);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = recorder_tick.tick(), if carrier.recorder.is_some() => {
                // Few steps must not wait for a full batch.
                if let Some(recorder) = carrier.recorder() {
                    recorder.borrow_mut().hand_over();
                }
                continue;
            }
        };
        match accepted {
            Ok((client, _)) => {
                let connection = ConnectionId(number);
                number = number.wrapping_add(1);
                Counters::add(&carrier.counters.connections, 1);
                let carrier = Rc::clone(carrier);
                tokio::task::spawn_local(async move {
                    carrier.counters.open.fetch_add(1, Relaxed);
                    pipe::carry(Rc::clone(&carrier), connection, client).await;
                    carrier.counters.open.fetch_sub(1, Relaxed);
                });
            }
            Err(error) => {
                carrier
                    .counters
                    .note_failed(&format!("taking a connection: {error}"));
                // Out of files, most likely: some will come free.
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Pause after a connection could not be taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Step records are handed over at least this often.
const HAND_OVER_EVERY: Duration = Duration::from_millis(100);

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
