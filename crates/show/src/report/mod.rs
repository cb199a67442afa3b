//! The page a run ends with: the verdict first, then what it rests on, then the details.
//!
//! [`gather`] folds the events, once and in bounded memory; each other module writes one
//! section from what was gathered.

pub(crate) mod contention;
mod explored;
pub(crate) mod gather;
mod headline;
mod learned;
pub(crate) mod load;
mod next;
mod notes;
mod predicted;
mod race;
mod rates;
pub(crate) mod story;
mod suspects;
pub(crate) mod wanted;
mod wires;

use std::path::PathBuf;

use model::Event;

use crate::style::{Paint, Style};
use crate::text::cut;
use gather::Gathered;
pub(crate) use headline::paint_of;

/// How the page is to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Colour.
    pub style: Style,
    /// Where the evidence is; when none, where it is by default.
    pub evidence: Option<PathBuf>,
}

/// The page of a run, without colour.
pub fn report(events: impl Iterator<Item = Event>, width: usize) -> String {
    report_with(
        events,
        &Look {
            width,
            style: Style::PLAIN,
            evidence: None,
        },
    )
}

/// The page of a run.
pub fn report_with(events: impl Iterator<Item = Event>, look: &Look) -> String {
    let gathered = Gathered::from_events(events);
    let sections = [
        headline::lines(&gathered, look),
        load::lines(&gathered, look),
        predicted::basis(&gathered, look),
    ]
    .into_iter()
    .chain(predicted::sections(&gathered, look))
    .chain([
        suspects::lines(&gathered, look),
        learned::lines(&gathered, look),
        rates::lines(&gathered, look),
    ])
    .chain(race::sections(&gathered, look))
    .chain([
        explored::lines(&gathered, look),
        notes::lines(&gathered, look),
        wires::lines(&gathered, look),
        next::lines(&gathered, look),
    ]);
    let mut page = String::new();
    for section in sections.filter(|section| !section.is_empty()) {
        if !page.is_empty() {
            page.push('\n');
        }
        for line in section {
            page.push_str(&line);
            page.push('\n');
        }
    }
    page
}

impl Look {
    /// A section's first line.
    fn heading(&self, text: &str) -> String {
        self.style.paint(Paint::Strong, &cut(text, self.width))
    }

    /// A line that may be passed over.
    fn aside(&self, text: &str) -> String {
        self.style.paint(Paint::Quiet, &cut(text, self.width))
    }
}

#[cfg(test)]
mod isolate_tests;
#[cfg(test)]
mod predicted_tests;
#[cfg(test)]
mod testkit;
#[cfg(test)]
mod tests;
