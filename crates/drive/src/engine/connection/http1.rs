//! What is on its way on a connection of HTTP/1.1: one request at a time.

use std::io::{self, ErrorKind, Read, Write};

use bytes::Bytes;

use super::super::answer::{Answer, Answered, Keeps, Kept};
use super::socket::Socket;

/// What came of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// There is more to come.
    Nothing,
    /// The answer.
    Answered(Answered),
    /// It was closed before the answer was whole.
    Cut,
    /// What came is no answer.
    Garbled,
}

/// A request and its answer.
#[derive(Debug)]
pub struct Exchange {
    /// What is asked; empty while nothing is asked.
    request: Bytes,
    to_head: bool,
    written: usize,
    answer: Answer,
}

impl Exchange {
    /// None yet.
    pub fn new(keeps: Keeps) -> Exchange {
        Exchange {
            request: Bytes::new(),
            to_head: false,
            written: 0,
            answer: Answer::new(keeps),
        }
    }

    /// Takes a request, to be sent by `write`.
    pub fn ask(&mut self, request: Bytes, to_head: bool) {
        self.request = request;
        self.to_head = to_head;
        self.written = 0;
        self.answer.begin();
    }

    /// Whether nothing of the request has left.
    pub fn is_unsent(&self) -> bool {
        self.written == 0
    }

    /// Writes as much of the request as goes; says whether that was all.
    pub fn write(&mut self, socket: &mut Socket) -> io::Result<bool> {
        self.write_up_to(self.request.len(), socket)
    }

    /// Writes as much of the request as goes, but not its last byte.
    pub fn write_but_last(&mut self, socket: &mut Socket) -> io::Result<bool> {
        self.write_up_to(self.request.len().saturating_sub(1), socket)
    }

    fn write_up_to(&mut self, end: usize, socket: &mut Socket) -> io::Result<bool> {
        while self.written < end {
            match socket.write(&self.request[self.written..end]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        socket.is_flushed()
    }

    /// Reads what has come.
    pub fn read(&mut self, socket: &mut Socket, buffer: &mut [u8]) -> Received {
        loop {
            let count = match socket.read(buffer) {
                Ok(0) => return self.answer.end().map_or(Received::Cut, Received::Answered),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Received::Nothing,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Received::Cut,
            };
            match self.answer.take(&buffer[..count], self.to_head) {
                Ok(Some(answered)) => return Received::Answered(answered),
                Ok(None) if count < buffer.len() && !socket.has_more() => return Received::Nothing,
                Ok(None) => {}
                Err(_) => return Received::Garbled,
            }
        }
    }

    /// What is kept of the answer.
    pub fn kept(&mut self) -> Kept {
        self.answer.kept()
    }

    /// There is none any more.
    pub fn clear(&mut self) {
        self.request = Bytes::new();
    }
}
