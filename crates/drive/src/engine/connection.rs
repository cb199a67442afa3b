//! One connection of a worker: a socket that never blocks, and what is on its way on it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use bytes::Bytes;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockProtocol, SockType, SockaddrStorage, connect, socket,
};

use super::answer::{Answer, Answered, Kept};

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// There is none.
    Closed,
    /// It is being opened.
    Opening,
    /// It can be asked.
    Idle,
    /// A request is being sent, or its answer is to come.
    Asking,
}

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

/// A connection.
#[derive(Debug)]
pub struct Connection {
    /// To whom, by its place.
    pub lane: usize,
    pub state: State,
    /// When the request was due and when it was sent, in nanoseconds.
    pub due_ns: u64,
    pub sent_ns: u64,
    /// It waits until more of its request can be written.
    pub wants_room: bool,
    stream: Option<TcpStream>,
    request: Bytes,
    written: usize,
    answer: Answer,
}

impl Connection {
    pub fn new(lane: usize, keeps_bodies: bool) -> Connection {
        Connection {
            lane,
            state: State::Closed,
            due_ns: 0,
            sent_ns: 0,
            wants_room: false,
            stream: None,
            request: Bytes::new(),
            written: 0,
            answer: Answer::new(keeps_bodies),
        }
    }

    /// Begins to open it. What fails at once is told here, the rest by `opened`.
    pub fn open(&mut self, address: SocketAddr) -> io::Result<()> {
        let family = match address {
            SocketAddr::V4(_) => AddressFamily::Inet,
            SocketAddr::V6(_) => AddressFamily::Inet6,
        };
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let fd = socket(family, SockType::Stream, flags, SockProtocol::Tcp)?;
        match connect(fd.as_raw_fd(), &SockaddrStorage::from(address)) {
            Ok(()) | Err(Errno::EINPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        let stream = TcpStream::from(fd);
        stream.set_nodelay(true)?;
        self.stream = Some(stream);
        self.state = State::Opening;
        Ok(())
    }

    /// Says whether opening has succeeded.
    pub fn opened(&mut self) -> io::Result<()> {
        let stream = self.stream.as_ref().ok_or(ErrorKind::NotConnected)?;
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
        self.state = State::Idle;
        Ok(())
    }

    /// Closes it, whatever it does.
    pub fn close(&mut self) {
        self.stream = None;
        self.state = State::Closed;
        self.wants_room = false;
        self.request = Bytes::new();
    }

    /// Its socket, while there is one.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.stream.as_ref().map(AsFd::as_fd)
    }

    /// Takes a request, to be sent by `write`.
    pub fn ask(&mut self, request: Bytes) {
        self.request = request;
        self.written = 0;
        self.answer.begin();
        if self.state == State::Idle {
            self.state = State::Asking;
        }
    }

    /// Gives back a request of which nothing has left.
    pub fn take_request(&mut self) -> Bytes {
        std::mem::take(&mut self.request)
    }

    /// Whether a request waits for the connection to be open.
    pub fn has_request(&self) -> bool {
        !self.request.is_empty()
    }

    /// Whether nothing of the request has left.
    pub fn is_unsent(&self) -> bool {
        self.written == 0
    }

    /// Writes as much of the request as goes; says whether that was all.
    pub fn write(&mut self) -> io::Result<bool> {
        self.write_up_to(self.request.len())
    }

    /// Writes as much of the request as goes, but not its last byte.
    pub fn write_but_last(&mut self) -> io::Result<bool> {
        self.write_up_to(self.request.len().saturating_sub(1))
    }

    fn write_up_to(&mut self, end: usize) -> io::Result<bool> {
        let stream = self.stream.as_mut().ok_or(ErrorKind::NotConnected)?;
        while self.written < end {
            match stream.write(&self.request[self.written..end]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Reads what has come.
    pub fn read(&mut self, buffer: &mut [u8], to_head: bool) -> Received {
        let Some(stream) = self.stream.as_mut() else {
            return Received::Cut;
        };
        loop {
            let count = match stream.read(buffer) {
                Ok(0) => return self.answer.end().map_or(Received::Cut, Received::Answered),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Received::Nothing,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Received::Cut,
            };
            match self.answer.take(&buffer[..count], to_head) {
                Ok(Some(answered)) => return Received::Answered(answered),
                Ok(None) if count < buffer.len() => return Received::Nothing,
                Ok(None) => {}
                Err(_) => return Received::Garbled,
            }
        }
    }

    /// What is kept of the answer.
    pub fn kept(&mut self) -> Kept {
        self.answer.kept()
    }

    /// The answer is there: the connection can be asked again.
    pub fn rest(&mut self) {
        self.state = State::Idle;
        self.request = Bytes::new();
    }
}
