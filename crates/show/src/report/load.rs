//! What `stress` measured. The keys are those of its JSON document.

use serde_json::Value;

use super::Look;
use super::gather::Gathered;
use crate::number::{count, interval, microseconds, per_second, percent};
use crate::style::Paint;
use crate::table::{Column, Table, left, right};
use crate::text::{clean, cut, pad};

/// Classes of errors shown.
const ERRORS_SHOWN_MAX: usize = 6;

/// Cells of the word before a figure.
const LABEL_CELLS: usize = 12;

/// Percentiles: the key in the document and what people call it.
const PERCENTILES: [(&str, &str); 5] = [
    ("p50", "p50"),
    ("p90", "p90"),
    ("p99", "p99"),
    ("p999", "p99.9"),
    ("max", "max"),
];

/// Requests, latencies, errors, violations.
pub fn lines(gathered: &Gathered, look: &Look) -> Vec<String> {
    let Some(figures) = &gathered.load else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let mut figure = |label: &str, text: String, paint: Paint| {
        let line = format!("  {}{}", pad(label, LABEL_CELLS), clean(&text));
        lines.push(look.style.paint(paint, &cut(&line, look.width)));
    };
    if let Some(requests) = number(figures, "requests") {
        let speed = figures.get("requests_per_second").and_then(Value::as_f64);
        let speed = speed.map(|speed| format!(", {} per second", per_second(speed)));
        figure(
            "requests",
            count(requests) + &speed.unwrap_or_default(),
            Paint::Plain,
        );
    }
    if let Some(violations) = number(figures, "violations") {
        let paint = if violations > 0 {
            Paint::Bad
        } else {
            Paint::Plain
        };
        figure(
            "violations",
            count(violations) + &share(figures, violations),
            paint,
        );
    }
    if let Some(errors) = figures.get("errors").and_then(Value::as_object) {
        let paint = if errors.is_empty() {
            Paint::Plain
        } else {
            Paint::Unsure
        };
        figure("errors", classes(errors), paint);
    }
    lines.extend(latencies(figures, look));
    lines
}

fn number(figures: &Value, key: &str) -> Option<u64> {
    figures.get(key)?.as_u64()
}

/// The share of violations, when there is something to tell.
fn share(figures: &Value, violations: u64) -> String {
    let Some(rate) = figures.get("rate").and_then(Value::as_f64) else {
        return String::new();
    };
    let ends = figures.get("interval").and_then(Value::as_array);
    let range = match ends.map(Vec::as_slice) {
        Some([low, high]) => low.as_f64().zip(high.as_f64()),
        _ => None,
    };
    match range {
        Some(range) => format!(", {} ({})", percent(rate), interval(range)),
        None if violations > 0 => format!(", {}", percent(rate)),
        None => String::new(),
    }
}

/// Errors by class, the most frequent first.
fn classes(errors: &serde_json::Map<String, Value>) -> String {
    let mut classes: Vec<(&String, u64)> = errors
        .iter()
        .map(|(class, times)| (class, times.as_u64().unwrap_or(0)))
        .collect();
    classes.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let total: u64 = classes.iter().map(|(_, times)| times).sum();
    if total == 0 {
        return "none".to_string();
    }
    let shown = classes.iter().take(ERRORS_SHOWN_MAX);
    let mut shown: Vec<String> = shown
        .map(|(class, times)| format!("{} × {class}", count(*times)))
        .collect();
    let hidden = classes.len().saturating_sub(ERRORS_SHOWN_MAX);
    if hidden > 0 {
        shown.push(format!("{hidden} classes more"));
    }
    shown.join(", ")
}

/// Rows of percentiles.
fn latencies(figures: &Value, look: &Look) -> Vec<String> {
    let mut columns: Vec<Column> = vec![left("")];
    columns.extend(PERCENTILES.map(|(_, title)| right(title)));
    let mut table = Table::new(2, columns);
    for (key, label) in [("latency_us", "latency"), ("burst_skew_us", "burst skew")] {
        let Some(of) = figures.get(key) else { continue };
        let mut row = vec![label.to_string()];
        row.extend(
            PERCENTILES.map(|(key, _)| number(of, key).map(microseconds).unwrap_or_default()),
        );
        table.row(Paint::Plain, row);
    }
    let lines = if table.is_empty() {
        Vec::new()
    } else {
        table.lines(look.width, look.style)
    };
    // Set apart from the figures above.
    if lines.is_empty() {
        lines
    } else {
        std::iter::once(String::new()).chain(lines).collect()
    }
}
