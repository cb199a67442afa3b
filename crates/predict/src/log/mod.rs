//! Readers of recorded traffic: what a backend or a tracer wrote down while a system ran. Bytes
//! in, statements out, each with its session and time; `requests` puts together what belongs to
//! one request.
//!
//! Logs are written by others, cut by rotation and mixed up by collectors: a line that cannot be
//! read is counted with the first such line's number and never ends the reading. Formats:
//!
//! - what PostgreSQL writes to stderr, with any usual `log_line_prefix` (`stderr`, `prefix`),
//! - its csvlog (`csv`), which shares the messages with it (`postgres`),
//! - MySQL's and MariaDB's general log (`mysql`),
//! - lines of JSON, our neutral form (`json` tells its fields; so does docs/recorded-traffic.md).

mod collector;
mod comment;
mod csv;
mod gaps;
mod json;
mod lines;
mod mysql;
mod parameters;
mod postgres;
mod prefix;
mod recognise;
mod requests;
mod skipped;
mod stderr;
#[cfg(test)]
mod tests;
mod time;

use collector::Collector;
pub use recognise::Unreadable;
pub use requests::{Request, Split, requests};
pub use skipped::Skipped;

/// How recorded traffic is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// PostgreSQL's log on stderr.
    PostgresStderr,
    /// PostgreSQL's csvlog.
    PostgresCsv,
    /// MySQL's or MariaDB's general log.
    MySqlGeneral,
    /// An object of JSON on each line.
    JsonLines,
}

/// What a statement or command is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spoken {
    /// SQL, as PostgreSQL has it.
    Postgres,
    /// SQL, as MySQL has it.
    MySql,
    /// A Redis command.
    Redis,
    /// `METHOD /path`.
    Http,
}

/// What was read of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// How it is written down.
    pub format: Format,
    /// What was said, in the order of the log.
    pub said: Vec<Said>,
    /// Lines that could not be read.
    pub skipped: Skipped,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// One statement or command that was carried out, or tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The line it begins on, from 1.
    pub line: u64,
    /// When it was asked, in microseconds since the log's first time; time zones are applied.
    pub at_us: Option<i64>,
    /// The connection, by the log's own name; empty when the log tells none.
    pub session: String,
    /// The request, where the log says.
    pub request: Option<String>,
    /// The backend: `db` for SQL, `cache` for Redis and `http` else, unless the log says.
    pub target: String,
    /// What it is written in.
    pub language: Spoken,
    /// The statement.
    pub text: String,
    /// Bound values, in order; absent for NULL.
    pub parameters: Vec<Option<String>>,
    /// How long it took.
    pub took_us: Option<u64>,
    /// Rows returned or changed.
    pub rows: Option<u64>,
    /// The database it was said to.
    pub database: Option<String>,
    /// The backend's own name of the transaction, where the log says (csvlog).
    pub transaction: Option<String>,
    /// What the backend said when it failed.
    pub failed: Option<String>,
}

/// Longer lines are cut here.
pub const LINE_BYTES_MAX: usize = 1 << 20;
/// Longer statements are cut here.
pub const STATEMENT_BYTES_MAX: usize = 64 << 10;
/// Statements kept of one log.
pub const SAID_MAX: usize = 1_000_000;

/// Reads a log, in the format given or the one its content shows.
pub fn read(text: &[u8], format: Option<Format>) -> Result<Log, Unreadable> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let format = match format {
        Some(format) if !text.trim_ascii().is_empty() => format,
        _ => recognise::format(text)?,
    };
    let mut collector = Collector::default();
    match format {
        Format::PostgresStderr => stderr::read(text, &mut collector),
        Format::PostgresCsv => csv::read(text, &mut collector),
        Format::MySqlGeneral => mysql::read(text, &mut collector),
        Format::JsonLines => json::read(text, &mut collector),
    }
    Ok(collector.finish(format))
}

impl Format {
    /// The words people read.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::PostgresStderr => "PostgreSQL's log on stderr",
            Format::PostgresCsv => "PostgreSQL's csvlog",
            Format::MySqlGeneral => "MySQL's general log",
            Format::JsonLines => "lines of JSON",
        }
    }

    /// How to have statements in such a log.
    pub fn advice(self) -> &'static str {
        match self {
            Format::PostgresStderr | Format::PostgresCsv => {
                "set log_min_duration_statement = 0 (or log_statement = 'all') while recording"
            }
            Format::MySqlGeneral => "set general_log = ON while recording",
            Format::JsonLines => "each line needs a `statement` or a `command`",
        }
    }
}
