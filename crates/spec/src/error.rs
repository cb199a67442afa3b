//! What is wrong with a text: every problem found in one go, each with its place, what it is and
//! how to cure it. `render` turns them into text for people.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use thiserror::Error;

use crate::digest::digest;
use crate::source::{Source, Span};

/// No more problems than this are kept; the rest are counted.
pub const PROBLEMS_MAX: usize = 20;

/// A message or a cure is no longer than this.
const TEXT_CHARS_MAX: usize = 400;

/// One thing that is wrong.
#[derive(Debug, Clone, Error)]
#[error("{}{message}", self.prefix())]
pub struct Problem {
    pub(crate) source_text: Source,
    pub(crate) span: Option<Span>,
    pub(crate) message: String,
    pub(crate) label: Option<String>,
    pub(crate) help: Option<String>,
}

impl Problem {
    /// Line and column, from 1; none when the problem is not one of the text.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.span.map(|span| self.source_text.position(span.start))
    }

    /// What is wrong, in one sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How to cure it.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// `heisen.yaml:3:5: `, with which each printed error begins.
    fn prefix(&self) -> String {
        match self.position() {
            Some((line, column)) => format!("{}:{line}:{column}: ", self.source_text.name()),
            None if self.source_text.name().is_empty() => String::new(),
            None => format!("{}: ", self.source_text.name()),
        }
    }
}

/// Everything that is wrong with a spec or a schedule; never empty.
#[derive(Debug, Clone)]
pub struct SpecErrors {
    problems: Vec<Problem>,
    left_out: usize,
}

impl SpecErrors {
    /// The problems, in the order of the text.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many more there are than are kept.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// One problem of a path and not of its text: it is not there, it cannot be read.
    pub(crate) fn of_path(path: &Path, message: String, help: &str) -> SpecErrors {
        let problem = Problem {
            source_text: Source::new(&path.display().to_string(), ""),
            span: None,
            message,
            label: None,
            help: Some(help.to_string()),
        };
        SpecErrors {
            problems: vec![problem],
            left_out: 0,
        }
    }
}

impl fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [only] => write!(f, "{only}"),
            all => {
                let name = all.first().map_or("", |problem| problem.source_text.name());
                write!(f, "{} problems in {name}", all.len() + self.left_out)
            }
        }
    }
}

impl std::error::Error for SpecErrors {}

/// A text that quotes what the user wrote, cut if that was long.
fn short(text: String) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// Collects problems while a text is read.
#[derive(Debug)]
pub struct Problems {
    source: Source,
    found: Vec<Problem>,
    seen: HashSet<(usize, usize, String)>,
    left_out: usize,
}

impl Problems {
    /// None yet.
    pub fn new(source: Source) -> Problems {
        Problems {
            source,
            found: Vec::new(),
            seen: HashSet::new(),
            left_out: 0,
        }
    }

    /// The text they are found in.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// How many there are; equal before and after means that nothing was found between.
    pub fn count(&self) -> usize {
        self.found.len() + self.left_out
    }

    /// Whether further ones are only counted.
    pub fn is_full(&self) -> bool {
        self.found.len() >= PROBLEMS_MAX
    }

    /// Adds one: where, what, a word under the caret (may be empty), how to cure it.
    pub fn add(
        &mut self,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        let message = message.into();
        if !self.seen.insert((span.start, span.end, digest(&message))) {
            return; // variants share most of their text, and each is checked
        }
        if self.is_full() {
            self.left_out += 1;
            return;
        }
        let filled = |text: String| (!text.is_empty()).then(|| short(text));
        let problem = Problem {
            source_text: self.source.clone(),
            span: Some(span),
            message: short(message),
            label: filled(label.into()),
            help: filled(help.into()),
        };
        self.found.push(problem);
    }

    /// The value, unless something was found.
    pub fn or<T>(mut self, value: Option<T>) -> Result<T, SpecErrors> {
        match value {
            Some(value) if self.count() == 0 => Ok(value),
            _ => {
                if self.found.is_empty() {
                    let whole = Span::new(0, 0);
                    self.add(
                        whole,
                        "this cannot be read",
                        "",
                        "the README shows one that can",
                    );
                }
                self.found
                    .sort_by_key(|problem| problem.span.map(|span| (span.start, span.end)));
                Err(SpecErrors {
                    problems: self.found,
                    left_out: self.left_out,
                })
            }
        }
    }
}
