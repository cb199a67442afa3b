//! Framing: where messages end. The first thing that touches bytes on the data path, so it looks
//! at five bytes a message and counts the rest. Knows the start-up packets (a length without a
//! tag) and the tagged messages of both directions, and nothing of what they mean.

use crate::session::{Direction, Scan};

/// PostgreSQL itself refuses longer messages.
pub const MESSAGE_BYTES_MAX: usize = 1 << 30;
/// As in PostgreSQL.
pub const START_UP_BYTES_MAX: usize = 10_000;

/// Length and code of a start-up packet.
const START_UP_HEAD: usize = 8;
/// Tag and length of a message.
const HEAD: usize = 5;

/// Tags a client sends: Bind, Close, copy data, done and fail, Describe, Execute, Flush, function
/// call, Parse, Query, password and its kin, Sync, Terminate.
const UP_TAGS: [bool; 256] = tags(b"BCDEFHPQSXcdfp");
/// Tags a server sends.
const DOWN_TAGS: [bool; 256] = tags(b"123ACDEGHIKNRSTVWZcdnstv");

const fn tags(known: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut i = 0;
    while i < known.len() {
        table[known[i] as usize] = true;
        i += 1;
    }
    table
}

/// The state of one direction.
#[derive(Debug, Default)]
struct Side {
    /// Bytes of the current message still to come, once its head was seen.
    left: usize,
    /// The head so far, when it came in pieces.
    head: [u8; START_UP_HEAD],
    have: usize,
}

/// The state of both directions.
#[derive(Debug)]
pub struct Framing {
    sides: [Side; 2],
    /// The next packet up is a start-up packet.
    pub starting: bool,
}

impl Default for Framing {
    fn default() -> Framing {
        Framing {
            sides: [Side::default(), Side::default()],
            starting: true,
        }
    }
}

impl Framing {
    /// See [`crate::session::Session::scan`].
    #[inline]
    pub fn scan(&mut self, direction: Direction, bytes: &[u8]) -> Scan {
        let side = &mut self.sides[direction as usize];
        if side.left > 0 {
            return side.go_on(bytes, 0);
        }
        let starting = self.starting && direction == Direction::Up;
        if side.have == 0 && !starting && bytes.len() >= HEAD {
            return match message_length(direction, bytes) {
                Ok(length) => {
                    side.left = length;
                    side.go_on(bytes, 0)
                }
                Err(why) => Scan::Alien(why),
            };
        }
        side.gather(direction, starting, bytes)
    }
}

impl Side {
    /// Counts the rest of a message whose end is known, from `bytes[from..]`.
    #[inline]
    fn go_on(&mut self, bytes: &[u8], from: usize) -> Scan {
        let end = self.left.saturating_add(from);
        if end <= bytes.len() {
            self.left = 0;
            Scan::End(end)
        } else {
            self.left = end - bytes.len();
            Scan::More
        }
    }

    /// The slow way: a start-up packet, or a head that comes in pieces.
    fn gather(&mut self, direction: Direction, starting: bool, bytes: &[u8]) -> Scan {
        let size = if starting { START_UP_HEAD } else { HEAD };
        let take = size.saturating_sub(self.have).min(bytes.len());
        self.head[self.have..self.have + take].copy_from_slice(&bytes[..take]);
        self.have += take;
        if starting && self.head[0] == 0x16 && self.have > 0 {
            return Scan::Alien("TLS");
        }
        if self.have < size {
            return Scan::More;
        }
        self.have = 0;
        let length = match starting {
            true => start_up_length(&self.head),
            false => message_length(direction, &self.head),
        };
        match length {
            Ok(length) if length == size => Scan::End(take),
            Ok(length) => {
                self.left = length - size;
                // With nothing of the body at hand the count starts with the next bytes.
                if take == bytes.len() {
                    Scan::More
                } else {
                    self.go_on(bytes, take)
                }
            }
            Err(why) => Scan::Alien(why),
        }
    }
}

/// How long a message is, tag and all.
#[inline]
fn message_length(direction: Direction, head: &[u8]) -> Result<usize, &'static str> {
    let known = match direction {
        Direction::Up => &UP_TAGS,
        Direction::Down => &DOWN_TAGS,
    };
    if !known[usize::from(head[0])] {
        return Err("not a PostgreSQL message");
    }
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    if !(4..=MESSAGE_BYTES_MAX).contains(&length) {
        return Err("a PostgreSQL message of an impossible length");
    }
    Ok(length + 1)
}

fn start_up_length(head: &[u8; START_UP_HEAD]) -> Result<usize, &'static str> {
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let code = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
    if !(START_UP_HEAD..=START_UP_BYTES_MAX).contains(&length) {
        return Err("a PostgreSQL start-up of an impossible length");
    }
    match StartUp::of(code) {
        StartUp::Unknown => Err("not PostgreSQL protocol 3"),
        _ => Ok(length),
    }
}

/// What a start-up packet asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartUp {
    /// TLS or GSSAPI encryption, which a wire declines.
    Encryption,
    /// To cancel what another connection runs.
    Cancel,
    /// A session of protocol 3.
    Session,
    /// Something else.
    Unknown,
}

impl StartUp {
    /// By the packet's code.
    pub fn of(code: u32) -> StartUp {
        match code {
            80_877_103 | 80_877_104 => StartUp::Encryption,
            80_877_102 => StartUp::Cancel,
            _ if code >> 16 == 3 => StartUp::Session,
            _ => StartUp::Unknown,
        }
    }
}
