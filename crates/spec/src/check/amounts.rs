//! Numbers and durations within their bounds.

use std::time::Duration;

use model::units::UnitError;
use model::{Latency, units};

use crate::error::Problems;
use crate::latency;
use crate::node::Spot;
use crate::read::Text;

/// Slots of a replica, calls in a pool.
pub const PLACES_MAX: u64 = 100_000;
/// One hour: nobody simulates longer ones.
const DURATION_MAX: Duration = Duration::from_secs(3_600);
/// One day: load that goes on for longer is begun again.
const LOAD_MAX: Duration = Duration::from_secs(86_400);
/// More a second no machine sends.
const RATE_MAX: f64 = 10_000_000.0;

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
    text: &Text,
    what: &str,
    least: Least,
    problems: &mut Problems,
) -> Option<Duration> {
    let bounds = match least {
        Least::Nothing => "from 0s to 1h, such as 20ms or 1.5s",
        Least::Something => "from 1us to 1h, such as 20ms or 1.5s",
    };
    duration_upto(text, what, (least, DURATION_MAX, bounds), problems)
}

/// How long load lasts, at most a day; nothing when a problem was added.
pub fn load_duration(text: &Text, what: &str, problems: &mut Problems) -> Option<Duration> {
    let bounds = "from 1us to 24h, such as 30s or 5m";
    duration_upto(text, what, (Least::Something, LOAD_MAX, bounds), problems)
}

fn duration_upto(
    Text(text): &Text,
    what: &str,
    (least, most, bounds): (Least, Duration, &str),
    problems: &mut Problems,
) -> Option<Duration> {
    let read = units::duration(&text.value);
    let duration = read
        .map_err(|error| tell(&error, text, what, problems))
        .ok()?;
    if duration > most || (least == Least::Something && duration.is_zero()) {
        let message = format!("{what} cannot be {}", text.value);
        problems.add(text.span, message, "", format!("write a duration {bounds}"));
        return None;
    }
    Some(duration)
}

/// A rate, `200/s`; nothing when a problem was added.
pub fn rate(text: &Spot<String>, what: &str, least: Least, problems: &mut Problems) -> Option<f64> {
    let read = units::per_second(&text.value);
    let rate = read
        .map_err(|error| tell(&error, text, what, problems))
        .ok()?;
    if rate > RATE_MAX || (least == Least::Something && rate <= 0.0) {
        let help = match least {
            Least::Nothing => format!("write a rate from 0/s to {RATE_MAX}/s"),
            Least::Something => format!("write a rate above 0/s, up to {RATE_MAX}/s"),
        };
        problems.add(
            text.span,
            format!("{what} cannot be {}", text.value),
            "",
            help,
        );
        return None;
    }
    Some(rate)
}

/// Adds what is wrong with a unit, and its cure.
fn tell(error: &UnitError, text: &Spot<String>, what: &str, problems: &mut Problems) {
    let error = error.to_string();
    let (why, help) = error.split_once("; ").unwrap_or((&error, ""));
    problems.add(text.span, format!("{what}: {why}"), "", help);
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
