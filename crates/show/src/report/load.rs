//! What `stress` measured. The keys are those of its JSON document.

use serde_json::Value;

use super::gather::Gathered;
use super::{Look, contention, wanted};
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
pub(crate) const PERCENTILES: [(&str, &str); 5] = [
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
    let room = look.width.saturating_sub(LABEL_CELLS + 2);
    for (mut label, text, paint) in facts(figures) {
        for text in wrap(&clean(&text), room, FIGURE_LINES_MAX) {
            let line = format!("  {}{text}", pad(label, LABEL_CELLS));
            lines.push(look.style.paint(paint, &line));
            label = "";
        }
    }
    lines.extend(latencies(figures, look));
    lines.extend(wanted::operations(figures, look));
    lines.extend(contention::side_by_side(figures, look));
    lines
}

/// What was asked and what came of it: a word, the figure, and how it should look.
pub(crate) fn facts(figures: &Value) -> Vec<(&'static str, String, Paint)> {
    let painted = |is_fine: bool, otherwise: Paint| match is_fine {
        true => Paint::Plain,
        false => otherwise,
    };
    let mut facts = Vec::new();
    if let Some(requests) = number(figures, "requests") {
        let speed = figures.get("requests_per_second").and_then(Value::as_f64);
        let speed = speed.map(|speed| format!(", {} per second", per_second(speed)));
        let text = count(requests) + &speed.unwrap_or_default();
        facts.push(("requests", text, Paint::Plain));
    }
    if let Some(asked) = asked(figures) {
        facts.push(("asked", asked, Paint::Plain));
    }
    if let Some(broken) = bursts(figures) {
        let paint = painted(broken.violations == 0, Paint::Bad);
        facts.push(("bursts", broken.sentence, paint));
    } else if let Some(violations) = number(figures, "violations") {
        let text = count(violations) + &share(figures, violations);
        facts.push(("violations", text, painted(violations == 0, Paint::Bad)));
    }
    facts.extend(contention::sentences(figures));
    if let Some(errors) = figures.get("errors").and_then(Value::as_object) {
        let paint = painted(errors.is_empty(), Paint::Unsure);
        facts.push(("errors", classes(errors), paint));
    }
    facts.extend(wanted::thresholds(figures));
    if let Some((used, kept_up)) = generator(figures) {
        facts.push(("generator", used, painted(kept_up, Paint::Bad)));
    }
    facts
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
    if load.get("pace").and_then(Value::as_str) == Some("plan") {
        let scenarios = load.get("scenarios").and_then(Value::as_array);
        let scenarios = scenarios.into_iter().flatten().filter_map(Value::as_str);
        return Some(format!(
            "load `{}`: {} of {}, at most {} at a time",
            load.get("name").and_then(Value::as_str).unwrap_or(""),
            counted(number(load, "parts")?, "part"),
            scenarios.collect::<Vec<_>>().join(" and "),
            counted(number(load, "connections")?, "user"),
        ));
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
    for (label, times) in times(figures) {
        let row = std::iter::once(label.to_string()).chain(times);
        table.row(Paint::Plain, row.collect());
    }
    if table.is_empty() {
        return Vec::new();
    }
    // Set apart from the figures above.
    let lines = table.lines(look.width, look.style);
    std::iter::once(String::new()).chain(lines).collect()
}

/// What times were measured of, and their percentiles as people read them.
pub(crate) fn times(figures: &Value) -> Vec<(&'static str, [String; PERCENTILES.len()])> {
    let rows = [
        ("latency_us", "latency"),
        ("burst_skew_us", "burst skew"),
        ("begun_within_us", "begun within"),
        ("lateness_us", "sent late by"),
        ("waiting_us", "waited by"),
    ];
    // Where the next is sent when an answer has come, none is late.
    let paced = figures
        .pointer("/load/per_second")
        .is_some_and(Value::is_number);
    let is_told = |key: &str| key != "lateness_us" || paced || figures.get("burst").is_some();
    let told = rows.into_iter().filter(|(key, _)| is_told(key));
    told.filter_map(|(key, label)| {
        let of = figures.get(key)?;
        let at = |(key, _)| number(of, key).map(microseconds).unwrap_or_default();
        Some((label, PERCENTILES.map(at)))
    })
    .collect()
}
