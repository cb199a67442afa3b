//! The text that is read, and places in it. First on the path: text -> nodes -> raw -> system.

use std::sync::Arc;

/// A place in the text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Where the value's own text starts, when it stands in the file as it is (no escapes, no
    /// folded lines), so that a place inside the value is a place in the file.
    pub verbatim: Option<usize>,
}

impl Span {
    /// From the first byte to before the last.
    pub fn new(start: usize, end: usize) -> Span {
        Span {
            start,
            end: end.max(start),
            verbatim: None,
        }
    }

    /// Part of the value, if it can be told where it stands; the whole value otherwise.
    pub fn part(self, offset: usize, length: usize) -> Span {
        match self.verbatim {
            Some(start) => {
                let start = (start + offset).min(self.end);
                let end = (start + length).min(self.end);
                Span {
                    start,
                    end,
                    verbatim: Some(start),
                }
            }
            None => self,
        }
    }
}

/// The text of a file and its name; cheap to clone, so each problem carries it.
#[derive(Debug, Clone)]
pub struct Source(Arc<Named>);

#[derive(Debug)]
struct Named {
    name: String,
    text: String,
}

impl Source {
    /// A text by name.
    pub fn new(name: &str, text: &str) -> Source {
        Source(Arc::new(Named {
            name: name.to_string(),
            text: text.to_string(),
        }))
    }

    /// The file's path, as the user gave it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Line and column of a byte, both from 1, columns in characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text().get(..self.floor(offset)).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }

    /// The byte at which a line and column stand, the end of the text if they are past it.
    pub fn offset_of(&self, line: usize, column: usize) -> usize {
        let mut start = 0;
        for _ in 1..line {
            match self.text()[start..].find('\n') {
                Some(at) => start += at + 1,
                None => return self.text().len(),
            }
        }
        let (start, end) = self.line_around(start);
        let inside = self.text()[start..end]
            .char_indices()
            .nth(column.saturating_sub(1));
        inside.map_or(end, |(at, _)| start + at)
    }

    /// Where the line of a byte starts and ends, its newline left out.
    pub fn line_around(&self, offset: usize) -> (usize, usize) {
        let offset = self.floor(offset);
        let start = self.text()[..offset].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text()[offset..]
            .find('\n')
            .map_or(self.text().len(), |at| offset + at);
        (start, end)
    }

    /// The nearest place at or before `offset` that does not split a character.
    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text().len());
        while !self.text().is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_offsets_agree() {
        let source = Source::new("x", "ab\nwörld\n\nend");
        for (offset, expected) in [
            (0, (1, 1)),
            (2, (1, 3)),
            (3, (2, 1)),
            (4, (2, 2)),
            (6, (2, 3)),
            (10, (3, 1)),
            (14, (4, 4)),
        ] {
            assert_eq!(source.position(offset), expected, "{offset}");
            assert_eq!(
                source.offset_of(expected.0, expected.1),
                offset,
                "{expected:?}"
            );
        }
        assert_eq!(source.position(5), (2, 2), "inside a character");
        assert_eq!(source.position(9999), (4, 4), "past the end");
        assert_eq!(source.offset_of(9, 9), 14);
    }
}
