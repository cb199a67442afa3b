//! The ranking as a table, with the factors that volatility is made of.

use model::Boundary;

use super::escape::{name, sentence, title, within};
use crate::number::{count, factor};
use crate::prediction::words::{frequency, meeting, named, range, threshold};

/// Rows; the rest are counted.
const ROWS_MAX: usize = 50;

/// Cells of a figure in words, which may be anything and must not make the table wide.
const FIGURE_CELLS_MAX: usize = 32;

/// Columns that are there only where some boundary has something in them.
#[derive(Clone, Copy)]
struct Columns {
    rate: bool,
    threshold: bool,
}

/// The boundaries that nothing protects, as they are ranked.
pub fn section(bare: &[&Boundary]) -> String {
    let Some(first) = bare.first() else {
        return String::new();
    };
    let shown = &bare[..bare.len().min(ROWS_MAX)];
    let columns = Columns {
        rate: shown.iter().any(|of| !frequency(of).is_empty()),
        threshold: shown.iter().any(|of| of.threshold.is_some()),
    };
    let rows = shown.iter().map(|boundary| row(boundary, columns));
    format!(
        "<section>\n<h2>Ranking</h2>\n<div class=\"scroll\">\n<table>\n<thead>{}</thead>\n\
         <tbody>\n{}</tbody>\n</table>\n</div>\n{}</section>\n",
        titles(first, columns),
        rows.collect::<String>(),
        more(bare.len(), ROWS_MAX)
    )
}

/// `and 7 more`, where a list was cut.
pub fn more(all: usize, shown_max: usize) -> String {
    match all.saturating_sub(shown_max) {
        0 => String::new(),
        hidden => format!("<p class=\"quiet\">and {} more</p>\n", count(hidden as u64)),
    }
}

fn titles(first: &Boundary, columns: Columns) -> String {
    let number = |title: &str| format!("<th class=\"number\">{title}</th>");
    let mut titles = number("#") + "<th>boundary</th><th>hazard</th>" + &number("volatility");
    if columns.rate {
        titles.push_str(&number("rate"));
    }
    if columns.threshold {
        titles.push_str("<th>threshold</th>");
    }
    titles.extend(named(&first.factors).map(|(name, _)| number(name)));
    format!("<tr>{titles}</tr>")
}

fn row(boundary: &Boundary, columns: Columns) -> String {
    let number = |text: String| format!("<td class=\"number\">{text}</td>");
    let mut cells = number(boundary.rank.to_string());
    cells.push_str(&format!(
        "<td class=\"wide\" title=\"{}\">{}{}</td><td class=\"whole\">{}</td>",
        title(&boundary.edge),
        name(&boundary.edge),
        small(&name(&meeting(boundary))),
        boundary.hazard.as_str()
    ));
    let volatility = factor(boundary.factors.volatility());
    cells.push_str(&number(format!("<strong>{volatility}</strong>")));
    if columns.rate {
        let range = range(boundary).unwrap_or_default();
        let figure = within(&frequency(boundary), FIGURE_CELLS_MAX);
        cells.push_str(&number(figure + &small(&sentence(&range))));
    }
    if columns.threshold {
        let threshold = threshold(boundary);
        // The share goes below, where it takes no width.
        let (load, share) = threshold.split_once(": ").unwrap_or((&threshold, ""));
        let (load, share) = (sentence(load), small(&sentence(share)));
        cells.push_str(&format!("<td class=\"whole\">{load}{share}</td>"));
    }
    cells.extend(named(&boundary.factors).map(|(_, value)| number(factor(value))));
    format!("<tr>{cells}</tr>\n")
}

/// A second line in a cell, from text that is escaped already.
fn small(text: &str) -> String {
    match text.is_empty() {
        true => String::new(),
        false => format!("<small>{text}</small>"),
    }
}
