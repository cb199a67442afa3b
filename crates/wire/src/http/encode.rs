//! Writes responses: what the Answer fault sends in a backend's stead, and what tests read back.
//! Also responses that are wrong on purpose, for what a client makes of them.

/// How a response is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Damage {
    /// No byte at all; the connection just ends.
    Empty,
    /// Bytes that are no HTTP.
    Garbage,
    /// The head stops in the middle of a field.
    TruncatedHead,
    /// A length that promises twice the body and one byte more.
    TruncatedBody,
    /// A first chunk that promises more than comes.
    TruncatedChunk,
    /// Chunks without the last one.
    MissingLastChunk,
    /// A chunk size that is no number.
    BadChunkSize,
}

/// A whole response with a length. A 1xx, 204 or 304 has neither body nor length.
pub fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut out = head(status, headers);
    if !is_bare(status) {
        field(&mut out, "Content-Length", &body.len().to_string());
    }
    out.extend_from_slice(b"\r\n");
    if !is_bare(status) {
        out.extend_from_slice(body);
    }
    out
}

/// A whole response in chunks of so many bytes.
pub fn chunked(status: u16, headers: &[(&str, &str)], body: &[u8], chunk_bytes: usize) -> Vec<u8> {
    let mut out = chunked_head(status, headers);
    chunks(&mut out, body, chunk_bytes);
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

/// A broken response. Whoever sends it should end the connection behind it.
pub fn damaged(status: u16, headers: &[(&str, &str)], body: &[u8], damage: Damage) -> Vec<u8> {
    let mut out;
    match damage {
        Damage::Empty => out = Vec::new(),
        Damage::Garbage => {
            out = b"\x00\x7f!garbage\x01\xff\r\nlskdu018973t09sylgasjkfg1][\r\n".to_vec()
        }
        Damage::TruncatedHead => {
            out = head(status, headers);
            out.extend_from_slice(b"Content-Le");
        }
        Damage::TruncatedBody => {
            out = head(status, headers);
            field(
                &mut out,
                "Content-Length",
                &(body.len() * 2 + 1).to_string(),
            );
            out.extend_from_slice(b"\r\n");
            out.extend_from_slice(body);
        }
        Damage::TruncatedChunk => {
            out = chunked_head(status, headers);
            out.extend_from_slice(format!("{:x}\r\n", body.len() * 2 + 1).as_bytes());
            out.extend_from_slice(body);
        }
        Damage::MissingLastChunk => {
            out = chunked_head(status, headers);
            chunks(&mut out, body, usize::MAX);
        }
        Damage::BadChunkSize => {
            out = chunked_head(status, headers);
            out.extend_from_slice(b"zz\r\n");
            out.extend_from_slice(body);
            out.extend_from_slice(b"\r\n0\r\n\r\n");
        }
    }
    out
}

/// Status line and fields, without the empty line. Fields that frame a body are left out: the
/// form of the response decides them.
fn head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {status:03} {}\r\n", reason(status)).into_bytes();
    for (name, value) in headers {
        let frames = ["content-length", "transfer-encoding"];
        if !name.is_empty() && !frames.iter().any(|other| name.eq_ignore_ascii_case(other)) {
            field(&mut out, name, value);
        }
    }
    out
}

fn chunked_head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut out = head(status, headers);
    field(&mut out, "Transfer-Encoding", "chunked");
    out.extend_from_slice(b"\r\n");
    out
}

/// A field; characters that would end its line or its name are replaced, so a value cannot
/// become a field of its own.
fn field(out: &mut Vec<u8>, name: &str, value: &str) {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    out.extend(
        name.bytes()
            .map(|byte| if is_token(byte) { byte } else { b'-' }),
    );
    out.extend_from_slice(b": ");
    let is_odd = |byte: u8| byte.is_ascii_control() && byte != b'\t';
    out.extend(
        value
            .bytes()
            .map(|byte| if is_odd(byte) { b' ' } else { byte }),
    );
    out.extend_from_slice(b"\r\n");
}

fn chunks(out: &mut Vec<u8>, body: &[u8], chunk_bytes: usize) {
    for chunk in body.chunks(chunk_bytes.max(1)) {
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
}

fn is_bare(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        423 => "Locked",
        425 => "Too Early",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}
