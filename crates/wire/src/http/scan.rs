//! Finds where frames end, one direction at a time: heads that arrive in pieces are kept until
//! they are whole, bodies are skipped by count or by chunk. Stands before `mod.rs`, which says
//! what a frame means.

use memchr::memchr;

use super::chunked::{Chunked, Progress};
use super::head::{Found, Framing, HEAD_BYTES_MAX};

/// The start of a head whose end has not arrived.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    kept: Vec<u8>,
    line: Line,
    /// Whether a line that is not empty has ended: empty lines before a head belong to it.
    is_begun: bool,
    /// How much was kept when it was last parsed.
    parsed: usize,
}

/// What the current line of a head consists of so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Line {
    #[default]
    Nothing,
    Cr,
    Text,
}

impl Keeper {
    /// Whether a head has begun to arrive.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Looks for the end of a head in bytes that continue it. Says how many of them belong to it.
    /// `parse` gives a head and its length.
    pub(super) fn find<T>(
        &mut self,
        bytes: &[u8],
        parse: impl Fn(&[u8]) -> Found<(usize, T)>,
    ) -> Found<(usize, T)> {
        let was = self.kept.len();
        let bytes = &bytes[..bytes.len().min(HEAD_BYTES_MAX - was)];
        // Nearly every head arrives in one piece and is parsed where it lies.
        if was == 0
            && let Some(found) = parse(bytes)?
        {
            return Ok(Some(found));
        }
        let was_begun = self.is_begun;
        let end = self.end(bytes);
        self.kept
            .extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        if let Some(end) = end {
            let kept = std::mem::take(self).kept;
            return match parse(&kept)? {
                Some((length, head)) if length == kept.len() => Ok(Some((end, head))),
                _ => Err("a head that peers may end in two ways"),
            };
        }
        if self.kept.len() == HEAD_BYTES_MAX {
            return Err("a head that is too long");
        }
        // What is not HTTP must not wait for the end of a head that never comes: look once the
        // first line is there and whenever twice as much is, so that the sum stays linear.
        let is_line = self.is_begun && !was_begun;
        if was == 0 {
            self.parsed = self.kept.len();
        } else if is_line || self.kept.len() >= 2 * self.parsed {
            self.parsed = self.kept.len();
            parse(&self.kept)?;
        }
        Ok(None)
    }

    /// How many of the bytes there are up to the empty line that ends the head.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(length) = memchr(b'\n', &bytes[at..]) {
            self.line = self.line.with(&bytes[at..at + length]);
            at += length + 1;
            let is_blank = std::mem::take(&mut self.line) != Line::Text;
            if is_blank && self.is_begun {
                return Some(at);
            }
            self.is_begun |= !is_blank;
        }
        self.line = self.line.with(&bytes[at..]);
        None
    }
}

impl Line {
    fn with(self, bytes: &[u8]) -> Line {
        match (self, bytes) {
            (line, []) => line,
            (Line::Nothing, [b'\r']) => Line::Cr,
            _ => Line::Text,
        }
    }
}

/// What is still to come of a body.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked(Chunked),
}

impl Body {
    /// A body that has an end of its own.
    pub(super) fn framed(framing: Framing) -> Option<Body> {
        match framing {
            Framing::Length(length) => Some(Body::Length(length)),
            Framing::Chunked => Some(Body::Chunked(Chunked::default())),
            Framing::None | Framing::UntilClose => None,
        }
    }

    /// Looks for its end in bytes that continue it.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Found<usize> {
        match self {
            Body::Length(left) => {
                let here = (bytes.len() as u64).min(*left);
                *left -= here;
                Ok((*left == 0).then_some(here as usize))
            }
            Body::Chunked(chunked) => {
                let mut at = 0;
                loop {
                    match chunked.advance(&bytes[at..], |_| {})? {
                        Progress::More => return Ok(None),
                        Progress::Chunk(end) => at += end,
                        Progress::Last(end) => return Ok(Some(at + end)),
                    }
                }
            }
        }
    }
}
