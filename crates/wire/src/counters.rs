//! What a wire counts while it carries. One thread writes, anyone reads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts of one wire.
#[derive(Debug, Default)]
pub struct Counters {
    pub(crate) connections: AtomicU64,
    pub(crate) open: AtomicU64,
    pub(crate) steps: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) not_understood: AtomicU64,
    pub(crate) failed: AtomicU64,
    remarks: Mutex<Remarks>,
}

/// The first of each kind of trouble, in words.
#[derive(Debug, Default, Clone)]
struct Remarks {
    not_understood: Option<String>,
    failed: Option<String>,
}

/// A reading of a wire's counters.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Connections accepted.
    pub connections: u64,
    /// Connections open now.
    pub open: u64,
    /// Steps begun.
    pub steps: u64,
    /// Bytes carried, both directions.
    pub bytes: u64,
    /// Frames and connections passed without being understood.
    pub not_understood: u64,
    /// Why the first of them was not.
    pub first_not_understood: Option<String>,
    /// Connections that failed: refused upstream, reset.
    pub failed: u64,
    /// Why the first of them did.
    pub first_failed: Option<String>,
}

impl Counters {
    /// Adds to a counter that only the wire's thread writes: cheaper than a locked add.
    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.store(counter.load(Relaxed).wrapping_add(n), Relaxed);
    }

    pub(crate) fn note_not_understood(&self, count: u64, why: &str) {
        Self::add(&self.not_understood, count);
        let mut remarks = self.remarks.lock().unwrap_or_else(|e| e.into_inner());
        remarks
            .not_understood
            .get_or_insert_with(|| why.to_string());
    }

    pub(crate) fn note_failed(&self, why: &str) {
        Self::add(&self.failed, 1);
        let mut remarks = self.remarks.lock().unwrap_or_else(|e| e.into_inner());
        remarks.failed.get_or_insert_with(|| why.to_string());
    }

    /// Reads all counters.
    pub fn read(&self) -> Reading {
        let remarks = self
            .remarks
            .lock()
            .unwrap_or_else(|e| e.into_inner())
            .clone();
        Reading {
            connections: self.connections.load(Relaxed),
            open: self.open.load(Relaxed),
            steps: self.steps.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            not_understood: self.not_understood.load(Relaxed),
            first_not_understood: remarks.not_understood,
            failed: self.failed.load(Relaxed),
            first_failed: remarks.failed,
        }
    }
}
