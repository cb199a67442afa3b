//! How long something takes, as users write it: `0.4ms`, `lognormal(0.4ms, 0.5)`. On the command
//! line for the delay of a wire, in a spec for edges and steps.

use model::{Distribution, Latency, units};

use crate::suggest;

/// How the latencies of a spec are written.
pub const EXAMPLES: &str =
    "0.4ms, uniform(1ms, 5ms), lognormal(0.4ms, 0.5) or measured(0.2ms, 0.3ms)";
/// What stands before a `(`.
const FORMS: [&str; 3] = ["uniform", "lognormal", "measured"];
/// No delay is longer than this; ten minutes.
const DELAY_US_MAX: u128 = 600_000_000;
/// A spread beyond this makes nearly every delay either nothing or the longest there is.
const SIGMA_MAX: f64 = 5.0;
/// More measured values than this tell nothing new.
const MEASURED_MAX: usize = 10_000;

/// Reads what [`distribution`] reads, and `measured(0.2ms, 0.3ms)`.
pub fn latency(text: &str) -> Result<Latency, String> {
    let measured = text.trim().strip_prefix("measured");
    let Some(rest) = measured.map(str::trim_start) else {
        return distribution(text.trim()).map(Latency::Drawn);
    };
    let inner = rest
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        .ok_or_else(|| format!("`{text}` lacks its `(` and `)`"))?;
    if inner.trim().is_empty() {
        return Err(format!("`{text}` holds no value"));
    }
    let count = inner.split(',').count();
    if count > MEASURED_MAX {
        return Err(format!(
            "{count} values were measured; at most {MEASURED_MAX} are read"
        ));
    }
    let values: Result<Vec<u64>, String> = inner
        .split(',')
        .map(|value| delay_us(value.trim()))
        .collect();
    values.map(Latency::Measured)
}

/// What a text that is no latency may have meant, and how one is written.
pub fn help(text: &str) -> String {
    let form = text.split_once('(').map(|(form, _)| form.trim());
    let form = form.filter(|form| !FORMS.contains(form));
    match form.and_then(|form| suggest::nearest(form, &FORMS)) {
        Some(meant) => format!("did you mean `{meant}`? write {EXAMPLES}"),
        None => format!("write {EXAMPLES}"),
    }
}

/// `20ms`, `uniform(1ms,5ms)`, `lognormal(20ms,0.5)`.
pub fn distribution(text: &str) -> Result<Distribution, String> {
    let Some((name, rest)) = text.split_once('(') else {
        return Ok(Distribution::Fixed(delay_us(text)?));
    };
    let inner = rest
        .strip_suffix(')')
        .ok_or_else(|| format!("`{text}` lacks its `)`"))?;
    let parts: Vec<&str> = inner.split(',').map(str::trim).collect();
    match (name.trim(), parts.as_slice()) {
        ("uniform", [low, high]) => {
            let (low, high) = (delay_us(low)?, delay_us(high)?);
            if low > high {
                return Err(format!("`{text}` begins above its end"));
            }
            Ok(Distribution::Uniform(low, high))
        }
        ("lognormal", [median, sigma]) => {
            let median_us = delay_us(median)?;
            let sigma: f64 = sigma
                .parse()
                .map_err(|_| format!("the spread `{sigma}` is no number"))?;
            if !(0.0..=SIGMA_MAX).contains(&sigma) {
                return Err(format!(
                    "the spread {sigma} is not between 0 and {SIGMA_MAX}"
                ));
            }
            Ok(Distribution::Lognormal { median_us, sigma })
        }
        ("uniform" | "lognormal", _) => Err(format!(
            "`{}` takes two values, not {}",
            name.trim(),
            parts.len()
        )),
        (other, _) => Err(format!("there is no distribution `{other}`")),
    }
}

/// A duration of at most ten minutes.
pub fn delay_us(text: &str) -> Result<u64, String> {
    let duration = units::duration(text).map_err(|error| first_half(&error.to_string()))?;
    match u64::try_from(duration.as_micros()) {
        Ok(us) if u128::from(us) <= DELAY_US_MAX => Ok(us),
        _ => Err(format!("`{text}` is longer than ten minutes")),
    }
}

/// What a unit's error says before its own cure.
fn first_half(text: &str) -> String {
    text.split("; ").next().unwrap_or(text).to_string()
}

#[cfg(test)]
#[path = "latency_tests.rs"]
mod tests;
