//! The way out: requests are given streams and framed as far as the server takes them.

use bytes::Bytes;

use super::frame::{
    CONTINUATION, DATA, END_STREAM, HEAD_BYTES, HEADERS, Head, PAYLOAD_BYTES_MAX, split,
};
use super::{Http2, Stream};

impl Http2 {
    /// Asks what was encoded by `PreparedRequest::to_http2`. False when there is no room for it.
    #[must_use]
    pub fn ask(&mut self, slot: usize, request: &Bytes, to_head: bool) -> bool {
        self.begin(slot, request, to_head, false)
    }

    /// As `ask`, but the server is not told that this is all: it is, by `end_all`.
    #[must_use]
    pub fn ask_but_end(&mut self, slot: usize, request: &Bytes, to_head: bool) -> bool {
        self.begin(slot, request, to_head, true)
    }

    /// Ends all requests that were asked but for their ends. What is not held up stands in the output in
    /// one piece, behind what has not been written yet.
    pub fn end_all(&mut self) {
        let mut held = std::mem::take(&mut self.held);
        for id in held.drain(..) {
            let Some(stream) = self.streams.get_mut(&id) else {
                continue;
            };
            stream.holds_end = false;
            // With a body that waits, its end waits too.
            if stream.is_sent() {
                stream.is_ended = true;
                self.output.put_frame(DATA, END_STREAM, id, &[]);
            }
        }
        self.held = held;
    }

    fn begin(&mut self, slot: usize, request: &Bytes, to_head: bool, holds_end: bool) -> bool {
        if self.room() == 0 {
            return false;
        }
        let id = self.next_id;
        self.next_id += 2;
        let mut stream = Stream::new(slot, self.window_at_first, to_head, self.keeps_bodies);
        stream.holds_end = holds_end;
        let head_bytes = self.put_head(id, request, &mut stream);
        if head_bytes < request.len() {
            stream.unsent = request.slice(head_bytes..);
        }
        self.streams.insert(id, stream);
        if holds_end {
            self.held.push(id);
        }
        if head_bytes < request.len() && !self.send(id) {
            self.waiting.push_back(id);
        }
        true
    }

    /// Puts the frames that are no body; says how many bytes of the request they are.
    fn put_head(&mut self, id: u32, request: &[u8], stream: &mut Stream) -> usize {
        let mut rest = request;
        while let Ok(Some((head, payload, after))) = split(rest) {
            if !matches!(head.kind, HEADERS | CONTINUATION) {
                break;
            }
            let mut flags = head.flags;
            if head.kind == HEADERS && head.has(END_STREAM) {
                match stream.holds_end {
                    true => flags &= !END_STREAM,
                    false => stream.is_ended = true,
                }
            }
            self.output.put_frame(head.kind, flags, id, payload);
            rest = after;
        }
        request.len() - rest.len()
    }

    /// Sends bodies that waited, as far as that is possible now.
    pub(super) fn send_waiting(&mut self) {
        for _ in 0..self.waiting.len() {
            if self.window <= 0 || self.output.is_full() {
                return;
            }
            if let Some(id) = self.waiting.pop_front()
                && !self.send(id)
            {
                self.waiting.push_back(id);
            }
        }
    }

    /// Sends as much of a body as the server takes; says whether that was all.
    pub(super) fn send(&mut self, id: u32) -> bool {
        let Some(stream) = self.streams.get_mut(&id) else {
            return true;
        };
        while let Some(head) = Head::read(&stream.unsent) {
            let from = HEAD_BYTES + stream.unsent_from;
            let frame_end = (HEAD_BYTES + head.length).min(stream.unsent.len());
            let room = self.window.min(stream.window).max(0);
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            let taken = (frame_end - from).min(room).min(PAYLOAD_BYTES_MAX);
            if taken == 0 || self.output.is_full() {
                return false;
            }
            let is_last = from + taken == stream.unsent.len();
            let ends = is_last && !stream.holds_end;
            let flags = if ends { END_STREAM } else { 0 };
            let payload = &stream.unsent[from..from + taken];
            self.output.put_frame(DATA, flags, id, payload);
            self.window -= taken as i64;
            stream.window -= taken as i64;
            stream.is_ended = ends;
            match from + taken == frame_end {
                true => {
                    stream.unsent = stream.unsent.slice(frame_end..);
                    stream.unsent_from = 0;
                }
                false => stream.unsent_from += taken,
            }
        }
        stream.unsent = Bytes::new();
        true
    }
}
