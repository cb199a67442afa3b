//! How servers are spoken to: in the clear or over TLS, one request at a time or many.

use bytes::Bytes;

use super::tls::{Protocol, Tls, TlsError, Trust};
use crate::request::PreparedRequest;

/// How all connections of a load are made.
#[derive(Debug, Clone)]
pub struct Transport {
    /// What is spoken.
    pub protocol: Protocol,
    /// So many places share a connection; more than one only with HTTP/2.
    pub streams: u32,
    /// Over TLS.
    pub secured: Option<Secured>,
}

/// Whom a connection over TLS is to, and how that is checked.
#[derive(Debug, Clone)]
pub struct Secured {
    /// How.
    pub tls: Tls,
    /// The name that its certificate has to be for.
    pub name: String,
}

impl Default for Transport {
    /// HTTP/1.1 in the clear.
    fn default() -> Transport {
        Transport {
            protocol: Protocol::Http1,
            streams: 1,
            secured: None,
        }
    }
}

impl Transport {
    /// HTTP/2 in the clear, to servers that are known to speak it.
    pub fn http2(streams: u32) -> Transport {
        Transport {
            protocol: Protocol::Http2,
            streams: streams.max(1),
            secured: None,
        }
    }

    /// The same over TLS, to somebody of this name.
    pub fn over_tls(self, trust: &Trust, name: &str) -> Result<Transport, TlsError> {
        // Who knows only HTTP/1.1 can say so, which is clearer than a refusal.
        let offered: &[Protocol] = match self.protocol {
            Protocol::Http1 => &[Protocol::Http1],
            Protocol::Http2 => &[Protocol::Http2, Protocol::Http1],
        };
        let secured = Secured {
            tls: Tls::new(trust, offered)?,
            name: name.to_string(),
        };
        Ok(Transport {
            secured: Some(secured),
            ..self
        })
    }

    /// A request to this host, as it goes over these connections.
    pub fn encode(&self, request: &PreparedRequest, host: &str) -> Bytes {
        let scheme = match self.secured {
            Some(_) => "https",
            None => "http",
        };
        match self.protocol {
            Protocol::Http1 => request.to_wire(host),
            Protocol::Http2 => request.to_http2(scheme, host),
        }
    }

    /// Places that share a connection.
    pub(super) fn shared_by(&self) -> u32 {
        match self.protocol {
            Protocol::Http1 => 1,
            Protocol::Http2 => self.streams.max(1),
        }
    }
}
