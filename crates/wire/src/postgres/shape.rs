//! The shape of a statement: its text with the values taken out, written the same way whatever
//! the spacing, comments and capitals of the source. Equal code gives equal shapes. Never fails,
//! never allocates beyond `out`: recordings call it for every step.

use super::keywords::is_keyword;

/// A shape ends here with an ellipsis.
pub const SHAPE_BYTES_MAX: usize = 2048;

/// What was written last, as far as spacing cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Start,
    /// A name, value or closing bracket: something an operator may follow.
    Operand,
    /// A name, to which an opening bracket sticks.
    Name,
    Keyword,
    Operator,
    /// After which nothing wants a space: `(`, `[`, `.`, `::`.
    Tight,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Word,
    Digit,
    Quote,
    Other,
}

const CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut table = [Class::Other; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        table[b] = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0 => Class::Space,
            b'0'..=b'9' => Class::Digit,
            b'\'' => Class::Quote,
            b'_' | 0x80.. => Class::Word,
            _ if byte.is_ascii_alphabetic() => Class::Word,
            _ => Class::Other,
        };
        b += 1;
    }
    table
}

/// What names and keywords are made of.
const WORD_BYTES: [bool; 256] = word_bytes();

const fn word_bytes() -> [bool; 256] {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = matches!(CLASSES[b], Class::Word | Class::Digit) || b == b'$' as usize;
        b += 1;
    }
    table
}

fn class(byte: u8) -> Class {
    CLASSES[usize::from(byte)]
}

/// Appends the shape of `sql` to `out`.
pub fn write(sql: &[u8], out: &mut Vec<u8>) {
    let mut writer = Writer {
        sql,
        at: 0,
        end: out.len() + SHAPE_BYTES_MAX,
        last: Last::Start,
        list: false,
        out,
    };
    while let Some(&byte) = sql.get(writer.at) {
        if writer.out.len() >= writer.end {
            writer.out.extend_from_slice(b"...");
            return;
        }
        match class(byte) {
            Class::Space => writer.at += 1,
            Class::Word => writer.word(),
            Class::Digit => writer.number(),
            Class::Quote => {
                writer.at = after_string(sql, writer.at, false);
                writer.value();
            }
            Class::Other => writer.other(byte),
        }
    }
    while writer.out.last() == Some(&b';') {
        writer.out.pop();
    }
}

