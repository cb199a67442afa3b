//! Recording of every step on a busy wire: fixed-size records and a table of shapes, handed over
//! in batches, so that recording costs a fraction of carrying.

use foldhash::HashMap;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Instant;

use model::{StepRecord, WireId};

/// A wire tells at most this many shapes apart; all later ones share [`SHAPE_OTHER`].
const SHAPES_MAX: usize = 65_536;

/// The shape of steps beyond the limit.
pub const SHAPE_OTHER: u32 = u32::MAX;

/// Records handed over at once.
const BATCH_RECORDS: usize = 4096;

/// What a recorder hands over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The wire.
    pub wire: WireId,
    /// Shapes first seen in this batch, with their numbers.
    pub shapes: Vec<(u32, String)>,
    /// The steps.
    pub records: Vec<StepRecord>,
    /// Records lost so far because the taker was too slow.
    pub lost: u64,
}

/// Collects the records of one wire. Lives on the wire's thread.
#[derive(Debug)]
pub(crate) struct Recorder {
    wire: WireId,
    began: Instant,
    now_us: u64,
    taker: SyncSender<Batch>,
    shapes: HashMap<Box<[u8]>, u32>,
    fresh: Vec<(u32, String)>,
    records: Vec<StepRecord>,
    lost: u64,
    /// Reused for shapes while they are looked up.
    pub(crate) shape_bytes: Vec<u8>,
}

impl Recorder {
    pub(crate) fn new(wire: WireId, began: Instant, taker: SyncSender<Batch>) -> Recorder {
        Recorder {
            wire,
            began,
            now_us: 0,
            taker,
            shapes: HashMap::default(),
            fresh: Vec::new(),
            records: Vec::with_capacity(BATCH_RECORDS),
            lost: 0,
            shape_bytes: Vec::new(),
        }
    }

    /// Looks at the clock: once for all frames of a read.
    pub(crate) fn tick(&mut self) {
        self.now_us = self.began.elapsed().as_micros() as u64;
    }

    /// When it last looked, in microseconds since the run began.
    pub(crate) fn now_us(&self) -> u64 {
        self.now_us
    }

    /// The number of the shape in `shape_bytes`.
    pub(crate) fn shape(&mut self) -> u32 {
        if let Some(number) = self.shapes.get(self.shape_bytes.as_slice()) {
            return *number;
        }
        if self.shapes.len() >= SHAPES_MAX {
            return SHAPE_OTHER;
        }
        let number = self.shapes.len() as u32;
        self.shapes
            .insert(self.shape_bytes.as_slice().into(), number);
        self.fresh
            .push((number, crate::session::readable(&self.shape_bytes)));
        number
    }

    pub(crate) fn record(&mut self, record: StepRecord) {
        self.records.push(record);
        if self.records.len() >= BATCH_RECORDS {
            self.hand_over();
        }
    }

    /// Gives what there is to the taker; never waits for it.
    pub(crate) fn hand_over(&mut self) {
        if self.records.is_empty() {
            return;
        }
        let records = std::mem::replace(&mut self.records, Vec::with_capacity(BATCH_RECORDS));
        let shapes = std::mem::take(&mut self.fresh);
        let batch = Batch {
            wire: self.wire,
            shapes,
            records,
            lost: self.lost,
        };
        match self.taker.try_send(batch) {
            Ok(()) => {}
            Err(TrySendError::Full(batch) | TrySendError::Disconnected(batch)) => {
                self.lost += batch.records.len() as u64;
                self.fresh = batch.shapes;
            }
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.hand_over();
    }
}
