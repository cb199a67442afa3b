//! A reply in words: what kind it was and its value in short.

use model::{Reply, ReplyKind};

use super::value::{Token, Tokens};
use crate::session::{TEXT_BYTES_MAX, readable};

/// Aggregates inside aggregates that are still written out.
pub(super) const DEPTH_SHOWN_MAX: u32 = 8;

/// Describes the reply in a frame.
pub(super) fn describe(frame: &[u8]) -> Reply {
    let mut tokens = Tokens(frame);
    let Some(token) = tokens.value() else {
        return Reply {
            kind: ReplyKind::Ok,
            value: String::new(),
            rows: None,
            code: None,
        };
    };
    let (mut kind, mut rows, mut code) = (ReplyKind::Ok, None, None);
    match token {
        Token::Nil => kind = ReplyKind::Empty,
        Token::Error(line) => {
            kind = ReplyKind::Error;
            let word = line.split(|&byte| byte == b' ').next().unwrap_or_default();
            code = Some(readable(&word[..word.len().min(64)]));
        }
        Token::List(count) | Token::Map(count) => {
            let count = if matches!(token, Token::Map(_)) {
                count / 2
            } else {
                count
            };
            rows = Some(count);
            if count == 0 {
                kind = ReplyKind::Empty;
            }
        }
        _ => {}
    }
    let mut text = Vec::new();
    match token {
        Token::Bulk(bytes) | Token::Error(bytes) => {
            text.extend(bytes.iter().take(TEXT_BYTES_MAX + 1))
        }
        token => {
            write(token, &mut tokens, 0, &mut text);
        }
    }
    Reply {
        kind,
        value: readable(&text),
        rows,
        code,
    }
}

/// Writes a token and what belongs to it. False when the text is long enough.
fn write(token: Token<'_>, tokens: &mut Tokens<'_>, depth: u32, out: &mut Vec<u8>) -> bool {
    match token {
        Token::Plain(text) => out.extend(text.iter().take(TEXT_BYTES_MAX)),
        Token::Bulk(text) => quoted(text, out),
        Token::Error(text) => {
            out.extend_from_slice(b"error ");
            quoted(text, out);
        }
        Token::Boolean(true) => out.extend_from_slice(b"true"),
        Token::Boolean(false) => out.extend_from_slice(b"false"),
        Token::Nil => out.extend_from_slice(b"nil"),
        Token::List(_) | Token::Map(_) | Token::Attribute(_) if depth >= DEPTH_SHOWN_MAX => {
            out.extend_from_slice(b"...");
            return false;
        }
        Token::List(count) => return all(count, tokens, depth, out, false),
        Token::Map(count) | Token::Attribute(count) => return all(count, tokens, depth, out, true),
    }
    out.len() <= TEXT_BYTES_MAX
}

fn all(count: u64, tokens: &mut Tokens<'_>, depth: u32, out: &mut Vec<u8>, is_map: bool) -> bool {
    out.push(if is_map { b'{' } else { b'[' });
    for nth in 0..count {
        if nth > 0 {
            out.push(if is_map && nth % 2 == 1 { b':' } else { b',' });
        }
        let Some(token) = tokens.value() else {
            out.extend_from_slice(b"...");
            return false;
        };
        if !write(token, tokens, depth + 1, out) {
            return false;
        }
    }
    out.push(if is_map { b'}' } else { b']' });
    out.len() <= TEXT_BYTES_MAX
}

fn quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    escaped(&text[..text.len().min(TEXT_BYTES_MAX)], out);
    out.push(b'"');
}

/// Text with its quotes and control characters escaped.
pub(super) fn escaped(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..b' ' | 0x7f => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                out.extend_from_slice(&[b'\\', b'x', high, low]);
            }
            _ => out.push(byte),
        }
    }
}