/// The shape of `sql`.
pub fn of(sql: &[u8]) -> String {
    let mut out = Vec::with_capacity(sql.len().min(SHAPE_BYTES_MAX));
    write(sql, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

struct Writer<'a> {
    sql: &'a [u8],
    at: usize,
    /// Where `out` is full.
    end: usize,
    last: Last,
    /// The keyword IN came last, so a list of values may follow.
    list: bool,
    out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.sql.get(self.at + ahead).copied()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8], last: Last) {
        self.space();
        self.stick(bytes, last);
    }

    /// The space before what is written next, unless that sticks to what was written last.
    #[inline]
    fn space(&mut self) {
        if !matches!(self.last, Last::Start | Last::Tight) {
            self.out.push(b' ');
        }
    }

    /// Writes without a space before it.
    #[inline]
    fn stick(&mut self, bytes: &[u8], last: Last) {
        let room = (self.end + 1).saturating_sub(self.out.len());
        self.out.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.last = last;
    }

    fn value(&mut self) {
        self.put(b"?", Last::Operand);
    }

    #[inline]
    fn word(&mut self) {
        let rest = &self.sql[self.at..];
        let length = rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
        let word = &rest[..length];
        let next = rest.get(length).copied();
        if length == 1 && next == Some(b'\'') && matches!(word[0] | 0x20, b'e' | b'b' | b'x' | b'n')
        {
            self.at = after_string(self.sql, self.at + 1, word[0] | 0x20 == b'e');
            return self.value();
        }
        if length == 1
            && word[0] | 0x20 == b'u'
            && next == Some(b'&')
            && rest.get(2) == Some(&b'\'')
        {
            self.at = after_string(self.sql, self.at + 2, false);
            return self.value();
        }
        // The space after a word is passed over here: it is nearly always there.
        self.at += length + usize::from(next == Some(b' '));
        if self.last == Last::Tight && self.out.last() == Some(&b'.') || !is_keyword(word) {
            return self.put(word, Last::Name);
        }
        // Keywords are of letters and `_`, which this leaves as it is.
        self.space();
        self.out.extend(word.iter().map(|byte| byte & !0x20));
        self.last = Last::Keyword;
        self.list = length == 2 && word.eq_ignore_ascii_case(b"in");
    }

    fn number(&mut self) {
        self.at = after_number(self.sql, self.at);
        self.value();
    }

    fn other(&mut self, byte: u8) {
        match byte {
            b'-' if self.peek(1) == Some(b'-') => {
                let rest = &self.sql[self.at..];
                self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            }
            b'/' if self.peek(1) == Some(b'*') => self.at = after_comment(self.sql, self.at),
            b'"' => self.quoted_name(),
            b'$' => self.dollar(),
            b'(' => self.open(),
            b'[' => self.mark(b"[", Last::Tight),
            b')' => self.mark(b")", Last::Operand),
            b']' => self.mark(b"]", Last::Operand),
            b',' => self.mark(b",", Last::Operator),
            b';' => self.mark(b";", Last::Operator),
            b'.' if self.peek(1).is_some_and(|b| b.is_ascii_digit()) && self.last != Last::Name => {
                self.number()
            }
            b'.' => self.mark(b".", Last::Tight),
            b':' if self.peek(1) == Some(b':') => {
                self.at += 1;
                self.mark(b"::", Last::Tight);
            }
            b'-' | b'+' if self.is_sign() => {
                self.at += 1;
                self.number();
            }
            _ => self.operator(),
        }
    }

    fn mark(&mut self, bytes: &[u8], last: Last) {
        self.at += 1;
        self.stick(bytes, last);
    }

    /// A sign right before a number and after nothing that it could join to the number.
    fn is_sign(&self) -> bool {
        !matches!(self.last, Last::Operand | Last::Name)
            && self.peek(1).is_some_and(|b| b.is_ascii_digit())
    }

    fn operator(&mut self) {
        let from = self.at;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            let comment = matches!(
                (byte, self.peek(1)),
                (b'-', Some(b'-')) | (b'/', Some(b'*'))
            );
            let sign =
                matches!(byte, b'-' | b'+') && self.peek(1).is_some_and(|b| b.is_ascii_digit());
            if comment || sign || !b"+-*/<>=~!@#%^&|`?:".contains(&byte) {
                break;
            }
            self.at += 1;
        }
        self.put(&self.sql[from..self.at], Last::Operator);
    }

    fn open(&mut self) {
        self.at += 1;
        match self.last {
            Last::Name => self.stick(b"(", Last::Tight),
            _ => self.put(b"(", Last::Tight),
        }
        if self.list {
            self.list = false;
            // A list of values counts as one value, or each length would be a shape of its own.
            if let Some((first, end)) = value_list(self.sql, self.at) {
                let shown: &[u8] = if first[0] == b'$' { first } else { b"?" };
                self.put(shown, Last::Operand);
                self.at = end;
            }
        }
    }

    fn quoted_name(&mut self) {
        let from = self.at;
        self.at = after_quoted(self.sql, from);
        self.put(&self.sql[from..self.at], Last::Name);
    }

    fn dollar(&mut self) {
        let from = self.at;
        if self.peek(1).is_some_and(|b| b.is_ascii_digit()) {
            self.at = after_digits(self.sql, from + 1);
            return self.put(&self.sql[from..self.at], Last::Operand);
        }
        match after_dollar_quoted(self.sql, from) {
            Some(after) => {
                self.at = after;
                self.value();
            }
            None => self.operator(),
        }
    }
}

