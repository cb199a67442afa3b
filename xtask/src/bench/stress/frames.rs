//! As much of HTTP/2 as a server needs that answers every request the same: where requests end, and
//! what to say.

/// What a client begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEAD_BYTES: usize = 9;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;

/// Of DATA and HEADERS: the last of its stream. Of SETTINGS: an answer.
const END_OR_ACK: u8 = 1;

/// Frames of one connection, as far as they have come.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    is_greeted: bool,
}

impl Frames {
    /// Whether a client begins so.
    pub fn begin(bytes: &[u8]) -> bool {
        bytes.starts_with(&PREFACE[..3])
    }

    /// Takes what came; says how many requests ended in it, and what to answer.
    pub fn take(&mut self, bytes: &[u8]) -> (usize, Vec<u8>) {
        self.bytes.extend_from_slice(bytes);
        let mut answer = Vec::new();
        if !self.is_greeted {
            if self.bytes.len() < PREFACE.len() {
                return (0, answer);
            }
            self.bytes.drain(..PREFACE.len());
            self.is_greeted = true;
            answer.extend(frame(SETTINGS, 0, 0, &[]));
        }
        let (mut used, mut ended) = (0, 0);
        while let Some([a, b, c, kind, flags, stream @ ..]) =
            self.bytes[used..].first_chunk::<HEAD_BYTES>()
        {
            let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            if self.bytes.len() - used < HEAD_BYTES + length {
                break;
            }
            let is_last = flags & END_OR_ACK != 0;
            match *kind {
                SETTINGS if !is_last => answer.extend(frame(SETTINGS, END_OR_ACK, 0, &[])),
                DATA | HEADERS if is_last => {
                    ended += 1;
                    // One header, by its place in the static table: status 200.
                    let stream = u32::from_be_bytes(*stream);
                    answer.extend(frame(HEADERS, END_OR_ACK | 4, stream, &[0x88]));
                }
                _ => {}
            }
            used += HEAD_BYTES + length;
        }
        self.bytes.drain(..used);
        (ended, answer)
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_end_wherever_frames_are_cut() {
        let settings = frame(SETTINGS, 0, 0, &[0; 6]);
        let request = frame(HEADERS, 5, 1, b"abc");
        let with_body = [frame(HEADERS, 4, 3, b"abc"), frame(DATA, 1, 3, b"")].concat();
        let all = [PREFACE, &settings, &request, &with_body].concat();
        for piece in 1..=all.len() {
            let mut frames = Frames::default();
            let (mut ended, mut said) = (0, Vec::new());
            for bytes in all.chunks(piece) {
                let (more, answer) = frames.take(bytes);
                ended += more;
                said.extend(answer);
            }
            assert_eq!(ended, 2, "by {piece}");
            let expected = [
                frame(SETTINGS, 0, 0, &[]),
                frame(SETTINGS, 1, 0, &[]),
                frame(HEADERS, 5, 1, &[0x88]),
                frame(HEADERS, 5, 3, &[0x88]),
            ];
            assert_eq!(said, expected.concat());
        }
        assert!(Frames::begin(&all) && !Frames::begin(b"GET / HTTP/1.1"));
    }
}
