//! PostgreSQL's csvlog: 23 columns before PostgreSQL 13, 24 in it, 26 since; messages may span
//! lines within quotes.

use std::borrow::Cow;

use model::csv::record;

use super::collector::Collector;
use super::lines::{BINARY, beginning};
use super::postgres::{Entry, Messages, Severity};
use super::{STATEMENT_BYTES_MAX, time};

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
