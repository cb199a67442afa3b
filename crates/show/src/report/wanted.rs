//! Whether load kept to its thresholds, and what each operation of a plan did.

use serde_json::Value;

use super::Look;
use super::load::PERCENTILES;
use crate::number::{count, microseconds};
use crate::style::Paint;
use crate::table::{Table, flexible, right};

/// One line for each threshold: what was wanted, what was measured, and whether that holds.
pub fn thresholds(figures: &Value) -> Vec<(&'static str, String, Paint)> {
    let all = figures.get("thresholds").and_then(Value::as_array);
    let line = |one: &Value| {
        let wanted = one.get("threshold")?.as_str()?;
        let measured = one.get("measured").and_then(Value::as_f64);
        let told = measured.map_or_else(
            || "nothing was measured".to_string(),
            |measured| figure(wanted, measured),
        );
        let (word, paint) = match one.get("holds").and_then(Value::as_bool) {
            Some(true) => ("holds", Paint::Plain),
            Some(false) => ("crossed", Paint::Bad),
            None => ("not known", Paint::Unsure),
        };
        Some(("threshold", format!("{wanted}: {told}, {word}"), paint))
    };
    all.into_iter().flatten().filter_map(line).collect()
}

/// A figure in the unit of its threshold.
fn figure(wanted: &str, measured: f64) -> String {
    match wanted.split_whitespace().next() {
        Some("errors") => format!("{:.2} %", measured * 100.0),
        Some("rate") => format!("{measured:.1}/s"),
        Some("violations") => count(measured as u64),
        _ => microseconds(measured.round() as u64),
    }
}

/// The operations of a plan, where there are several.
pub fn operations(figures: &Value, look: &Look) -> Vec<String> {
    let rows = operation_rows(figures);
    if rows.is_empty() {
        return Vec::new();
    }
    let mut columns = vec![flexible("operation")];
    columns.extend(operation_heads().into_iter().map(right));
    let mut table = Table::new(2, columns);
    for (name, figures, has_errors) in rows {
        let paint = match has_errors {
            false => Paint::Plain,
            true => Paint::Unsure,
        };
        table.row(paint, std::iter::once(name).chain(figures).collect());
    }
    std::iter::once(String::new())
        .chain(table.lines(look.width, look.style))
        .collect()
}

/// What is told of each operation.
pub(crate) fn operation_heads() -> Vec<&'static str> {
    let times = PERCENTILES.map(|(_, title)| title);
    ["requests", "errors"].into_iter().chain(times).collect()
}

/// By operation: its name, those figures, and whether there were errors.
pub(crate) fn operation_rows(figures: &Value) -> Vec<(String, Vec<String>, bool)> {
    let operations = figures.get("operations").and_then(Value::as_object);
    let row = |(name, of): (&String, &Value)| {
        let requests = of.get("requests").and_then(Value::as_u64).unwrap_or(0);
        let errors = of.get("errors").and_then(Value::as_object);
        let errors = errors.into_iter().flat_map(|errors| errors.values());
        let errors: u64 = errors.filter_map(Value::as_u64).sum();
        let mut row = vec![count(requests), count(errors)];
        row.extend(PERCENTILES.map(|(key, _)| {
            let time = of.pointer(&format!("/latency_us/{key}"));
            time.and_then(Value::as_u64)
                .map(microseconds)
                .unwrap_or_default()
        }));
        (name.clone(), row, errors > 0)
    };
    operations.into_iter().flatten().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn thresholds_are_told_with_what_was_measured() {
        let one = |threshold: &str, measured: Value, holds: Value| json!({ "threshold": threshold, "measured": measured, "holds": holds });
        let figures = json!({ "thresholds": [
            one("p99 < 200ms", json!(12_345.0), json!(true)),
            one("errors < 1 %", json!(0.0234), json!(false)),
            one("rate of pay > 400/s", json!(401.26), json!(true)),
            one("violations = 0", json!(3.0), json!(false)),
            one("p50 of pay < 1ms", Value::Null, Value::Null),
        ] });
        let lines: Vec<String> = thresholds(&figures)
            .into_iter()
            .map(|(label, text, paint)| format!("{label} {text} {paint:?}"))
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
