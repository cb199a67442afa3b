//! The shape of a statement of MySQL: the text is put in the words of PostgreSQL, of which the
//! shape is taken. Strings lose what is in them here, whatever they are quoted with.

use crate::postgres::keywords::is_keyword;
use crate::postgres::shape::{self, SHAPE_BYTES_MAX};

/// The text is looked at until so much was written: more than any shape holds.
const WRITTEN_BYTES_MAX: usize = 16 * SHAPE_BYTES_MAX;

/// The shape of a text.
pub fn of(text: &[u8]) -> String {
    shape::of(&plain(text))
}

fn plain(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len().min(WRITTEN_BYTES_MAX));
    let mut at = 0;
    while let Some(&byte) = text.get(at)
        && out.len() < WRITTEN_BYTES_MAX
    {
        let next = text.get(at + 1).copied();
        at = match (byte, next) {
            (b'\'' | b'"', _) => {
                out.extend_from_slice(b"''");
                after_string(text, at)
            }
            // A bound value is a value, wherever it stands.
            (b'?', _) => {
                out.extend_from_slice(b"''");
                at + 1
            }
            (b'`', _) => name(text, at, &mut out),
            (b'#', _) => line(text, at),
            (b'-', Some(b'-')) if text.get(at + 2).is_none_or(u8::is_ascii_whitespace) => {
                line(text, at)
            }
            // What is no comment without a blank behind it is a sign before a sign.
            (b'-', Some(b'-')) => {
                out.extend_from_slice(b"- ");
                at + 1
            }
            (b'/', Some(b'*')) => comment(text, at, &mut out),
            // The end of a comment whose inside is code.
            (b'*', Some(b'/')) => {
                out.push(b' ');
                at + 2
            }
            _ => {
                out.push(byte);
                at + 1
            }
        };
    }
    out
}

/// Past a string; a backslash takes the next byte with it, and two quotes are one.
fn after_string(text: &[u8], from: usize) -> usize {
    let quote = text[from];
    let mut at = from + 1;
    while let Some(found) = text
        .get(at..)
        .and_then(|rest| memchr::memchr2(quote, b'\\', rest))
    {
        at += found;
        if text[at] == b'\\' || text.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    text.len()
}

/// A name in backticks, without them where it is like any other.
fn name(text: &[u8], from: usize, out: &mut Vec<u8>) -> usize {
    let rest = &text[from + 1..];
    let length = memchr::memchr(b'`', rest).unwrap_or(rest.len());
    let name = &rest[..length];
    let starts = name
        .first()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    let is_plain = name
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    if starts && is_plain && !is_keyword(name) {
        out.extend_from_slice(name);
    } else {
        out.push(b'"');
        out.extend(name.iter().filter(|byte| **byte != b'"'));
        out.push(b'"');
    }
    (from + length + 2).min(text.len())
}

fn line(text: &[u8], from: usize) -> usize {
    let end = memchr::memchr(b'\n', &text[from..]);
    end.map_or(text.len(), |end| from + end)
}

/// Past a comment, or into one whose inside is code: `/*!80000 ... */`.
fn comment(text: &[u8], from: usize, out: &mut Vec<u8>) -> usize {
    out.push(b' ');
    let inside = &text[from + 2..];
    if let Some(code) = inside.strip_prefix(b"!") {
        let digits = code.iter().take_while(|byte| byte.is_ascii_digit()).count();
        return from + 3 + digits;
    }
    let end = memchr::memmem::find(inside, b"*/");
    end.map_or(text.len(), |end| from + 2 + end + 2)
}
