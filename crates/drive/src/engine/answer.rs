//! Where an HTTP/1.1 answer ends, piece by piece as it comes. Unless somebody wants to judge them, bodies
//! are not kept: a connection that has none in its hands needs no memory for them.

/// An answer's head may be so long.
pub(super) const HEAD_BYTES_MAX: usize = 64 * 1024;

/// An answer may have so many headers.
const HEADERS_MAX: usize = 96;

/// A line that says how long a chunk is, or a trailer, may be so long.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// Of a body, this much is kept.
const BODY_KEPT_BYTES_MAX: usize = 8 * 1024;

/// An answer that came whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// Its status.
    pub status: u16,
    /// Whether the connection can be asked again.
    pub keeps: bool,
}

/// What was received is no answer, or more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Garbled;

/// An answer that is still coming.
#[derive(Debug, Default)]
pub struct Answer {
    /// The head, as far as it is there, while it is not whole.
    head: Vec<u8>,
    body: Option<Body>,
    answered: Option<Answered>,
    keeps: Keeps,
    kept: Kept,
}

/// What of answers is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keeps {
    /// Their status.
    #[default]
    Status,
    /// Their bodies too, and where they lead.
    Bodies,
    /// All headers too.
    Headers,
}

/// What judges want to see of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Where it leads.
    pub location: Option<String>,
    /// Its body, as far as it is kept.
    pub body: Vec<u8>,
    /// Its headers.
    pub headers: Vec<(String, String)>,
}

impl Kept {
    fn take_headers(&mut self, response: &httparse::Response<'_, '_>, keeps: Keeps) {
        let text =
            |header: &httparse::Header<'_>| String::from_utf8_lossy(header.value).into_owned();
        if keeps != Keeps::Status {
            let mut headers = response.headers.iter();
            let location = headers.find(|h| h.name.eq_ignore_ascii_case("location"));
            self.location = location.map(text);
        }
        if keeps == Keeps::Headers {
            let headers = response.headers.iter();
            self.headers = headers.map(|h| (h.name.to_lowercase(), text(h))).collect();
        }
    }

    /// Takes more of the body, as far as it is kept.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let room = BODY_KEPT_BYTES_MAX - self.body.len();
        self.body.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// How the body goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    /// So many bytes more.
    Length(u64),
    /// In chunks.
    Chunks(Chunk),
    /// Until the connection is closed.
    Close,
}

/// Where in a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chunk {
    /// In the line of its size, so many bytes into it; digits only before `;`.
    Size {
        size: u64,
        line: usize,
        in_extension: bool,
    },
    /// So many bytes of data more, and then the end of a line.
    Data(u64),
    /// In a line after the last chunk, so many bytes into it.
    Trailer(usize),
}

const NEXT_CHUNK: Chunk = Chunk::Size {
    size: 0,
    line: 0,
    in_extension: false,
};

impl Answer {
    /// One of which this is kept.
    pub fn new(keeps: Keeps) -> Answer {
        Answer {
            keeps,
            ..Answer::default()
        }
    }

    /// Begins anew, for an answer to another request.
    pub fn begin(&mut self) {
        *self = Answer::new(self.keeps);
    }

    /// What is kept of it, given away.
    pub fn kept(&mut self) -> Kept {
        std::mem::take(&mut self.kept)
    }

    /// Takes what came next. Says that the answer is whole, or nothing when more is to come. An answer
    /// to HEAD has no body.
    pub fn take(&mut self, bytes: &[u8], to_head: bool) -> Result<Option<Answered>, Garbled> {
        match self.body {
            Some(_) => self.take_body(bytes),
            None => self.take_head(bytes, to_head),
        }
    }

    /// The connection was closed: an answer that lasts until then is whole.
    pub fn end(&self) -> Option<Answered> {
        self.answered.filter(|_| self.body == Some(Body::Close))
    }

    fn take_head(&mut self, bytes: &[u8], to_head: bool) -> Result<Option<Answered>, Garbled> {
        if self.head.is_empty() {
            // Nearly always it is all there, and nothing is copied.
            return match self.read_head(bytes, to_head)? {
                Some(used) => self.take_body(&bytes[used..]),
                None => {
                    self.head.extend_from_slice(bytes);
                    Ok(None)
                }
            };
        }
        let mut head = std::mem::take(&mut self.head);
        head.extend_from_slice(bytes);
        match self.read_head(&head, to_head)? {
            Some(used) => self.take_body(&head[used..]),
            None => {
                self.head = head;
                Ok(None)
            }
        }
    }

    /// Says how many bytes the head has, if it is whole. What only says that it goes on (1xx) belongs
    /// to it.
    fn read_head(&mut self, bytes: &[u8], to_head: bool) -> Result<Option<usize>, Garbled> {
        let mut used = 0;
        loop {
            let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut response = httparse::Response::new(&mut headers);
            let parsed = response.parse(&bytes[used..]).map_err(|_| Garbled)?;
            let httparse::Status::Complete(length) = parsed else {
                let is_too_long = bytes.len() > HEAD_BYTES_MAX;
                return if is_too_long { Err(Garbled) } else { Ok(None) };
            };
            used += length;
            let status = response.code.ok_or(Garbled)?;
            if (100..200).contains(&status) && status != 101 {
                continue;
            }
            let (body, keeps) = framing(&response, status, to_head)?;
            self.answered = Some(Answered { status, keeps });
            self.kept.take_headers(&response, self.keeps);
            self.body = Some(body);
            return Ok(Some(used));
        }
    }

