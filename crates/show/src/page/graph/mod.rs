//! The graph of who calls whom: clients left, services, backends right; how volatile an edge is
//! shows in its colour, its width and its label.
//!
//! [`pick`] bounds it, [`layers`] says what stands left of what, [`place`] where,
//! `draw` draws it.

mod columns;
mod draw;
mod layers;
mod pick;
mod place;

use model::prediction::GraphEdge;

use crate::number::count;
use pick::Graph;

/// From which volatility on an edge is of each step of colour, but for the first.
const STEPS: [f64; 4] = [f64::MIN_POSITIVE, 0.001, 0.01, 0.1];

/// What the legend says of each step.
const STEP_WORDS: [&str; 5] = [
    "nothing predicted, or protected",
    "volatility below 0.001",
    "0.001 and more",
    "0.01 and more",
    "0.1 and more",
];

/// The graph with its legend; nothing where nobody calls anybody.
pub fn section(edges: &[GraphEdge]) -> String {
    let graph = Graph::of(edges);
    if graph.edges.is_empty() {
        return String::new();
    }
    let legend = STEP_WORDS.iter().enumerate().map(|(step, words)| {
        format!(
            "<li><svg width=\"28\" height=\"8\" aria-hidden=\"true\"><path class=\"edge v{step}\" \
             d=\"M0 4H28\"/></svg>{words}</li>\n"
        )
    });
    let hidden = match graph.hidden {
        0 => String::new(),
        hidden => format!(
            "<p class=\"quiet\">{} more edges are not drawn; the most volatile ones are</p>\n",
            count(hidden as u64)
        ),
    };
    format!(
        "<section>\n<h2>Who calls whom</h2>\n<div class=\"scroll\">\n{}</div>\n\
         <ul class=\"legend\">\n{}</ul>\n{hidden}</section>\n",
        draw::svg(&graph),
        legend.collect::<String>()
    )
}

/// The step of colour of a volatility.
fn step_of(volatility: f64) -> usize {
    STEPS.iter().filter(|from| volatility >= **from).count()
}

#[cfg(test)]
mod tests;
