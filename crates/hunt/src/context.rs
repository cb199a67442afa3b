//! What every phase is handed: where events go, the seed, the clock, and how to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use model::{EventKind, EventSink};
use tokio::sync::Notify;

/// What every phase is handed.
#[derive(Clone)]
pub struct Context {
    /// Where events go.
    pub sink: Arc<dyn EventSink>,
    /// The seed of every draw.
    pub seed: u64,
    /// Set when the user wants to stop.
    pub interrupt: Interrupt,
    /// When the run's budget is spent; none means when the work is done.
    pub deadline: Option<Instant>,
    /// Milliseconds since 1970, for `${now}`.
    pub now_ms: fn() -> u64,
}

impl Context {
    /// Sends an event.
    pub fn emit(&self, kind: EventKind) {
        self.sink.emit(kind);
    }

    /// Tells the user something that stops nothing.
    pub fn warn(&self, message: impl Into<String>) {
        self.emit(EventKind::Warning {
            message: message.into(),
        });
    }

    /// When so much of the rest of the budget is spent; none without a budget.
    pub fn share(&self, share: f64) -> Option<Instant> {
        let now = Instant::now();
        self.deadline
            .map(|deadline| now + deadline.saturating_duration_since(now).mul_f64(share))
    }

    /// Whether to begin nothing more.
    pub fn is_over(&self) -> bool {
        self.interrupt.is_set()
            || self
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// What is left of the budget, at most `most`.
    pub fn left(&self, most: Duration) -> Duration {
        self.deadline.map_or(most, |deadline| {
            most.min(deadline.saturating_duration_since(Instant::now()))
        })
    }
}

/// The user's wish to stop.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<(AtomicBool, Notify)>);

impl Interrupt {
    /// Asks to stop.
    pub fn set(&self) {
        self.0.0.store(true, Ordering::SeqCst);
        self.0.1.notify_waiters();
    }

    /// Whether to stop.
    pub fn is_set(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    /// Waits until asked to stop.
    pub async fn wait(&self) {
        let notified = self.0.1.notified();
        if !self.is_set() {
            notified.await;
        }
    }
}
