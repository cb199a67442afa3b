//! One line for each variant of a system, once all were run: the page of `isolate --all-variants`.

use serde_json::Value;

use crate::number::{milliseconds, percent};
use crate::report::paint_of;
use crate::style::Style;
use crate::table::{Table, flexible, left, right};

/// The variants with the documents of their runs.
pub fn variants_table(documents: &[(String, Value)], width: usize, style: Style) -> String {
    let columns = vec![
        left("variant"),
        left("verdict"),
        flexible("race"),
        right("forced"),
        right("by itself").goes(1),
        right("interleavings").goes(2),
        right("took").goes(3),
    ];
    let mut table = Table::new(0, columns);
    for (variant, document) in documents {
        let verdict = document["verdict"].as_str().unwrap_or_default();
        let row = vec![
            variant.clone(),
            verdict.to_string(),
            race(document),
            rate(document),
            share(&document["baseline"]["direct"]),
            interleavings(&document["explored"]),
            document["wall_ms"]
                .as_u64()
                .map(milliseconds)
                .unwrap_or_default(),
        ];
        table.row(paint_of(verdict), row);
    }
    let mut page = table.lines(width, style).join("\n");
    page.push('\n');
    page
}

/// `check-then-act on cache inv:42`, of the first suspect that was confirmed.
fn race(document: &Value) -> String {
    let suspects = document["suspects"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let confirmed = suspects
        .iter()
        .find(|suspect| suspect["verdict"] == "CONFIRMED");
    confirmed.map_or_else(String::new, |suspect| {
        let word = |key: &str| suspect[key].as_str().unwrap_or_default();
        format!("{} on {}", word("label"), word("resource"))
    })
}

fn rate(counts: &Value) -> String {
    match (counts["k"].as_u64(), counts["n"].as_u64()) {
        (Some(k), Some(n)) if n > 0 => format!("{k} of {n}"),
        _ => String::new(),
    }
}

fn share(counts: &Value) -> String {
    match (counts["k"].as_u64(), counts["n"].as_u64()) {
        (Some(k), Some(n)) if n > 0 => percent(k as f64 / n as f64),
        _ => String::new(),
    }
}

/// `all 18`, or `59 of about 997`.
fn interleavings(explored: &Value) -> String {
    let Some(tried) = explored["interleavings"]
        .as_u64()
        .filter(|tried| *tried > 0)
    else {
        return String::new();
    };
    match explored["exhausted"].as_bool() {
        Some(true) => format!("all {tried}"),
        _ => format!(
            "{tried} of about {}",
            explored["estimate"]
                .as_f64()
                .unwrap_or(0.0)
                .max(tried as f64)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_variant_has_a_line() {
        let racy = json!({
            "verdict": "CONFIRMED", "k": 100, "n": 100, "wall_ms": 4200,
            "suspects": [
                { "verdict": "PROTECTED", "label": "lost update", "resource": "db events" },
                { "verdict": "CONFIRMED", "label": "check-then-act", "resource": "cache inv:42" },
            ],
            "baseline": { "direct": { "k": 9, "n": 100 } },
            "explored": { "interleavings": 9, "exhausted": true, "estimate": 9.0 },
        });
        let fixed = json!({
            "verdict": "NO VIOLATION", "k": 0, "n": 0, "wall_ms": 2100, "suspects": [],
            "baseline": { "direct": { "k": 0, "n": 0 } },
            "explored": { "interleavings": 59, "exhausted": false, "estimate": 997.0 },
        });
        let all = [("racy".to_string(), racy), ("row-lock".to_string(), fixed)];
        insta::assert_snapshot!(variants_table(&all, 100, Style::PLAIN));
    }
}
