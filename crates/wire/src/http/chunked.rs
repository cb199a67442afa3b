//! A chunked body as it arrives in pieces of any size. Strict where peers are known to differ:
//! a bare LF, a size that is no plain hexadecimal, an endless extension are errors.

use super::head::Why;

/// Digits in a chunk's size.
pub(super) const SIZE_DIGITS_MAX: u32 = 15;

/// Bytes of one chunk's extensions.
pub(super) const EXTENSION_BYTES_MAX: u32 = 16 * 1024;

/// Bytes of all trailers of one body.
pub(super) const TRAILER_BYTES_MAX: u32 = 64 * 1024;

/// Where in a chunked body we are.
#[derive(Debug, Default, Clone)]
pub(super) struct Chunked {
    state: State,
    /// The size so far, then the data bytes still to come.
    left: u64,
    /// What the limit of the current state counts.
    spent: u32,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Blank,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    Trailer,
    TrailerLine,
    TrailerLf,
    LastLf,
}

/// How far some bytes brought a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// All of them belong to a chunk that goes on.
    More,
    /// A chunk ended after so many of them.
    Chunk(usize),
    /// The body ended after so many of them.
    Last(usize),
}

impl Chunked {
    /// Looks for the end of the current chunk; its data is handed to `data` as it passes.
    pub(super) fn advance(
        &mut self,
        bytes: &[u8],
        mut data: impl FnMut(&[u8]),
    ) -> Result<Progress, Why> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let rest = &bytes[at..];
            match self.state {
                State::Data => {
                    let here = usize::try_from(self.left)
                        .unwrap_or(usize::MAX)
                        .min(rest.len());
                    data(&rest[..here]);
                    at += here;
                    self.left -= here as u64;
                    if self.left == 0 {
                        self.state = State::DataCr;
                    }
                    continue;
                }
                // What nearly every chunk looks like, when it has arrived; the rest of this
                // function reads the same byte by byte.
                State::Size if self.spent == 0 => {
                    if let Some((size, length)) = plain_size(rest) {
                        self.left = size;
                        self.state = if size == 0 {
                            State::Trailer
                        } else {
                            State::Data
                        };
                        at += length;
                        continue;
                    }
                }
                State::DataCr if rest.starts_with(b"\r\n") => {
                    self.state = State::Size;
                    return Ok(Progress::Chunk(at + 2));
                }
                State::Trailer if rest.starts_with(b"\r\n") => {
                    *self = Chunked::default();
                    return Ok(Progress::Last(at + 2));
                }
                _ => {}
            }
            at += 1;
            let was = self.state;
            self.state = self.after(byte)?;
            match was {
                State::DataLf => return Ok(Progress::Chunk(at)),
                State::LastLf => return Ok(Progress::Last(at)),
                _ => {}
            }
        }
        Ok(Progress::More)
    }

    /// The state after a byte that is no data.
    fn after(&mut self, byte: u8) -> Result<State, Why> {
        match (self.state, byte) {
            (State::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => self.digit(byte),
            (State::Size, _) if self.spent == 0 => Err("a chunk without a size"),
            (State::Size | State::Blank, b' ' | b'\t') => self.spend(State::Blank),
            (State::Size | State::Blank, b';') => self.spend(State::Extension),
            (State::Size | State::Blank | State::Extension, b'\r') => Ok(State::SizeLf),
            (State::Size | State::Blank, _) => Err("a chunk size that is no number"),
            (State::Extension, b'\n') => Err("a bare LF in a chunk's extension"),
            (State::Extension, _) => self.spend(State::Extension),
            (State::SizeLf, b'\n') => {
                self.spent = 0;
                Ok(if self.left == 0 {
                    State::Trailer
                } else {
                    State::Data
                })
            }
            (State::SizeLf, _) => Err("a bare CR after a chunk size"),
            (State::Data | State::DataCr, b'\r') => Ok(State::DataLf),
            (State::DataLf, b'\n') => Ok(State::Size),
            (State::Data | State::DataCr | State::DataLf, _) => {
                Err("a chunk that is longer than its size")
            }
            (State::Trailer, b'\r') => Ok(State::LastLf),
            (State::TrailerLine, b'\r') => Ok(State::TrailerLf),
            (State::Trailer | State::TrailerLine, b'\n') => Err("a bare LF in a trailer"),
            (State::Trailer | State::TrailerLine, _) => self.trailer(),
            (State::TrailerLf, b'\n') => Ok(State::Trailer),
            (State::LastLf, b'\n') => Ok(State::Size),
            (State::TrailerLf | State::LastLf, _) => Err("a bare CR in a trailer"),
        }
    }

    fn digit(&mut self, byte: u8) -> Result<State, Why> {
        if self.spent == SIZE_DIGITS_MAX {
            return Err("a chunk size with too many digits");
        }
        self.spent += 1;
        let digit = char::from(byte).to_digit(16).unwrap_or(0);
        self.left = self.left << 4 | u64::from(digit);
        Ok(State::Size)
    }

    fn spend(&mut self, next: State) -> Result<State, Why> {
        if self.spent == EXTENSION_BYTES_MAX {
            return Err("a chunk's extension is too long");
        }
        self.spent += 1;
        Ok(next)
    }

    fn trailer(&mut self) -> Result<State, Why> {
        if self.spent == TRAILER_BYTES_MAX {
            return Err("trailers are too long");
        }
        self.spent += 1;
        Ok(State::TrailerLine)
    }
}

/// A size of a few digits with nothing but CRLF behind it, and the length of all that.
fn plain_size(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut size = 0;
    for (at, byte) in bytes.iter().enumerate().take(8) {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b'\r' if at > 0 && bytes.get(at + 1) == Some(&b'\n') => return Some((size, at + 2)),
            _ => return None,
        };
        size = size << 4 | u64::from(digit);
    }
    None
}

/// The data of a chunked body, or of its start; at most `limit` bytes.
pub(super) fn data(mut bytes: &[u8], limit: usize) -> Vec<u8> {
    let mut chunked = Chunked::default();
    let mut out = Vec::new();
    while out.len() < limit {
        let end = chunked.advance(bytes, |data| {
            out.extend_from_slice(&data[..data.len().min(limit - out.len())]);
        });
        match end {
            Ok(Progress::Chunk(end)) => bytes = &bytes[end..],
            Ok(Progress::More | Progress::Last(_)) | Err(_) => break,
        }
    }
    out
}
