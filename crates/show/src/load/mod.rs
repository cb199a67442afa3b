//! Load while it goes on, for programs: a table of intervals, and figures for who scrapes. Both take
//! the events of seconds one by one, and keep no more than sums.

mod csv;
mod metrics;

pub use csv::Intervals;
pub use metrics::Metrics;

#[cfg(test)]
pub mod testkit;
#[cfg(test)]
mod tests;
