//! Small names and numbers that say where something happened.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One replica of every service, wired together; a racer's request goes down its own lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LaneId(pub u16);

/// One wire of a run: the proxy on one edge of one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WireId(pub u16);

/// The nth connection a wire accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConnectionId(pub u32);

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lane {}", self.0 + 1)
    }
}

/// What is spoken on an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Bytes that heisen does not look into.
    Tcp,
    /// HTTP/1.1.
    Http,
    /// The PostgreSQL frontend/backend protocol, version 3.
    Postgres,
    /// RESP2 and RESP3.
    Redis,
}

impl Protocol {
    /// All protocols, in the order they are offered to a user.
    pub const ALL: [Protocol; 4] = [
        Protocol::Tcp,
        Protocol::Http,
        Protocol::Postgres,
        Protocol::Redis,
    ];

    /// The word users write.
    pub fn as_str(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Http => "http",
            Protocol::Postgres => "postgres",
            Protocol::Redis => "redis",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
