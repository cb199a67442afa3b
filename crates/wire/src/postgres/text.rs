//! Statements that were never on a wire, described as if one connection had sent them.

use super::describe::PARAMETERS_MAX;
use super::{Session, meaning};
use crate::session::{Draft, readable};

impl Session {
    /// The step that a statement is: a simple query, or with parameters a Bind.
    pub fn describe_text(&mut self, sql: &[u8], parameters: &[Option<String>]) -> Draft {
        let kept = parameters.iter().take(PARAMETERS_MAX);
        let shown = |value: &Option<String>| Some(readable(value.as_ref()?.as_bytes()));
        let meaning = meaning::of(sql);
        let draft = *self.draft(&meaning, sql, kept.map(shown).collect());
        if !self.in_transaction {
            // As the server's word that none is open does.
            self.memory.forget_level();
        }
        draft
    }
}
