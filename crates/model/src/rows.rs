//! Tables that feed load: rows from CSV with a header or from a JSON array of objects. Kept as text,
//! because a million rows of parsed values would not fit where a million short texts do.

use serde_json::{Map, Number, Value};
use thiserror::Error;

use crate::csv;

/// More rows are not read.
pub const ROWS_MAX: usize = 1_000_000;
/// A larger file is not read.
pub const ROWS_BYTES_MAX: u64 = 64 << 20;

/// What is wrong with a table, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {why}")]
pub struct RowsError {
    /// Line, from 1.
    pub line: u64,
    /// What is wrong, and how it would be right.
    pub why: String,
}

/// Rows with values for the same columns; at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    columns: Vec<String>,
    /// All cells one after the other, and where each ends.
    text: String,
    ends: Vec<u32>,
    /// Whether cells are JSON and not plain text.
    is_json: bool,
}

impl Rows {
    /// Rows below a header.
    pub fn of_csv(text: &[u8]) -> Result<Rows, RowsError> {
        let text = without_mark(text);
        let header = record(text, 0)?;
        let mut rows = Rows::new(columns(&header, text)?, false);
        let mut at = header.length;
        while at < text.len() {
            let record = record(text, at)?;
            let begins = at;
            at += record.length;
            if record.count == 1 && record.fields[0].trim().is_empty() {
                continue;
            }
            if record.count != rows.columns.len() {
                let (fields, columns) = (record.count, rows.columns.len());
                let why = format!("{fields} fields below a header of {columns}");
                return Err(error(text, begins, why));
            }
            let cells = record.fields.iter();
            rows.push(cells.map(AsRef::as_ref), text, begins)?;
        }
        rows.not_empty(text)
    }

    /// An array of objects; the keys of the first are the columns.
    pub fn of_json(text: &[u8]) -> Result<Rows, RowsError> {
        let text = without_mark(text);
        let mut objects = Objects::new(text);
        let first = objects.next_object()?;
        let Some(mut object) = first else {
            return Err(error(text, 0, "it holds no row".to_string()));
        };
        let mut rows = Rows::new(object.keys().cloned().collect(), true);
        loop {
            let cells: Vec<String> = rows
                .columns
                .iter()
                .filter_map(|column| Some(object.get(column)?.to_string()))
                .collect();
            if cells.len() != object.len() || cells.len() != rows.columns.len() {
                let why = format!(
                    "an object without just these keys: {}",
                    rows.columns.join(", ")
                );
                return Err(error(text, objects.at, why));
            }
            rows.push(cells.iter().map(String::as_str), text, objects.at)?;
            match objects.next_object()? {
                Some(next) => object = next,
                None => return Ok(rows),
            }
        }
    }

    /// What the columns are called.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many rows there are.
    pub fn count(&self) -> u64 {
        (self.ends.len() / self.columns.len().max(1)) as u64
    }

    /// The values of one row, from 0, in the order of the columns; none beyond the last row.
    pub fn row(&self, number: u64) -> impl Iterator<Item = Value> + '_ {
        let width = self.columns.len();
        let first =
            usize::try_from(number).map_or(self.ends.len(), |row| row.saturating_mul(width));
        let cells = first..first.saturating_add(width).min(self.ends.len());
        cells.map(|cell| self.value(cell))
    }

    fn value(&self, cell: usize) -> Value {
        let begins = cell
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize);
        let text = &self.text[begins..self.ends[cell] as usize];
        match self.is_json {
            true => serde_json::from_str(text).unwrap_or(Value::Null),
            false => as_written(text),
        }
    }

    fn new(columns: Vec<String>, is_json: bool) -> Rows {
        Rows {
            columns,
            text: String::new(),
            ends: Vec::new(),
            is_json,
        }
    }

    fn push<'a>(
        &mut self,
        cells: impl Iterator<Item = &'a str>,
        text: &[u8],
        at: usize,
    ) -> Result<(), RowsError> {
        for cell in cells {
            self.text.push_str(cell);
            self.ends
                .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        }
        if self.count() > ROWS_MAX as u64 {
            return Err(error(text, at, format!("more than {ROWS_MAX} rows")));
        }
        Ok(())
    }

    fn not_empty(self, text: &[u8]) -> Result<Rows, RowsError> {
        match self.count() {
            0 => Err(error(
                text,
                0,
                "it holds no row below its header".to_string(),
            )),
            _ => Ok(self),
        }
    }
}

