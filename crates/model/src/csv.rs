//! CSV as RFC 4180 has it, one record at a time: commas, quotes in which a quote is written twice,
//! and records that span lines within quotes.

use std::borrow::Cow;

/// No record is longer.
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// The fields of a record, and its length with its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// The first of its fields, as many as are looked at.
    pub fields: Vec<Cow<'a, str>>,
    /// How many there are.
    pub count: usize,
    /// Bytes, its end included.
    pub length: usize,
}

/// More fields are not looked at.
pub const FIELDS_MAX: usize = 64;

/// The record that a text begins with.
pub fn record(text: &[u8]) -> Result<Record<'_>, &'static str> {
    let mut fields = Vec::new();
    let (mut at, mut count) = (0, 0);
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
        if end > RECORD_BYTES_MAX {
            return Err("a record longer than a megabyte");
        }
        count += 1;
        if fields.len() < FIELDS_MAX {
            fields.push(field);
        }
        let length = match text.get(end) {
            Some(b',') => {
                at = end + 1;
                continue;
            }
            Some(b'\r') if text.get(end + 1) == Some(&b'\n') => end + 2,
            Some(b'\n') => end + 1,
            None => end,
            Some(_) => return Err("text after a closing quote"),
        };
        return Ok(Record {
            fields,
            count,
            length,
        });
    }
}

/// A field in quotes, in which a quote is written twice.
fn quoted(text: &[u8], from: usize) -> Result<(Cow<'_, str>, usize), &'static str> {
    let mut at = from + 1;
    let reach = text.len().min(from + 1 + RECORD_BYTES_MAX);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_end_where_they_end() {
        for (text, fields, length) in [
            ("a,b\nc", vec!["a", "b"], 4),
            ("a,b\r\nc", vec!["a", "b"], 5),
            ("\"a,\n\"\"b\",", vec!["a,\n\"b", ""], 9),
            ("", vec![""], 0),
        ] {
            let record = record(text.as_bytes()).unwrap();
            assert_eq!(record.fields, fields, "{text}");
            assert_eq!((record.count, record.length), (fields.len(), length));
        }
        let many = ",".repeat(FIELDS_MAX);
        let record = record(many.as_bytes()).unwrap();
        assert_eq!(
            (record.fields.len(), record.count),
            (FIELDS_MAX, FIELDS_MAX + 1)
        );
    }

    #[test]
    fn what_is_no_record_is_told() {
        assert!(record(b"\"a").is_err() && record(b"\"a\"b,c").is_err());
        assert!(record("x".repeat(RECORD_BYTES_MAX + 2).as_bytes()).is_err());
    }
}
