//! One HTTP/2 connection as its client, without a socket (RFC 9113): requests and received bytes go in,
//! bytes to write and ends of answers come out. For load: a request is encoded once and sent often, and
//! the ends of many requests can be let go in one piece.

mod encode;
mod fields;
mod frame;
mod hpack;
mod huffman;
mod output;
mod receive;
mod send;
mod stream;

use std::collections::{HashMap, VecDeque};

use foldhash::fast::FixedState;

use frame::BITS_31;
use output::Output;
use stream::{Inflow, Stream};

pub use super::answer::{Garbled, Kept};
pub(crate) use encode::{Parts, encode};

/// What a server sends unasked before it is told that there is room again, on a stream and on all.
const WINDOW_BYTES: u32 = (1 << 30) - 1;

/// Windows are so large until somebody says otherwise.
const WINDOW_BYTES_AT_FIRST: u32 = 65_535;

/// Until the server says how many streams it takes, it takes these.
const STREAMS_AT_FIRST: usize = 100;

/// And never more than these.
const STREAMS_MAX: usize = 10_000;

/// What every connection begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Its answer is whole.
    Answered {
        /// The status.
        status: u16,
        /// What judges want to see.
        kept: Kept,
    },
    /// It was surely not processed.
    Refused,
    /// The server gave it up.
    Reset,
    /// What came is no answer.
    Garbled,
}

/// Whether a request that was encoded has a body: if not, its head ends it.
pub fn has_body(request: &[u8]) -> bool {
    let head = frame::Head::read(request);
    head.is_some_and(|head| !head.has(frame::END_STREAM))
}

/// A header block that goes on in the next frame.
#[derive(Debug)]
struct Block {
    stream: u32,
    ends_stream: bool,
    bytes: Vec<u8>,
    pieces: usize,
}

/// One connection.
#[derive(Debug)]
pub struct Http2 {
    keeps_bodies: bool,
    output: Output,
    /// A frame of which not all is there.
    input: Vec<u8>,
    streams: HashMap<u32, Stream, FixedState>,
    next_id: u32,
    /// The server has said what it takes.
    is_greeted: bool,
    /// Of streams the server takes so many, and of a body each takes so much at first.
    streams_max: usize,
    window_at_first: i64,
    /// Of all bodies the server takes so much.
    window: i64,
    /// Streams whose bodies wait until they may be sent, and those whose ends are held back.
    waiting: VecDeque<u32>,
    held: Vec<u32>,
    inflow: Inflow,
    block: Option<Block>,
    scratch: Vec<u8>,
    /// The last stream that the server will answer, once it has said so.
    last_id: Option<u32>,
}

impl Http2 {
    /// A connection that has just been opened. It keeps bodies, or not.
    pub fn new(keeps_bodies: bool) -> Http2 {
        let mut output = Output::default();
        output.put(PREFACE);
        let settings = [
            (frame::HEADER_TABLE_SIZE, 0),
            (frame::ENABLE_PUSH, 0),
            (frame::INITIAL_WINDOW_SIZE, WINDOW_BYTES),
        ];
        let mut payload = Vec::with_capacity(6 * settings.len());
        for (setting, value) in settings {
            payload.extend_from_slice(&setting.to_be_bytes());
            payload.extend_from_slice(&value.to_be_bytes());
        }
        output.put_frame(frame::SETTINGS, 0, 0, &payload);
        output.put_room(0, WINDOW_BYTES - WINDOW_BYTES_AT_FIRST);
        Http2 {
            keeps_bodies,
            output,
            input: Vec::new(),
            streams: HashMap::default(),
            next_id: 1,
            is_greeted: false,
            streams_max: STREAMS_AT_FIRST,
            window_at_first: i64::from(WINDOW_BYTES_AT_FIRST),
            window: i64::from(WINDOW_BYTES_AT_FIRST),
            waiting: VecDeque::new(),
            held: Vec::new(),
            inflow: Inflow::default(),
            block: None,
            scratch: Vec::new(),
            last_id: None,
        }
    }

    /// How many more requests may be asked now.
    pub fn room(&self) -> usize {
        if self.is_closing() {
            return 0;
        }
        let ids_left = (BITS_31 - self.next_id) / 2 + 1;
        let streams_left = self.streams_max.saturating_sub(self.streams.len());
        streams_left.min(ids_left as usize)
    }

    /// Whether the server has said what it takes.
    pub fn is_greeted(&self) -> bool {
        self.is_greeted
    }

    /// Whether it takes no more requests, ever: once all have ended, it is to be closed.
    pub fn is_closing(&self) -> bool {
        self.last_id.is_some() || self.next_id > BITS_31
    }

    /// Requests that have not ended.
    pub fn in_flight(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.streams.values().map(|stream| stream.slot)
    }

    /// Whether something of a request, other than an end that is held back, was not given out yet: the
    /// server takes no more for now, or there is much to write already.
    pub fn is_held_up(&self) -> bool {
        let mut waiting = self.waiting.iter();
        waiting.any(|id| self.streams.get(id).is_some_and(|known| !known.is_sent()))
    }

    /// What is to be written next, in one piece.
    pub fn output(&self) -> &[u8] {
        self.output.left()
    }

    /// So much of the output was written. There may be more now.
    pub fn written(&mut self, count: usize) {
        self.output.written(count);
        self.send_waiting();
    }

    /// Nobody waits for a request any more: whatever comes of it is left aside.
    pub fn forget(&mut self, slot: usize) {
        let mut streams = self.streams.iter();
        let id = streams.find(|(_, stream)| stream.slot == slot);
        if let Some(id) = id.map(|(id, _)| *id) {
            self.drop_stream(id);
            self.output.put_reset(id, frame::CANCEL);
        }
    }

    fn drop_stream(&mut self, id: u32) -> Option<Stream> {
        let stream = self.streams.remove(&id)?;
        if !stream.is_sent() {
            self.waiting.retain(|waiting| *waiting != id);
        }
        if stream.holds_end {
            self.held.retain(|held| *held != id);
        }
        Some(stream)
    }
}

#[cfg(test)]
mod tests;
