//! The way in: frames from the server, whole ones only, and what each means. What breaks the rules of
//! the connection is garbled; what breaks those of one stream ends that stream.

use super::super::answer::{Garbled, HEAD_BYTES_MAX};
use super::fields::Fields;
use super::frame::{self, Head, split};
use super::{BITS_31, Block, Ended, Http2, STREAMS_MAX, Stream};

/// A header block comes in so many pieces at most.
const PIECES_MAX: usize = 64;

impl Http2 {
    /// Takes what was read, and tells which requests ended and how. After an error the connection is of
    /// no use; what is left to write says so to the server.
    pub fn take(
        &mut self,
        bytes: &[u8],
        ended: &mut impl FnMut(usize, Ended),
    ) -> Result<(), Garbled> {
        let taken = self.take_frames(bytes, ended);
        if taken.is_err() {
            self.output.put_farewell();
        }
        taken
    }

    fn take_frames(
        &mut self,
        mut bytes: &[u8],
        ended: &mut impl FnMut(usize, Ended),
    ) -> Result<(), Garbled> {
        let mut input = std::mem::take(&mut self.input);
        while !input.is_empty() {
            let lacking = frame::lacking(&input)?;
            if let (0, Some((head, payload, _))) = (lacking, split(&input)?) {
                self.take_frame(head, payload, ended)?;
                input.clear();
            } else if bytes.is_empty() {
                break;
            } else {
                let (more, rest) = bytes.split_at(lacking.min(bytes.len()));
                input.extend_from_slice(more);
                bytes = rest;
            }
        }
        // Nearly always frames are whole, and nothing is copied.
        while let Some((head, payload, rest)) = split(bytes)? {
            self.take_frame(head, payload, ended)?;
            bytes = rest;
        }
        input.extend_from_slice(bytes);
        self.input = input;
        Ok(())
    }

    fn take_frame(
        &mut self,
        head: Head,
        payload: &[u8],
        ended: &mut impl FnMut(usize, Ended),
    ) -> Result<(), Garbled> {
        let is_greeting = head.kind == frame::SETTINGS && !head.has(frame::ACK);
        let is_out_of_turn = self.block.is_some() && head.kind != frame::CONTINUATION;
        if is_out_of_turn || !(self.is_greeted || is_greeting) {
            return Err(Garbled);
        }
        match head.kind {
            frame::DATA => self.take_data(head, payload, ended),
            frame::HEADERS => self.take_headers(head, payload, ended),
            frame::CONTINUATION => self.take_continuation(head, payload, ended),
            frame::RST_STREAM => self.take_reset(head, payload, ended),
            frame::WINDOW_UPDATE => self.take_room(head, payload, ended),
            frame::SETTINGS => self.take_settings(head, payload),
            frame::PING => self.take_ping(head, payload),
            frame::GOAWAY => self.take_goaway(head, payload, ended),
            frame::PRIORITY if head.stream == 0 => Err(Garbled),
            frame::PRIORITY if payload.len() != 5 => {
                self.give_up(head.stream, frame::PROTOCOL_ERROR, ended);
                Ok(())
            }
            frame::PUSH_PROMISE => Err(Garbled),
            _ => Ok(()),
        }
    }

    fn take_data(
        &mut self,
        head: Head,
        payload: &[u8],
        ended: &mut impl FnMut(usize, Ended),
    ) -> Result<(), Garbled> {
        // Padding counts, and so does what nobody waits for any more.
        if let Some(more) = self.inflow.take(payload.len())? {
            self.output.put_room(0, more);
        }
        let bytes = head.without_padding(payload)?;
        let Some(stream) = self.asked(head.stream)? else {
            return Ok(());
        };
        let more = stream.inflow.take(payload.len());
        let (Ok(more), Ok(())) = (more, stream.take_body(bytes)) else {
            self.give_up(head.stream, frame::PROTOCOL_ERROR, ended);
            return Ok(());
        };
        if head.has(frame::END_STREAM) {
            self.finish(head.stream, ended);
        } else if let Some(more) = more {
            self.output.put_room(head.stream, more);
        }
        Ok(())
    }

