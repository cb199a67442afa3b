//! Takes the values out of a path and a query, so that requests of the same code have the same
//! shape: `/orders/17?page=2&all` is `/orders/{}?all=&page=`. Runs for every request that is
//! recorded, so it allocates nothing but what it writes.

use memchr::{memchr, memchr2_iter};

/// Query keys that are told apart in one shape; more are left out.
pub const QUERY_KEYS_MAX: usize = 16;

/// A segment this long of nothing but hexadecimal is an id.
const HEX_LENGTH_MIN: usize = 16;

/// An ending like `.json` is at most this long, without the dot.
const ENDING_LENGTH_MAX: usize = 5;

/// A value is looked for behind so many of a segment's marks, so that the work stays linear.
pub const PREFIX_MARKS_MAX: usize = 8;

/// Writes the path with its values as `{}`.
pub(super) fn path(path: &[u8], out: &mut Vec<u8>) {
    // Every value has a digit or an at sign (`%40` has both digits), and most paths have neither.
    if !has_hint(path) {
        out.extend_from_slice(path);
        return;
    }
    let mut rest = path;
    loop {
        let end = memchr(b'/', rest).unwrap_or(rest.len());
        segment(&rest[..end], out);
        let Some(after) = rest.get(end + 1..) else {
            return;
        };
        out.push(b'/');
        rest = after;
    }
}

/// Writes the keys of the query in order, each once.
pub(super) fn query(query: &[u8], out: &mut Vec<u8>) {
    if query.is_empty() {
        return;
    }
    let mut room: [&[u8]; QUERY_KEYS_MAX] = [b""; QUERY_KEYS_MAX];
    let mut count = 0;
    let mut operation = None;
    for pair in query
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
    {
        let (key, value) = pair.split_at(memchr(b'=', pair).unwrap_or(pair.len()));
        if key == b"operationName" {
            operation = value.get(1..);
        }
        if count < QUERY_KEYS_MAX && !room[..count].contains(&key) {
            room[count] = key;
            count += 1;
        }
    }
    let keys = &mut room[..count];
    keys.sort_unstable();
    let mut before = b'?';
    for key in keys.iter() {
        out.push(before);
        before = b'&';
        segment(key, out);
        out.push(b'=');
    }
    // GraphQL over GET names its operation here, and that is code, not a value.
    if let Some(name) = operation.filter(|name| super::graphql::is_name(name)) {
        out.push(b' ');
        out.extend_from_slice(name);
    }
}

/// Whether there is anything a value could begin with. Without an early end, so that the compiler
/// takes many bytes at once.
fn has_hint(text: &[u8]) -> bool {
    text.iter().fold(false, |hint, byte| {
        hint | byte.is_ascii_digit() | (*byte == b'@')
    })
}

/// One segment: itself, `{}`, or `order-{}` and `{}.json` where only a part is a value.
fn segment(text: &[u8], out: &mut Vec<u8>) {
    if !has_hint(text) {
        out.extend_from_slice(text);
        return;
    }
    if is_value(text, Count::of(text)) {
        out.extend_from_slice(b"{}");
        return;
    }
    let (stem, ending) = split_ending(text);
    if !ending.is_empty() && is_value(stem, Count::of(stem)) {
        out.extend_from_slice(b"{}");
        out.extend_from_slice(ending);
        return;
    }
    let prefix = prefix(stem);
    out.extend_from_slice(&stem[..prefix]);
    if prefix < stem.len() {
        out.extend_from_slice(b"{}");
    }
    out.extend_from_slice(ending);
}

/// What a segment is made of.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    digits: usize,
    hex_letters: usize,
    /// `-`, `.`, `,` and `:`, which numbers, dates and ranges also have.
    marks: usize,
    lower: usize,
    has_at: bool,
}

impl Count {
    fn of(text: &[u8]) -> Count {
        let mut count = Count::default();
        for byte in text {
            match byte {
                b'0'..=b'9' => count.digits += 1,
                b'a'..=b'f' => {
                    count.hex_letters += 1;
                    count.lower += 1;
                }
                b'A'..=b'F' => count.hex_letters += 1,
                b'g'..=b'z' => count.lower += 1,
                b'-' | b'.' | b',' | b':' => count.marks += 1,
                b'@' => count.has_at = true,
                _ => {}
            }
        }
        count
    }
}

fn is_value(text: &[u8], count: Count) -> bool {
    let length = text.len();
    let hex = count.digits + count.hex_letters;
    if count.digits > 0 {
        let is_number = count.digits + count.marks == length
            && matches!(text, [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..]);
        let is_uuid =
            length == 36 && hex == 32 && [8, 13, 18, 23].iter().all(|at| text[*at] == b'-');
        let is_hex = hex == length && length >= HEX_LENGTH_MIN;
        let is_ulid =
            length == 26 && count.lower == 0 && text.iter().all(u8::is_ascii_alphanumeric);
        if is_number || is_uuid || is_hex || is_ulid {
            return true;
        }
    }
    is_email(text, count)
}

fn is_email(text: &[u8], count: Count) -> bool {
    let at = if count.has_at {
        memchr(b'@', text).map(|at| (at, at + 1))
    } else {
        text.windows(3)
            .position(|three| three == b"%40")
            .map(|at| (at, at + 3))
    };
    at.is_some_and(|(start, end)| start > 0 && end < text.len())
}

/// `17.json` as `17` and `.json`.
fn split_ending(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().rposition(|byte| *byte == b'.') {
        Some(dot)
            if (1..=ENDING_LENGTH_MAX).contains(&(text.len() - dot - 1))
                && text[dot + 1..].iter().all(u8::is_ascii_alphabetic) =>
        {
            text.split_at(dot)
        }
        _ => (text, b""),
    }
}

/// How much of `order-17` or `evt_9f86d081884c7d65` is no value: up to the first mark behind
/// which everything is one.
fn prefix(text: &[u8]) -> usize {
    for at in memchr2_iter(b'-', b'_', text).take(PREFIX_MARKS_MAX) {
        let after = &text[at + 1..];
        if at > 0 && is_value(after, Count::of(after)) {
            return at + 1;
        }
    }
    text.len()
}
