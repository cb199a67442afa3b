//! Which format a log is in, by what its first lines look like.

use std::fmt;

use super::lines::{self, beginning};
use super::{Format, csv, json, mysql, stderr};

/// Lines looked at.
const LINES_MAX: usize = 2000;
/// Bytes looked at.
const BYTES_MAX: usize = 1 << 20;
/// So much of the first line is shown.
const SHOWN_CHARS_MAX: usize = 120;
/// A few lines of a log are enough to know it.
const ENOUGH: usize = 20;

/// Why a log could not be read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// Nothing is in it.
    Empty,
    /// It is in none of the formats.
    Unknown {
        /// What it begins with.
        first_line: String,
    },
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Empty => f.write_str("the log is empty"),
            Unreadable::Unknown { first_line } => write!(
                f,
                "the log is in no format that is known. Looked for: PostgreSQL's log on stderr \
                 (`LOG:  statement: ...` after any prefix), its csvlog ({} columns and more), \
                 MySQL's general log (`time  id Query  ...`), and lines of JSON with a \
                 `statement` or a `command`. It begins with: {first_line}",
                csv::COLUMNS_MIN
            ),
        }
    }
}

impl std::error::Error for Unreadable {}

/// The format that most of the first lines are in.
pub fn format(text: &[u8]) -> Result<Format, Unreadable> {
    if text.trim_ascii().is_empty() {
        return Err(Unreadable::Empty);
    }
    let mut votes = [
        (Format::JsonLines, 0),
        (Format::PostgresCsv, 0),
        (Format::MySqlGeneral, 0),
        (Format::PostgresStderr, 0),
    ];
    let head = &text[..text.len().min(BYTES_MAX)];
    for line in lines::of(head)
        .take(LINES_MAX)
        .filter(|line| !line.is_binary)
    {
        let format = of_line(&line.text);
        for (_, count) in votes.iter_mut().filter(|(voted, _)| Some(*voted) == format) {
            *count += 1;
        }
        if votes.iter().any(|(_, count)| *count >= ENOUGH) {
            break;
        }
    }
    // The first of equals, so that the order above decides.
    let mut best = votes[0];
    for vote in votes {
        if vote.1 > best.1 {
            best = vote;
        }
    }
    match best {
        (format, 1..) => Ok(format),
        _ => Err(Unreadable::Unknown {
            first_line: first_line(text),
        }),
    }
}

fn of_line(line: &str) -> Option<Format> {
    if line.starts_with('{') {
        let fields = json::object(line)?;
        return json::text(&fields).map(|_| Format::JsonLines);
    }
    if mysql::entry(line).is_some() {
        return Some(Format::MySqlGeneral);
    }
    if line.starts_with(|c: char| c.is_ascii_digit()) && is_csv(line) {
        return Some(Format::PostgresCsv);
    }
    stderr::split(line).map(|_| Format::PostgresStderr)
}

/// A record's first line: its columns up to the severity stand on it even where the message goes
/// on below.
fn is_csv(line: &str) -> bool {
    if let Ok(record) = model::csv::record(line.as_bytes()) {
        return csv::is_entry(&record.fields);
    }
    let words = [",LOG,", ",ERROR,", ",FATAL,"];
    words.iter().any(|word| line.contains(word)) && line.matches(',').count() >= 13
}

fn first_line(text: &[u8]) -> String {
    let line = lines::of(text).find(|line| !line.text.trim().is_empty());
    let line = line.map_or_else(String::new, |line| line.text.into_owned());
    let shown: String = beginning(&line, SHOWN_CHARS_MAX * 4)
        .chars()
        .take(SHOWN_CHARS_MAX)
        .map(|c| if c.is_control() { '.' } else { c })
        .collect();
    match shown.len() < line.len() {
        true => format!("`{shown}...`"),
        false => format!("`{shown}`"),
    }
}
