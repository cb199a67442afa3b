//! Ports for backends, replicas and wires of this machine.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::error::LabError;

/// Ports below belong to well-known programs.
const PORT_MIN: u16 = 10_240;
/// A range smaller than this is not worth using.
const PORTS_MIN: u16 = 2_000;
/// How many ports are tried before giving up.
const PORT_TRIES_MAX: u32 = 2_000;

/// How often a port must be found taken.
const FREE_LOOKS_MAX: u32 = 5;
/// Between two looks.
const FREE_LOOK_MS: u64 = 5;

/// Hands out ports, none twice.
///
/// They come from below the range that the system takes ports of outgoing connections from: under
/// load a port of that range is soon used up by somebody while its replica restarts.
#[derive(Debug)]
pub struct Ports {
    low: u16,
    count: u16,
    state: Mutex<(u64, HashSet<u16>)>,
}

impl Ports {
    /// Ports in an order of this run, so runs at the same time seldom meet.
    pub fn new(run: &str) -> Ports {
        let outgoing = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
            .ok()
            .and_then(|text| text.split_whitespace().next()?.parse::<u16>().ok())
            .unwrap_or(0);
        let count = outgoing.saturating_sub(PORT_MIN);
        let mut hasher = DefaultHasher::new();
        (run, std::process::id()).hash(&mut hasher);
        Ports {
            low: PORT_MIN,
            count,
            state: Mutex::new((hasher.finish(), HashSet::new())),
        }
    }

    /// A port nobody listens on.
    pub fn reserve(&self) -> Result<u16, LabError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (seed, given) = &mut *state;
        for _ in 0..PORT_TRIES_MAX {
            let wish = if self.count >= PORTS_MIN {
                *seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                // The upper bits of such a generator are the good ones.
                self.low + u16::try_from((*seed >> 33) % u64::from(self.count)).unwrap_or(0)
            } else {
                0
            };
            let Ok(port) = TcpListener::bind((Ipv4Addr::LOCALHOST, wish))
                .and_then(|listener| Ok(listener.local_addr()?.port()))
            else {
                continue;
            };
            if given.insert(port) {
                return Ok(port);
            }
        }
        Err(LabError::NoPort(PORT_TRIES_MAX))
    }
}

/// Whether nobody listens on a port. Asked more than once: a process that is just being started
/// has copies of all our sockets for a moment, those of ports tried out included.
pub async fn is_free(port: u16) -> bool {
    for _ in 0..FREE_LOOKS_MAX {
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(FREE_LOOK_MS)).await;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_port_is_given_twice_or_while_in_use() {
        let ports = Ports::new("ports");
        let mut held = Vec::new();
        let mut seen = HashSet::new();
        for _ in 0..300 {
            let port = ports.reserve().unwrap();
            assert!(seen.insert(port) && port >= 1024);
            // Tests that start processes run at the same time.
            assert!(is_free(port).await, "{port}");
            held.extend(TcpListener::bind((Ipv4Addr::LOCALHOST, port)));
        }
        let taken = held[0].local_addr().unwrap().port();
        assert!(!is_free(taken).await);
    }
}
