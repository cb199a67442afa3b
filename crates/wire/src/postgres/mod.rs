//! PostgreSQL, frontend/backend protocol 3. `scan` finds the frames, `up` follows what the client
//! asks and opens steps, `down` matches what the server answers and closes them; `queue` holds
//! the two together. `meaning` and what it uses say what a statement touches, when asked.
//!
//! A step is a simple query until its ReadyForQuery; a Bind until its portal has run (the server
//! takes the snapshot at Bind, so that is where a step must be held); a further Execute of a
//! portal that ran before; or a function call. A Bind that is never executed ends with the next
//! Bind, Close or Sync. When answers stop matching what was asked, the connection passes
//! untouched from there: a wire never breaks a working system.

pub(crate) mod builtins;
pub(crate) mod calls;
pub(crate) mod control;
pub(crate) mod depth;
mod describe;
mod dialect;
mod down;
pub(crate) mod effects;
pub mod encode;
mod expressions;
mod frame;
pub(crate) mod keywords;
pub(crate) mod meaning;
pub(crate) mod memory;
pub(crate) mod names;
mod predicate;
mod queue;
mod reply;
pub(crate) mod rules;
mod scan;
mod scope;
pub(crate) mod shape;
mod shapes;
mod sources;
mod statements;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod up;
mod value;
pub(crate) mod values;
mod writes;

use crate::session::{Direction, Down, Frame, Look, Scan, Uncommitted, Up};

/// One connection.
#[derive(Debug, Default)]
pub struct Session {
    framing: scan::Framing,
    queue: queue::Queue,
    statements: statements::Statements,
    portals: statements::Portals,
    gathered: reply::Gathered,
    /// Whether the last Bind was neither executed nor closed yet, and its portal.
    is_bound: bool,
    bound: Vec<u8>,
    /// After an error, until Sync: the server ignores what is asked.
    discarding: bool,
    /// The server takes COPY data.
    copying: bool,
    /// In a transaction, as far as was asked and answered.
    in_transaction: bool,
    uncommitted: Uncommitted,
    /// What statements told it to remember.
    memory: memory::Memory,
    /// The server's process id.
    process: Option<u32>,
    /// Why the connection cannot be followed any more.
    lost: Option<&'static str>,
    obscure: u64,
    obscure_first: Option<String>,
}

impl crate::session::Session for Session {
    #[inline]
    fn scan(&mut self, direction: Direction, bytes: &[u8]) -> Scan {
        match self.lost {
            None => self.framing.scan(direction, bytes),
            Some(why) => Scan::Alien(why),
        }
    }

    fn up(&mut self, frame: Frame<'_>, look: Look) -> Up {
        if self.framing.starting {
            self.start_up(frame.bytes, look == Look::Full)
        } else {
            self.asked(frame.bytes, look == Look::Full)
        }
    }

    fn down(&mut self, frame: Frame<'_>, look: Look) -> Down {
        self.answered(frame.bytes, look == Look::Full)
    }

    fn brief(&self, frame: Frame<'_>, out: &mut Vec<u8>) {
        self.write_shape(frame.bytes, out);
    }

    /// Not yet in the extended protocol: Describe, Execute and Sync follow a Bind, and the answers
    /// to what stands before it are still to come.
    fn can_answer(&self, frame: &[u8]) -> bool {
        matches!(frame.first(), Some(b'Q' | b'F'))
    }

    fn not_understood(&self) -> (u64, Option<&str>) {
        (self.obscure, self.obscure_first.as_deref())
    }
}

impl Session {
    /// Counts something that was not understood.
    fn obscure(&mut self, why: &str) {
        self.obscure += 1;
        if self.obscure_first.is_none() {
            self.obscure_first = Some(why.to_string());
        }
    }
}
