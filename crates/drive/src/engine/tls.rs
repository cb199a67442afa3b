//! TLS over a socket that never blocks. It stands between a connection and its socket: what is read and
//! written here is what the protocol above sees, and `wants_write` says when the socket is to be waited
//! for although the protocol has nothing to say.

mod trust;

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, HandshakeKind};

pub use trust::{TlsError, Trust};

/// What is spoken above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

impl Protocol {
    /// As it is called in a handshake.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Http1 => "http/1.1",
            Protocol::Http2 => "h2",
        }
    }
}

/// Whether this is what comes of a server that cannot show who it is.
pub fn is_untrusted(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}

/// How all connections of a load are secured. They share what servers let them resume.
#[derive(Debug, Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
}

impl Tls {
    /// Trusts these, and offers to speak these, the preferred one first.
    pub fn new(trust: &Trust, protocols: &[Protocol]) -> Result<Tls, TlsError> {
        let mut config = trust.config()?;
        let names = protocols
            .iter()
            .map(|protocol| protocol.name().as_bytes().to_vec());
        config.alpn_protocols = names.collect();
        Ok(Tls {
            config: Arc::new(config),
        })
    }
}

/// A secured connection. Once `shake` has said that it is open, it is read and written like a socket.
#[derive(Debug)]
pub struct Stream {
    socket: TcpStream,
    session: ClientConnection,
    /// What was decrypted and not read.
    plain_bytes: usize,
    /// The other side will say no more.
    is_closed: bool,
}

impl Stream {
    /// Over a socket that is connected to somebody of this name.
    pub fn new(tls: &Tls, name: &str, socket: TcpStream) -> io::Result<Stream> {
        let wrong = |error| io::Error::new(ErrorKind::InvalidInput, error);
        let name = ServerName::try_from(name.to_string()).map_err(wrong)?;
        let session = ClientConnection::new(Arc::clone(&tls.config), name);
        Ok(Stream {
            socket,
            session: session.map_err(io::Error::other)?,
            plain_bytes: 0,
            is_closed: false,
        })
    }

    /// Goes on with the handshake, as far as the socket lets it; says whether the connection is open.
    pub fn shake(&mut self) -> io::Result<bool> {
        while self.session.is_handshaking() {
            self.push()?;
            match self.pull() {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.push()?;
        Ok(true)
    }

    /// Whether the socket is to be waited for until it takes more: then call `flush`, or `shake` while
    /// the connection is not open.
    pub fn wants_write(&self) -> bool {
        self.session.wants_write()
    }

    /// Whether something can be read, the end included, of which the socket will not tell again. Who
    /// reads until there is nothing more does not need to ask.
    pub fn has_more(&self) -> bool {
        self.plain_bytes > 0 || self.is_closed
    }

    /// What both have agreed to speak, if the other side has said so.
    pub fn protocol(&self) -> Option<Protocol> {
        let name = self.session.alpn_protocol()?;
        let mut known = [Protocol::Http1, Protocol::Http2].into_iter();
        known.find(|protocol| protocol.name().as_bytes() == name)
    }

    /// Whether an earlier connection was resumed.
    pub fn is_resumed(&self) -> bool {
        self.session.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Says farewell, if the socket takes it at once. Nothing can be written after it.
    pub fn close(&mut self) {
        self.session.send_close_notify();
        // Whoever does not take it learns of the end from the socket.
        let _ = self.push();
    }

    /// Hands to the socket what it takes; says how much that was.
    fn push(&mut self) -> io::Result<usize> {
        let mut pushed = 0;
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.socket) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => pushed += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // What has left may have arrived: the next one who writes is told.
                Err(_) if pushed > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(pushed)
    }

    /// Takes from the socket what is there, and decrypts it. Nothing is the end of the socket.
    fn pull(&mut self) -> io::Result<usize> {
        let count = loop {
            match self.session.read_tls(&mut self.socket) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        match self.session.process_new_packets() {
            Ok(state) => {
                self.plain_bytes = state.plaintext_bytes_to_read();
                self.is_closed |= state.peer_has_closed();
                Ok(count)
            }
            Err(error) => {
                // The other side is told why, if it takes it.
                let _ = self.push();
                Err(io::Error::new(ErrorKind::InvalidData, error))
            }
        }
    }
}

impl Read for Stream {
    /// Reads what was sent. An end that nobody has announced is an error: it may be a cut.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(buffer) {
                Ok(count) => {
                    self.plain_bytes = self.plain_bytes.saturating_sub(count);
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            // At the end of the socket the next turn says which end it is.
            self.pull()?;
            // It may have asked for an answer, as for new keys. What fails here, whoever writes next is
            // told: what has come can be read all the same.
            let _ = self.push();
        }
    }
}

impl Write for Stream {
    /// Takes what is to be sent, once all that was taken before has left. An error means that nothing of
    /// this has left.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push()?;
        if self.session.wants_write() || self.session.is_handshaking() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let taken = self.session.writer().write(bytes)?;
        self.push()?;
        Ok(taken)
    }

    /// Hands to the socket what was taken; would block while not all of it has left.
    fn flush(&mut self) -> io::Result<()> {
        self.push()?;
        match self.session.wants_write() {
            true => Err(ErrorKind::WouldBlock.into()),
            false => Ok(()),
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
pub(super) mod tests;
