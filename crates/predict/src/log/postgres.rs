//! What PostgreSQL's messages mean, wherever they are written: statements, what they were bound
//! to, how long they took, and which of them failed.

use std::collections::HashMap;

use super::collector::Collector;
use super::lines::beginning;
use super::{STATEMENT_BYTES_MAX, Said, Spoken, parameters};

/// Sessions remembered at a time; a log with more forgets which of them said what last.
const SESSIONS_MAX: usize = 65_536;

/// How grave a line is, or what it adds to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Log,
    Error,
    Statement,
    Detail,
    Context,
    Other,
}

/// A message.
pub struct Entry {
    pub line: u64,
    pub at_us: Option<i64>,
    pub session: String,
    pub database: Option<String>,
    pub transaction: Option<String>,
    pub severity: Severity,
    pub message: String,
}

/// What was said last in each session.
#[derive(Default)]
pub struct Messages {
    sessions: HashMap<String, Session>,
    is_without_sessions: bool,
}

#[derive(Default)]
struct Session {
    /// A process id is used again by later sessions.
    reuses: u32,
    database: Option<String>,
    /// The statement that details belong to.
    last: Option<usize>,
    error: Option<String>,
    /// What the failed statement was bound to.
    bound: Vec<Option<String>>,
}

impl Severity {
    /// Reads `LOG`.
    pub fn parse(word: &str) -> Option<Severity> {
        Some(match word {
            "LOG" => Severity::Log,
            "ERROR" | "FATAL" | "PANIC" => Severity::Error,
            "STATEMENT" => Severity::Statement,
            "DETAIL" => Severity::Detail,
            "CONTEXT" => Severity::Context,
            "HINT" | "WARNING" | "NOTICE" | "INFO" | "QUERY" | "LOCATION" | "DEBUG" | "DEBUG1"
            | "DEBUG2" | "DEBUG3" | "DEBUG4" | "DEBUG5" | "BACKTRACE" => Severity::Other,
            _ => return None,
        })
    }
}

/// What a LOG message tells.
enum Told<'a> {
    Statement {
        text: &'a str,
        took_us: Option<u64>,
    },
    /// How long the statement before took.
    Took(u64),
    Database(&'a str),
    /// A session begins or ends.
    Turnover,
    /// Parsing, binding and fetching: no execution.
    Aside,
    Nothing,
}

impl Messages {
    /// Takes the next message of the log.
    pub fn take(&mut self, entry: Entry, collector: &mut Collector) {
        if self.sessions.len() >= SESSIONS_MAX && !self.sessions.contains_key(&entry.session) {
            self.sessions.clear();
        }
        let session = self.sessions.entry(entry.session.clone()).or_default();
        match entry.severity {
            Severity::Log => {
                // A STATEMENT after this one is not that of an earlier error.
                session.error = None;
                self.is_without_sessions |= said(session, &entry, collector);
            }
            Severity::Error => {
                let first = entry.message.lines().next().unwrap_or_default();
                session.error = Some(first.to_string());
                session.bound.clear();
            }
            Severity::Context => {
                if let Some((_, values)) = entry.message.split_once("with parameters: ") {
                    session.bound = parameters::of(values);
                }
            }
            Severity::Statement => fail(session, &entry, collector),
            Severity::Detail => bind(session, &entry.message, collector),
            Severity::Other => {}
        }
    }

    /// Says what the log could not tell.
    pub fn finish(self, collector: &mut Collector) {
        if self.is_without_sessions {
            collector.notes.push(
                "the log tells no sessions: statements without one are taken as one session's; \
                 `%p` or `%c` in log_line_prefix would tell them"
                    .to_string(),
            );
        }
    }
}

fn told(message: &str) -> Told<'_> {
    let Some(rest) = message.strip_prefix("duration: ") else {
        return statement(message, None);
    };
    let (number, rest) = rest.split_once(" ms").unwrap_or((rest, ""));
    let Some(took_us) = number.trim().parse().ok().and_then(micros) else {
        return Told::Nothing;
    };
    match rest.trim_start() {
        "" => Told::Took(took_us),
        rest => statement(rest, Some(took_us)),
    }
}

