//! One stream: what of its request is still to be sent, and what of its answer has come.

use bytes::Bytes;

use super::super::answer::{Garbled, Kept};
use super::WINDOW_BYTES;
use super::fields::Fields;

/// What the peer has sent within a window since it was last let send more.
#[derive(Debug, Default)]
pub struct Inflow {
    bytes: u32,
}

impl Inflow {
    /// Takes so much. Says how much more the peer may send now, where it is time to tell it.
    pub fn take(&mut self, count: usize) -> Result<Option<u32>, Garbled> {
        self.bytes += count as u32;
        if self.bytes > WINDOW_BYTES {
            return Err(Garbled);
        }
        let is_time = self.bytes > WINDOW_BYTES / 2;
        Ok(is_time.then(|| std::mem::take(&mut self.bytes)))
    }
}

/// A request and its answer.
#[derive(Debug)]
pub struct Stream {
    /// What its asker calls it.
    pub slot: usize,
    /// So much of a body the peer takes.
    pub window: i64,
    /// Frames that are still to be sent, and what of the first one's payload is gone.
    pub unsent: Bytes,
    pub unsent_from: usize,
    /// Its end is held back.
    pub holds_end: bool,
    /// Its end was sent.
    pub is_ended: bool,
    pub inflow: Inflow,
    to_head: bool,
    status: Option<u16>,
    /// How long the body was said to be, and how long it is.
    length: Option<u64>,
    body_bytes: u64,
    kept: Option<Kept>,
}

impl Stream {
    pub fn new(slot: usize, window: i64, to_head: bool, keeps_bodies: bool) -> Stream {
        Stream {
            slot,
            window,
            unsent: Bytes::new(),
            unsent_from: 0,
            holds_end: false,
            is_ended: false,
            inflow: Inflow::default(),
            to_head,
            status: None,
            length: None,
            body_bytes: 0,
            kept: keeps_bodies.then(Kept::default),
        }
    }

    /// Takes a head or, after it, trailers. What only says that the answer goes on (1xx) belongs to it.
    pub fn take_head(&mut self, fields: Fields, is_last: bool) -> Result<(), Garbled> {
        if fields.is_garbled {
            return Err(Garbled);
        }
        let status = match (self.status, fields.status) {
            (None, Some(status)) => status,
            (Some(_), None) if is_last => return Ok(()),
            _ => return Err(Garbled),
        };
        if (100..200).contains(&status) {
            // There is no other protocol to switch to.
            return if is_last || status == 101 {
                Err(Garbled)
            } else {
                Ok(())
            };
        }
        self.status = Some(status);
        let has_none = self.to_head || matches!(status, 204 | 304);
        self.length = if has_none { Some(0) } else { fields.length };
        if let Some(kept) = &mut self.kept {
            kept.location = fields.location;
        }
        Ok(())
    }

    pub fn take_body(&mut self, bytes: &[u8]) -> Result<(), Garbled> {
        self.body_bytes += bytes.len() as u64;
        let is_too_long = self.length.is_some_and(|length| self.body_bytes > length);
        if self.status.is_none() || is_too_long {
            return Err(Garbled);
        }
        if let Some(kept) = &mut self.kept {
            kept.take(bytes);
        }
        Ok(())
    }

    /// The answer is over: says whether it is whole.
    pub fn end(&mut self) -> Result<(u16, Kept), Garbled> {
        let status = self.status.ok_or(Garbled)?;
        if self.length.is_some_and(|length| self.body_bytes < length) {
            return Err(Garbled);
        }
        Ok((status, self.kept.take().unwrap_or_default()))
    }

    /// Whether nothing but perhaps its end is still to be sent.
    pub fn is_sent(&self) -> bool {
        self.unsent.is_empty()
    }
}
