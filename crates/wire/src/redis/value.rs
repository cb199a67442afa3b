//! Reads the values of a reply's frame, one token after another, without copying. A frame that
//! was cut gives what is there and then nothing.

/// What a token is; aggregates say how many tokens follow (a map's keys and values apart).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Simple strings, numbers of all sorts: their text.
    Plain(&'a [u8]),
    /// Bulk and verbatim strings, without the latter's format.
    Bulk(&'a [u8]),
    Error(&'a [u8]),
    Boolean(bool),
    Nil,
    /// Arrays, sets, pushes.
    List(u64),
    Map(u64),
    Attribute(u64),
}

/// Reads tokens off the front of bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tokens<'a>(pub(super) &'a [u8]);

impl<'a> Tokens<'a> {
    /// The value after any attributes before it.
    pub(super) fn value(&mut self) -> Option<Token<'a>> {
        loop {
            match self.next()? {
                Token::Attribute(entries) => {
                    let mut left = entries;
                    while left > 0 {
                        left -= 1;
                        if let Token::List(more) | Token::Map(more) | Token::Attribute(more) =
                            self.next()?
                        {
                            left = left.saturating_add(more);
                        }
                    }
                }
                token => return Some(token),
            }
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let (&kind, rest) = self.0.split_first()?;
        let end = memchr::memchr(b'\n', rest)?;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        self.0 = &rest[end + 1..];
        let number = || super::arguments::number(line);
        Some(match kind {
            b'-' => Token::Error(line),
            b'_' => Token::Nil,
            b'#' => Token::Boolean(line == b"t"),
            b'$' | b'*' if line == b"-1" => Token::Nil,
            b'$' => Token::Bulk(self.body(number()?)),
            b'!' => Token::Error(self.body(number()?)),
            b'=' => {
                let text = self.body(number()?);
                Token::Bulk(if text.get(3) == Some(&b':') {
                    &text[4..]
                } else {
                    text
                })
            }
            b'*' | b'~' | b'>' => Token::List(number()? as u64),
            b'%' => Token::Map((number()? as u64).checked_mul(2)?),
            b'|' => Token::Attribute((number()? as u64).checked_mul(2)?),
            _ => Token::Plain(line),
        })
    }
}

impl<'a> Tokens<'a> {
    fn body(&mut self, length: usize) -> &'a [u8] {
        let body = self.0.get(..length).unwrap_or(self.0);
        self.0 = self.0[body.len()..].get(2..).unwrap_or_default();
        body
    }
}
