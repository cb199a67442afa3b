//! The lines of a log, each as text whatever its bytes are.

use std::borrow::Cow;

use super::LINE_BYTES_MAX;

/// A line without its end.
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// What stands there; what is no UTF-8 is replaced.
    pub text: Cow<'a, str>,
    /// It is longer than what is looked at.
    pub is_cut: bool,
    /// No text at all.
    pub is_binary: bool,
}

/// Why a line of bytes that are no text is not read.
pub const BINARY: &str = "binary data";
/// Why a line is not read to its end.
pub const TOO_LONG: &str = "longer than a megabyte; cut there";

/// All lines, empty ones left out.
pub fn of(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    lines.filter_map(|(at, line)| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return None;
        }
        let shown = &line[..line.len().min(LINE_BYTES_MAX)];
        Some(Line {
            number: at as u64 + 1,
            text: String::from_utf8_lossy(shown),
            is_cut: shown.len() < line.len(),
            is_binary: shown.contains(&0),
        })
    })
}

/// The beginning of a text, at most so many bytes.
pub fn beginning(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
