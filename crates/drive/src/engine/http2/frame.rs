//! Frames of HTTP/2 (RFC 9113, section 4 and 6): their heads, their kinds, and what is padding.

use super::super::answer::Garbled;

/// Kinds of frames.
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

/// Flags. What acknowledges settings and pings is what ends streams elsewhere.
pub const ACK: u8 = 0x1;
pub const END_STREAM: u8 = 0x1;
pub const END_HEADERS: u8 = 0x4;
pub const PADDED: u8 = 0x8;
pub const PRIORITIZED: u8 = 0x20;

/// Why a stream or a connection ends.
pub const PROTOCOL_ERROR: u32 = 1;
pub const FLOW_CONTROL_ERROR: u32 = 3;
pub const REFUSED_STREAM: u32 = 7;
pub const CANCEL: u32 = 8;

/// Settings.
pub const HEADER_TABLE_SIZE: u16 = 1;
pub const ENABLE_PUSH: u16 = 2;
pub const MAX_CONCURRENT_STREAMS: u16 = 3;
pub const INITIAL_WINDOW_SIZE: u16 = 4;
pub const MAX_FRAME_SIZE: u16 = 5;

/// A head has so many bytes.
pub const HEAD_BYTES: usize = 9;

/// A frame carries so much at most, unless somebody says that he takes more, which we do not.
pub const PAYLOAD_BYTES_MAX: usize = 16_384;

/// Ids of streams and sizes of windows have so many bits; the one above means nothing.
pub const BITS_31: u32 = 0x7fff_ffff;

/// What stands before a frame's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub length: usize,
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
}

impl Head {
    /// The head at the beginning of these bytes, if it is all there.
    pub fn read(bytes: &[u8]) -> Option<Head> {
        let [a, b, c, kind, flags, stream @ ..] = bytes.first_chunk::<HEAD_BYTES>()?;
        Some(Head {
            length: u32::from_be_bytes([0, *a, *b, *c]) as usize,
            kind: *kind,
            flags: *flags,
            stream: u32::from_be_bytes(*stream) & BITS_31,
        })
    }

    /// As it goes over the connection.
    pub fn bytes(self) -> [u8; HEAD_BYTES] {
        let [_, a, b, c] = (self.length as u32).to_be_bytes();
        let [d, e, f, g] = self.stream.to_be_bytes();
        [a, b, c, self.kind, self.flags, d, e, f, g]
    }

    pub fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Of a payload, what is no padding.
    pub fn without_padding(self, payload: &[u8]) -> Result<&[u8], Garbled> {
        if !self.has(PADDED) {
            return Ok(payload);
        }
        let (padding, rest) = payload.split_first().ok_or(Garbled)?;
        let length = rest.len().checked_sub(usize::from(*padding));
        Ok(&rest[..length.ok_or(Garbled)?])
    }
}

/// A frame's head, its payload, and what follows it.
type Split<'a> = (Head, &'a [u8], &'a [u8]);

/// The first frame of these bytes and what follows it, if it is all there.
pub fn split(bytes: &[u8]) -> Result<Option<Split<'_>>, Garbled> {
    let Some(head) = Head::read(bytes) else {
        return Ok(None);
    };
    if head.length > PAYLOAD_BYTES_MAX {
        return Err(Garbled);
    }
    let rest = bytes[HEAD_BYTES..].split_at_checked(head.length);
    Ok(rest.map(|(payload, rest)| (head, payload, rest)))
}

/// How many bytes lack until the head, or with the head the frame, is there.
pub fn lacking(bytes: &[u8]) -> Result<usize, Garbled> {
    match Head::read(bytes) {
        None => Ok(HEAD_BYTES - bytes.len()),
        Some(head) if head.length > PAYLOAD_BYTES_MAX => Err(Garbled),
        Some(head) => Ok((HEAD_BYTES + head.length).saturating_sub(bytes.len())),
    }
}

/// The number that a payload of four bytes is.
pub fn number(payload: &[u8]) -> Result<u32, Garbled> {
    let bytes = payload.try_into().map_err(|_| Garbled)?;
    Ok(u32::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_end_where_they_say() {
        let ping = [0, 0, 2, PING, ACK, 0x80, 0, 0, 3, b'a', b'b', b'c'];
        let head = Head {
            length: 2,
            kind: PING,
            flags: ACK,
            stream: 3,
        };
        assert_eq!(split(&ping), Ok(Some((head, &b"ab"[..], &b"c"[..]))));
        for cut in 0..11 {
            assert_eq!(split(&ping[..cut]), Ok(None));
            let lacks = if cut < HEAD_BYTES { 9 - cut } else { 11 - cut };
            assert_eq!(lacking(&ping[..cut]), Ok(lacks));
        }
        let too_long = [0, 0x40, 1, DATA, 0, 0, 0, 0, 1];
        assert_eq!(split(&too_long), Err(Garbled));
        assert_eq!(lacking(&too_long), Err(Garbled));
    }

    #[test]
    fn padding_is_taken_off() {
        let with = |flags, payload: &'static [u8]| {
            let head = Head {
                length: payload.len(),
                kind: DATA,
                flags,
                stream: 1,
            };
            head.without_padding(payload)
        };
        assert_eq!(with(0, b"\x01ab"), Ok(&b"\x01ab"[..]));
        assert_eq!(with(PADDED, b"\x01ab"), Ok(&b"a"[..]));
        assert_eq!(with(PADDED, b"\x02ab"), Ok(&b""[..]));
        assert_eq!(with(PADDED, b"\x03ab"), Err(Garbled));
        assert_eq!(with(PADDED, b""), Err(Garbled));
    }

    proptest! {
        #[test]
        fn heads_are_read_again(length in 0_usize..1 << 24, kind: u8, flags: u8, stream in 0..=BITS_31) {
            let head = Head { length, kind, flags, stream };
            prop_assert_eq!(Head::read(&head.bytes()), Some(head));
        }
    }
}
