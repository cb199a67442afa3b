//! The hunter: orders the machinery and is the only crate that knows all six phases.
//!
//! `stage` raises a system with or without wires, `trial` runs one plan on it (reset, run,
//! history, judgement), `directors` decide at the gates, `replay`, `stress`, `predict` and `up` are what
//! the commands of the same names do.

mod blocked;
mod conductor;
mod context;
pub mod directors;
mod error;
mod evidence;
pub mod isolate;
mod judging;
mod phase;
pub mod predict;
pub mod replay;
mod stage;
pub mod stress;
#[cfg(test)]
mod testkit;
mod trial;
pub mod up;
pub mod wires;

pub use conductor::Conductor;
pub use context::{Context, Interrupt};
pub use error::HuntError;
pub use stage::{Stage, Wiring};
