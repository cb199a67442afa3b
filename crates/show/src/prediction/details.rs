//! What is told of one boundary beside its place in the ranking: a word and a text for each fact,
//! so that terminal and page tell the same.

use model::Boundary;
use serde_json::Value;

use super::words::{over_limit, product, sensitivity, threshold};
use crate::number::{count, factor, fine_interval, fine_percent, microseconds, rate};

/// Closed form and simulation may differ so many times before it is pointed out.
const DIFFERENCE_TIMES_MAX: f64 = 2.0;

/// Changes of knobs that are told; the rest are counted.
const KNOBS_TOLD_MAX: usize = 6;

/// Arguments of an operation that are told.
const ARGUMENTS_TOLD_MAX: usize = 6;

/// The facts, in the order they are told. A fact without a word belongs to the one before.
pub fn details(boundary: &Boundary) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    facts.extend(rate_in_full(boundary).map(|text| ("rate", text)));
    facts.extend(boundary.figure.clone().map(|figure| ("figure", figure)));
    facts.push(("volatility", product(&boundary.factors)));
    facts.extend(closed_form(boundary));
    facts.extend(over_limit(boundary).map(|text| ("limit", text)));
    if boundary.threshold.is_some() {
        facts.push(("threshold", threshold(boundary)));
    }
    facts.extend(arguments(boundary).map(|text| ("arguments", text)));
    facts.extend(guard(boundary).map(|text| ("guard", text)));
    facts.extend(knobs(boundary));
    let advice = boundary.advice.as_ref();
    facts.extend(advice.map(|advice| ("advice", advice.sentence.clone())));
    facts
}

/// `27.1 % (26.9 .. 27.3), 325 200 of 1 200 000 requests`.
fn rate_in_full(boundary: &Boundary) -> Option<String> {
    let of = boundary.rate.filter(|of| of.n > 0)?;
    let mut text = fine_percent(of.share());
    if let Some(interval) = boundary.interval {
        text.push_str(&format!(" ({})", fine_interval(interval)));
    }
    text.push_str(&format!(", {} requests", rate(of)));
    Some(text)
}

/// What the formula says beside what was simulated, and that they differ where they do.
fn closed_form(boundary: &Boundary) -> Vec<(&'static str, String)> {
    let window = boundary.window_us.filter(|us| us.is_finite() && *us >= 0.0);
    let window = window.map(|us| microseconds(us.round() as u64));
    let Some(closed) = boundary.closed_form else {
        let text = window.map(|window| format!("open for {window} on average"));
        return text.into_iter().map(|text| ("window", text)).collect();
    };
    let window = window.unwrap_or_else(|| "window".to_string());
    let mut text = format!("{} by 1 - exp(-rate x {window})", fine_percent(closed));
    let Some(simulated) = boundary.rate.filter(|rate| rate.n > 0) else {
        return vec![("closed form", text)];
    };
    let simulated = simulated.share();
    text.push_str(&format!(", simulated {}", fine_percent(simulated)));
    let mut facts = vec![("closed form", text)];
    facts.extend(difference(closed, simulated).map(|text| ("", text)));
    facts
}

fn difference(closed: f64, simulated: f64) -> Option<String> {
    let (low, high) = match closed < simulated {
        true => (closed, simulated),
        false => (simulated, closed),
    };
    if high.is_nan() || low.is_nan() || high <= low * DIFFERENCE_TIMES_MAX {
        return None;
    }
    let times = match low > 0.0 {
        true => format!("{} times apart", factor(high / low)),
        false => "far apart".to_string(),
    };
    Some(format!(
        "{times}: the formula takes requests to come independently of each other"
    ))
}

/// `reserve event=42; cancel event=42`.
fn arguments(boundary: &Boundary) -> Option<String> {
    let shown = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let each = boundary.args.iter().zip(&boundary.operations);
    let each = each.filter(|(args, _)| !args.is_empty());
    let told = each.take(ARGUMENTS_TOLD_MAX).map(|(args, operation)| {
        let args = args.iter().take(ARGUMENTS_TOLD_MAX);
        let args = args.map(|(name, value)| format!(" {name}={}", shown(value)));
        format!("{operation}{}", args.collect::<String>())
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// A guard that something got past.
fn guard(boundary: &Boundary) -> Option<String> {
    let guard = boundary.guard.as_ref().filter(|guard| !guard.is_empty())?;
    Some(match boundary.rate {
        _ if super::words::is_protected(boundary) => guard.clone(),
        Some(rate) if rate.k > 0 => format!(
            "{guard}; it kept somebody out {} times and was passed {} times",
            count(boundary.kept_out),
            count(rate.k)
        ),
        _ => format!("{guard}, which is not taken to protect it"),
    })
}

fn knobs(boundary: &Boundary) -> Vec<(&'static str, String)> {
    let all = &boundary.sensitivity;
    let told = all.iter().take(KNOBS_TOLD_MAX).enumerate();
    let mut facts: Vec<(&'static str, String)> = told
        .map(|(place, of)| (if place == 0 { "knobs" } else { "" }, sensitivity(of)))
        .collect();
    if all.len() > KNOBS_TOLD_MAX {
        facts.push(("", format!("and {} more", all.len() - KNOBS_TOLD_MAX)));
    }
    facts
}
