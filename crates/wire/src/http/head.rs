//! The head of a message: where it ends and how its body is framed. First stop on the data path
//! of every message, so nothing here allocates. Where two peers could read a framing in two
//! ways, the answer is an error: the connection then passes untouched.

use std::mem::MaybeUninit;

use httparse::{Error, Header, ParserConfig, Status};
use memchr::memchr;

/// No head is longer than this.
pub(super) const HEAD_BYTES_MAX: usize = 64 * 1024;

/// No head has more fields than this.
pub(super) const HEADERS_MAX: usize = 128;

/// A declared length has at most this many digits, so no sum of lengths overflows.
const LENGTH_DIGITS_MAX: usize = 18;

/// Why a connection is not understood.
pub(super) type Why = &'static str;

/// A head, if its end was among the bytes.
pub(super) type Found<T> = Result<Option<T>, Why>;

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none.
    None,
    /// After so many bytes; never 0.
    Length(u64),
    /// With its last chunk.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// What must be known of a request to read its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// HEAD: the response has no body, whatever its head says.
    Head,
    /// CONNECT: after a 2xx the connection is a tunnel.
    Connect,
    /// Any other method.
    Other,
}

/// What both kinds of head have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message {
    /// Bytes of the head, with the empty line.
    pub length: usize,
    /// How its body ends.
    pub framing: Framing,
    /// Whether the body is compressed.
    pub coded: bool,
}

/// A request's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request {
    pub message: Message,
    pub asked: Asked,
    /// Whether the client waits for a go-ahead before it sends the body.
    pub expects: bool,
}

/// A response's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Response {
    pub message: Message,
    pub status: u16,
    /// Whether the body is a stream whose parts matter one by one (server-sent events).
    pub streams: bool,
}

/// Looks for a request's head at the start of the bytes.
pub(super) fn request(bytes: &[u8]) -> Found<Request> {
    let mut room = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut head = httparse::Request::new(&mut []);
    let length = match head.parse_with_uninit_headers(bytes, &mut room) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(error) => return Err(foreign(bytes).unwrap_or_else(|| because(error, NOT_REQUEST))),
    };
    let asked = match head.method {
        Some("HEAD") => Asked::Head,
        Some("CONNECT") => Asked::Connect,
        _ => Asked::Other,
    };
    let is_old = head.version == Some(0);
    let fields = Fields::read(head.headers);
    let framing = fields.framing(is_old, Framing::None)?;
    if framing == Framing::UntilClose {
        return Err("a request body without an end");
    }
    let expects = fields.expects && !is_old && framing != Framing::None;
    let message = Message {
        length,
        framing,
        coded: fields.coded,
    };
    Ok(Some(Request {
        message,
        asked,
        expects,
    }))
}

/// Looks for the head of a response to such a request at the start of the bytes.
pub(super) fn response(bytes: &[u8], asked: Asked) -> Found<Response> {
    let mut room = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut []);
    let parser = ParserConfig::default();
    let length = match parser.parse_response_with_uninit_headers(&mut head, bytes, &mut room) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(error) => return Err(foreign(bytes).unwrap_or_else(|| because(error, NOT_RESPONSE))),
    };
    let status = head.code.unwrap_or(0);
    if !(100..1000).contains(&status) {
        return Err("a status below 100");
    }
    let is_old = head.version == Some(0);
    let fields = Fields::read(head.headers);
    // What has no body by its kind is not in doubt, whatever its fields say.
    let is_bare = matches!(status, 100..=199 | 204 | 304)
        || asked == Asked::Head
        || (asked == Asked::Connect && (200..300).contains(&status));
    let framing = if is_bare {
        Framing::None
    } else {
        fields.framing(is_old, Framing::UntilClose)?
    };
    let message = Message {
        length,
        framing,
        coded: fields.coded,
    };
    Ok(Some(Response {
        message,
        status,
        streams: fields.streams,
    }))
}

const NOT_REQUEST: Why = "not an HTTP/1 request";
const NOT_RESPONSE: Why = "not an HTTP/1 response";

