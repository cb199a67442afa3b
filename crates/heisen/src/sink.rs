//! The one stream of events, fanned out on a thread of its own: to the evidence and to the
//! terminal. Whoever emits never waits for a disk.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use model::{Event, EventKind, EventSink};
use show::Progress;
use store::Evidence;

/// Events that may wait for the disk; beyond that emitting waits, and nothing is lost.
const EVENTS_WAITING_MAX: usize = 16_384;

/// A killed run loses at most so much of its evidence.
const FLUSH_EVERY: Duration = Duration::from_millis(100);

/// Takes events; `finish` ends the stream.
pub struct Stream {
    began: Instant,
    events: SyncSender<Event>,
}

/// The thread at the other end.
pub struct Drain {
    thread: JoinHandle<Drained>,
}

/// What is left when the stream has ended.
pub struct Drained {
    /// The evidence's file.
    pub evidence: Option<PathBuf>,
    /// The events, when there is no evidence to read them from.
    pub events: Vec<Event>,
    /// Why evidence could not be written.
    pub trouble: Option<String>,
}

/// Opens the stream.
pub fn open(evidence: Result<Evidence, String>, progress: Progress) -> (Stream, Drain) {
    let (events, waiting) = sync_channel(EVENTS_WAITING_MAX);
    let thread = std::thread::spawn(move || drain(&waiting, evidence, progress));
    (Stream { began: Instant::now(), events }, Drain { thread })
}

impl EventSink for Stream {
    fn emit(&self, kind: EventKind) {
        let at_us = self.began.elapsed().as_micros() as u64;
        // The drain ends only after every sender is gone.
        let _ = self.events.send(Event { at_us, kind });
    }
}

impl Drain {
    /// Waits until every event is written. All streams must have been dropped.
    pub fn finish(self) -> Drained {
        self.thread.join().unwrap_or_else(|_| Drained {
            evidence: None,
            events: Vec::new(),
            trouble: Some("the thread that writes evidence ended early".to_string()),
        })
    }
}

/// Without evidence, at most so many events are kept for the report.
const EVENTS_KEPT_MAX: usize = 100_000;

fn drain(
    waiting: &Receiver<Event>,
    evidence: Result<Evidence, String>,
    mut progress: Progress,
) -> Drained {
    let (mut evidence, mut trouble) = match evidence {
        Ok(evidence) => (Some(evidence), None),
        Err(why) => (None, Some(why)),
    };
    let mut events = Vec::new();
    let mut flushed = Instant::now();
    loop {
        let event = match waiting.recv_timeout(FLUSH_EVERY) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if let Some(event) = event {
            progress.consume(&event);
            match &mut evidence {
                Some(evidence) => evidence.record(&event),
                None if events.len() < EVENTS_KEPT_MAX => events.push(event),
                None => {}
            }
        }
        if flushed.elapsed() >= FLUSH_EVERY {
            flushed = Instant::now();
            if let Some(error) = evidence.as_mut().and_then(Evidence::flush) {
                trouble.get_or_insert_with(|| error.to_string());
            }
        }
    }
    progress.clear();
    let evidence = evidence.and_then(|evidence| match evidence.finish() {
        Ok(path) => Some(path),
        Err(error) => {
            trouble.get_or_insert_with(|| error.to_string());
            None
        }
    });
    Drained { evidence, events, trouble }
}
