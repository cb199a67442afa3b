//! Requests that were never on a wire, described as if they had been: `METHOD /path`, and a body
//! behind a blank where there is one.

use super::head::{self, Why};
use super::steps;
use crate::session::{Draft, FRAME_KEPT_BYTES_MAX, Frame};

/// The step that a request is; why it is none otherwise.
pub fn describe_text(text: &[u8]) -> Result<Draft, Why> {
    let (method, rest) = word(text);
    let (target, body) = word(rest);
    if method.is_empty() || target.is_empty() {
        return Err("no request: METHOD /path");
    }
    let body = body.trim_ascii();
    let length = body.len().to_string();
    let mut bytes = [method, b" ", target, b" HTTP/1.1\r\n"].concat();
    bytes.extend_from_slice(b"content-length: ");
    bytes.extend_from_slice(length.as_bytes());
    bytes.extend_from_slice(b"\r\n\r\n");
    let request = head::request(&bytes)?.ok_or("no request: METHOD /path")?;
    // A wire keeps no more of it either.
    let room = FRAME_KEPT_BYTES_MAX.saturating_sub(bytes.len());
    bytes.extend_from_slice(&body[..body.len().min(room)]);
    let frame = Frame {
        bytes: &bytes,
        whole: room >= body.len(),
    };
    Ok(steps::draft(frame, request.message))
}

/// The first word of a text, and what stands behind it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii_start();
    let end = text.iter().position(u8::is_ascii_whitespace);
    text.split_at(end.unwrap_or(text.len()))
}