#[inline]
/// Whether names and keywords are made of it.
pub fn is_word(byte: u8) -> bool {
    WORD_BYTES[usize::from(byte)]
}

fn after_digits(sql: &[u8], from: usize) -> usize {
    let digits = sql[from..].iter().position(|b| !b.is_ascii_digit());
    digits.map_or(sql.len(), |n| from + n)
}

/// Past a number: digits, points, exponents with their sign, hexadecimal.
fn after_number(sql: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(&byte) = sql.get(at) {
        let exponent_sign = matches!(byte, b'+' | b'-')
            && sql[at - 1] | 0x20 == b'e'
            && sql.get(at + 1).is_some_and(u8::is_ascii_digit)
            && sql[from..at - 1]
                .iter()
                .all(|b| b.is_ascii_digit() || *b == b'.');
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || exponent_sign) {
            break;
        }
        at += 1;
    }
    at
}

/// Past a string whose opening quote is at `from`; to the end when it does not close.
fn after_string(sql: &[u8], from: usize, escapes: bool) -> usize {
    let mut at = from + 1;
    while at < sql.len() {
        let found = if escapes {
            memchr::memchr2(b'\'', b'\\', &sql[at..])
        } else {
            memchr::memchr(b'\'', &sql[at..])
        };
        let Some(found) = found else { break };
        at += found;
        if sql[at] == b'\\' || sql.get(at + 1) == Some(&b'\'') {
            at += 2;
        } else {
            return at + 1;
        }
    }
    sql.len()
}

fn after_quoted(sql: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(found) = sql.get(at..).and_then(|rest| memchr::memchr(b'"', rest)) {
        at += found + 1;
        if sql.get(at) != Some(&b'"') {
            return at;
        }
        at += 1;
    }
    sql.len()
}

/// Past `$tag$ ... $tag$`, if that is what starts here.
fn after_dollar_quoted(sql: &[u8], from: usize) -> Option<usize> {
    let tag = memchr::memchr(b'$', sql.get(from + 1..)?)? + 2;
    let mark = &sql[from..from + tag];
    if !mark[1..tag - 1].iter().all(|b| is_word(*b)) {
        return None;
    }
    let body = from + tag;
    let end = memchr::memmem::find(&sql[body..], mark);
    Some(end.map_or(sql.len(), |end| body + end + mark.len()))
}

/// Past a comment, which may hold others.
pub fn after_comment(sql: &[u8], from: usize) -> usize {
    let (mut at, mut depth) = (from + 2, 1_u32);
    while let Some(found) = sql
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'*', b'/', rest))
    {
        at += found;
        match (sql[at], sql.get(at + 1)) {
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            (b'/', Some(b'*')) => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    sql.len()
}

/// `value, value, ...` up to a closing bracket: the first value and where the bracket is.
fn value_list(sql: &[u8], mut at: usize) -> Option<(&[u8], usize)> {
    let mut first: Option<&[u8]> = None;
    loop {
        at = after_space(sql, at);
        let from = at;
        at = match sql.get(at)? {
            b'\'' => after_string(sql, at, false),
            b'-' if sql.get(at + 1)?.is_ascii_digit() => after_number(sql, at + 1),
            b'0'..=b'9' => after_number(sql, at),
            b'$' if sql.get(at + 1)?.is_ascii_digit() => after_digits(sql, at + 1),
            _ => return None,
        };
        first.get_or_insert(&sql[from..at]);
        at = after_space(sql, at);
        match sql.get(at)? {
            b',' => at += 1,
            b')' => return first.map(|first| (first, at)),
            _ => return None,
        }
    }
}

fn after_space(sql: &[u8], from: usize) -> usize {
    let spaces = sql[from..].iter().position(|b| class(*b) != Class::Space);
    spaces.map_or(sql.len(), |n| from + n)
}
