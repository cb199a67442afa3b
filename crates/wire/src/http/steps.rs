//! What a request means as a step: its verb, its shape, what it touches. Off the hot path, save
//! `shape`, which recordings ask for with every request.

use memchr::{memchr, memchr3};
use model::{Access, Effect, Transaction};

use super::head::{Framing, Message};
use super::{chunked, graphql, shape};
use crate::session::{Draft, Frame, TEXT_BYTES_MAX, readable};

/// Query values kept of one request.
pub const PARAMETERS_MAX: usize = 64;

/// Paths that keep a service alive and touch no shared state, by their first segment.
const NOISE: [&[u8]; 12] = [
    b"health",
    b"healthz",
    b"healthy",
    b"healthcheck",
    b"health-check",
    b"health_check",
    b"ready",
    b"readyz",
    b"readiness",
    b"livez",
    b"liveness",
    b"metrics",
];

/// A request's first line, cut to what is kept.
struct Line<'a> {
    method: &'a [u8],
    /// As it was sent.
    target: &'a [u8],
    /// Without scheme, host and query: a lane's port is no part of what code asks for.
    path: &'a [u8],
    query: &'a [u8],
}

impl<'a> Line<'a> {
    fn read(bytes: &'a [u8]) -> Line<'a> {
        let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'));
        let mut rest = &bytes[start.unwrap_or(0)..];
        let mut word = || {
            let end = memchr3(b' ', b'\r', b'\n', rest);
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after.get(1..).unwrap_or(after);
            &word[..word.len().min(TEXT_BYTES_MAX)]
        };
        let (method, target) = (word(), word());
        let local = local(target);
        let question = memchr(b'?', local).unwrap_or(local.len());
        let (path, query) = local.split_at(question);
        Line {
            method,
            target,
            path,
            query: query.get(1..).unwrap_or(query),
        }
    }
}

/// The part of a target after `http://host:port`.
fn local(target: &[u8]) -> &[u8] {
    if target.first() == Some(&b'/') {
        return target;
    }
    let lower = [&b"http://"[..], b"https://"];
    for scheme in lower {
        if target
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        {
            let rest = &target[scheme.len()..];
            let path = rest.iter().position(|byte| matches!(byte, b'/' | b'?'));
            return path.map_or(b"/", |path| &rest[path..]);
        }
    }
    target
}

/// `METHOD /path/{}?key= operation`.
pub(super) fn shape(frame: Frame<'_>, message: Message, out: &mut Vec<u8>) {
    write_shape(&Line::read(frame.bytes), frame, message, out);
}

fn write_shape(line: &Line<'_>, frame: Frame<'_>, message: Message, out: &mut Vec<u8>) {
    out.extend_from_slice(line.method);
    out.push(b' ');
    shape::path(line.path, out);
    shape::query(line.query, out);
    if line.method != b"POST" || message.coded {
        return;
    }
    let body = frame.bytes.get(message.length..).unwrap_or_default();
    let plain;
    let body = if message.framing == Framing::Chunked {
        plain = chunked::data(body, graphql::BODY_BYTES_MAX);
        &plain[..]
    } else {
        body
    };
    if let Some(operation) = graphql::operation(body) {
        out.push(b' ');
        out.extend_from_slice(operation);
    }
}

/// The whole description.
pub(super) fn draft(frame: Frame<'_>, message: Message) -> Draft {
    let line = Line::read(frame.bytes);
    let mut shape = Vec::new();
    write_shape(&line, frame, message, &mut shape);
    let mut text = [line.method, b" ", line.target].concat();
    let body = body(frame, message);
    if !body.is_empty() {
        text.push(b' ');
        text.extend_from_slice(&body);
    }
    Draft {
        verb: readable(line.method),
        shape: String::from_utf8_lossy(&shape).into_owned(),
        text: readable(&text),
        parameters: parameters(line.query),
        effects: vec![Effect::of(access(line.method), readable(line.path))],
        transaction: Transaction::None,
        isolation: None,
        commits: Vec::new(),
        noise: is_noise(&line),
        session: None,
    }
}

/// The start of a message's body for people: chunks joined, what is no text as its size.
pub(super) fn body(frame: Frame<'_>, message: Message) -> Vec<u8> {
    let sent = frame.bytes.get(message.length..).unwrap_or_default();
    // One more than is shown, so that a cut is seen as a cut.
    let limit = TEXT_BYTES_MAX + 1;
    let start = match message.framing {
        Framing::Chunked => chunked::data(sent, limit),
        _ => sent[..sent.len().min(limit)].to_vec(),
    };
    let is_odd = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\r' | b'\n');
    if start.is_empty() || !(message.coded || start.iter().any(is_odd)) {
        return start;
    }
    match message.framing {
        Framing::Length(length) => format!("<{length} bytes>").into_bytes(),
        _ => b"<bytes>".to_vec(),
    }
}

fn access(method: &[u8]) -> Access {
    match method {
        b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE" => Access::Read,
        b"PUT" | b"DELETE" => Access::Write,
        b"POST" | b"PATCH" => Access::Atomic,
        _ => Access::Unknown,
    }
}

fn is_noise(line: &Line<'_>) -> bool {
    let first = line
        .path
        .split(|byte| *byte == b'/')
        .nth(1)
        .unwrap_or_default();
    matches!(line.method, b"GET" | b"HEAD") && NOISE.contains(&first)
}

/// Query values in the order they were sent, decoded so that they compare equal to the same
/// value elsewhere; a key without a value has none.
fn parameters(query: &[u8]) -> Vec<Option<String>> {
    let pairs = query
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty());
    pairs
        .take(PARAMETERS_MAX)
        .map(|pair| {
            let equals = memchr(b'=', pair)?;
            Some(readable(&decoded(&pair[equals + 1..])))
        })
        .collect()
}

fn decoded(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [first, after @ ..] = rest {
        rest = after;
        out.push(match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            _ => *first,
        });
    }
    out
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}