    fn take_headers(
        &mut self,
        head: Head,
        payload: &[u8],
        ended: &mut impl FnMut(usize, Ended),
    ) -> Result<(), Garbled> {
        self.asked(head.stream)?;
        let mut bytes = head.without_padding(payload)?;
        if head.has(frame::PRIORITIZED) {
            bytes = bytes.get(5..).ok_or(Garbled)?;
        }
        let ends_stream = head.has(frame::END_STREAM);
        if head.has(frame::END_HEADERS) {
            return self.take_block(head.stream, ends_stream, bytes, ended);
        }
        self.block = Some(Block {
            stream: head.stream,
            ends_stream,
            bytes: bytes.to_vec(),
            pieces: 1,
        });
        Ok(())
    }

    fn take_continuation(
        &mut self,
        head: Head,
        payload: &[u8],
        ended: &mut impl FnMut(usize, Ended),
    ) -> Result<(), Garbled> {
        let mut block = self.block.take().ok_or(Garbled)?;
        block.pieces += 1;
        block.bytes.extend_from_slice(payload);
        let is_too_much = block.bytes.len() > HEAD_BYTES_MAX || block.pieces > PIECES_MAX;
        if head.stream != block.stream || is_too_much {
            return Err(Garbled);
        }
        if head.has(frame::END_HEADERS) {
            return self.take_block(block.stream, block.ends_stream, &block.bytes, ended);
        }
        self.block = Some(block);
        Ok(())
    }

    fn take_block(
        &mut self,
        id: u32,
        is_last: bool,
        block: &[u8],
        ended: &mut impl FnMut(usize, Ended),
    ) -> Result<(), Garbled> {
        let fields = Fields::read(block, &mut self.scratch, self.keeps_bodies)?;
        let Some(stream) = self.asked(id)? else {
            return Ok(());
        };
        match stream.take_head(fields, is_last) {
            Ok(()) if is_last => self.finish(id, ended),
            Ok(()) => {}
            Err(Garbled) => self.give_up(id, frame::PROTOCOL_ERROR, ended),
        }
        Ok(())
    }

    fn take_reset(
        &mut self,
        head: Head,
        payload: &[u8],
        ended: &mut impl FnMut(usize, Ended),
    ) -> Result<(), Garbled> {
        let why = frame::number(payload)?;
        self.asked(head.stream)?;
        if let Some(stream) = self.drop_stream(head.stream) {
            let is_refused = why == frame::REFUSED_STREAM;
            let how = if is_refused {
                Ended::Refused
            } else {
                Ended::Reset
            };
            ended(stream.slot, how);
        }
        Ok(())
    }

    fn take_room(
        &mut self,
        head: Head,
        payload: &[u8],
        ended: &mut impl FnMut(usize, Ended),
    ) -> Result<(), Garbled> {
        let more = i64::from(frame::number(payload)? & BITS_31);
        if head.stream == 0 {
            self.window += more;
            if more == 0 || self.window > i64::from(BITS_31) {
                return Err(Garbled);
            }
            self.send_waiting();
            return Ok(());
        }
        let Some(stream) = self.asked(head.stream)? else {
            return Ok(());
        };
        stream.window += more;
        if more == 0 || stream.window > i64::from(BITS_31) {
            self.give_up(head.stream, frame::FLOW_CONTROL_ERROR, ended);
        } else {
            self.send(head.stream);
        }
        Ok(())
    }

