//! The reply to a step, gathered while its parts come down: what was done, the first row, or why
//! not. Only kept up when a director attends.

use std::collections::VecDeque;

use model::{Reply, ReplyKind};

use super::frame::{Cursor, Formats, body, error_field};
use super::statements::{Statements, TYPES_MAX};
use super::value::decode;
use crate::session::{TEXT_BYTES_MAX, readable};

/// Completed commands of one step that are shown.
pub const COMMANDS_MAX: usize = 16;
/// Values of the first row that are shown.
pub const VALUES_MAX: usize = 64;
/// Open steps of which the form of the result is kept.
pub const NOTES_MAX: usize = 1 << 16;

/// What a Bind said about the result of its step.
#[derive(Debug)]
struct Note {
    step: u32,
    statement: u32,
    formats: Formats,
}

/// The reply so far.
#[derive(Debug, Default)]
pub struct Gathered {
    commands: Vec<String>,
    affected: Option<u64>,
    rows: u64,
    first: Option<String>,
    error: Option<(String, String)>,
    /// Type and form of each column, when a description came within the step.
    columns: Vec<(u32, bool)>,
    notes: VecDeque<Note>,
    /// Something of the above is set.
    touched: bool,
}

impl Gathered {
    /// Remembers how the result of a step will be written.
    pub fn note(&mut self, step: u32, statement: u32, formats: Formats) {
        self.touched = true;
        if self.notes.len() < NOTES_MAX {
            self.notes.push_back(Note {
                step,
                statement,
                formats,
            });
        }
    }

    /// Takes a RowDescription.
    pub fn describe(&mut self, message: &[u8]) {
        self.touched = true;
        self.columns.clear();
        columns(message, |oid, binary| self.columns.push((oid, binary)));
    }

    /// Takes a DataRow of the step with this number.
    pub fn row(&mut self, message: &[u8], step: u32, statements: &Statements) {
        self.touched = true;
        self.rows += 1;
        if self.first.is_some() {
            return;
        }
        let note = self.notes.iter().find(|note| note.step == step);
        let types = note
            .and_then(|note| statements.by_id(note.statement))
            .map(|s| s.columns.as_slice());
        let mut cursor = Cursor(body(message));
        let count = usize::from(cursor.int16().unwrap_or(0));
        let mut row = String::new();
        for n in 0..count.min(VALUES_MAX) {
            let Some(value) = cursor.value() else { break };
            if n > 0 {
                row.push('|');
            }
            let (oid, binary) = match (note, self.columns.get(n)) {
                (Some(note), _) => {
                    let oid = types.and_then(|types| types.get(n)).copied();
                    (oid.unwrap_or(0), note.formats.is_binary(n))
                }
                (None, Some(column)) => *column,
                // Neither form nor type is known: text, unless it cannot be.
                (None, None) => (
                    0,
                    value.is_some_and(|v| std::str::from_utf8(v).is_err() || v.contains(&0)),
                ),
            };
            match value {
                Some(value) => row.push_str(&decode(oid, binary, value)),
                None => row.push_str("NULL"),
            }
            if row.len() > TEXT_BYTES_MAX {
                break;
            }
        }
        self.first = Some(readable(row.as_bytes()));
    }

    /// Takes a CommandComplete, EmptyQueryResponse or PortalSuspended.
    pub fn command(&mut self, message: &[u8]) {
        self.touched = true;
        let tag = match message.first() {
            Some(b'C') => body(message).strip_suffix(b"\0").unwrap_or(body(message)),
            Some(b's') => b"suspended",
            _ => b"",
        };
        let tag = readable(tag);
        let many = tag.rsplit(' ').next().and_then(|last| last.parse().ok());
        self.affected = many.or(self.affected);
        if self.commands.len() < COMMANDS_MAX {
            self.commands.push(tag);
        }
    }

    /// Takes an ErrorResponse.
    pub fn error(&mut self, message: &[u8]) {
        self.touched = true;
        let field = |wanted| readable(error_field(message, wanted).unwrap_or_default());
        self.error = Some((field(b'C'), field(b'M')));
    }

    /// The reply to the step that ends now, the steps being closed through `closed`.
    pub fn finish(&mut self, closed: u32) -> Box<Reply> {
        let reply = self.reply();
        self.forget(closed);
        Box::new(reply)
    }

    /// The reply to a portal that was bound and then not executed.
    pub fn bound(&mut self, closed: u32) -> Box<Reply> {
        self.forget(closed);
        let value = "bound, not executed".to_string();
        Box::new(Reply {
            kind: ReplyKind::Ok,
            value,
            rows: None,
            code: None,
        })
    }

    /// Forgets all about the steps that are closed through `closed`.
    pub fn forget(&mut self, closed: u32) {
        if !self.touched {
            return;
        }
        while self
            .notes
            .front()
            .is_some_and(|note| closed.wrapping_sub(note.step) < u32::MAX / 2)
        {
            self.notes.pop_front();
        }
        self.commands.clear();
        self.columns.clear();
        self.affected = None;
        self.rows = 0;
        self.first = None;
        self.error = None;
        self.touched = !self.notes.is_empty();
    }

    /// How many results are noted.
    #[cfg(test)]
    pub fn notes(&self) -> usize {
        self.notes.len()
    }

    fn reply(&mut self) -> Reply {
        if let Some((code, value)) = self.error.take() {
            return Reply {
                kind: ReplyKind::Error,
                value,
                rows: None,
                code: Some(code),
            };
        }
        let is_query = |tag: &String| {
            tag.starts_with("SELECT") || tag.starts_with("FETCH") || tag == "suspended"
        };
        let only_queries = self
            .commands
            .iter()
            .all(|tag| is_query(tag) || tag.is_empty());
        let rows = self
            .affected
            .or_else(|| self.commands.iter().any(is_query).then_some(self.rows));
        let done = self.commands.join("; ");
        let value = match (self.first.take(), self.commands.as_slice()) {
            (Some(first), commands) => {
                let before = if matches!(commands, [one] if is_query(one)) {
                    String::new()
                } else {
                    done + ": "
                };
                let many = if self.rows > 1 {
                    format!("{} rows: ", self.rows)
                } else {
                    String::new()
                };
                format!("{before}{many}{first}")
            }
            (None, [one]) if is_query(one) && rows == Some(0) => "0 rows".to_string(),
            (None, _) => done,
        };
        let empty = !self.commands.is_empty() && only_queries && rows.unwrap_or(0) == 0;
        Reply {
            kind: if empty {
                ReplyKind::Empty
            } else {
                ReplyKind::Ok
            },
            value: readable(value.as_bytes()),
            rows,
            code: None,
        }
    }
}

/// How many columns a RowDescription has.
pub fn column_count(message: &[u8]) -> usize {
    usize::from(Cursor(body(message)).int16().unwrap_or(0)).min(TYPES_MAX)
}

/// Calls `with` for type and form of each column of a RowDescription.
pub fn columns(message: &[u8], mut with: impl FnMut(u32, bool)) {
    let mut cursor = Cursor(body(message).get(2..).unwrap_or_default());
    for _ in 0..column_count(message) {
        // name; table and column of it; type; size, modifier; format
        let read = (|| {
            cursor.text()?;
            cursor.take(6)?;
            let oid = cursor.int32()?;
            cursor.take(6)?;
            Some((oid, cursor.int16()? == 1))
        })();
        let Some((oid, binary)) = read else { return };
        with(oid, binary);
    }
}
