//! The socket of a connection, with or without TLS.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockProtocol, SockType, SockaddrStorage, connect, socket,
};

use super::super::tls::{Protocol, Stream};
use super::super::transport::{Secured, Transport};

/// A socket that never blocks.
#[derive(Debug)]
pub enum Socket {
    /// There is none.
    None,
    /// It is being connected.
    Connecting(TcpStream),
    /// It is read and written as it is.
    Plain(TcpStream),
    /// What is read and written is secured.
    Secured(Box<Stream>),
}

impl Socket {
    /// Begins to connect to this address.
    pub fn connect(address: SocketAddr) -> io::Result<Socket> {
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
        Ok(Socket::Connecting(stream))
    }

    /// Goes on to where it can be read and written, as far as that goes now; says whether it is there.
    pub fn open_further(&mut self, transport: &Transport) -> io::Result<bool> {
        if matches!(self, Socket::Connecting(_)) {
            *self = match (std::mem::replace(self, Socket::None), &transport.secured) {
                (Socket::Connecting(stream), secured) => connected(stream, secured.as_ref())?,
                (other, _) => other,
            };
        }
        let Socket::Secured(stream) = self else {
            return Ok(true);
        };
        if !stream.shake()? {
            return Ok(false);
        }
        match (transport.protocol, stream.protocol()) {
            (Protocol::Http2, Some(Protocol::Http1) | None) => {
                let why = "HTTP/2 was asked for, and the server speaks only HTTP/1.1";
                Err(io::Error::new(ErrorKind::Unsupported, why))
            }
            _ => Ok(true),
        }
    }

    /// Whether something can be read of which nobody will tell again.
    pub fn has_more(&self) -> bool {
        match self {
            Socket::Secured(stream) => stream.has_more(),
            _ => false,
        }
    }

    /// Hands over what was written and has not left; says whether that was all.
    pub fn is_flushed(&mut self) -> io::Result<bool> {
        match self {
            Socket::Secured(stream) if stream.wants_write() => match stream.flush() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
                other => other.map(|()| true),
            },
            _ => Ok(true),
        }
    }

    /// Whether it waits until more can be written.
    pub fn wants_write(&self) -> bool {
        match self {
            Socket::Secured(stream) => stream.wants_write(),
            _ => false,
        }
    }

    /// Closes it.
    pub fn close(&mut self) {
        if let Socket::Secured(stream) = self {
            stream.close();
        }
        *self = Socket::None;
    }

    /// What to wait for, while there is one.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Socket::None => None,
            Socket::Connecting(stream) | Socket::Plain(stream) => Some(stream.as_fd()),
            Socket::Secured(stream) => Some(stream.as_fd()),
        }
    }
}

fn connected(stream: TcpStream, secured: Option<&Secured>) -> io::Result<Socket> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    Ok(match secured {
        None => Socket::Plain(stream),
        Some(Secured { tls, name }) => Socket::Secured(Box::new(Stream::new(tls, name, stream)?)),
    })
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Plain(stream) => stream.read(buffer),
            Socket::Secured(stream) => stream.read(buffer),
            Socket::None | Socket::Connecting(_) => Err(ErrorKind::NotConnected.into()),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Plain(stream) => stream.write(bytes),
            Socket::Secured(stream) => stream.write(bytes),
            Socket::None | Socket::Connecting(_) => Err(ErrorKind::NotConnected.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
