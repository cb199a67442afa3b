//! One connection through a wire: two directions that share a session.
//!
//! ```text
//!            Up half:   read -> scan -> [gate] -> write
//!   service ----------------------------------------------> backend
//!           <----------------------------------------------
//!            Down half: write <- [gate] <- scan <- read
//! ```
//!
//! Both halves run in one task on the wire's one thread. While nobody is attentive a half takes
//! the `idle` path: bytes are scanned where they were read and go on at once. When the director
//! is attentive it takes the `gated` path at the next frame's beginning: nothing passes unasked.

mod gated;
mod half;
mod idle;
mod link;

use std::io;
use std::net::Ipv4Addr;
use std::rc::Rc;

use model::ConnectionId;
use tokio::net::TcpStream;

use crate::session::Direction;
use crate::wire::Carrier;
use half::Half;
use link::Link;

/// Carries one connection until both sides have closed or one is reset.
pub(crate) async fn carry(carrier: Rc<Carrier>, connection: ConnectionId, mut client: TcpStream) {
    let upstream = carrier.upstream();
    let mut server = match connect(&upstream).await {
        Ok(server) => server,
        Err(error) => {
            carrier
                .counters
                .note_failed(&format!("connecting to {upstream}: {error}"));
            reset(&client);
            return;
        }
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let link = Link::new(Rc::clone(&carrier), connection);
    let result = {
        let (client_read, client_write) = client.split();
        let (server_read, server_write) = server.split();
        let up = Half::new(Direction::Up, client_read, server_write, &link);
        let down = Half::new(Direction::Down, server_read, client_write, &link);
        tokio::try_join!(up.run(), down.run())
    };
    link.close();
    if let Err(error) = result {
        // One side is gone without a goodbye: the other must not mistake it for one.
        reset(&client);
        reset(&server);
        carrier.counters.note_failed(&error.to_string());
    }
}

async fn connect(upstream: &str) -> io::Result<TcpStream> {
    match tokio::time::timeout(CONNECT_MAX, TcpStream::connect(upstream)).await {
        Ok(result) => result,
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "no answer to a connection attempt",
        )),
    }
}

/// A wire waits this long for its upstream to take a connection.
const CONNECT_MAX: std::time::Duration = std::time::Duration::from_secs(10);

/// Makes closing this socket send a reset instead of a goodbye.
fn reset(socket: &TcpStream) {
    let _ = socket.set_zero_linger();
}

/// Where wires listen: never beyond this machine.
pub(crate) const LISTEN: Ipv4Addr = Ipv4Addr::LOCALHOST;
