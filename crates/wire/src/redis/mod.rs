//! Redis: RESP2 and RESP3, from bytes to steps. `scan` finds frames, `conversation` (with `sent`
//! and `received`) pairs replies with commands, `table`, `keys` and `steps` say what a command
//! touches, `shape` and `reply` put it in words, `encode` writes answers.
//!
//! Resources are keys by their own names, `db3/key` outside of database 0, `channel/name` for
//! publish and subscribe, and `*` for what may be anything.

mod arguments;
mod conversation;
pub mod encode;
mod keys;
mod pending;
mod received;
mod reply;
mod scan;
mod sent;
mod shape;
mod steps;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod value;
mod verbs;

use model::Transaction;

use self::conversation::{Conversation, Got, Sent};
use self::pending::Pending;
use self::scan::Scanner;
use crate::session::{Direction, Down, Draft, Frame, Look, Scan, Up};

/// One connection to Redis.
#[derive(Debug, Default)]
pub struct Session {
    up: Scanner<true>,
    down: Scanner<false>,
    conversation: Conversation,
    pending: Pending,
    not_understood: u64,
    first_reason: Option<String>,
}

impl crate::session::Session for Session {
    fn scan(&mut self, direction: Direction, bytes: &[u8]) -> Scan {
        if let Some(why) = self.conversation.lost {
            return Scan::Alien(why);
        }
        match direction {
            Direction::Up => self.up.scan(bytes),
            Direction::Down => self.down.scan(bytes),
        }
    }

    fn up(&mut self, frame: Frame<'_>, look: Look) -> Up {
        let database = self.conversation.database;
        match self.conversation.sent(frame.bytes) {
            Sent::Nothing => Up::Pass,
            Sent::NoReply => {
                self.wonder("a command without a reply (CLIENT REPLY)");
                Up::Pass
            }
            Sent::Step(transaction) if look == Look::Brief => {
                match transaction {
                    Transaction::None => {}
                    Transaction::Begin => self.pending.begin(),
                    Transaction::Inside => self.pending.queue_unseen(),
                    Transaction::Commit | Transaction::Rollback => self.pending.clear(),
                }
                Up::Step(None)
            }
            Sent::Step(transaction) => Up::Step(Some(Box::new(self.describe(
                frame.bytes,
                database,
                transaction,
            )))),
        }
    }

    fn down(&mut self, frame: Frame<'_>, look: Look) -> Down {
        match self.conversation.received(frame.bytes) {
            Got::Aside => Down::Aside,
            Got::Part => Down::Part,
            Got::End => {
                let describe = || Box::new(reply::describe(frame.bytes));
                Down::End {
                    reply: (look == Look::Full).then(describe),
                    skipped: 0,
                }
            }
        }
    }

    fn brief(&self, frame: Frame<'_>, out: &mut Vec<u8>) {
        shape::frame_shape(frame.bytes, out);
    }

    fn not_understood(&self) -> (u64, Option<&str>) {
        (self.not_understood, self.first_reason.as_deref())
    }
}

impl Session {
    fn describe(&mut self, frame: &[u8], database: u32, transaction: Transaction) -> Draft {
        let described = steps::describe(frame, database, transaction);
        if let Some(why) = described.why_not {
            self.wonder(&why);
        }
        let mut draft = described.draft;
        match (transaction, draft.verb.as_str()) {
            (Transaction::Begin, _) => self.pending.begin(),
            (Transaction::Commit, _) => draft.effects = self.pending.execute(),
            (Transaction::Rollback, _) | (_, "UNWATCH" | "RESET") => self.pending.clear(),
            (Transaction::Inside, _) => self.pending.queue(&draft.effects),
            (_, "WATCH") => self.pending.watch(&draft.effects),
            _ => {}
        }
        draft
    }

    fn wonder(&mut self, why: &str) {
        self.not_understood += 1;
        self.first_reason.get_or_insert_with(|| why.to_string());
    }
}
