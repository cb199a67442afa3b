//! One connection of a worker: a socket that never blocks, and what is on its way on it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use bytes::Bytes;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockProtocol, SockType, SockaddrStorage, connect, socket,
};

use super::answer::{Answer, Answered, Keeps, Kept};

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
    address: SocketAddr,
    pub state: State,
    /// When its request was sent, in nanoseconds.
    pub sent_ns: u64,
    /// It waits until more of its request can be written.
    pub wants_room: bool,
    stream: Option<TcpStream>,
    /// What it is asked; empty while it is asked nothing.
    request: Bytes,
    to_head: bool,
    written: usize,
    answer: Answer,
}

impl Connection {
    /// One to this address, closed for now.
    pub fn new(address: SocketAddr, keeps: Keeps) -> Connection {
        Connection {
            address,
            state: State::Closed,
            sent_ns: 0,
            wants_room: false,
            stream: None,
            request: Bytes::new(),
            to_head: false,
            written: 0,
            answer: Answer::new(keeps),
        }
    }

    /// Begins to open it. What fails at once is told here, the rest by `opened`.
    pub fn open(&mut self) -> io::Result<()> {
        let family = match self.address {
            SocketAddr::V4(_) => AddressFamily::Inet,
            SocketAddr::V6(_) => AddressFamily::Inet6,
        };
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let fd = socket(family, SockType::Stream, flags, SockProtocol::Tcp)?;
        match connect(fd.as_raw_fd(), &SockaddrStorage::from(self.address)) {
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
        self.close_but_keep_request();
        self.request = Bytes::new();
    }

    /// Closes it; what it was asked can go over another socket, because nothing of it has left.
    pub fn close_but_keep_request(&mut self) {
        self.stream = None;
        self.state = State::Closed;
        self.wants_room = false;
    }

    /// Its socket, while there is one.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.stream.as_ref().map(AsFd::as_fd)
    }

    /// Takes a request, to be sent by `write`.
    pub fn ask(&mut self, request: Bytes, to_head: bool) {
        self.request = request;
        self.to_head = to_head;
        // Nobody waits for the answer to what is held back.
        self.sent_ns = u64::MAX;
        self.written = 0;
        self.answer.begin();
        if self.state == State::Idle {
            self.state = State::Asking;
        }
    }

    /// Whether it is asked something.
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
    pub fn read(&mut self, buffer: &mut [u8]) -> Received {
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
            match self.answer.take(&buffer[..count], self.to_head) {
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
