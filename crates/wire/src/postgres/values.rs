//! Texts that differ in nothing but their values mean the same but for those. Parsing is most of
//! what finding out a meaning costs, so it is done once for all of them: on a text with marks in
//! the places of its plain strings and whole numbers. Equal values get equal marks, and a mark is
//! a string or a number as its value is, so that nothing but the values can differ.
//!
//! Whatever is not plain is none of this: such texts are parsed as they are.

use super::meaning::{Meaning, Operand};
use super::shape::{after_comment, is_word};

/// Texts with more values are parsed as they are.
pub const VALUES_MAX: usize = 64;
/// Longer numbers are not plain.
const DIGITS_MAX: usize = 18;
/// What marks of strings begin with. Folding names, as PostgreSQL does, changes it.
const STRING_MARK: &str = "HEISEN_";
/// What marks of numbers begin with.
const NUMBER_MARK: &str = "77003300";

/// How a store writes values and comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lexis {
    Postgres,
    MySql,
}

/// A text with marks in the places of its values.
#[derive(Debug)]
pub struct Marked<'a> {
    pub text: Vec<u8>,
    values: Vec<Value<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Value<'a> {
    is_number: bool,
    text: &'a [u8],
}

/// Marks the values of a statement; none when it has none, or is not plain.
pub fn marked(sql: &[u8], lexis: Lexis) -> Option<Marked<'_>> {
    let sql = sql.trim_ascii();
    let mut marker = Marker {
        sql,
        at: 0,
        lexis,
        marked: Marked {
            text: Vec::with_capacity(sql.len() + 64),
            values: Vec::new(),
        },
    };
    if !is_data(sql) {
        return None;
    }
    while marker.at < sql.len() {
        marker.advance()?;
    }
    let marked = marker.marked;
    (!marked.values.is_empty()).then_some(marked)
}

/// Whether a statement reads or writes rows: in others values say more than their places.
fn is_data(sql: &[u8]) -> bool {
    let end = sql.iter().position(|byte| !is_word(*byte));
    let first = &sql[..end.unwrap_or(sql.len())];
    ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"]
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word.as_bytes()))
}

struct Marker<'a> {
    sql: &'a [u8],
    at: usize,
    lexis: Lexis,
    marked: Marked<'a>,
}

impl<'a> Marker<'a> {
    /// Takes one word, value, name, comment or sign.
    fn advance(&mut self) -> Option<()> {
        let rest = &self.sql[self.at..];
        let next = rest.get(1).copied();
        let is_mysql = self.lexis == Lexis::MySql;
        match rest[0] {
            b'0'..=b'9' => self.number(),
            byte if is_word(byte) && byte != b'$' => self.word(),
            b'\'' => self.string(b'\''),
            b'"' if is_mysql => self.string(b'"'),
            b'"' => self.name(b'"'),
            b'`' if is_mysql => self.name(b'`'),
            b'$' if next.is_some_and(|byte| byte.is_ascii_digit()) => self.word(),
            // What these begin is not plain.
            b'$' | b'@' | b';' | b'\\' => None,
            b'.' if next.is_some_and(|byte| byte.is_ascii_digit()) => None,
            b'#' if is_mysql => None,
            b'-' if next == Some(b'-') => None,
            b'/' if next == Some(b'*') => self.comment(),
            _ => self.copy(1),
        }
    }

    fn copy(&mut self, many: usize) -> Option<()> {
        let end = self.at + many;
        self.marked.text.extend_from_slice(&self.sql[self.at..end]);
        self.at = end;
        Some(())
    }

    /// A word, and what is a value by the word before it: `E'\n'`.
    fn word(&mut self) -> Option<()> {
        let rest = &self.sql[self.at..];
        let length = rest.iter().position(|byte| !is_word(*byte));
        let length = length.unwrap_or(rest.len());
        if matches!(rest.get(length), Some(b'\'' | b'"' | b'`'))
            || rest.get(length..length + 2) == Some(b"&'")
        {
            return None;
        }
        self.copy(length)
    }

    fn name(&mut self, quote: u8) -> Option<()> {
        let end = memchr::memchr(quote, &self.sql[self.at + 1..])?;
        self.copy(end + 2)
    }

    /// Comments mean nothing, and many carry what differs from text to text.
    fn comment(&mut self) -> Option<()> {
        let rest = &self.sql[self.at..];
        let end = match self.lexis {
            Lexis::Postgres => after_comment(self.sql, self.at),
            Lexis::MySql if rest.get(2) == Some(&b'!') => return None,
            Lexis::MySql => self.at + 4 + memchr::memmem::find(&rest[2..], b"*/")?,
        };
        let is_closed = end >= self.at + 4 && self.sql[..end].ends_with(b"*/");
        self.at = end;
        self.marked.text.push(b' ');
        is_closed.then_some(())
    }

