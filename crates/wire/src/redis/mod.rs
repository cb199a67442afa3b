//! Raw TCP: every piece that arrives is a frame and a step of its own; nothing is understood,
//! so nothing has a reply.

use crate::session::{Direction, Down, Frame, Look, Scan, Up};

/// A connection whose bytes mean nothing to us.
#[derive(Debug, Default)]
pub struct Session;

impl crate::session::Session for Session {
    fn scan(&mut self, _direction: Direction, bytes: &[u8]) -> Scan {
        Scan::End(bytes.len())
    }

    fn up(&mut self, _frame: Frame<'_>, _look: Look) -> Up {
        Up::Pass
    }

    fn down(&mut self, _frame: Frame<'_>, _look: Look) -> Down {
        Down::Aside
    }

    fn brief(&self, _frame: Frame<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"bytes");
    }
}