    fn take_settings(&mut self, head: Head, payload: &[u8]) -> Result<(), Garbled> {
        let is_answer = head.has(frame::ACK);
        let (settings, rest) = payload.as_chunks::<6>();
        if head.stream != 0 || !rest.is_empty() || (is_answer && !payload.is_empty()) {
            return Err(Garbled);
        }
        if is_answer {
            return Ok(());
        }
        if !self.is_greeted {
            // Who says nothing of it takes any number.
            self.streams_max = STREAMS_MAX;
        }
        self.is_greeted = true;
        for [a, b, value @ ..] in settings {
            let value = u32::from_be_bytes(*value);
            match u16::from_be_bytes([*a, *b]) {
                frame::ENABLE_PUSH if value != 0 => return Err(Garbled),
                frame::MAX_CONCURRENT_STREAMS => {
                    self.streams_max = STREAMS_MAX.min(value as usize);
                }
                frame::INITIAL_WINDOW_SIZE => self.change_windows(value)?,
                // Frames of ours are never longer than what everybody takes.
                frame::MAX_FRAME_SIZE if !(1 << 14..1 << 24).contains(&value) => {
                    return Err(Garbled);
                }
                _ => {}
            }
        }
        self.output.put_owed(frame::SETTINGS, frame::ACK, &[])?;
        self.send_waiting();
        Ok(())
    }

    /// Streams that are there have what they used of their windows taken off the new size.
    fn change_windows(&mut self, size: u32) -> Result<(), Garbled> {
        let change = i64::from(size) - self.window_at_first;
        self.window_at_first = i64::from(size);
        let mut is_too_much = size > BITS_31;
        for stream in self.streams.values_mut() {
            stream.window += change;
            is_too_much |= stream.window > i64::from(BITS_31);
        }
        if is_too_much { Err(Garbled) } else { Ok(()) }
    }

    fn take_ping(&mut self, head: Head, payload: &[u8]) -> Result<(), Garbled> {
        if head.stream != 0 || payload.len() != 8 {
            return Err(Garbled);
        }
        match head.has(frame::ACK) {
            true => Ok(()),
            false => self.output.put_owed(frame::PING, frame::ACK, payload),
        }
    }

    fn take_goaway(
        &mut self,
        head: Head,
        payload: &[u8],
        ended: &mut impl FnMut(usize, Ended),
    ) -> Result<(), Garbled> {
        let told = frame::number(payload.get(..4).ok_or(Garbled)?)? & BITS_31;
        if head.stream != 0 || payload.len() < 8 {
            return Err(Garbled);
        }
        let last_id = self.last_id.map_or(told, |known| known.min(told));
        self.last_id = Some(last_id);
        let ids = self.streams.keys().copied();
        let mut refused: Vec<u32> = ids.filter(|id| *id > last_id).collect();
        refused.sort_unstable();
        for id in refused {
            if let Some(stream) = self.drop_stream(id) {
                ended(stream.slot, Ended::Refused);
            }
        }
        Ok(())
    }

    /// The stream of a frame, if it has not ended; one that was never begun is garbled.
    fn asked(&mut self, id: u32) -> Result<Option<&mut Stream>, Garbled> {
        if id.is_multiple_of(2) || id >= self.next_id {
            return Err(Garbled);
        }
        Ok(self.streams.get_mut(&id))
    }

    /// The server has said all on a stream.
    fn finish(&mut self, id: u32, ended: &mut impl FnMut(usize, Ended)) {
        let Some(mut stream) = self.drop_stream(id) else {
            return;
        };
        if !stream.is_ended {
            // It did not want the rest of the request.
            self.output.put_reset(id, frame::CANCEL);
        }
        let how = match stream.end() {
            Ok((status, kept)) => Ended::Answered { status, kept },
            Err(Garbled) => Ended::Garbled,
        };
        ended(stream.slot, how);
    }

    /// What came on a stream is no answer.
    fn give_up(&mut self, id: u32, why: u32, ended: &mut impl FnMut(usize, Ended)) {
        if let Some(stream) = self.drop_stream(id) {
            self.output.put_reset(id, why);
            ended(stream.slot, Ended::Garbled);
        }
    }
}
