//! The page of a load: what was asked and what came of it, over time and in sum.
//!
//! [`points`] folds seconds into what a chart has room for, `chart` draws one, `over_time` says which.

mod chart;
mod over_time;
mod points;

use model::{EventKind, Violation};
use serde_json::Value;

use super::escape::{name, sentence};
use super::ranking::more;
use super::{PageHead, frame, titled, whose};
use crate::number::{count, percent};
use crate::report::contention::{PHASE_HEADS, phase_rows};
use crate::report::gather::Notes;
use crate::report::load::{PERCENTILES, facts, times};
use crate::report::wanted::{operation_heads, operation_rows};
use points::Points;

/// Classes of errors; the rest are counted.
const CLASSES_MAX: usize = 30;

/// What is known of a load.
#[derive(Debug, Default)]
pub struct Gathered {
    points: Points,
    /// As the machine-readable document has it; none when the run did not end.
    figures: Option<Value>,
    verdict: String,
    /// What oracles saw.
    violations: Notes,
    warnings: Notes,
}

impl Gathered {
    /// Takes what an event tells of load.
    pub fn take(&mut self, kind: EventKind) {
        match kind {
            EventKind::LoadSecond { second } => self.points.take(&second),
            EventKind::LoadMeasured { figures } => self.figures = Some(figures),
            EventKind::TrialJudged { judgement, .. } => {
                for Violation { oracle, saw } in judgement.violations {
                    self.violations.add(&format!("{oracle}: {saw}"));
                }
            }
            EventKind::Warning { message } => self.warnings.add(&message),
            EventKind::RunEnded { verdict, .. } => self.verdict = verdict,
            _ => {}
        }
    }

    /// The page; none when there was no load.
    pub fn page(&self, head: &PageHead) -> Option<String> {
        if self.figures.is_none() && self.points.all.is_empty() {
            return None;
        }
        let title = titled(head);
        let sections = [
            self.opening(head, &title),
            self.settings(),
            over_time::section(&self.points),
            self.figures.as_ref().map(tables).unwrap_or_default(),
            self.errors(),
            list("What oracles saw", &self.violations),
            list("Notes", &self.warnings),
        ];
        Some(frame(&format!("{title}: load"), &sections.concat()))
    }

    fn opening(&self, head: &PageHead, title: &str) -> String {
        let verdict = match self.verdict.as_str() {
            "" => "DID NOT END",
            some => some,
        };
        let class = match verdict {
            "VIOLATED" => "summary bad",
            _ => "summary",
        };
        format!(
            "<header>\n<h1>{title}</h1>\n<p class=\"{class}\">{}</p>\n<p class=\"quiet\">{}</p>\n</header>\n",
            sentence(verdict),
            whose(head)
        )
    }

    /// What was asked, and what it came to.
    fn settings(&self) -> String {
        let Some(figures) = &self.figures else {
            return String::new();
        };
        let rows = facts(figures).into_iter().map(|(label, text, _)| {
            format!("<tr><th>{label}</th><td>{}</td></tr>\n", sentence(&text))
        });
        format!(
            "<section>\n<h2>Load</h2>\n<table class=\"facts\">\n<tbody>\n{}</tbody>\n</table>\n</section>\n",
            rows.collect::<String>()
        )
    }

    /// Errors by class, the most frequent first. A run that did not end has those of its seconds.
    fn errors(&self) -> String {
        let told = self.figures.as_ref().and_then(|it| it.get("errors"));
        let mut classes: Vec<(&str, u64)> = match told.and_then(Value::as_object) {
            Some(told) => told
                .iter()
                .map(|(class, times)| (class.as_str(), times.as_u64().unwrap_or(0)))
                .collect(),
            None => self
                .points
                .errors
                .iter()
                .map(|(class, times)| (class.as_str(), *times))
                .collect(),
        };
        if classes.is_empty() {
            return String::new();
        }
        classes.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        let told = self.figures.as_ref().and_then(|it| it.get("requests"));
        let points = self.points.all.iter().map(|point| point.requests);
        let requests = told.and_then(Value::as_u64).unwrap_or(points.sum());
        let rows = classes.iter().take(CLASSES_MAX).map(|(class, times)| {
            let share = name(&percent(*times as f64 / requests.max(1) as f64));
            row(&[&name(class)], &[count(*times), share])
        });
        format!(
            "<section>\n<h2>Errors</h2>\n<table>\n<thead>{}</thead>\n<tbody>\n{}</tbody>\n</table>\n{}</section>\n",
            heads(&["class"], &["requests", "share"]),
            rows.collect::<String>(),
            more(classes.len(), CLASSES_MAX)
        )
    }
}

/// Percentiles of all times over the whole load, and what stands side by side.
fn tables(figures: &Value) -> String {
    let times = times(figures).into_iter();
    let operations = operation_rows(figures).into_iter();
    let phases = phase_rows(figures).into_iter();
    [
        table(
            "Times",
            &PERCENTILES.map(|(_, title)| title),
            times.map(|(label, times)| row(&[label], &times)),
        ),
        table(
            "Operations",
            &operation_heads(),
            operations.map(|(of, figures, _)| row(&[&name(&of)], &figures)),
        ),
        table(
            "Side by side",
            &PHASE_HEADS,
            phases.map(|(of, figures)| row(&[&name(&of)], &figures)),
        ),
    ]
    .concat()
}

fn table(title: &str, numbers: &[&str], rows: impl Iterator<Item = String>) -> String {
    let rows: String = rows.collect();
    match rows.is_empty() {
        true => rows,
        false => format!(
            "<section>\n<h2>{title}</h2>\n<div class=\"scroll\">\n<table>\n<thead>{}</thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n</section>\n",
            heads(&[""], numbers)
        ),
    }
}

fn heads(words: &[&str], numbers: &[&str]) -> String {
    let words = words.iter().map(|title| format!("<th>{title}</th>"));
    let numbers = numbers
        .iter()
        .map(|title| format!("<th class=\"number\">{title}</th>"));
    format!("<tr>{}</tr>", words.chain(numbers).collect::<String>())
}

/// A row of what is escaped already.
fn row(words: &[&str], numbers: &[String]) -> String {
    let words = words
        .iter()
        .map(|text| format!("<td class=\"whole\">{text}</td>"));
    let numbers = numbers
        .iter()
        .map(|text| format!("<td class=\"number\">{text}</td>"));
    format!("<tr>{}</tr>\n", words.chain(numbers).collect::<String>())
}

/// A heading and what was told under it, with how often.
fn list(heading: &str, notes: &Notes) -> String {
    let items = notes.all.iter().map(|(text, times)| match times {
        1 => format!("<li>{}</li>\n", sentence(text)),
        some => format!("<li>{} × {}</li>\n", count(*some), sentence(text)),
    });
    let items: String = items.collect();
    match items.is_empty() {
        true => items,
        false => format!(
            "<section>\n<h2>{heading}</h2>\n<ul class=\"plain\">\n{items}</ul>\n{}</section>\n",
            more(notes.others as usize, 0)
        ),
    }
}

#[cfg(test)]
mod tests;