    fn number(&mut self) -> Option<()> {
        let rest = &self.sql[self.at..];
        let length = rest.iter().position(|byte| !byte.is_ascii_digit());
        let length = length.unwrap_or(rest.len());
        let is_whole = rest
            .get(length)
            .is_none_or(|byte| !is_word(*byte) && *byte != b'.');
        let text = &rest[..length];
        if !is_whole || length > DIGITS_MAX || text.starts_with(NUMBER_MARK.as_bytes()) {
            return None;
        }
        self.at += length;
        self.mark(
            Value {
                is_number: true,
                text,
            },
            b"",
        )
    }

    fn string(&mut self, quote: u8) -> Option<()> {
        let rest = &self.sql[self.at + 1..];
        let end = memchr::memchr3(quote, b'\\', b'\0', rest)?;
        let text = &rest[..end];
        // Two quotes are one, and right after a string may stand a part of it.
        if rest[end] != quote
            || rest
                .get(end + 1)
                .is_some_and(|byte| is_word(*byte) || *byte == quote)
        {
            return None;
        }
        // What could be equal to a value that is no string.
        let is_like = |word: &str| text.eq_ignore_ascii_case(word.as_bytes());
        let is_odd = text.starts_with(b"-")
            || ["null", "true", "false"].into_iter().any(is_like)
            || contains_mark(text);
        self.at += end + 2;
        self.mark(
            Value {
                is_number: false,
                text,
            },
            &[quote],
        )
        .filter(|()| !is_odd)
    }

    /// Writes the mark of a value.
    fn mark(&mut self, value: Value<'a>, quote: &[u8]) -> Option<()> {
        let values = &mut self.marked.values;
        let known = values.iter().position(|other| other.text == value.text);
        let nth = match known {
            Some(nth) if values[nth].is_number == value.is_number => nth,
            // `5` and `'5'` are one value in two ways of writing.
            Some(_) => return None,
            None => {
                values.push(value);
                values.len() - 1
            }
        };
        let mark = if value.is_number {
            NUMBER_MARK
        } else {
            STRING_MARK
        };
        let out = &mut self.marked.text;
        out.extend_from_slice(quote);
        out.extend_from_slice(format!("{mark}{nth:02}").as_bytes());
        out.extend_from_slice(quote);
        (nth < VALUES_MAX).then_some(())
    }
}

fn contains_mark(text: &[u8]) -> bool {
    let mark = STRING_MARK.len();
    text.windows(mark)
        .any(|part| part.eq_ignore_ascii_case(STRING_MARK.as_bytes()))
        || memchr::memmem::find(text, NUMBER_MARK.as_bytes()).is_some()
}

impl Marked<'_> {
    /// The meaning of the text, from that of the marked one. None when a value is not just a value
    /// there.
    pub fn filled(&self, marked: &Meaning) -> Option<Meaning> {
        if marked.obscure.is_some() || !marked.changes.is_empty() || marked.control.is_some() {
            return None;
        }
        let mut meaning = marked.clone();
        for touch in &mut meaning.touches {
            let mut names = touch.columns.iter().flatten().chain([&touch.resource]);
            if names.any(|name| contains_mark(name.as_bytes())) {
                return None;
            }
            for operand in &mut touch.key {
                self.fill(operand)?;
            }
            for (column, operand) in &mut touch.part {
                if contains_mark(column.as_bytes()) {
                    return None;
                }
                self.fill(operand)?;
            }
        }
        Some(meaning)
    }

    fn fill(&self, operand: &mut Operand) -> Option<()> {
        match operand {
            Operand::Call(_, inner) => self.fill(inner),
            Operand::Parameter(_) => Some(()),
            Operand::Literal(text) if !contains_mark(text.as_bytes()) => Some(()),
            Operand::Literal(text) => {
                let signs = text.len() - text.trim_start_matches('-').len();
                let mark = &text[signs..];
                let number = mark.strip_prefix(NUMBER_MARK);
                let nth = number.or_else(|| mark.strip_prefix(STRING_MARK))?;
                let value = self.values.get(nth.parse::<usize>().ok()?)?;
                let is_same = value.is_number == number.is_some() && nth.len() == 2;
                let shown = String::from_utf8_lossy(value.text);
                *text = format!("{}{shown}", "-".repeat(signs));
                is_same.then_some(())
            }
        }
    }
}
