//! Where a system will race, from what was seen of it. Pure: steps in, suspects out.
//!
//! `footprint` says which steps care about each other's order, `template` what an operation does
//! when it runs alone, `suspect` which of its steps another operation can come between, and
//! `explore` chooses the interleavings that are worth a trial. `log` reads recorded traffic and
//! `analyst` finds suspects in it.

pub mod analyst;
pub mod explore;
mod footprint;
pub mod log;
mod moves;
pub mod state;
pub mod suspect;
pub mod swarm;
pub mod template;

pub use footprint::{Deed, Footprint, Ledger};
pub use moves::{Meeting, Move};