/// Milliseconds as whole microseconds.
pub fn micros(ms: f64) -> Option<u64> {
    let us = ms * 1e3;
    (0.0..1e15).contains(&us).then_some(us as u64)
}

fn statement(message: &str, took_us: Option<u64>) -> Told<'_> {
    if let Some(text) = message.strip_prefix("statement: ") {
        return Told::Statement { text, took_us };
    }
    if let Some(rest) = message.strip_prefix("execute ") {
        return match rest.split_once(": ") {
            // What is fetched from a portal was executed before.
            Some((name, _)) if name.starts_with("fetch from ") => Told::Aside,
            Some((_, text)) => Told::Statement { text, took_us },
            None => Told::Nothing,
        };
    }
    if ["bind ", "parse ", "plan:"]
        .iter()
        .any(|aside| message.starts_with(aside))
    {
        return Told::Aside;
    }
    if message.starts_with("connection received") || message.starts_with("disconnection:") {
        return Told::Turnover;
    }
    if message.starts_with("connection authorized")
        && let Some((_, rest)) = message.split_once("database=")
    {
        return Told::Database(rest.split_whitespace().next().unwrap_or_default());
    }
    Told::Nothing
}

fn push(
    session: &Session,
    entry: &Entry,
    text: &str,
    took_us: Option<u64>,
    collector: &mut Collector,
) -> Option<usize> {
    let name = match session.reuses {
        0 | 1 => entry.session.clone(),
        reuses => format!("{}#{reuses}", entry.session),
    };
    // A duration is told when it is over.
    let since = took_us
        .and_then(|took| i64::try_from(took).ok())
        .unwrap_or(0);
    collector.push(Said {
        line: entry.line,
        at_us: entry.at_us.map(|at| at.saturating_sub(since)),
        session: name,
        request: None,
        target: "db".to_string(),
        language: Spoken::Postgres,
        text: text.trim().to_string(),
        parameters: Vec::new(),
        took_us,
        rows: None,
        database: entry.database.clone().or_else(|| session.database.clone()),
        transaction: entry.transaction.clone(),
        failed: None,
    })
}

/// What a LOG message says; whether it is a statement of no known session.
fn said(session: &mut Session, entry: &Entry, collector: &mut Collector) -> bool {
    match told(&entry.message) {
        Told::Statement { text, took_us } => {
            session.last = push(session, entry, text, took_us, collector);
            return entry.session.is_empty();
        }
        Told::Took(took_us) => {
            let last = session.last.and_then(|at| collector.said.get_mut(at));
            // The time of parsing and binding comes before that of executing; what has one
            // already is over.
            if let Some(said) = last.filter(|said| said.took_us.is_none()) {
                said.took_us = Some(took_us);
            }
        }
        Told::Database(name) => session.database = Some(name.to_string()),
        Told::Turnover => {
            *session = Session {
                reuses: session.reuses.saturating_add(1),
                ..Session::default()
            };
        }
        Told::Aside => session.last = None,
        Told::Nothing => {}
    }
    false
}

/// The statement of the error before: the one that was told last, or one that was not told.
fn fail(session: &mut Session, entry: &Entry, collector: &mut Collector) {
    let Some(error) = session.error.take() else {
        return;
    };
    let text = entry.message.trim();
    let last = session.last.and_then(|at| collector.said.get_mut(at));
    let kept = beginning(text, STATEMENT_BYTES_MAX);
    if let Some(said) = last.filter(|said| said.took_us.is_none() && said.text == kept) {
        said.failed = Some(error);
        return;
    }
    let place = push(session, entry, text, None, collector);
    if let Some(said) = place.and_then(|at| collector.said.get_mut(at)) {
        said.failed = Some(error);
        said.parameters = std::mem::take(&mut session.bound);
    }
    session.last = place;
}

/// `Parameters: $1 = '42'`, in small letters before PostgreSQL 16.
fn bind(session: &Session, detail: &str, collector: &mut Collector) {
    let values = detail
        .strip_prefix("Parameters: ")
        .or_else(|| detail.strip_prefix("parameters: "));
    let last = session.last.and_then(|at| collector.said.get_mut(at));
    if let (Some(values), Some(said)) = (values, last) {
        said.parameters = parameters::of(values);
    }
}
