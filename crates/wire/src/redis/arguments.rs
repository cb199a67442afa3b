//! The arguments of a command, read out of a frame without copying. A frame that was cut gives
//! as many as are there, the last one cut too.

/// Walks over the arguments of a command's frame, the verb first.
#[derive(Debug, Clone)]
pub(super) struct Arguments<'a> {
    rest: &'a [u8],
    left: usize,
    inline: bool,
    /// Set once the frame ended before its arguments did.
    pub(super) cut: bool,
}

impl<'a> Arguments<'a> {
    pub(super) fn new(frame: &'a [u8]) -> Arguments<'a> {
        match frame.split_first() {
            Some((b'*', rest)) => match header(rest) {
                Some((left, rest)) => Arguments {
                    rest,
                    left,
                    inline: false,
                    cut: false,
                },
                None => Arguments {
                    rest: &[],
                    left: 0,
                    inline: false,
                    cut: false,
                },
            },
            _ => {
                let end = memchr::memchr(b'\n', frame).unwrap_or(frame.len());
                let line = &frame[..end];
                Arguments {
                    rest: line.strip_suffix(b"\r").unwrap_or(line),
                    left: 0,
                    inline: true,
                    cut: false,
                }
            }
        }
    }

    /// How many there are, the ones that were cut off included.
    pub(super) fn declared(&self) -> usize {
        if self.inline {
            self.clone().count()
        } else {
            self.left
        }
    }

    /// The next word of an inline command. Quotes are taken off; escapes inside stay as they
    /// were sent, since people at a terminal are the only ones who write them.
    fn word(&mut self) -> Option<&'a [u8]> {
        let start = self
            .rest
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())?;
        let rest = &self.rest[start..];
        let quote = rest[0];
        if quote == b'"' || quote == b'\'' {
            let mut end = 1;
            while end < rest.len() && rest[end] != quote {
                end += if rest[end] == b'\\' { 2 } else { 1 };
            }
            let end = end.min(rest.len());
            self.rest = rest.get(end + 1..).unwrap_or_default();
            return Some(&rest[1..end]);
        }
        let end = rest
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(rest.len());
        self.rest = &rest[end..];
        Some(&rest[..end])
    }
}

impl<'a> Iterator for Arguments<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.inline {
            return self.word();
        }
        self.left = self.left.checked_sub(1)?;
        let Some((length, body)) = self.rest.get(1..).and_then(header) else {
            self.cut = true;
            self.left = 0;
            return None;
        };
        if let Some(argument) = body.get(..length) {
            self.rest = body.get(length + 2..).unwrap_or_default();
            return Some(argument);
        }
        self.cut = true;
        self.left = 0;
        Some(body)
    }
}

/// A number and what follows its line end. Scanned before, so it is short.
fn header(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' => {
                value = value
                    .wrapping_mul(10)
                    .wrapping_add(usize::from(byte - b'0'))
            }
            b'\r' => return Some((value, bytes.get(at + 2..)?)),
            _ => return None,
        }
        at += 1;
    }
    None
}

/// An argument as a number.
pub(super) fn number(argument: &[u8]) -> Option<usize> {
    std::str::from_utf8(argument).ok()?.parse().ok()
}
