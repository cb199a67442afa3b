//! The wires: a proxy on each edge of each lane, from which heisen sees, orders, delays, cuts or
//! answers every message. `session` is the seam to the protocols, `gate` the seam to the hunter.

mod counters;
pub mod gate;
pub mod http;
mod pipe;
pub mod postgres;
mod recorder;
pub mod redis;
pub mod session;
pub mod tcp;
#[cfg(test)]
pub(crate) mod testkit;
pub mod text;
mod toxic;
mod wire;

pub use counters::Reading;
pub use gate::{Director, Idle, Release, Ruling, Ticket};
pub use recorder::{Batch, SHAPE_OTHER};
pub use wire::{Recording, Wire, WireConfig, WireError};