    fn take_body(&mut self, bytes: &[u8]) -> Result<Option<Answered>, Garbled> {
        let (kept, keeps) = (&mut self.kept, self.keeps != Keeps::Status);
        let mut keep = |bytes: &[u8]| {
            if keeps {
                kept.take(bytes);
            }
        };
        let rest = match &mut self.body {
            None => return Ok(None),
            Some(Body::Close) => {
                keep(bytes);
                return Ok(None);
            }
            Some(Body::Length(left)) => {
                let taken = (*left).min(bytes.len() as u64);
                *left -= taken;
                let (body, rest) = bytes.split_at(taken as usize);
                keep(body);
                (*left == 0).then_some(rest)
            }
            Some(Body::Chunks(chunk)) => take_chunks(chunk, bytes, &mut keep)?,
        };
        match rest {
            None => Ok(None),
            Some([]) => Ok(self.answered),
            // Nobody has asked for it.
            Some(_) => Err(Garbled),
        }
    }
}

/// How the body is told to end, and whether the connection stays.
fn framing(
    response: &httparse::Response<'_, '_>,
    status: u16,
    to_head: bool,
) -> Result<(Body, bool), Garbled> {
    let mut keeps = response.version == Some(1);
    let mut length: Option<u64> = None;
    let mut is_chunked = false;
    for header in response.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("content-length") {
            let text = std::str::from_utf8(header.value).map_err(|_| Garbled)?;
            let told = text.trim().parse().map_err(|_| Garbled)?;
            if length.is_some_and(|known| known != told) {
                return Err(Garbled);
            }
            length = Some(told);
        } else if is("transfer-encoding") {
            is_chunked = has_word(header.value, "chunked");
        } else if is("connection") {
            keeps =
                (keeps || has_word(header.value, "keep-alive")) && !has_word(header.value, "close");
        }
    }
    let has_none = to_head || matches!(status, 204 | 304);
    Ok(match (has_none, is_chunked, length) {
        (true, _, _) => (Body::Length(0), keeps),
        (_, true, _) => (Body::Chunks(NEXT_CHUNK), keeps),
        (_, _, Some(length)) => (Body::Length(length), keeps),
        (_, _, None) => (Body::Close, false),
    })
}

