//! Drives a session with hostile bytes. The input is a list of pieces: a byte for the direction
//! and length, then that many bytes.

use model::Protocol;
use wire::session::{Direction, Down, FRAME_KEPT_BYTES_MAX, Frame, Look, Scan, Up, session};

/// Feeds the pieces to a fresh session the way a pipe does.
pub fn feed(protocol: Protocol, mut input: &[u8]) {
    let mut session = session(protocol);
    let mut kept = [Vec::new(), Vec::new()];
    while let [head, rest @ ..] = input {
        let direction = if head & 1 == 0 { Direction::Up } else { Direction::Down };
        let look = if head & 2 == 0 { Look::Full } else { Look::Brief };
        let (mut piece, after) = rest.split_at(rest.len().min(usize::from(head >> 2) + 1));
        input = after;
        while !piece.is_empty() {
            let kept = &mut kept[direction as usize];
            let room = FRAME_KEPT_BYTES_MAX - kept.len();
            match session.scan(direction, piece) {
                Scan::Alien(_) => return,
                Scan::More => {
                    kept.extend_from_slice(&piece[..piece.len().min(room)]);
                    piece = &[];
                }
                Scan::End(n) => {
                    assert!(n >= 1 && n <= piece.len());
                    kept.extend_from_slice(&piece[..n.min(room)]);
                    piece = &piece[n..];
                    let bytes = std::mem::take(kept);
                    let frame = Frame { bytes: &bytes, whole: true };
                    match direction {
                        Direction::Up => {
                            if let Up::Step(_) = session.up(frame, look) {
                                session.brief(frame, &mut Vec::new());
                            }
                        }
                        Direction::Down => {
                            if let Down::Opaque { .. } = session.down(frame, look) {
                                return;
                            }
                        }
                    }
                }
            }
        }
    }
}
