//! The wires: a proxy on each edge of each lane, from which heisen sees, orders, delays, cuts or
//! answers every message. `session` is the seam to the protocols, `gate` the seam to the hunter.

pub mod gate;
pub mod http;
pub mod postgres;
pub mod redis;
pub mod session;
pub mod tcp;
#[cfg(test)]
pub(crate) mod testkit;
