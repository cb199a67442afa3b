//! PostgreSQL's log on stderr: a prefix, a severity, a message; the further lines of a message
//! begin with a tab.

use super::collector::Collector;
use super::lines::{self, BINARY, TOO_LONG, beginning};
use super::postgres::{Entry, Messages, Severity};
use super::{STATEMENT_BYTES_MAX, prefix};

/// A severity further to the right belongs to what somebody said.
const PREFIX_BYTES_MAX: usize = 512;

/// Reads all lines.
pub fn read(text: &[u8], collector: &mut Collector) {
    let mut messages = Messages::default();
    let mut current: Option<Entry> = None;
    for line in lines::of(text) {
        if line.is_binary {
            collector.skipped.count(BINARY, line.number);
            continue;
        }
        if line.is_cut {
            collector.skipped.count(TOO_LONG, line.number);
        }
        match split(&line.text) {
            Some((before, severity, message)) => {
                if let Some(entry) = current.take() {
                    messages.take(entry, collector);
                }
                let prefix = prefix::of(before);
                current = Some(Entry {
                    line: line.number,
                    at_us: prefix.at.map(|moment| collector.since_first(moment)),
                    session: prefix.session.unwrap_or_default(),
                    database: prefix.database,
                    transaction: None,
                    severity,
                    message: message.to_string(),
                });
            }
            None => match (&mut current, line.text.strip_prefix('\t')) {
                (Some(entry), Some(more)) => {
                    // One byte more than is kept, so that it shows that it was cut.
                    let room = (STATEMENT_BYTES_MAX * 2).saturating_sub(entry.message.len());
                    entry.message.push('\n');
                    entry.message.push_str(beginning(more, room));
                }
                _ if line.text.trim().is_empty() => {}
                _ => collector
                    .skipped
                    .count("no severity such as `LOG:  ` in it", line.number),
            },
        }
    }
    if let Some(entry) = current {
        messages.take(entry, collector);
    }
    messages.finish(collector);
}

/// A line's prefix, severity and message.
pub fn split(line: &str) -> Option<(&str, Severity, &str)> {
    if line.starts_with('\t') {
        return None;
    }
    let head = beginning(line, PREFIX_BYTES_MAX);
    let marks = head.match_indices(":  ").map(|(at, _)| at);
    marks.into_iter().find_map(|at| {
        let before = &line[..at];
        let start = before
            .rfind(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit()))
            .map_or(0, |at| at + 1);
        // A character before the word may have more than one byte.
        let start = (start..=at).find(|start| before.is_char_boundary(*start))?;
        let severity = Severity::parse(&before[start..])?;
        Some((&before[..start], severity, &line[at + 3..]))
    })
}
