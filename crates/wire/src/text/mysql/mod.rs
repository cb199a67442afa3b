//! MySQL and MariaDB as PostgreSQL's neighbours: the same walk over the same trees says what a
//! statement touches, `dialect` puts MySQL's words in front of it, `control` knows the statements
//! that their first words tell, and this file follows the transactions of a session.

mod builtins;
mod control;
mod dialect;
pub mod meaning;
mod shape;

use std::sync::Arc;

use model::{Access, Effect, Isolation, Transaction};

pub use self::dialect::reworded;
use super::Unread;
use crate::postgres::meaning::{Control, Meaning};
use crate::postgres::memory::Change;
use crate::session::{Draft, Uncommitted, readable};

/// Parameters of a step that are kept.
const PARAMETERS_MAX: usize = 1024;

/// What is remembered of a session.
///
/// Its isolation is never `RepeatableRead`, though that is MySQL's default: there, statements that
/// lock or write see the newest rows and nobody is told that a row changed since it was read. A
/// lost update goes through, as it does in `ReadCommitted`, so that is what such a session is
/// said to have.
#[derive(Debug, Default)]
pub struct Session {
    in_transaction: bool,
    /// Statements are no transactions of their own: the first one opens one.
    manual: bool,
    /// Of the running transaction.
    running: Isolation,
    /// Of the next one alone.
    next: Option<Isolation>,
    /// Of those to come.
    default: Isolation,
    /// What LOCK TABLES took.
    locked: Vec<Effect>,
    uncommitted: Uncommitted,
    unread: Unread,
}

impl Session {
    /// The step that a statement is.
    pub fn describe(&mut self, sql: &[u8], parameters: &[Option<String>]) -> Draft {
        let meaning: Arc<Meaning> = meaning::of(sql);
        if let Some(why) = &meaning.obscure {
            self.unread.note(why);
        }
        let kept = parameters.iter().take(PARAMETERS_MAX);
        let shown = |value: &Option<String>| Some(readable(value.as_ref()?.as_bytes()));
        let parameters: Vec<_> = kept.map(shown).collect();
        let mut effects = meaning.effects(&parameters);
        match meaning.verb.as_str() {
            "LOCK" => {
                let locks = effects
                    .iter()
                    .filter(|effect| effect.access == Access::Lock);
                self.locked = locks.cloned().collect();
            }
            "UNLOCK" => effects.append(&mut self.unlocked()),
            _ => {}
        }
        meaning.changes.iter().for_each(|change| self.take(change));
        let transaction = self.moved(&meaning);
        let commits = self.uncommitted.take(transaction, &effects);
        let mut draft = Draft {
            verb: meaning.verb.clone(),
            shape: meaning.shape.clone(),
            text: readable(sql),
            effects,
            parameters,
            transaction,
            commits,
            noise: meaning.noise && transaction != Transaction::Commit,
            ..Draft::default()
        };
        let begins = matches!(meaning.control, Some(Control::Begin | Control::Whole));
        draft.isolation = if begins || transaction != Transaction::None {
            Some(self.running)
        } else {
            (self.default != Isolation::default()).then_some(self.default)
        };
        draft
    }

    /// How many texts were not understood so far, and why the first was not.
    pub fn not_understood(&self) -> (u64, Option<&str>) {
        (self.unread.count, self.unread.first.as_deref())
    }

    /// Where a statement stands in its transaction; the session moves on.
    fn moved(&mut self, meaning: &Meaning) -> Transaction {
        let commits = |change: &Change| *change == Change::Autocommit(true);
        let control = match meaning.control {
            // The definition of data commits what is open, and is none where nothing is.
            Some(Control::Commit) if !self.in_transaction && meaning.verb != "COMMIT" => None,
            None if self.in_transaction && meaning.changes.iter().any(commits) => {
                Some(Control::Commit)
            }
            None if self.manual && !self.in_transaction && !meaning.touches.is_empty() => {
                Some(Control::Begin)
            }
            control => control,
        };
        if matches!(control, Some(Control::Begin | Control::Whole)) {
            self.running = self.next.take().unwrap_or(self.default);
        } else if !self.in_transaction && !meaning.touches.is_empty() {
            // It was a transaction of its own.
            self.next = None;
        }
        let inside = self.in_transaction;
        self.in_transaction = match control {
            Some(Control::Begin) => true,
            Some(_) => false,
            None => inside,
        };
        match control {
            Some(Control::Begin) => Transaction::Begin,
            Some(Control::Commit) => Transaction::Commit,
            Some(Control::Rollback) => Transaction::Rollback,
            Some(Control::Whole) | None if inside => Transaction::Inside,
            Some(Control::Whole) | None => Transaction::None,
        }
    }

    fn take(&mut self, change: &Change) {
        match change {
            Change::Level(level) => self.next = Some(*level),
            Change::Default(level) => self.default = level.unwrap_or_default(),
            Change::Autocommit(on) => self.manual = !on,
            Change::Prepare(..) | Change::Execute(..) | Change::Deallocate(_) => {}
        }
    }

    /// UNLOCK TABLES gives back what LOCK TABLES took.
    fn unlocked(&mut self) -> Vec<Effect> {
        let mut effects = std::mem::take(&mut self.locked);
        for effect in &mut effects {
            effect.access = Access::Unlock;
        }
        effects
    }
}
