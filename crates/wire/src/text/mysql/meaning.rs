//! What a statement means to MySQL, remembered by its text.

use std::cell::RefCell;
use std::sync::Arc;

use sqlparser::dialect::MySqlDialect;
use sqlparser::tokenizer::Token;

use super::builtins::MYSQL;
use super::{control, dialect, shape};
use crate::postgres::meaning::{self as sql, Meaning, Remembered};
use crate::postgres::values::Lexis;
use crate::postgres::{depth, effects};

thread_local! {
    static REMEMBERED: RefCell<Remembered> = RefCell::default();
}

/// What a text means, remembered or found out.
pub fn of(text: &[u8]) -> Arc<Meaning> {
    REMEMBERED.with_borrow_mut(|remembered| remembered.meaning(text, Lexis::MySql, find_out))
}

/// What a text means, found out.
pub fn find_out(text: &[u8]) -> Meaning {
    match sql::tokens(text, &MySqlDialect {}) {
        Ok(tokens) => {
            let tokens = dialect::reworded(tokens);
            sql::all_of(&tokens, shape::of(text), one)
        }
        Err(why) => sql::not_read(shape::of(text), why),
    }
}

fn one(tokens: &[Token]) -> Meaning {
    control::of(tokens).unwrap_or_else(|| parsed(tokens))
}

/// The meaning of a statement that the parser knows.
pub fn parsed(tokens: &[Token]) -> Meaning {
    if !depth::is_shallow(tokens) {
        return sql::not_parsed(tokens, "nested too deeply".to_string());
    }
    match sql::parse_with(&MySqlDialect {}, tokens.to_vec()) {
        Ok(statement) => effects::of(&statement, &MYSQL),
        Err(why) => sql::not_parsed(tokens, why),
    }
}
