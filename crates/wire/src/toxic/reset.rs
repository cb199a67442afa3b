//! Reset: both sides of the connection get a TCP reset. Before a step goes up the backend never
//! saw it; before its reply goes down it was applied and nobody knows.

use std::io;

/// The error that ends a pipe by resetting both its sockets.
pub(super) fn apply() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "reset by a fault")
}
