//! What the tests of all protocols share: a session driven by bytes in slices of any size.

use std::fmt::Write;

use crate::session::{
    Direction, Down, Draft, FRAME_KEPT_BYTES_MAX, Frame, Look, Scan, Session, Up,
};

/// Drives one session the way a pipe does, and writes down what it says.
pub struct Driver<S> {
    /// The session.
    pub session: S,
    kept: [Vec<u8>; 2],
    length: [usize; 2],
    opaque: bool,
    /// Steps that began and have no end yet.
    pub open: u64,
    /// What was said, a line per frame.
    pub said: String,
    /// Every described step.
    pub steps: Vec<Draft>,
}

impl<S: Session> Driver<S> {
    pub fn new(session: S) -> Driver<S> {
        Driver {
            session,
            kept: [Vec::new(), Vec::new()],
            length: [0, 0],
            opaque: false,
            open: 0,
            said: String::new(),
            steps: Vec::new(),
        }
    }

    /// Feeds bytes in slices of at most `slice` bytes.
    pub fn feed(&mut self, direction: Direction, bytes: &[u8], slice: usize) {
        for piece in bytes.chunks(slice.max(1)) {
            self.feed_once(direction, piece);
        }
    }

    fn feed_once(&mut self, direction: Direction, mut bytes: &[u8]) {
        let side = direction as usize;
        while !bytes.is_empty() && !self.opaque {
            match self.session.scan(direction, bytes) {
                Scan::End(n) => {
                    assert!(n >= 1 && n <= bytes.len(), "a frame end outside the bytes");
                    self.keep(side, &bytes[..n]);
                    bytes = &bytes[n..];
                    let kept = std::mem::take(&mut self.kept[side]);
                    let whole = std::mem::take(&mut self.length[side]) == kept.len();
                    self.frame(
                        direction,
                        Frame {
                            bytes: &kept,
                            whole,
                        },
                    );
                }
                Scan::More => {
                    self.keep(side, bytes);
                    return;
                }
                Scan::Alien(why) => {
                    let _ = writeln!(self.said, "{direction:?} alien: {why}");
                    self.opaque = true;
                }
            }
        }
    }

    fn keep(&mut self, side: usize, bytes: &[u8]) {
        self.length[side] += bytes.len();
        let room = FRAME_KEPT_BYTES_MAX - self.kept[side].len();
        self.kept[side].extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn frame(&mut self, direction: Direction, frame: Frame<'_>) {
        let line = match direction {
            Direction::Up => match self.session.up(frame, Look::Full) {
                Up::Pass => "up   pass".to_string(),
                Up::OneWay(draft) => format!(
                    "up   one way {}",
                    show(&draft.expect("a full look describes"))
                ),
                Up::Local(answer) => format!("up   local {:?}", String::from_utf8_lossy(answer)),
                Up::Step(draft) => {
                    self.open += 1;
                    let draft = *draft.expect("a full look describes");
                    let mut brief = Vec::new();
                    self.session.brief(frame, &mut brief);
                    let line = format!(
                        "up   {}   brief {:?}",
                        show(&draft),
                        String::from_utf8_lossy(&brief)
                    );
                    self.steps.push(draft);
                    line
                }
            },
            Direction::Down => match self.session.down(frame, Look::Full) {
                Down::Aside => "down aside".to_string(),
                Down::OneWay => "down one way".to_string(),
                Down::Part => "down part".to_string(),
                Down::PartNow => "down part now".to_string(),
                Down::End { reply, skipped } => {
                    let closed = 1 + u64::from(skipped);
                    assert!(self.open >= closed, "a reply to no step\n{}", self.said);
                    self.open -= closed;
                    let reply = reply.expect("a full look describes");
                    format!(
                        "down {:?} {:?} rows {:?} code {:?} skipped {skipped}",
                        reply.kind, reply.value, reply.rows, reply.code
                    )
                }
                Down::Opaque { .. } => {
                    self.opaque = true;
                    self.open = self.open.saturating_sub(1);
                    "down opaque".to_string()
                }
            },
        };
        self.said.push_str(&line);
        self.said.push('\n');
    }
}

pub fn show(draft: &Draft) -> String {
    let mut line = format!("{} | {}", draft.verb, draft.shape);
    if draft.text != draft.shape {
        let _ = write!(line, " | {:?}", draft.text);
    }
    if !draft.parameters.is_empty() {
        let _ = write!(line, " {:?}", draft.parameters);
    }
    for effect in &draft.effects {
        let _ = write!(line, " [{:?} {}", effect.access, effect.resource);
        if !effect.part.is_empty() {
            let _ = write!(line, " where {}", effect.part_text());
        }
        line.push(']');
    }
    if draft.transaction != model::Transaction::None {
        let _ = write!(line, " tx {:?}", draft.transaction);
    }
    if let Some(level) = draft
        .isolation
        .filter(|level| *level != model::Isolation::default())
    {
        let _ = write!(line, " {level:?}");
    }
    if draft.noise {
        line.push_str(" noise");
    }
    line
}
