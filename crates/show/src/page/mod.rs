//! A prediction or a load as one HTML file that needs nothing beside itself: no script, no font, no
//! address.
//!
//! Names come from the system under test and may be anything; all of them pass [`escape`].

mod curve;
mod escape;
mod graph;
mod load;
mod ranking;
mod sections;
mod style;

use model::{Event, EventKind, Prediction};

use crate::prediction::words;
use escape::{name, sentence};

/// Whose run a page shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageHead {
    /// The system's name.
    pub system: String,
    /// The variant.
    pub variant: Option<String>,
    /// The run's id.
    pub run: String,
    /// The seed.
    pub seed: u64,
    /// When the run began, RFC 3339.
    pub started: String,
}

/// Even if something hostile came through, nothing of it would run or be fetched.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The page of a run's events; none when nothing was predicted and there was no load.
pub fn page_of(events: impl Iterator<Item = Event>) -> Option<String> {
    let mut head = PageHead::default();
    let (mut predicted, mut load) = (None, load::Gathered::default());
    for event in events {
        match event.kind {
            EventKind::RunStarted {
                run,
                system,
                variant,
                seed,
                started,
                ..
            } => {
                head = PageHead {
                    system,
                    variant,
                    run,
                    seed,
                    started,
                };
            }
            EventKind::Predicted { prediction } => predicted = Some(prediction),
            other => load.take(other),
        }
    }
    match predicted {
        Some(prediction) => Some(prediction_page(&prediction, &head)),
        None => load.page(&head),
    }
}

/// The page of a prediction.
pub fn prediction_page(prediction: &Prediction, head: &PageHead) -> String {
    let title = titled(head);
    let (bare, protected) = words::parted(prediction);
    let was_simulated = prediction.simulated.is_some();
    let sections = [
        opening(prediction, head, &title),
        graph::section(&prediction.graph),
        curve::section(&bare, prediction.load.as_ref()),
        ranking::section(&bare),
        sections::details(&bare),
        sections::protected(&protected, was_simulated),
        sections::recorded(prediction.recorded.as_ref()),
        sections::notes(&prediction.notes),
    ];
    frame(&format!("{title}: predicted"), &sections.concat())
}

/// The system's name, to be shown.
fn titled(head: &PageHead) -> String {
    let title = match &head.variant {
        Some(variant) => format!("{} ({variant})", head.system),
        None => head.system.clone(),
    };
    name(&title)
}

/// A whole file around what it shows.
fn frame(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n{body}</main>\n\
         </body>\n</html>\n",
        style::SHEET
    )
}

/// Which run it was.
fn whose(head: &PageHead) -> String {
    let mut whose = vec![format!("seed {}", head.seed)];
    for (label, text) in [("run", &head.run), ("started", &head.started)] {
        if !text.is_empty() {
            whose.push(format!("{label} {}", name(text)));
        }
    }
    whose.join(" · ")
}

/// What was predicted of what, and what that rests on.
fn opening(prediction: &Prediction, head: &PageHead, title: &str) -> String {
    let basis = words::basis(prediction);
    let basis = basis
        .iter()
        .map(|text| format!("<li>{}</li>\n", sentence(text)));
    format!(
        "<header>\n<h1>{title}</h1>\n<p class=\"summary\">{}</p>\n<p class=\"quiet\">{}</p>\n\
         <ul class=\"basis\">\n{}</ul>\n</header>\n",
        sentence(&words::summary(prediction)),
        whose(head),
        basis.collect::<String>()
    )
}

#[cfg(test)]
mod tests;
