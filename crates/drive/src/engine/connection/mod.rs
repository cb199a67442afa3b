//! One connection of a worker: a socket that never blocks, and what is on its way on it.

mod http1;
mod http2;
mod socket;

use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;

use super::answer::Keeps;
use super::tls::Protocol;
use super::transport::Transport;
pub use http1::{Exchange, Received};
pub use http2::{Streams, Taken};
pub use socket::Socket;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// There is none.
    Closed,
    /// It is being opened.
    Opening,
    /// It can be asked. One of HTTP/2 always can, while it is open.
    Idle,
    /// A request is being sent, or its answer is to come.
    Asking,
}

/// What is on its way.
#[derive(Debug)]
pub enum Speech {
    /// One request at a time.
    Http1(Exchange),
    /// Many.
    Http2(Box<Streams>),
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    pub address: SocketAddr,
    pub state: State,
    /// The first of its places, and how many it has.
    pub place: usize,
    pub places: u32,
    /// It waits until more can be written.
    pub wants_room: bool,
    socket: Socket,
    pub speech: Speech,
}

impl Connection {
    /// One to this address for this place, closed for now.
    pub fn new(address: SocketAddr, place: usize, protocol: Protocol, keeps: Keeps) -> Connection {
        Connection {
            address,
            state: State::Closed,
            place,
            places: 1,
            wants_room: false,
            socket: Socket::None,
            speech: match protocol {
                Protocol::Http1 => Speech::Http1(Exchange::new(keeps)),
                Protocol::Http2 => Speech::Http2(Box::new(Streams::new(keeps))),
            },
        }
    }

    /// Begins to open it. What fails at once is told here, the rest by `open_further`.
    pub fn open(&mut self) -> io::Result<()> {
        self.socket = Socket::connect(self.address)?;
        self.state = State::Opening;
        Ok(())
    }

    /// Goes on opening, as far as that goes now; says whether it can be asked.
    pub fn open_further(&mut self, transport: &Transport, buffer: &mut [u8]) -> io::Result<bool> {
        if !self.socket.open_further(transport)? {
            return Ok(false);
        }
        if let Speech::Http2(streams) = &mut self.speech
            && !streams.greet(&mut self.socket, buffer)?
        {
            return Ok(false);
        }
        self.state = State::Idle;
        Ok(true)
    }

    /// Whether it is not even known whether somebody is there.
    pub fn is_connecting(&self) -> bool {
        matches!(self.socket, Socket::Connecting(_))
    }

    /// Whether the socket is to be waited for until it takes more.
    pub fn wants_write(&self) -> bool {
        let has_output = match &self.speech {
            Speech::Http1(_) => false,
            Speech::Http2(streams) => streams.has_output(),
        };
        has_output || self.socket.wants_write()
    }

    /// Closes it, whatever it does.
    pub fn close(&mut self) {
        self.close_but_keep_request();
        match &mut self.speech {
            Speech::Http1(exchange) => exchange.clear(),
            Speech::Http2(streams) => drop(streams.restart()),
        }
    }

    /// Closes it; what was not sent can go over another socket.
    pub fn close_but_keep_request(&mut self) {
        self.socket.close();
        self.state = State::Closed;
        self.wants_room = false;
    }

    /// Its socket, while there is one.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.socket.fd()
    }

    /// What it is asked, and where that goes, if it speaks HTTP/1.1.
    pub fn http1(&mut self) -> Option<(&mut Exchange, &mut Socket)> {
        match &mut self.speech {
            Speech::Http1(exchange) => Some((exchange, &mut self.socket)),
            Speech::Http2(_) => None,
        }
    }

    /// What it is asked, and where that goes, if it speaks HTTP/2.
    pub fn http2(&mut self) -> Option<(&mut Streams, &mut Socket)> {
        match &mut self.speech {
            Speech::Http1(_) => None,
            Speech::Http2(streams) => Some((streams, &mut self.socket)),
        }
    }

    /// Looks what has come although nothing was asked. Of use is only what secures the connection, such
    /// as tickets; all else, its end included, closes it.
    pub fn attend(&mut self, buffer: &mut [u8]) {
        let is_open = match &self.socket {
            Socket::Secured(_) => {
                let read = self.socket.read(buffer);
                read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
            }
            _ => false,
        };
        if !is_open {
            self.close();
        }
    }
}
