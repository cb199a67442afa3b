//! What statements tell a session to remember: isolation levels, and statements prepared by
//! PREPARE. What is forgotten for want of room is an unknown statement when it is executed.

use std::collections::HashMap;
use std::sync::Arc;

use model::Isolation;
use sqlparser::ast::Statement;
use sqlparser::tokenizer::Token;

use super::control::{is_word, word};
use super::meaning::{self, Meaning, Operand};
use super::names::plain_name;
use super::predicate::operand;

/// Statements prepared by PREPARE that are kept for one connection.
pub const PREPARED_MAX: usize = 256;
/// Longer ones are not kept.
pub const PREPARED_BYTES_MAX: usize = 4096;

/// What a statement changes or uses of a session's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The running transaction's isolation level.
    Level(Isolation),
    /// That of transactions to come; none is as it was at first.
    Default(Option<Isolation>),
    /// A name for a statement; none when that is too long to be kept.
    Prepare(String, Option<Arc<Meaning>>),
    /// The statement of a name is run, with its values as far as they are known.
    Execute(String, Vec<Operand>),
    /// A name is forgotten, or all are.
    Deallocate(Option<String>),
    /// Whether each statement is a transaction of its own (MySQL).
    Autocommit(bool),
}

/// What a session remembers.
#[derive(Debug, Default)]
pub struct Memory {
    /// What the connection began with.
    initial: Isolation,
    default: Option<Isolation>,
    running: Option<Isolation>,
    prepared: HashMap<String, Arc<Meaning>, foldhash::fast::RandomState>,
}

impl Memory {
    /// Takes a start-up packet's parameters.
    pub fn start(&mut self, packet: &[u8]) {
        let mut texts = packet
            .get(8..)
            .unwrap_or_default()
            .split(|byte| *byte == 0)
            .map(|text| String::from_utf8_lossy(text).to_ascii_lowercase());
        while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
            let level = match name.as_str() {
                "default_transaction_isolation" => level(&value),
                // `-c default_transaction_isolation=repeatable\ read`
                "options" => value
                    .replace('-', "_")
                    .split_once("default_transaction_isolation=")
                    .and_then(|(_, value)| level(&value.replace('\\', ""))),
                _ => None,
            };
            self.initial = level.unwrap_or(self.initial);
        }
    }

    /// Takes a change.
    pub fn take(&mut self, change: &Change) {
        match change {
            Change::Level(level) => self.running = Some(*level),
            Change::Default(level) => self.default = *level,
            Change::Prepare(name, Some(meaning)) => {
                if self.prepared.len() >= PREPARED_MAX && !self.prepared.contains_key(name) {
                    // So many are prepared by what never uses them again.
                    self.prepared.clear();
                }
                self.prepared.insert(name.clone(), Arc::clone(meaning));
            }
            Change::Prepare(name, None) | Change::Deallocate(Some(name)) => {
                self.prepared.remove(name);
            }
            Change::Deallocate(None) => self.prepared.clear(),
            Change::Execute(..) | Change::Autocommit(_) => {}
        }
    }

    /// A transaction begins, or none is open: the level is the default one.
    #[inline]
    pub fn forget_level(&mut self) {
        self.running = None;
    }

    /// The level of the running transaction.
    pub fn level(&self) -> Isolation {
        self.running.or(self.default).unwrap_or(self.initial)
    }

    /// The level outside of a transaction, when it is not what it commonly is.
    pub fn raised(&self) -> Option<Isolation> {
        let default = self.default.unwrap_or(self.initial);
        (default != Isolation::default()).then_some(default)
    }

    /// What was prepared under a name.
    pub fn prepared(&self, name: &str) -> Option<Arc<Meaning>> {
        self.prepared.get(name).cloned()
    }

    /// How many are kept.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.prepared.len()
    }
}

/// Whether a text could change what a session remembers, by its first word. Quick: it is asked of
/// every text, also when nobody attends.
#[inline]
pub fn is_change(sql: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"SET",
        b"RESET",
        b"DISCARD",
        b"PREPARE",
        b"DEALLOCATE",
        b"BEGIN",
        b"START",
    ];
    let sql = sql.trim_ascii_start();
    let end = sql.iter().position(|byte| !byte.is_ascii_alphabetic());
    // A word alone, such as BEGIN, leaves all as it was.
    end.is_some_and(|end| {
        end <= 10
            && sql.len() > end + 1
            && WORDS
                .iter()
                .any(|word| word.eq_ignore_ascii_case(&sql[..end]))
    })
}

