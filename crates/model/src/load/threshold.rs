//! `p99 of reserve < 200ms`: what must hold of the figures of load.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::units;

/// What must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// What is looked at.
    pub measure: Measure,
    /// Of this operation only; none takes all of them together.
    pub of: Option<String>,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what: microseconds, a share of 1, requests a second or a number, by the measure.
    pub limit: f64,
    /// Whether the load ends as soon as it does not hold; judged each second.
    pub abort: bool,
}

/// What a threshold looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Half of the answers came sooner.
    P50,
    /// 90 % did.
    P90,
    /// 95 % did.
    P95,
    /// 99 % did.
    P99,
    /// 99.9 % did.
    P999,
    /// The mean latency.
    Mean,
    /// The longest.
    Max,
    /// The share of requests that did not end as the spec wants.
    Errors,
    /// Answered requests a second.
    Rate,
    /// How often an oracle was broken.
    Violations,
}

impl Measure {
    /// All of them, with the word users write.
    pub const ALL: [(&'static str, Measure); 10] = [
        ("p50", Measure::P50),
        ("p90", Measure::P90),
        ("p95", Measure::P95),
        ("p99", Measure::P99),
        ("p99.9", Measure::P999),
        ("mean", Measure::Mean),
        ("max", Measure::Max),
        ("errors", Measure::Errors),
        ("rate", Measure::Rate),
        ("violations", Measure::Violations),
    ];
}

/// How a figure is compared with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `=`
    Equal,
}

impl Comparison {
    /// All of them, longer signs first: `<` is the beginning of `<=`.
    const ALL: [(&'static str, Comparison); 5] = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("<", Comparison::Below),
        (">", Comparison::Above),
        ("=", Comparison::Equal),
    ];

    fn holds(self, figure: f64, limit: f64) -> bool {
        match self {
            Comparison::Below => figure < limit,
            Comparison::AtMost => figure <= limit,
            Comparison::Above => figure > limit,
            Comparison::AtLeast => figure >= limit,
            Comparison::Equal => figure == limit,
        }
    }
}

/// The figures that thresholds look at, of all requests or of one operation's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    /// Requests with an outcome.
    pub requests: u64,
    /// Those of them that did not end as the spec wants.
    pub errors: u64,
    /// Those of them that were answered.
    pub answered: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// How often an oracle was broken; none while nobody has asked.
    pub violations: Option<u64>,
    /// Latencies of answered requests, in microseconds, in the order of [`Measure::ALL`] from
    /// p50 to the longest.
    pub latency_us: [f64; 7],
}

/// Why a text is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadThreshold {
    /// Not of the form.
    #[error("`{0}` is no threshold")]
    Form(String),
    /// No such measure.
    #[error("`{0}` is nothing that is measured")]
    Measure(String),
    /// The limit does not fit the measure.
    #[error("`{limit}` is no limit for {measure}")]
    Limit {
        /// What was written.
        limit: String,
        /// The measure's word.
        measure: &'static str,
    },
    /// Oracles do not know whose fault it was.
    #[error("violations are those of the system, not of `{0}`")]
    ViolationsOf(String),
}

impl BadThreshold {
    /// How thresholds are written.
    pub const FORMS: &str = "write `p99 < 200ms` (p50, p90, p95, p99, p99.9, mean, max), `errors < 1 %`, `rate > 400/s` or `violations = 0`; \
         `p99 of OPERATION < 200ms` is about one operation";
}

impl Threshold {
    /// Reads how users write it; whether it aborts stands elsewhere.
    pub fn parse(text: &str) -> Result<Threshold, BadThreshold> {
        let form = || BadThreshold::Form(text.to_string());
        let at = text.find(['<', '>', '=']).ok_or_else(form)?;
        let (figure, rest) = text.split_at(at);
        let signs = Comparison::ALL.iter();
        let (sign, comparison) = signs
            .copied()
            .find(|(sign, _)| rest.starts_with(sign))
            .ok_or_else(form)?;
        let words: Vec<&str> = figure.split_whitespace().collect();
        let (word, of) = match words.as_slice() {
            [word] => (*word, None),
            [word, "of", operation] => (*word, Some((*operation).to_string())),
            _ => return Err(form()),
        };
        let (word, measure) = *Measure::ALL
            .iter()
            .find(|(known, _)| *known == word)
            .ok_or_else(|| BadThreshold::Measure(word.to_string()))?;
        if let (Measure::Violations, Some(of)) = (measure, &of) {
            return Err(BadThreshold::ViolationsOf(of.clone()));
        }
        let limit = rest[sign.len()..].trim();
        let read = measure.limit(limit).filter(|limit| limit.is_finite());
        Ok(Threshold {
            measure,
            of,
            comparison,
            limit: read.ok_or_else(|| BadThreshold::Limit {
                limit: limit.to_string(),
                measure: word,
            })?,
            abort: false,
        })
    }

    /// Whether it holds of these figures, which are those of its operation where it has one; none
    /// when they do not say, because nothing was asked or answered yet.
    pub fn holds(&self, measured: &Measured) -> Option<bool> {
        let figure = self.measure.of(measured)?;
        Some(self.comparison.holds(figure, self.limit))
    }
}

impl Measure {
    /// The word users write.
    pub fn word(self) -> &'static str {
        let known = Measure::ALL.iter().find(|(_, measure)| *measure == self);
        known.map_or("", |(word, _)| word)
    }

    /// Its figure, in the unit of limits.
    pub fn of(self, measured: &Measured) -> Option<f64> {
        match self {
            Measure::Errors => {
                let share = measured.errors as f64 / measured.requests as f64;
                (measured.requests > 0).then_some(share)
            }
            Measure::Rate => {
                let seconds = measured.elapsed.as_secs_f64();
                (seconds > 0.0).then(|| measured.answered as f64 / seconds)
            }
            Measure::Violations => measured.violations.map(|count| count as f64),
            latency => {
                let all = Measure::ALL.iter();
                let at = all.take(7).position(|(_, measure)| *measure == latency)?;
                (measured.answered > 0).then(|| measured.latency_us[at])
            }
        }
    }

    fn limit(self, text: &str) -> Option<f64> {
        match self {
            Measure::Errors => match text.strip_suffix('%') {
                Some(percent) => number(percent).map(|percent| percent / 100.0),
                None => number(text),
            }
            .filter(|share| *share <= 1.0),
            Measure::Rate => units::per_second(text).ok(),
            Measure::Violations => text.parse::<u32>().ok().map(f64::from),
            _ => Some(units::duration(text).ok()?.as_secs_f64() * 1e6),
        }
    }

    fn show_limit(self, limit: f64) -> String {
        match self {
            Measure::Errors => format!("{} %", (limit * 100.0 * 1e9).round() / 1e9),
            Measure::Rate => format!("{limit}/s"),
            Measure::Violations => limit.to_string(),
            _ if limit >= 1e6 => format!("{}s", limit / 1e6),
            _ if limit >= 1e3 => format!("{}ms", limit / 1e3),
            _ => format!("{limit}us"),
        }
    }
}

/// A number of digits and at most one point, not below 0.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    plain.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.measure.word())?;
        if let Some(of) = &self.of {
            write!(f, " of {of}")?;
        }
        let signs = Comparison::ALL.iter();
        let sign = signs.clone().find(|(_, known)| *known == self.comparison);
        let sign = sign.map_or("", |(sign, _)| sign);
        write!(f, " {sign} {}", self.measure.show_limit(self.limit))
    }
}

#[cfg(test)]
mod tests;
