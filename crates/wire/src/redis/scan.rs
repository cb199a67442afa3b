//! Where RESP frames end: a resumable scanner, one per direction, that reads headers byte by byte
//! and skips bodies by count. First on the data path; everything after it sees whole frames.

use memchr::memchr;

use crate::session::Scan;

/// Values still to come in one reply, a map's keys and values counted apart. They are only
/// counted, so aggregates may be as deep as they like.
pub(super) const ELEMENTS_MAX: u64 = 1 << 31;
/// Arguments of one command; Redis itself stopped here for most of its life.
pub(super) const ARGUMENTS_MAX: u64 = 1024 * 1024;
/// One bulk string: eight times what Redis takes unless it is told otherwise.
pub(super) const BULK_BYTES_MAX: u64 = 4 << 30;
/// One line of a reply; the lines of MONITOR hold whole commands.
pub(super) const LINE_BYTES_MAX: usize = 16 << 20;
/// One inline command; Redis closes the connection beyond this.
pub(super) const INLINE_BYTES_MAX: usize = 64 * 1024;

const TOO_MANY_ELEMENTS: &str = "a RESP aggregate beyond the limit of elements";

/// What the next byte is.
#[derive(Debug, Clone, Copy)]
enum At {
    /// The first byte of a value.
    Kind,
    /// Inside the number of a header.
    Number {
        value: u64,
        digits: u8,
        negative: bool,
    },
    /// The line feed after a header's number.
    NumberEnd { value: u64, negative: bool },
    /// Inside a line whose end is all that matters; so many bytes of it were seen.
    Line(usize),
    /// Inside a body and its line end, so many bytes to go.
    Body(u64),
}

/// The scanner of one direction. `UP`: commands are arrays of bulk strings, or inline lines.
#[derive(Debug)]
pub(super) struct Scanner<const UP: bool> {
    at: At,
    kind: u8,
    /// Values to come until the frame ends; 0 before its first byte.
    left: u64,
}

impl<const UP: bool> Default for Scanner<UP> {
    fn default() -> Self {
        Scanner {
            at: At::Kind,
            kind: 0,
            left: 0,
        }
    }
}

