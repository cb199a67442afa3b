//! Numbers and durations within their bounds.

use std::time::Duration;

use model::{Latency, units};

use crate::error::Problems;
use crate::latency;
use crate::node::Spot;
use crate::read::Text;

/// Slots of a replica, calls in a pool.
pub const PLACES_MAX: u64 = 100_000;
/// One hour: nobody simulates longer ones.
const DURATION_MAX: Duration = Duration::from_secs(3_600);

/// Whether a duration of nothing is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Least {
    /// It is.
    Nothing,
    /// It is not.
    Something,
}

/// A number from one up to so many.
pub fn within(number: &Spot<u64>, what: &str, most: u64, problems: &mut Problems) -> u64 {
    if !(1..=most).contains(&number.value) {
        let message = format!("{what} cannot be {}", number.value);
        let help = format!("write a number from 1 to {most}");
        problems.add(number.span, message, "", help);
    }
    number.value
}

/// A number, decimals allowed, from one bound to another.
pub fn between(
    number: &Spot<f64>,
    what: &str,
    (least, most): (f64, f64),
    problems: &mut Problems,
) -> f64 {
    if !(least..=most).contains(&number.value) {
        let message = format!("{what} cannot be {}", number.value);
        let help = format!("write a number from {least} to {most}");
        problems.add(number.span, message, "", help);
    }
    number.value
}

/// A duration of at most an hour; nothing when a problem was added.
pub fn duration(
    Text(text): &Text,
    what: &str,
    least: Least,
    problems: &mut Problems,
) -> Option<Duration> {
    let duration = match units::duration(&text.value) {
        Ok(duration) => duration,
        Err(error) => {
            let error = error.to_string();
            let (why, help) = error.split_once("; ").unwrap_or((&error, ""));
            problems.add(text.span, format!("{what}: {why}"), "", help);
            return None;
        }
    };
    if duration > DURATION_MAX || (least == Least::Something && duration.is_zero()) {
        let help = match least {
            Least::Nothing => "write a duration from 0s to 1h, such as 20ms or 1.5s",
            Least::Something => "write a duration from 1us to 1h, such as 20ms or 1.5s",
        };
        problems.add(
            text.span,
            format!("{what} cannot be {}", text.value),
            "",
            help,
        );
        return None;
    }
    Some(duration)
}

/// A latency; nothing when a problem was added.
pub fn latency(Text(text): &Text, what: &str, problems: &mut Problems) -> Option<Latency> {
    let latency = latency::latency(&text.value);
    let told = latency.map_err(|why| {
        let help = latency::help(&text.value);
        problems.add(text.span, format!("{what}: {why}"), "", help);
    });
    told.ok()
}
