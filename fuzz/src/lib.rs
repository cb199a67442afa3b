//! Drives a session with hostile bytes the way a pipe does. The input is a list of pieces: a byte
//! that says the direction, the look, whether frames are cut and how long the piece is, then the
//! bytes of the piece.

use model::Protocol;
use wire::session::{
    Direction, Down, FRAME_KEPT_BYTES_MAX, Frame, Look, Scan, Session, Up, session,
};

/// What a pipe keeps of one direction.
#[derive(Default)]
struct Side {
    kept: Vec<u8>,
    length: usize,
    /// The session was told of the current frame before its end.
    told: bool,
}

struct Pipe {
    session: Box<dyn Session>,
    /// Steps that began and have no end yet.
    open: u64,
}

/// How the bytes of one piece are treated.
#[derive(Clone, Copy)]
struct Manner {
    direction: Direction,
    look: Look,
    /// Of frames only a beginning is kept, and one that tells enough is told before its end.
    cut: bool,
}

/// Feeds the pieces to a fresh session.
pub fn feed(protocol: Protocol, mut input: &[u8]) {
    let mut pipe = Pipe { session: session(protocol), open: 0 };
    let mut sides = [Side::default(), Side::default()];
    while let [head, rest @ ..] = input {
        let manner = Manner {
            direction: if head & 1 == 0 { Direction::Up } else { Direction::Down },
            look: if head & 2 == 0 { Look::Full } else { Look::Brief },
            cut: head & 4 != 0,
        };
        let (piece, after) = rest.split_at(rest.len().min(2 * usize::from(head >> 3) + 1));
        input = after;
        if !pipe.piece(&mut sides[manner.direction as usize], manner, piece) {
            return;
        }
    }
}

impl Pipe {
    /// Scans a piece; false when the session looks no further.
    fn piece(&mut self, side: &mut Side, manner: Manner, mut piece: &[u8]) -> bool {
        while !piece.is_empty() {
            match self.session.scan(manner.direction, piece) {
                Scan::Alien(_) => return false,
                Scan::More => {
                    side.keep(piece);
                    let is_early = manner.cut && self.session.is_telling(manner.direction);
                    if is_early && !std::mem::replace(&mut side.told, true) {
                        let frame = Frame { bytes: &side.kept, whole: false };
                        return self.frame(manner, frame);
                    }
                    return true;
                }
                Scan::End(n) => {
                    assert!(n >= 1 && n <= piece.len());
                    side.keep(&piece[..n]);
                    piece = &piece[n..];
                    let Side { mut kept, length, told } = std::mem::take(side);
                    if manner.cut {
                        kept.truncate(kept.len().div_ceil(2));
                    }
                    let frame = Frame { bytes: &kept, whole: kept.len() == length };
                    if !told && !self.frame(manner, frame) {
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Tells the session of a frame.
    fn frame(&mut self, manner: Manner, frame: Frame<'_>) -> bool {
        match manner.direction {
            Direction::Up => {
                if let Up::Step(draft) = self.session.up(frame, manner.look) {
                    assert_eq!(draft.is_some(), manner.look == Look::Full);
                    self.session.brief(frame, &mut Vec::new());
                    self.open += 1;
                }
            }
            Direction::Down => match self.session.down(frame, manner.look) {
                Down::Opaque { .. } => return false,
                Down::End { reply, skipped } => {
                    assert_eq!(reply.is_some(), manner.look == Look::Full);
                    let closed = 1 + u64::from(skipped);
                    assert!(self.open >= closed, "a reply to no step");
                    self.open -= closed;
                }
                Down::Aside | Down::OneWay | Down::Part | Down::PartNow => {}
            },
        }
        true
    }
}

impl Side {
    fn keep(&mut self, piece: &[u8]) {
        let room = FRAME_KEPT_BYTES_MAX - self.kept.len();
        self.kept.extend_from_slice(&piece[..piece.len().min(room)]);
        self.length += piece.len();
    }
}
