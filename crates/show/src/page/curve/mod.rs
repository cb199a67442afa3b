//! How rates grow with the load: one chart for each of the first boundaries that have a curve.
//!
//! [`scale`] turns numbers into places and says where ticks stand, `draw` draws one chart.

mod draw;
mod interval;
pub mod scale;

use model::Boundary;
use model::prediction::{CurvePoint, Load};

use super::escape::name;
use crate::prediction::words;

/// Boundaries whose curves are drawn.
const CURVES_MAX: usize = 3;

/// Points of a curve that are drawn.
const POINTS_MAX: usize = 60;

/// The charts; nothing where there is no curve.
pub fn section(bare: &[&Boundary], load: Option<&Load>) -> String {
    let curves = bare.iter().map(|boundary| (boundary, points(boundary)));
    let curves = curves.filter(|(_, points)| points.len() > 1);
    let figures = curves.take(CURVES_MAX).map(|(boundary, points)| {
        format!(
            "<figure>\n<figcaption>{}. {}</figcaption>\n{}</figure>\n",
            boundary.rank,
            name(&words::title(boundary)),
            draw::svg(boundary, &points, load)
        )
    });
    let figures: String = figures.collect();
    match figures.is_empty() {
        true => figures,
        false => format!(
            "<section>\n<h2>Rate and load</h2>\n<div class=\"curves\">\n{figures}</div>\n</section>\n"
        ),
    }
}

/// What can be drawn of a curve, by load.
fn points(boundary: &Boundary) -> Vec<CurvePoint> {
    let told = boundary.curve.iter().filter(|point| point.rate.n > 0);
    let mut points: Vec<CurvePoint> = told.copied().take(POINTS_MAX).collect();
    points.sort_by_key(|point| point.requests);
    points.dedup_by_key(|point| point.requests);
    points
}

#[cfg(test)]
mod tests;
