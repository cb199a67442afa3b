//! The ranking: two lines for each boundary that nothing protects, the figures, and below them
//! who meets where and from which load on it shows.

use model::Boundary;

use super::super::Look;
use crate::number::{count, factor};
use crate::prediction::words::{frequency, meeting, range, threshold};
use crate::style::Paint;
use crate::table::{Table, flexible, left, right};
use crate::text::{clean, cut};

/// Boundaries shown; the rest are counted.
const BOUNDARIES_SHOWN_MAX: usize = 10;

/// Cells of a figure in words, which may be anything.
const FIGURE_CELLS_MAX: usize = 18;

/// The interval goes before an edge is cut to fewer cells.
const EDGE_CELLS_MIN: usize = 20;

/// From this volatility on a boundary is painted as what is wrong.
const ALARMING_VOLATILITY: f64 = 0.1;

/// The boundaries as they are ranked.
pub fn lines(bare: &[&Boundary], look: &Look) -> Vec<String> {
    let mut table = Table::new(
        2,
        vec![
            right("#"),
            flexible("edge").at_least(EDGE_CELLS_MIN),
            left("hazard"),
            right("rate"),
            left("95 % interval").goes(1),
            right("volatility"),
        ],
    );
    let shown = &bare[..bare.len().min(BOUNDARIES_SHOWN_MAX)];
    for boundary in shown {
        table.row(paint_of(boundary), row(boundary));
    }
    if table.is_empty() {
        return Vec::new();
    }
    let mut rows = table.lines(look.width, look.style).into_iter();
    let mut lines: Vec<String> = rows.next().into_iter().collect();
    // Who meets where stands under its edge and may be longer than that column is.
    let ranks = shown.iter().map(|boundary| boundary.rank.to_string().len());
    let indent = " ".repeat(2 + ranks.max().unwrap_or(1) + 2);
    for (line, boundary) in rows.zip(shown) {
        lines.push(line);
        let below = below(boundary);
        if !below.is_empty() {
            lines.push(look.aside(&format!("{indent}{below}")));
        }
    }
    let hidden = bare.len() - shown.len();
    if hidden > 0 {
        lines.push(look.aside(&format!("  and {} more", count(hidden as u64))));
    }
    lines
}

fn row(boundary: &Boundary) -> Vec<String> {
    vec![
        boundary.rank.to_string(),
        boundary.edge.clone(),
        boundary.hazard.as_str().to_string(),
        cut(&clean(&frequency(boundary)), FIGURE_CELLS_MAX),
        range(boundary).map_or_else(String::new, |range| format!("({range})")),
        factor(boundary.factors.volatility()),
    ]
}

/// `2 reserve on cache inv:42, threshold > 12 in 500 ms: 1 %`.
fn below(boundary: &Boundary) -> String {
    let told = [
        meeting(boundary),
        match threshold(boundary) {
            threshold if threshold.is_empty() => threshold,
            threshold => format!("threshold {threshold}"),
        },
    ];
    let told = told.iter().filter(|text| !text.is_empty());
    clean(&told.map(String::as_str).collect::<Vec<_>>().join(", "))
}

fn paint_of(boundary: &Boundary) -> Paint {
    match boundary.factors.volatility() {
        volatility if volatility >= ALARMING_VOLATILITY => Paint::Bad,
        _ => Paint::Plain,
    }
}
