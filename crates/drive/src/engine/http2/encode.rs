//! A request as frames that go over any connection: what is filled in later is the stream.

use bytes::Bytes;

use super::frame::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEAD_BYTES, HEADERS, Head, PAYLOAD_BYTES_MAX,
};
use super::hpack;

/// Headers that are about an HTTP/1.1 connection, and have no place in HTTP/2.
const OF_CONNECTIONS: [&str; 6] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

/// A request's parts.
pub struct Parts<'a> {
    pub method: &'a str,
    pub scheme: &'a str,
    /// For whom it is; a header `host` says it better.
    pub host: &'a str,
    pub path: &'a str,
    pub headers: &'a [(String, String)],
    /// The length of the body, where it has to be told.
    pub length: Option<usize>,
    pub body: &'a [u8],
}

/// Frames of stream 0, the last of which ends it.
pub fn encode(parts: &Parts<'_>) -> Bytes {
    let block = block(parts);
    let mut out = Vec::with_capacity(block.len() + parts.body.len() + 4 * HEAD_BYTES);
    let ends = if parts.body.is_empty() { END_STREAM } else { 0 };
    put(&block, [HEADERS, CONTINUATION], ends, END_HEADERS, &mut out);
    if !parts.body.is_empty() {
        put(parts.body, [DATA, DATA], 0, END_STREAM, &mut out);
    }
    Bytes::from(out)
}

/// Adds frames, with one flag on the first and one on the last; only the first is of the first kind.
fn put(payload: &[u8], kinds: [u8; 2], first: u8, last: u8, out: &mut Vec<u8>) {
    let count = payload.len().div_ceil(PAYLOAD_BYTES_MAX);
    for (nth, piece) in payload.chunks(PAYLOAD_BYTES_MAX).enumerate() {
        let mut head = Head {
            length: piece.len(),
            kind: kinds[usize::from(nth > 0)],
            flags: 0,
            stream: 0,
        };
        if nth == 0 {
            head.flags |= first;
        }
        if nth + 1 == count {
            head.flags |= last;
        }
        out.extend_from_slice(&head.bytes());
        out.extend_from_slice(piece);
    }
}

fn block(parts: &Parts<'_>) -> Vec<u8> {
    let mut block = Vec::with_capacity(256);
    let mut put = |name: &str, value: &str| hpack::encode(name, value, &mut block);
    let mut headers = parts.headers.iter();
    let host = headers.find(|(name, _)| name.eq_ignore_ascii_case("host"));
    put(":method", parts.method);
    put(":scheme", parts.scheme);
    put(":authority", host.map_or(parts.host, |(_, value)| value));
    put(":path", parts.path);
    if let Some(length) = parts.length {
        put("content-length", &length.to_string());
    }
    for (name, value) in parts.headers {
        let name = name.to_ascii_lowercase();
        let is_useless = name == "te" && !value.trim().eq_ignore_ascii_case("trailers");
        if name == "host" || is_useless || OF_CONNECTIONS.contains(&name.as_str()) {
            continue;
        }
        put(&name, value.trim());
    }
    block
}
