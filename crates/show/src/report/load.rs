//! What `stress` measured. The keys are those of its JSON document.

use serde_json::Value;

use super::gather::Gathered;
use super::{Look, contention};
use crate::number::{count, counted, interval, microseconds, per_second, percent};
use crate::style::Paint;
use crate::table::{Column, Table, left, right};
use crate::text::{clean, pad, wrap};

/// Classes of errors shown.
const ERRORS_SHOWN_MAX: usize = 6;

/// Cells of the word before a figure.
const LABEL_CELLS: usize = 12;

/// Lines that a figure may take.
const FIGURE_LINES_MAX: usize = 4;

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
        let room = look.width.saturating_sub(LABEL_CELLS + 2);
        let mut label = label;
        for text in wrap(&clean(&text), room, FIGURE_LINES_MAX) {
            let line = format!("  {}{text}", pad(label, LABEL_CELLS));
            lines.push(look.style.paint(paint, &line));
            label = "";
        }
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
    if let Some(asked) = asked(figures) {
        figure("asked", asked, Paint::Plain);
    }
    if let Some(broken) = bursts(figures) {
        let paint = match broken.violations {
            0 => Paint::Plain,
            _ => Paint::Bad,
        };
        figure("bursts", broken.sentence, paint);
    } else if let Some(violations) = number(figures, "violations") {
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
    for (label, text, paint) in contention::sentences(figures) {
        figure(label, text, paint);
    }
    if let Some(errors) = figures.get("errors").and_then(Value::as_object) {
        let paint = if errors.is_empty() {
            Paint::Plain
        } else {
            Paint::Unsure
        };
        figure("errors", classes(errors), paint);
    }
    if let Some((used, kept_up)) = generator(figures) {
        let paint = if kept_up { Paint::Plain } else { Paint::Bad };
        figure("generator", used, paint);
    }
    lines.extend(latencies(figures, look));
    lines.extend(contention::side_by_side(figures, look));
    lines
}

/// `5 000 per second evenly, over 50 connections`.
fn asked(figures: &Value) -> Option<String> {
    let load = figures.get("load")?;
    if load.get("pace").and_then(Value::as_str) == Some("burst") {
        let rounds = counted(number(figures, "rounds")?, "burst");
        let requests = counted(number(load, "requests")?, "request");
        let release = match load.get("release").and_then(Value::as_str) {
            Some("whole") => "each sent whole",
            _ => "let go by their last byte",
        };
        let spoken = spoken(load).map_or(String::new(), |spoken| format!(", {spoken}"));
        return Some(format!("{rounds} of {requests} at once, {release}{spoken}"));
    }
    let mut connections = counted(number(load, "connections")?, "connection");
    if let Some(spoken) = spoken(load) {
        connections.push_str(&format!(" ({spoken})"));
    }
    Some(match load.get("per_second").and_then(Value::as_f64) {
        None => format!("{connections}, each the next when it has an answer"),
        Some(rate) => {
            let how = match load.get("pace").and_then(Value::as_str) {
                Some("random") => "at random",
                _ => "evenly",
            };
            format!("{} per second {how}, over {connections}", per_second(rate))
        }
    })
}

/// `HTTP/2 over TLS, 10 streams on each`, where it is not HTTP/1.1 in the clear.
fn spoken(load: &Value) -> Option<String> {
    let is_secured = load.get("tls").and_then(Value::as_bool) == Some(true);
    let over = if is_secured { " over TLS" } else { "" };
    if load.get("protocol").and_then(Value::as_str) != Some("h2") {
        return is_secured.then(|| format!("HTTP/1.1{over}"));
    }
    let streams = counted(number(load, "streams")?, "stream");
    Some(format!("HTTP/2{over}, {streams} on each"))
}

/// What the generator itself used, and whether it kept up.
fn generator(figures: &Value) -> Option<(String, bool)> {
    let generator = figures.get("generator")?;
    let used = generator.get("used_us_per_request")?.as_f64()?;
    let busy = percent(generator.get("busy")?.as_f64()?);
    let kept_up = generator.get("kept_up")?.as_bool()?;
    let behind = match kept_up {
        true => "",
        false => ", and did not keep up",
    };
    let used = format!("{used:.1} us of processor time a request, busy {busy} of the time{behind}");
    Some((used, kept_up))
}

/// What the verdict rests on: `3 violations in 20 000 requests`, `12 of 100 bursts, 12.0 % (7.0 .. 19.8)`.
pub fn summary(figures: &Value) -> String {
    let violations = number(figures, "violations");
    if let Some(violations) = violations
        && let Some(rounds) = number(figures, "rounds")
    {
        let share = share(figures, violations);
        return format!(
            "{} of {}{share}",
            count(violations),
            counted(rounds, "burst")
        );
    }
    match (violations, number(figures, "requests")) {
        (Some(k), Some(n)) => format!("{} in {} requests", counted(k, "violation"), count(n)),
        _ => String::new(),
    }
}

/// What became of bursts.
struct Bursts {
    violations: u64,
    sentence: String,
}

/// `an oracle was broken in 12 of 100 bursts, 12.0 % (7.0 .. 19.8), of 40 requests in 500 ms each`.
fn bursts(figures: &Value) -> Option<Bursts> {
    let (burst, violations) = (figures.get("burst")?, number(figures, "violations")?);
    let requests = counted(number(burst, "requests")?, "request");
    let window_us = (burst.get("window_ms")?.as_f64()? * 1e3).round() as u64;
    let together = match window_us {
        0 => "at once".to_string(),
        whole if whole.is_multiple_of(1000) => format!("in {} ms", count(whole / 1000)),
        window_us => format!("in {}", microseconds(window_us)),
    };
    Some(Bursts {
        violations,
        sentence: format!(
            "an oracle was broken in {}, of {requests} {together} each",
            summary(figures)
        ),
    })
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
    let rows = [
        ("latency_us", "latency"),
        ("burst_skew_us", "burst skew"),
        ("lateness_us", "sent late by"),
        ("waiting_us", "waited by"),
    ];
    // Where the next is sent when an answer has come, none is late.
    let paced = figures
        .pointer("/load/per_second")
        .is_some_and(Value::is_number);
    let is_told = |key: &str| key != "lateness_us" || paced || figures.get("burst").is_some();
    for (key, label) in rows.into_iter().filter(|(key, _)| is_told(key)) {
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
