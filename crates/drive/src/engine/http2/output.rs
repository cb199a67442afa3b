//! What a connection has to write, in one piece.

use super::super::answer::Garbled;
use super::frame::{GOAWAY, HEAD_BYTES, Head, PROTOCOL_ERROR, RST_STREAM, WINDOW_UPDATE};

/// Bodies wait when there is so much to write already.
const BYTES_FULL: usize = 256 * 1024;

/// Who asks for answers and does not read them is owed so much at most.
const OWED_BYTES_MAX: usize = 64 * 1024;

/// What has been written is moved out of the way when it is so much.
const WRITTEN_BYTES_MAX: usize = 64 * 1024;

/// Bytes to be written, the first of which are gone already.
#[derive(Debug, Default)]
pub struct Output {
    bytes: Vec<u8>,
    written: usize,
    /// Bytes that the peer made us write, since all was written.
    owed: usize,
}

impl Output {
    pub fn left(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    pub fn is_full(&self) -> bool {
        self.left().len() >= BYTES_FULL
    }

    pub fn written(&mut self, count: usize) {
        self.written = (self.written + count).min(self.bytes.len());
        if self.written == self.bytes.len() {
            self.bytes.clear();
            self.written = 0;
            self.owed = 0;
        } else if self.written > WRITTEN_BYTES_MAX {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }

    pub fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn put_frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let head = Head {
            length: payload.len(),
            kind,
            flags,
            stream,
        };
        self.bytes.reserve(HEAD_BYTES + payload.len());
        self.put(&head.bytes());
        self.put(payload);
    }

    /// Puts what the peer asks for; there is an end to that.
    pub fn put_owed(&mut self, kind: u8, flags: u8, payload: &[u8]) -> Result<(), Garbled> {
        self.put_frame(kind, flags, 0, payload);
        self.owed += HEAD_BYTES + payload.len();
        match self.owed > OWED_BYTES_MAX {
            true => Err(Garbled),
            false => Ok(()),
        }
    }

    /// Gives a stream up.
    pub fn put_reset(&mut self, stream: u32, why: u32) {
        self.put_frame(RST_STREAM, 0, stream, &why.to_be_bytes());
    }

    /// Lets the peer send so much more, on a stream or on all.
    pub fn put_room(&mut self, stream: u32, bytes: u32) {
        self.put_frame(WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes());
    }

    /// Says that the peer has broken the rules.
    pub fn put_farewell(&mut self) {
        let mut payload = [0; 8];
        payload[4..].copy_from_slice(&PROTOCOL_ERROR.to_be_bytes());
        self.put_frame(GOAWAY, 0, 0, &payload);
    }
}
