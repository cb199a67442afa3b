//! PostgreSQL's csvlog: 23 columns before PostgreSQL 13, 24 in it, 26 since; messages may span
//! lines within quotes.

use std::borrow::Cow;

use super::collector::Collector;
use super::lines::{BINARY, beginning};
use super::postgres::{Entry, Messages, Severity};
use super::{LINE_BYTES_MAX, STATEMENT_BYTES_MAX, time};

/// Fewer columns are no csvlog.
pub const COLUMNS_MIN: usize = 23;
const DATABASE: usize = 2;
const SESSION: usize = 5;
const VIRTUAL_TRANSACTION: usize = 9;
const SEVERITY: usize = 11;
const MESSAGE: usize = 13;
const DETAIL: usize = 14;
const CONTEXT: usize = 18;
const QUERY: usize = 19;

/// Reads all records.
pub fn read(text: &[u8], collector: &mut Collector) {
    let mut messages = Messages::default();
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let record = match record(&text[at..]) {
            Ok(record) => record,
            // Whatever is wrong with it, the next line may begin a whole record.
            Err(why) => {
                let end = end_of_line(text, at);
                if !text[at..end].trim_ascii().is_empty() {
                    collector.skipped.count(why, line);
                }
                (at, line) = (end, line + 1);
                continue;
            }
        };
        let read = &text[at..at + record.length];
        match entries(&record.fields, line, collector) {
            _ if read.trim_ascii().is_empty() => {}
            _ if read.contains(&0) => collector.skipped.count(BINARY, line),
            Some(entries) => {
                for entry in entries {
                    messages.take(entry, collector);
                }
            }
            None => {
                let why = "not the columns of a csvlog";
                collector.skipped.count(why, line);
            }
        }
        at += record.length;
        line += read.iter().filter(|byte| **byte == b'\n').count() as u64;
    }
    messages.finish(collector);
}

fn end_of_line(text: &[u8], from: usize) -> usize {
    let newline = text[from..].iter().position(|byte| *byte == b'\n');
    newline.map_or(text.len(), |at| from + at + 1)
}

/// The fields of a record, and its length with its end.
pub struct Record<'a> {
    pub fields: Vec<Cow<'a, str>>,
    length: usize,
}

/// More fields are not looked at.
const FIELDS_MAX: usize = 64;

/// The record that a text begins with.
pub fn record(text: &[u8]) -> Result<Record<'_>, &'static str> {
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let (field, end) = match text.get(at) {
            Some(b'"') => quoted(text, at)?,
            _ => {
                let rest = &text[at..];
                let stops = rest.iter().position(|byte| matches!(byte, b',' | b'\n'));
                let end = stops.map_or(text.len(), |stop| at + stop);
                let field = text[at..end].strip_suffix(b"\r").unwrap_or(&text[at..end]);
                (String::from_utf8_lossy(field), end)
            }
        };
        if end > LINE_BYTES_MAX {
            return Err("a record longer than a megabyte");
        }
        if fields.len() < FIELDS_MAX {
            fields.push(field);
        }
        match text.get(end) {
            Some(b',') => at = end + 1,
            Some(b'\r') if text.get(end + 1) == Some(&b'\n') => {
                return Ok(Record {
                    fields,
                    length: end + 2,
                });
            }
            Some(b'\n') => {
                return Ok(Record {
                    fields,
                    length: end + 1,
                });
            }
            None => {
                return Ok(Record {
                    fields,
                    length: end,
                });
            }
            Some(_) => return Err("text after a closing quote"),
        }
    }
}

/// A field in quotes, in which a quote is written twice.
fn quoted(text: &[u8], from: usize) -> Result<(Cow<'_, str>, usize), &'static str> {
    let mut at = from + 1;
    let reach = text.len().min(from + 1 + LINE_BYTES_MAX);
    let mut has_quotes = false;
    loop {
        let found = text[at..reach].iter().position(|byte| *byte == b'"');
        let Some(found) = found else {
            return Err("a quote that does not close");
        };
        at += found + 1;
        if text.get(at) != Some(&b'"') {
            break;
        }
        has_quotes = true;
        at += 1;
        if at > reach {
            return Err("a quote that does not close");
        }
    }
    let inner = String::from_utf8_lossy(&text[from + 1..at - 1]);
    let inner = match has_quotes {
        true => Cow::Owned(inner.replace("\"\"", "\"")),
        false => inner,
    };
    Ok((inner, at))
}

/// Whether these are the columns of a csvlog.
pub fn is_entry(fields: &[Cow<'_, str>]) -> bool {
    fields.len() >= COLUMNS_MIN && Severity::parse(&fields[SEVERITY]).is_some()
}

/// What a record says, as the lines of a log on stderr would.
fn entries(fields: &[Cow<'_, str>], line: u64, collector: &mut Collector) -> Option<Vec<Entry>> {
    if !is_entry(fields) {
        return None;
    }
    let moment = time::leading(&fields[0]).map(|(moment, _)| moment);
    let at_us = moment.map(|moment| collector.since_first(moment));
    let given = |column: usize| (!fields[column].is_empty()).then(|| fields[column].to_string());
    let entry = |severity, message: &str| Entry {
        line,
        at_us,
        session: fields[SESSION].to_string(),
        database: given(DATABASE),
        transaction: given(VIRTUAL_TRANSACTION),
        severity,
        message: beginning(message, STATEMENT_BYTES_MAX * 2).to_string(),
    };
    let severity = Severity::parse(&fields[SEVERITY])?;
    let mut all = vec![entry(severity, &fields[MESSAGE])];
    for (severity, column) in [
        (Severity::Detail, DETAIL),
        (Severity::Context, CONTEXT),
        (Severity::Statement, QUERY),
    ] {
        if !fields[column].is_empty() {
            all.push(entry(severity, &fields[column]));
        }
    }
    Some(all)
}
