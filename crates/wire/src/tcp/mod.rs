//! Raw TCP: every piece that arrives is a frame and a one-way step; nothing is understood, so
//! nothing has a reply.

use crate::session::{self, Direction, Down, Draft, Frame, Look, Scan, Up, readable};

/// A connection whose bytes mean nothing to us.
#[derive(Debug, Default)]
pub struct Session {}

impl session::Session for Session {
    fn scan(&mut self, _direction: Direction, bytes: &[u8]) -> Scan {
        Scan::End(bytes.len())
    }

    fn up(&mut self, frame: Frame<'_>, look: Look) -> Up {
        Up::OneWay((look == Look::Full).then(|| {
            Box::new(Draft {
                verb: "BYTES".to_string(),
                shape: "BYTES".to_string(),
                text: readable(frame.bytes),
                ..Draft::default()
            })
        }))
    }

    fn down(&mut self, _frame: Frame<'_>, _look: Look) -> Down {
        Down::OneWay
    }

    fn brief(&self, _frame: Frame<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"BYTES");
    }
}
