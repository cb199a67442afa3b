//! The one stream of events, fanned out on a thread of its own: to the evidence, to the terminal, and
//! to whoever else wants to hear it. Recordings of wires take the same way to the same file.

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
    items: SyncSender<Item>,
}

/// Hears every event, on the stream's thread: it must not keep it long.
pub trait Listener: Send {
    /// Takes an event.
    fn consume(&mut self, event: &Event);

    /// The stream has ended; says what went wrong, if anything did.
    fn end(self: Box<Self>) -> Option<String>;
}

/// What goes down the stream.
enum Item {
    Event(Event),
    Steps(wire::Batch),
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
    /// What went wrong with what others heard.
    pub unheard: Vec<String>,
}

/// Opens the stream.
pub fn open(
    evidence: Result<Evidence, String>,
    progress: Progress,
    listeners: Vec<Box<dyn Listener>>,
) -> (Stream, Drain) {
    let (items, waiting) = sync_channel(EVENTS_WAITING_MAX);
    let thread = std::thread::spawn(move || drain(&waiting, evidence, progress, listeners));
    (
        Stream {
            began: Instant::now(),
            items,
        },
        Drain { thread },
    )
}

impl Stream {
    /// Takes what a wire recorded.
    pub fn record(&self, batch: wire::Batch) {
        let _ = self.items.send(Item::Steps(batch));
    }
}

impl EventSink for Stream {
    fn emit(&self, kind: EventKind) {
        let at_us = self.began.elapsed().as_micros() as u64;
        // The drain ends only after every sender is gone.
        let _ = self.items.send(Item::Event(Event { at_us, kind }));
    }
}

impl Drain {
    /// Waits until every event is written. All streams must have been dropped.
    pub fn finish(self) -> Drained {
        self.thread.join().unwrap_or_else(|_| Drained {
            evidence: None,
            events: Vec::new(),
            unheard: Vec::new(),
            trouble: Some("the thread that writes evidence ended early".to_string()),
        })
    }
}

/// Without evidence, at most so many events are kept for the report.
const EVENTS_KEPT_MAX: usize = 100_000;

fn drain(
    waiting: &Receiver<Item>,
    evidence: Result<Evidence, String>,
    mut progress: Progress,
    mut listeners: Vec<Box<dyn Listener>>,
) -> Drained {
    let (mut evidence, mut trouble) = match evidence {
        Ok(evidence) => (Some(evidence), None),
        Err(why) => (None, Some(why)),
    };
    let mut events = Vec::new();
    let mut flushed = Instant::now();
    loop {
        match waiting.recv_timeout(FLUSH_EVERY) {
            Ok(Item::Event(event)) => {
                progress.consume(&event);
                for listener in &mut listeners {
                    listener.consume(&event);
                }
                match &mut evidence {
                    Some(evidence) => evidence.record(&event),
                    None if events.len() < EVENTS_KEPT_MAX => events.push(event),
                    None => {}
                }
            }
            Ok(Item::Steps(batch)) => {
                if let Some(evidence) = &mut evidence {
                    record_steps(evidence, &batch);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if flushed.elapsed() >= FLUSH_EVERY {
            flushed = Instant::now();
            if let Some(error) = evidence.as_mut().and_then(Evidence::flush) {
                trouble.get_or_insert_with(|| error.to_string());
            }
        }
    }
    progress.clear();
    let unheard = listeners.into_iter().filter_map(|one| one.end()).collect();
    let evidence = evidence.and_then(|evidence| match evidence.finish() {
        Ok(path) => Some(path),
        Err(error) => {
            trouble.get_or_insert_with(|| error.to_string());
            None
        }
    });
    Drained {
        evidence,
        events,
        trouble,
        unheard,
    }
}

fn record_steps(evidence: &mut Evidence, batch: &wire::Batch) {
    for (shape, text) in &batch.shapes {
        evidence.record_shape(batch.wire, *shape, text);
    }
    evidence.record_steps(batch.wire, &batch.records);
}
