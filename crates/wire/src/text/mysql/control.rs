//! Statements that are told by their first words: transactions, settings, locks of tables and the
//! definition of data. All others go through the parser.

use model::{Access, Isolation};
use sqlparser::tokenizer::Token;

use super::meaning;
use crate::postgres::control::{definition, is_word, names, touching, word};
use crate::postgres::meaning::{Control, Meaning, Touch, obscured};
use crate::postgres::memory::{self, Change};

/// The meaning of a statement that its first words tell.
pub fn of(tokens: &[Token]) -> Option<Meaning> {
    let verb = word(tokens, 0);
    let second = word(tokens, 1);
    let plain = |noise: bool, control: Option<Control>| Meaning {
        verb: verb.clone(),
        noise,
        control,
        ..Meaning::default()
    };
    Some(match (verb.as_str(), second.as_str()) {
        ("BEGIN", _) | ("START", "TRANSACTION") | ("XA", "START" | "BEGIN") => {
            plain(false, Some(Control::Begin))
        }
        ("COMMIT", _) | ("XA", "COMMIT") => plain(false, Some(Control::Commit)),
        ("ROLLBACK", _) | ("XA", "ROLLBACK") => {
            let to_savepoint = tokens.iter().any(|token| is_word(token, "TO"));
            plain(false, (!to_savepoint).then_some(Control::Rollback))
        }
        ("SET", _) => Meaning {
            changes: set(tokens),
            ..plain(true, None)
        },
        (
            "SAVEPOINT" | "RELEASE" | "XA" | "START" | "STOP" | "USE" | "SHOW" | "KILL" | "FLUSH"
            | "ANALYZE" | "OPTIMIZE" | "CHECK" | "CHECKSUM" | "REPAIR" | "PREPARE" | "DEALLOCATE"
            | "GRANT" | "REVOKE" | "HELP" | "RESET" | "PURGE" | "CHANGE",
            _,
        ) => plain(true, None),
        ("EXPLAIN" | "DESCRIBE" | "DESC", _) => explain(tokens, plain(true, None)),
        // What it gives is thrown away; what its calls do is done.
        ("DO", _) => {
            let mut select = vec![Token::make_keyword("SELECT")];
            select.extend_from_slice(&tokens[1..]);
            Meaning {
                verb,
                ..meaning::parsed(&select)
            }
        }
        ("LOCK", "TABLES" | "TABLE") => Meaning {
            control: Some(Control::Commit),
            ..touching(verb, Access::Lock, locked(&tokens[2..]))
        },
        ("UNLOCK", _) => plain(false, None),
        ("TRUNCATE", _) => Meaning {
            control: Some(Control::Commit),
            ..touching(verb, Access::Write, names(tokens, 1))
        },
        ("LOAD", "DATA" | "XML") => loaded(tokens, verb),
        ("RENAME", "TABLE") => Meaning {
            control: Some(Control::Commit),
            ..touching(verb, Access::Write, renamed(tokens))
        },
        ("CREATE" | "ALTER" | "DROP", _) => Meaning {
            // What is temporary is the session's own, and commits nothing.
            control: (second != "TEMPORARY").then_some(Control::Commit),
            ..definition(tokens, verb)
        },
        ("CALL" | "EXECUTE" | "HANDLER", _) => {
            let why = format!("{verb} runs what is not seen");
            obscured(plain(false, None), why)
        }
        _ => return None,
    })
}

/// Without ANALYZE nothing is run.
fn explain(tokens: &[Token], meaning: Meaning) -> Meaning {
    let starts = |token: &Token| {
        ["SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "WITH"]
            .iter()
            .any(|word| is_word(token, word))
    };
    match tokens.iter().position(starts) {
        Some(at) if tokens[..at].iter().any(|token| is_word(token, "ANALYZE")) => Meaning {
            verb: meaning.verb,
            ..meaning::parsed(&tokens[at..])
        },
        _ => meaning,
    }
}

/// `a READ, b AS x WRITE`
fn locked(tokens: &[Token]) -> Vec<String> {
    let parts = tokens.split(|token| *token == Token::Comma);
    parts
        .filter_map(|part| names(part, 0).into_iter().next())
        .collect()
}

/// `RENAME TABLE a TO b, c TO d`
fn renamed(tokens: &[Token]) -> Vec<String> {
    let parts = tokens[2..].split(|token| *token == Token::Comma || is_word(token, "TO"));
    parts
        .filter_map(|part| names(part, 0).into_iter().next())
        .collect()
}

/// `LOAD DATA ... INTO TABLE t`
fn loaded(tokens: &[Token], verb: String) -> Meaning {
    let into = |two: &[Token]| is_word(&two[0], "INTO") && is_word(&two[1], "TABLE");
    match tokens.windows(2).position(into) {
        Some(at) => {
            let table = names(tokens, at + 2).into_iter().take(1);
            touching(verb, Access::Write, table)
        }
        None => Meaning {
            verb,
            touches: vec![Touch::of(Access::Unknown, "*")],
            ..Meaning::default()
        },
    }
}

/// What SET changes of how the session's transactions go. Settings of the whole server are for
/// sessions to come.
fn set(tokens: &[Token]) -> Vec<Change> {
    if let Some(at) = tokens[..tokens.len().min(3)]
        .iter()
        .position(|token| is_word(token, "TRANSACTION"))
    {
        let level = memory::isolation(tokens).map(lowered);
        let change = match (at, word(tokens, 1).as_str()) {
            (1, _) => level.map(Change::Level),
            (_, "SESSION" | "LOCAL") => level.map(|level| Change::Default(Some(level))),
            _ => None,
        };
        return change.into_iter().collect();
    }
    let settings = tokens[1..].split(|token| *token == Token::Comma);
    settings.filter_map(setting).collect()
}

/// `autocommit = 0`, `SESSION autocommit = OFF`, `@@session.autocommit = 0`
fn setting(tokens: &[Token]) -> Option<Change> {
    let equals = tokens
        .iter()
        .position(|token| matches!(token, Token::Eq | Token::Assignment))?;
    let scope = word(tokens, 0);
    if ["GLOBAL", "PERSIST"]
        .iter()
        .any(|word| scope.trim_start_matches('@').starts_with(word))
    {
        return None;
    }
    let value = match tokens.get(equals + 1)? {
        Token::Word(word) => word.value.to_ascii_lowercase(),
        Token::Number(number, _) => number.clone(),
        Token::SingleQuotedString(text) => text.to_ascii_lowercase(),
        _ => return None,
    };
    match word(tokens, equals.checked_sub(1)?).trim_start_matches('@') {
        "AUTOCOMMIT" => Some(Change::Autocommit(matches!(
            value.as_str(),
            "1" | "on" | "true"
        ))),
        "TRANSACTION_ISOLATION" | "TX_ISOLATION" => {
            let level = lowered(memory::level(&value.replace('-', " "))?);
            // Two signs and no scope are of the next transaction alone.
            Some(if equals == 1 && scope.starts_with("@@") {
                Change::Level(level)
            } else {
                Change::Default(Some(level))
            })
        }
        _ => None,
    }
}

/// What a level protects from, in MySQL; see `Session`.
fn lowered(level: Isolation) -> Isolation {
    match level {
        Isolation::RepeatableRead | Isolation::ReadCommitted => Isolation::ReadCommitted,
        Isolation::Serializable => Isolation::Serializable,
    }
}