impl<const UP: bool> Scanner<UP> {
    /// Continues the current frame.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Scan {
        let mut at = 0;
        while at < bytes.len() {
            if let At::Kind = self.at {
                if self.whole_values(bytes, &mut at) {
                    return Scan::End(at);
                }
                if self.left > ELEMENTS_MAX {
                    return Scan::Alien(TOO_MANY_ELEMENTS);
                }
            }
            match self.part(bytes, &mut at) {
                Ok(false) => {}
                Ok(true) => return Scan::End(at),
                Err(why) => return Scan::Alien(why),
            }
        }
        Scan::More
    }

    /// Passes values that are wholly here and plain to see. What is cut, long, rare or wrong is
    /// left for `part`. True at the end of the frame.
    fn whole_values(&mut self, bytes: &[u8], at: &mut usize) -> bool {
        let mut left = if !UP && self.left == 0 { 1 } else { self.left };
        let is_end = loop {
            let Some(rest) = bytes.get(*at..) else {
                break false;
            };
            match rest {
                [b'$', digits @ ..] if !UP || left > 0 => {
                    let Some((value, header)) = short_number(digits) else {
                        break false;
                    };
                    let length = 1 + header + value + 2;
                    if rest.get(length - 1) != Some(&b'\n') {
                        break false;
                    }
                    *at += length;
                    left -= 1;
                }
                [b'*', digits @ ..] if !UP || left == 0 => {
                    let Some((value, header)) = short_number(digits) else {
                        break false;
                    };
                    *at += 1 + header;
                    left = if UP {
                        value as u64
                    } else {
                        left - 1 + value as u64
                    };
                }
                [b'+' | b'-' | b':' | b'_', ..] if !UP => {
                    match memchr(b'\n', rest) {
                        Some(end) if end < LINE_BYTES_MAX => *at += end + 1,
                        _ => break false,
                    }
                    left -= 1;
                }
                _ => break false,
            }
            if left == 0 {
                break true;
            }
        };
        self.left = left;
        is_end
    }

    /// Passes one part of a value, as far as it is here. True at the end of the frame.
    fn part(&mut self, bytes: &[u8], at: &mut usize) -> Result<bool, &'static str> {
        match self.at {
            At::Kind => {
                let Some(&kind) = bytes.get(*at) else {
                    return Ok(false);
                };
                *at += 1;
                self.kind(kind)
            }
            At::Number {
                value,
                digits,
                negative,
            } => self.number(bytes, at, value, digits, negative),
            At::NumberEnd { value, negative } => {
                *at += 1;
                if bytes[*at - 1] != b'\n' {
                    return Err("a RESP header without its line end");
                }
                self.header(value, negative)
            }
            At::Line(seen) => self.line(bytes, at, seen),
            At::Body(left) => self.body(bytes, at, left),
        }
    }

    /// The first byte of a value says how to find its end.
    fn kind(&mut self, kind: u8) -> Result<bool, &'static str> {
        self.kind = kind;
        let number = At::Number {
            value: 0,
            digits: 0,
            negative: false,
        };
        self.at = if UP {
            match (self.left, kind) {
                (0, b'*') => {
                    self.left = 1;
                    number
                }
                (1.., b'$') => number,
                (0, b'\n') => return Ok(true),
                (0, b' '..=b'~' | b'\r' | b'\t') => {
                    self.left = 1;
                    At::Line(1)
                }
                (0, _) => return Err("not RESP"),
                _ => return Err("a command's argument is not a bulk string"),
            }
        } else {
            self.left = self.left.max(1);
            match kind {
                b'+' | b'-' | b':' | b',' | b'#' | b'(' | b'_' => At::Line(1),
                b'$' | b'*' | b'%' | b'~' | b'>' | b'=' | b'!' | b'|' => number,
                b';' | b'.' => return Err("RESP3 streamed types"),
                _ => return Err("not RESP"),
            }
        };
        Ok(false)
    }

    fn number(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        mut value: u64,
        mut digits: u8,
        mut negative: bool,
    ) -> Result<bool, &'static str> {
        while let Some(&byte) = bytes.get(*at) {
            *at += 1;
            match byte {
                b'0'..=b'9' => {
                    value = value * 10 + u64::from(byte - b'0');
                    digits += 1;
                    if value > BULK_BYTES_MAX || digits > 10 {
                        return Err("a RESP length beyond the limit");
                    }
                }
                b'\r' if digits > 0 => {
                    // The common case: the line feed is here too.
                    if bytes.get(*at) == Some(&b'\n') {
                        *at += 1;
                        return self.header(value, negative);
                    }
                    self.at = At::NumberEnd { value, negative };
                    return Ok(false);
                }
                b'-' if digits == 0 && !negative => negative = true,
                b'?' if !UP && digits == 0 => return Err("RESP3 streamed types"),
                _ => return Err("a RESP header without its number"),
            }
        }
        self.at = At::Number {
            value,
            digits,
            negative,
        };
        Ok(false)
    }

    /// A header is whole: a body follows, or elements, or nothing.
    fn header(&mut self, value: u64, negative: bool) -> Result<bool, &'static str> {
        if negative && (value != 1 || !matches!(self.kind, b'$' | b'*')) {
            return Err("a negative RESP length");
        }
        let elements = match self.kind {
            b'$' if negative && UP => return Err("a negative RESP length"),
            b'$' | b'=' | b'!' if !negative => {
                self.at = At::Body(value + 2);
                return Ok(false);
            }
            _ if negative || value == 0 => {
                self.at = At::Kind;
                // An attribute without entries still has its value to come.
                return Ok(self.kind != b'|' && self.value_ends());
            }
            b'%' | b'|' => value * 2,
            _ => value,
        };
        self.at = At::Kind;
        // An attribute is no value of its parent.
        self.left = self.left - u64::from(self.kind != b'|') + elements;
        if self.left > if UP { ARGUMENTS_MAX } else { ELEMENTS_MAX } {
            return Err(TOO_MANY_ELEMENTS);
        }
        Ok(false)
    }

    fn line(&mut self, bytes: &[u8], at: &mut usize, seen: usize) -> Result<bool, &'static str> {
        let rest = &bytes[*at..];
        let found = memchr(b'\n', rest);
        let length = found.map_or(rest.len(), |end| end + 1);
        *at += length;
        if seen + length > if UP { INLINE_BYTES_MAX } else { LINE_BYTES_MAX } {
            return Err("a RESP line beyond the limit");
        }
        if found.is_none() {
            self.at = At::Line(seen + length);
            return Ok(false);
        }
        self.at = At::Kind;
        Ok(self.value_ends())
    }

    fn body(&mut self, bytes: &[u8], at: &mut usize, left: u64) -> Result<bool, &'static str> {
        let here = bytes.len() - *at;
        if (here as u64) < left {
            *at = bytes.len();
            self.at = At::Body(left - here as u64);
            return Ok(false);
        }
        *at += usize::try_from(left).unwrap_or(here);
        if bytes[*at - 1] != b'\n' {
            return Err("a bulk string without its line end");
        }
        self.at = At::Kind;
        Ok(self.value_ends())
    }

    /// Counts a value off. True when it was the frame's last.
    fn value_ends(&mut self) -> bool {
        self.left -= 1;
        self.left == 0
    }
}

/// A number of at most five digits and the length of its header, if it is all here.
fn short_number(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (at, &byte) in bytes.iter().take(6).enumerate() {
        match byte {
            b'0'..=b'9' => value = value * 10 + usize::from(byte - b'0'),
            b'\r' if at > 0 && bytes.get(at + 1) == Some(&b'\n') => return Some((value, at + 2)),
            _ => return None,
        }
    }
    None
}