/// Another protocol, told by its first bytes.
fn foreign(bytes: &[u8]) -> Option<Why> {
    match bytes {
        // A TLS handshake or alert record.
        [0x15 | 0x16, ..] => Some("TLS"),
        [b'P', b'R', b'I', b' ', b'*', b' ', ..] => Some("HTTP/2 with prior knowledge"),
        _ => None,
    }
}

fn because(error: Error, otherwise: Why) -> Why {
    match error {
        Error::TooManyHeaders => "a head with too many fields",
        // Folded lines, blanks before the colon: one peer's field is another's continuation.
        Error::HeaderName => "a field name that peers may read in two ways",
        Error::HeaderValue => "a field value that peers may read in two ways",
        Error::NewLine | Error::Status | Error::Token | Error::Version => otherwise,
    }
}

/// The fields that decide framing, gathered in one pass.
#[derive(Debug, Default)]
struct Fields {
    length: Option<u64>,
    is_transferred: bool,
    is_chunked: bool,
    expects: bool,
    streams: bool,
    coded: bool,
    doubt: Option<Why>,
}

impl Fields {
    fn read(headers: &[Header<'_>]) -> Fields {
        let mut fields = Fields::default();
        for Header { name, value } in headers {
            // The length of a name rules out nearly every field at the price of one compare.
            match name.len() {
                6 if is(name, "expect") => fields.expects = same(value, b"100-continue"),
                12 if is(name, "content-type") => fields.streams = is_stream(value),
                14 if is(name, "content-length") => fields.declare_length(value),
                16 if is(name, "content-encoding") => fields.coded = !same(value, b"identity"),
                17 if is(name, "transfer-encoding") => fields.transfer(value),
                _ => {}
            }
        }
        fields
    }

    fn declare_length(&mut self, value: &[u8]) {
        match number(value) {
            None => self.doubt = Some("a content length that is no number"),
            Some(length) if self.length.is_some_and(|other| other != length) => {
                self.doubt = Some("two content lengths");
            }
            some => self.length = some,
        }
    }

    fn transfer(&mut self, value: &[u8]) {
        self.is_transferred = true;
        for coding in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            let is_known = [&b"gzip"[..], b"x-gzip", b"deflate", b"compress"];
            if self.is_chunked {
                self.doubt = Some("a transfer coding after chunked");
            } else if same(coding, b"chunked") {
                self.is_chunked = true;
            } else if is_known.iter().any(|known| same(coding, known)) {
                self.coded = true;
            } else {
                self.doubt = Some("a transfer coding that is not known");
            }
        }
    }

    fn framing(&self, is_old: bool, otherwise: Framing) -> Result<Framing, Why> {
        match (self.doubt, self.is_transferred, self.length) {
            (Some(why), _, _) => Err(why),
            (None, true, Some(_)) => Err("both a content length and a transfer coding"),
            (None, true, None) if is_old => Err("a transfer coding in HTTP/1.0"),
            (None, true, None) if self.is_chunked => Ok(Framing::Chunked),
            (None, true, None) => Ok(Framing::UntilClose),
            (None, false, Some(0)) => Ok(Framing::None),
            (None, false, Some(length)) => Ok(Framing::Length(length)),
            (None, false, None) => Ok(otherwise),
        }
    }
}

fn is(name: &str, lower: &str) -> bool {
    name.eq_ignore_ascii_case(lower)
}

fn same(value: &[u8], lower: &[u8]) -> bool {
    value.eq_ignore_ascii_case(lower)
}

/// Digits and nothing else: signs, lists and blanks are read differently by different peers.
fn number(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > LENGTH_DIGITS_MAX {
        return None;
    }
    value.iter().try_fold(0u64, |sum, byte| match byte {
        b'0'..=b'9' => Some(sum * 10 + u64::from(byte - b'0')),
        _ => None,
    })
}

/// Kinds of content that are sent for each part to be acted on at once.
const STREAMS: [&[u8]; 6] = [
    b"text/event-stream",
    b"application/x-ndjson",
    b"application/jsonl",
    b"application/json-seq",
    b"application/stream+json",
    b"multipart/x-mixed-replace",
];

fn is_stream(value: &[u8]) -> bool {
    let end = memchr(b';', value).unwrap_or(value.len());
    let kind = value[..end].trim_ascii();
    STREAMS.iter().any(|stream| same(kind, stream))
}