fn has_word(value: &[u8], word: &str) -> bool {
    let mut words = value.split(|byte| *byte == b',');
    words.any(|one| one.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

/// What stands after the last chunk, if it is among these bytes.
fn take_chunks<'a>(
    chunk: &mut Chunk,
    mut bytes: &'a [u8],
    keep: &mut impl FnMut(&[u8]),
) -> Result<Option<&'a [u8]>, Garbled> {
    while let Some((&byte, rest)) = bytes.split_first() {
        match chunk {
            Chunk::Data(left) if *left > 0 => {
                let taken = (*left).min(bytes.len() as u64);
                *left -= taken;
                let (data, rest) = bytes.split_at(taken as usize);
                keep(data);
                bytes = rest;
                continue;
            }
            Chunk::Data(_) => match byte {
                b'\r' => {}
                b'\n' => *chunk = NEXT_CHUNK,
                _ => return Err(Garbled),
            },
            Chunk::Size {
                size,
                line,
                in_extension,
            } => match (byte, char::from(byte).to_digit(16)) {
                (b'\n', _) if *line == 0 => return Err(Garbled),
                (b'\n', _) if *size == 0 => *chunk = Chunk::Trailer(0),
                (b'\n', _) => *chunk = Chunk::Data(*size),
                (_, Some(digit)) if !*in_extension => {
                    *line += 1;
                    let more = size.checked_mul(16).ok_or(Garbled)?;
                    *size = more + u64::from(digit);
                }
                (b';' | b' ' | b'\t' | b'\r', _) if *line > 0 => {
                    *in_extension = true;
                    *line += 1;
                }
                (_, _) if *in_extension && *line < LINE_BYTES_MAX => *line += 1,
                _ => return Err(Garbled),
            },
            Chunk::Trailer(line) => match byte {
                b'\n' if *line == 0 => return Ok(Some(rest)),
                b'\n' => *line = 0,
                b'\r' => {}
                _ if *line < LINE_BYTES_MAX => *line += 1,
                _ => return Err(Garbled),
            },
        }
        bytes = rest;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OK: Answered = Answered {
        status: 200,
        keeps: true,
    };

    /// What comes of an answer whose connection is closed after it.
    fn read(bytes: &[u8], to_head: bool, piece: usize) -> Result<Option<Answered>, Garbled> {
        let mut answer = Answer::default();
        let mut whole = None;
        for piece in bytes.chunks(piece) {
            if whole.is_some() {
                return Err(Garbled);
            }
            whole = answer.take(piece, to_head)?;
        }
        Ok(whole.or(answer.end()))
    }

    #[track_caller]
    fn check(text: &str, to_head: bool, expected: Result<Option<Answered>, Garbled>) {
        let bytes = text.replace('\n', "\r\n").into_bytes();
        for piece in [1, 2, 3, 7, bytes.len().max(1)] {
            assert_eq!(read(&bytes, to_head, piece), expected, "by {piece}: {text}");
        }
    }

    #[test]
    fn answers_end_where_they_say() {
        let closes = |status| {
            let keeps = false;
            Ok(Some(Answered { status, keeps }))
        };
        let keeps = |status| {
            let keeps = true;
            Ok(Some(Answered { status, keeps }))
        };
        for (text, expected) in [
            ("HTTP/1.1 200 OK\ncontent-length: 2\n\nok", Ok(Some(OK))),
            ("HTTP/1.1 200 OK\nContent-Length: 0\n\n", Ok(Some(OK))),
            ("HTTP/1.1 204 No Content\n\n", keeps(204)),
            (
                "HTTP/1.1 304 Not Modified\ncontent-length: 9\n\n",
                keeps(304),
            ),
            (
                "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n2\nok\n0\n\n",
                Ok(Some(OK)),
            ),
            (
                "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\nA;x=1\n0123456789\n0\nx: y\n\n",
                Ok(Some(OK)),
            ),
            ("HTTP/1.1 200 OK\n\nall of it", closes(200)),
            (
                "HTTP/1.1 503 No\nconnection: close\ncontent-length: 1\n\n.",
                closes(503),
            ),
            ("HTTP/1.0 200 OK\ncontent-length: 1\n\n.", closes(200)),
            (
                "HTTP/1.0 200 OK\nconnection: keep-alive\ncontent-length: 1\n\n.",
                Ok(Some(OK)),
            ),
            (
                "HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\ncontent-length: 0\n\n",
                Ok(Some(OK)),
            ),
            // Cut.
            ("HTTP/1.1 200 OK\ncontent-length: 3\n\nok", Ok(None)),
            (
                "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n2\nok\n0\n",
                Ok(None),
            ),
            ("HTTP/1.1 200", Ok(None)),
            ("", Ok(None)),
        ] {
            check(text, false, expected);
        }
        check("HTTP/1.1 200 OK\ncontent-length: 5\n\n", true, Ok(Some(OK)));
    }

    #[test]
    fn what_is_no_answer_is_garbled() {
        for text in [
            "SSH-2.0-OpenSSH_9.2\n",
            "HTTP/1.1 200 OK\ncontent-length: 1\n\nok",
            "HTTP/1.1 200 OK\ncontent-length: -1\n\n",
            "HTTP/1.1 200 OK\ncontent-length: 1\ncontent-length: 2\n\n",
            "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\nxyz\n",
            "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n\n",
            "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n11111111111111111\n",
            "HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n1\nok\n0\n\n",
        ] {
            check(text, false, Err(Garbled));
        }
    }

    #[test]
    fn what_judges_want_is_kept() {
        let kept = |text: &str, piece: usize| {
            let mut answer = Answer::new(Keeps::Bodies);
            answer.begin();
            for piece in text.replace('\n', "\r\n").as_bytes().chunks(piece) {
                answer.take(piece, false).unwrap();
            }
            let kept = answer.kept();
            (kept.location, String::from_utf8(kept.body).unwrap())
        };
        let chunked =
            "HTTP/1.1 303 See\nLocation: /a\ntransfer-encoding: chunked\n\n2\nok\n1\n!\n0\n\n";
        let long = "x".repeat(3 * BODY_KEPT_BYTES_MAX);
        let lasts = format!("HTTP/1.1 200 OK\n\n{long}");
        for piece in [1, 3, 100_000] {
            assert_eq!(kept(chunked, piece), (Some("/a".into()), "ok!".into()));
            assert_eq!(kept(&lasts, piece).1, long[..BODY_KEPT_BYTES_MAX]);
        }
    }

    #[test]
    fn a_head_without_an_end_is_given_up() {
        let mut answer = Answer::default();
        let line = "x: 0123456789abcdef\r\n".repeat(50);
        let first = answer.take(b"HTTP/1.1 200 OK\r\n", false);
        assert_eq!(first, Ok(None));
        let given_up = (0..200).any(|_| answer.take(line.as_bytes(), false).is_err());
        assert!(given_up);
        assert!(answer.head.len() <= HEAD_BYTES_MAX + line.len());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>, piece in 1_usize..9) {
            let _ = read(&bytes, false, piece);
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            let _ = read(&[&head[..], &bytes].concat(), false, piece);
        }

        #[test]
        fn pieces_make_no_difference(body in "[ -~]{0,40}", piece in 1_usize..60) {
            let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            prop_assert_eq!(read(text.as_bytes(), false, piece), Ok(Some(OK)));
        }
    }
}
