//! The parts of a page that are mostly text: boundaries in detail, what is protected, what was
//! not read, notes.

use model::Boundary;
use model::prediction::RecordedTraffic;

use super::escape::{name, sentence};
use super::ranking::more;
use crate::number::count;
use crate::prediction::{details as facts, words};

/// Boundaries in detail.
const DETAILED_MAX: usize = 10;

/// Items of any list; the rest are counted.
const ITEMS_MAX: usize = 30;

/// The first boundaries with all that is known of them.
pub fn details(bare: &[&Boundary]) -> String {
    let articles: String = bare
        .iter()
        .take(DETAILED_MAX)
        .map(|of| article(of))
        .collect();
    match articles.is_empty() {
        true => articles,
        false => format!(
            "<section>\n<h2>In detail</h2>\n{articles}{}</section>\n",
            more(bare.len(), DETAILED_MAX)
        ),
    }
}

fn article(boundary: &Boundary) -> String {
    let facts = facts(boundary);
    let facts = facts
        .iter()
        .map(|(label, text)| format!("<dt>{label}</dt><dd>{}</dd>\n", sentence(text)));
    format!(
        "<article>\n<h3>{}. {}</h3>\n<p class=\"quiet\">{}</p>\n<p>{}</p>\n<dl>\n{}</dl>\n</article>\n",
        boundary.rank,
        name(&words::title(boundary)),
        name(&boundary.edge),
        sentence(&boundary.why),
        facts.collect::<String>()
    )
}

/// What is protected, and by what.
pub fn protected(protected: &[&Boundary], was_simulated: bool) -> String {
    let items = protected.iter().map(|boundary| {
        let hazard = boundary.hazard.as_str();
        let guard = words::guard(boundary, was_simulated);
        format!(
            "{hazard}: {}, {}<small>{}</small>",
            name(&words::meeting(boundary)),
            name(&boundary.edge),
            sentence(&guard)
        )
    });
    listed("Protected", items)
}

/// What of recorded traffic the prediction does not rest on.
pub fn recorded(recorded: Option<&RecordedTraffic>) -> String {
    let Some(recorded) = recorded else {
        return String::new();
    };
    let obscure = recorded.obscure.iter();
    let obscure =
        obscure.map(|(text, times)| format!("{} × <code>{}</code>", count(*times), name(text)));
    let skipped = recorded.skipped.iter();
    let skipped = skipped.map(|(why, times, first)| {
        let why = sentence(why);
        let (times, first) = (count(*times), count(*first));
        format!("{times} × {why}<small>the first is line {first}</small>")
    });
    listed("Not understood, so it may touch anything", obscure) + &listed("Lines skipped", skipped)
}

/// What the user should know.
pub fn notes(notes: &[String]) -> String {
    listed("Notes", notes.iter().map(|text| sentence(text)))
}

/// A heading and a list under it; nothing where there are no items.
fn listed(heading: &str, items: impl ExactSizeIterator<Item = String>) -> String {
    let all = items.len();
    if all == 0 {
        return String::new();
    }
    let shown = items
        .take(ITEMS_MAX)
        .map(|item| format!("<li>{item}</li>\n"));
    format!(
        "<section>\n<h2>{heading}</h2>\n<ul class=\"plain\">\n{}</ul>\n{}</section>\n",
        shown.collect::<String>(),
        more(all, ITEMS_MAX)
    )
}
