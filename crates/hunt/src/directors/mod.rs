//! Those who decide at the gates. One file per strategy.

mod log;
mod ordered;

pub use log::StepLog;
pub use ordered::{Ordered, Progress};