/// What SET, RESET, DISCARD, PREPARE and DEALLOCATE change.
pub fn changes(tokens: &[Token]) -> Vec<Change> {
    let change = match word(tokens, 0).as_str() {
        "SET" => set(tokens),
        "RESET" => match word(tokens, 1).as_str() {
            "ALL" | "DEFAULT_TRANSACTION_ISOLATION" => Some(Change::Default(None)),
            _ => None,
        },
        "DISCARD" if word(tokens, 1) == "ALL" => {
            return vec![Change::Default(None), Change::Deallocate(None)];
        }
        "PREPARE" => prepare(tokens),
        "DEALLOCATE" => {
            let at = if word(tokens, 1) == "PREPARE" && tokens.len() > 2 {
                2
            } else {
                1
            };
            match word(tokens, at).as_str() {
                "ALL" => Some(Change::Deallocate(None)),
                _ => name(tokens.get(at)).map(|name| Change::Deallocate(Some(name))),
            }
        }
        _ => None,
    };
    change.into_iter().collect()
}

fn set(tokens: &[Token]) -> Option<Change> {
    let scope = word(tokens, 1);
    if scope == "SESSION" && word(tokens, 2) == "CHARACTERISTICS" {
        return isolation(tokens).map(|level| Change::Default(Some(level)));
    }
    let at = if matches!(scope.as_str(), "SESSION" | "LOCAL") {
        2
    } else {
        1
    };
    match word(tokens, at).as_str() {
        "TRANSACTION" => isolation(tokens).map(Change::Level),
        "TRANSACTION_ISOLATION" => value(tokens.get(at + 2)).map(Change::Level),
        // SET LOCAL ends with its transaction, before another one could begin.
        "DEFAULT_TRANSACTION_ISOLATION" if scope != "LOCAL" => {
            if word(tokens, at + 2) == "DEFAULT" {
                return Some(Change::Default(None));
            }
            value(tokens.get(at + 2)).map(|level| Change::Default(Some(level)))
        }
        _ => None,
    }
}

/// `ISOLATION LEVEL REPEATABLE READ`, wherever it stands.
pub fn isolation(tokens: &[Token]) -> Option<Isolation> {
    let at = tokens
        .windows(2)
        .position(|two| is_word(&two[0], "ISOLATION") && is_word(&two[1], "LEVEL"))?;
    level(&word(tokens, at + 2).to_ascii_lowercase())
}

fn value(token: Option<&Token>) -> Option<Isolation> {
    match token? {
        Token::SingleQuotedString(text) => level(&text.to_ascii_lowercase()),
        Token::Word(word) => level(&word.value.to_ascii_lowercase()),
        _ => None,
    }
}

/// A level by how its name begins; the lower two are one to PostgreSQL.
pub fn level(text: &str) -> Option<Isolation> {
    let text = text.trim();
    if text.starts_with("serializable") {
        Some(Isolation::Serializable)
    } else if text.starts_with("repeatable") {
        Some(Isolation::RepeatableRead)
    } else {
        text.starts_with("read").then_some(Isolation::ReadCommitted)
    }
}

fn name(token: Option<&Token>) -> Option<String> {
    match token? {
        Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_ascii_lowercase()),
        // The empty name is the protocol's own.
        Token::Word(word) => Some(word.value.clone()).filter(|name| !name.is_empty()),
        _ => None,
    }
}

/// `PREPARE name (types) AS statement`
fn prepare(tokens: &[Token]) -> Option<Change> {
    let name = name(tokens.get(1))?;
    let at = tokens.iter().position(|token| is_word(token, "AS"))?;
    let body = tokens.get(at + 1..)?;
    let bytes: usize = body.iter().map(|token| token.to_string().len()).sum();
    let meaning = (bytes <= PREPARED_BYTES_MAX).then(|| Arc::new(meaning::parsed(body)));
    Some(Change::Prepare(name, meaning))
}

/// `EXECUTE name (values)`. The first value that is not written out hides those after it.
pub fn executed(tokens: &[Token]) -> Option<Change> {
    let Ok(Statement::Execute {
        name: Some(name),
        parameters,
        ..
    }) = meaning::parse(tokens)
    else {
        return None;
    };
    let values = parameters.iter().map_while(operand).collect();
    Some(Change::Execute(plain_name(&name)?, values))
}