/// The columns of CSV, from a text that need not be there to its end.
pub fn csv_columns(text: &[u8]) -> Result<Vec<String>, RowsError> {
    let text = without_mark(text);
    columns(&record(text, 0)?, text)
}

/// The columns of JSON, from a text that need not be there to its end.
pub fn json_columns(text: &[u8]) -> Result<Vec<String>, RowsError> {
    let text = without_mark(text);
    let first = Objects::new(text).next_object()?;
    let first = first.ok_or_else(|| error(text, 0, "it holds no row".to_string()))?;
    Ok(first.keys().cloned().collect())
}

fn columns(header: &csv::Record<'_>, text: &[u8]) -> Result<Vec<String>, RowsError> {
    if header.count > header.fields.len() {
        let why = format!(
            "{} columns; at most {} are read",
            header.count,
            csv::FIELDS_MAX
        );
        return Err(error(text, 0, why));
    }
    let mut columns: Vec<String> = Vec::new();
    for name in header.fields.iter().map(|field| field.trim().to_string()) {
        if name.is_empty() {
            let why = "a column without a name; the first line is the header".to_string();
            return Err(error(text, 0, why));
        }
        if columns.contains(&name) {
            return Err(error(text, 0, format!("two columns are called `{name}`")));
        }
        columns.push(name);
    }
    Ok(columns)
}

/// A cell that is a number as JSON would write it is one; `08`, `1.10` and all else are text.
fn as_written(text: &str) -> Value {
    match serde_json::from_str::<Number>(text) {
        Ok(number) if number.to_string() == text => Value::Number(number),
        _ => Value::String(text.to_string()),
    }
}

fn record(text: &[u8], at: usize) -> Result<csv::Record<'_>, RowsError> {
    csv::record(&text[at..]).map_err(|why| error(text, at, why.to_string()))
}

fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

fn error(text: &[u8], at: usize, why: String) -> RowsError {
    let before = &text[..at.min(text.len())];
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    RowsError {
        line: lines as u64 + 1,
        why,
    }
}

/// The objects of an array, one after the other, so that only one is held at a time.
struct Objects<'a> {
    text: &'a [u8],
    at: usize,
    count: u64,
}

impl<'a> Objects<'a> {
    fn new(text: &'a [u8]) -> Objects<'a> {
        Objects {
            text,
            at: 0,
            count: 0,
        }
    }

    fn next_object(&mut self) -> Result<Option<Map<String, Value>>, RowsError> {
        let separator = if self.count == 0 { b'[' } else { b',' };
        match self.peek() {
            Some(b']') if self.count > 0 => return Ok(None),
            Some(byte) if byte == separator => self.at += 1,
            _ => {
                return Err(self.wrong("this is no array of objects: [{ \"user\": \"ann\" }, ...]"));
            }
        }
        if self.count == 0 && self.peek() == Some(b']') {
            return Ok(None);
        }
        self.count += 1;
        self.peek();
        let mut values = serde_json::Deserializer::from_slice(&self.text[self.at..]).into_iter();
        match values.next() {
            Some(Ok(Value::Object(object))) if !object.is_empty() => {
                self.at += values.byte_offset();
                Ok(Some(object))
            }
            Some(Ok(_)) | None => Err(self.wrong("a row must be an object with at least one key")),
            Some(Err(why)) => Err(self.wrong(&format!("this object cannot be read: {why}"))),
        }
    }

    /// What stands next, past white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text[self.at..];
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
        self.at += blank.count();
        self.text.get(self.at).copied()
    }

    fn wrong(&self, why: &str) -> RowsError {
        error(self.text, self.at, why.to_string())
    }
}

#[cfg(test)]
mod tests;
