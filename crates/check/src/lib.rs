//! The judge: a history goes in, a verdict comes out. Pure: a checker never sees a socket.
//!
//! `expect` compares one value, `judge` applies every invariant to a trial, `serial` holds it
//! against what racers do one after another, `stats` says what k of n is worth, `replay` turns
//! counts into a replay's verdict. One file per checker.

mod expect;
mod judge;
mod replay;
pub mod serial;
pub mod stats;

pub use expect::holds;
pub use judge::judge;
pub use replay::{Forced, replay_verdict};
