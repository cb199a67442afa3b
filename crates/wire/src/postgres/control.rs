//! Statements that are told by their first words: transactions, settings, locks, COPY, cursors
//! and the definition of data. All others go through the parser.

use model::Access;
use sqlparser::tokenizer::{Token, Word};

use super::meaning::{self, Control, Meaning, Touch};
use super::memory::{self, Change, isolation};
use super::names::{is_catalog, resource_name};

/// Whether a token is this word, in capitals, unquoted.
pub fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
}

/// The word at a place, in capitals; empty when there is none.
pub fn word(tokens: &[Token], at: usize) -> String {
    match tokens.get(at) {
        Some(Token::Word(Word {
            value,
            quote_style: None,
            ..
        })) => value.to_ascii_uppercase(),
        _ => String::new(),
    }
}

/// The meaning of a statement that its first words tell.
pub fn of(tokens: &[Token]) -> Option<Meaning> {
    let verb = word(tokens, 0);
    let second = word(tokens, 1);
    let plain = |noise: bool, control: Option<Control>| {
        Some(Meaning {
            verb: verb.clone(),
            noise,
            control,
            ..Meaning::default()
        })
    };
    match verb.as_str() {
        "BEGIN" | "START" => Some(Meaning {
            verb: verb.clone(),
            control: Some(Control::Begin),
            changes: isolation(tokens).map(Change::Level).into_iter().collect(),
            ..Meaning::default()
        }),
        "COMMIT" | "END" => plain(false, Some(Control::Commit)),
        "PREPARE" if second == "TRANSACTION" => plain(false, Some(Control::Commit)),
        "ROLLBACK" | "ABORT" => {
            let to_savepoint = tokens.iter().any(|token| is_word(token, "TO"));
            plain(false, (!to_savepoint).then_some(Control::Rollback))
        }
        "FETCH" | "MOVE" | "CLOSE" => plain(false, None),
        // Going back to a savepoint, above, takes back writes and locks; these touch nothing.
        "SAVEPOINT" | "RELEASE" => plain(true, None),
        "SET" | "RESET" | "DISCARD" | "PREPARE" | "DEALLOCATE" => Some(Meaning {
            verb: verb.clone(),
            noise: true,
            changes: memory::changes(tokens),
            ..Meaning::default()
        }),
        "EXECUTE" => Some(execute(tokens, verb.clone())),
        "SHOW" | "LISTEN" | "UNLISTEN" | "VACUUM" | "ANALYZE" | "ANALYSE" | "CHECKPOINT"
        | "CLUSTER" | "REINDEX" | "COMMENT" | "GRANT" | "REVOKE" | "LOAD" | "SECURITY" => {
            plain(true, None)
        }
        "NOTIFY" => {
            let channel = names(tokens, 1)
                .into_iter()
                .map(|name| format!("channel:{name}"))
                .take(1);
            Some(touching(verb.clone(), Access::Write, channel))
        }
        "LOCK" => Some(touching(verb.clone(), Access::Lock, names(tokens, 1))),
        "TRUNCATE" => Some(touching(verb.clone(), Access::Write, names(tokens, 1))),
        "COPY" => Some(copy(tokens, verb.clone())),
        "DECLARE" => Some(within(tokens, verb.clone(), "FOR")),
        "EXPLAIN" => Some(explain(tokens, verb.clone())),
        "CREATE" | "ALTER" | "DROP" => Some(definition(tokens, verb.clone())),
        "CALL" | "DO" => {
            let why = format!("{verb} runs code that is not seen");
            let touches = vec![Touch::of(Access::Unknown, "*")];
            Some(Meaning {
                verb: verb.clone(),
                touches,
                obscure: Some(why),
                ..Meaning::default()
            })
        }
        _ => None,
    }
}

/// A statement that touches resources in one way.
pub fn touching(verb: String, access: Access, names: impl IntoIterator<Item = String>) -> Meaning {
    let touches = names
        .into_iter()
        .filter(|name| !is_catalog(name))
        .map(|name| Touch::of(access, name))
        .collect();
    Meaning {
        verb,
        touches,
        ..Meaning::default()
    }
}

/// What a prepared statement does is known to the session.
fn execute(tokens: &[Token], verb: String) -> Meaning {
    let meaning = Meaning {
        verb,
        ..Meaning::default()
    };
    match memory::executed(tokens) {
        Some(change) => Meaning {
            changes: vec![change],
            ..meaning
        },
        None => meaning::obscured(meaning, "EXECUTE of what is not seen".to_string()),
    }
}

/// The statement that starts after the word `after`.
fn within(tokens: &[Token], verb: String, after: &str) -> Meaning {
    match tokens.iter().position(|token| is_word(token, after)) {
        Some(at) => Meaning {
            verb,
            ..meaning::parsed(&tokens[at + 1..])
        },
        None => Meaning {
            verb,
            ..Meaning::default()
        },
    }
}

/// Without ANALYZE nothing is run.
fn explain(tokens: &[Token], verb: String) -> Meaning {
    let starts = |token: &Token| {
        [
            "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "EXECUTE",
        ]
        .iter()
        .any(|word| is_word(token, word))
    };
    match tokens.iter().position(starts) {
        Some(at) if tokens[..at].iter().any(|token| is_word(token, "ANALYZE")) => Meaning {
            verb,
            ..meaning::one(&tokens[at..])
        },
        _ => Meaning {
            verb,
            noise: true,
            ..Meaning::default()
        },
    }
}

fn copy(tokens: &[Token], verb: String) -> Meaning {
    if tokens.get(1) == Some(&Token::LParen) {
        let mut depth = 0_usize;
        let closes = tokens.iter().skip(1).position(|token| {
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        });
        let query = &tokens[2..closes.map_or(tokens.len(), |at| at + 1).max(2)];
        return Meaning {
            verb,
            ..meaning::parsed(query)
        };
    }
    let into = tokens.iter().any(|token| is_word(token, "FROM"));
    let access = if into { Access::Write } else { Access::Read };
    touching(verb, access, names(tokens, 1).into_iter().take(1))
}

/// CREATE, ALTER and DROP write what they name.
pub fn definition(tokens: &[Token], verb: String) -> Meaning {
    const BEFORE: &[&str] = &[
        "OR",
        "REPLACE",
        "GLOBAL",
        "LOCAL",
        "TEMP",
        "TEMPORARY",
        "UNLOGGED",
        "UNIQUE",
        "MATERIALIZED",
        "FOREIGN",
        "RECURSIVE",
        "EVENT",
        "CONSTRAINT",
    ];
    let mut at = 1;
    while BEFORE.contains(&word(tokens, at).as_str()) {
        at += 1;
    }
    let kind = word(tokens, at);
    let found = match kind.as_str() {
        "TABLE" | "VIEW" | "SEQUENCE" => names(tokens, at + 1),
        "INDEX" | "TRIGGER" | "RULE" | "POLICY" => {
            let on = tokens.iter().position(|token| is_word(token, "ON"));
            match on {
                Some(on) => names(tokens, on + 1).into_iter().take(1).collect(),
                None => names(tokens, at + 1),
            }
        }
        _ => {
            let name = names(tokens, at + 1).into_iter().next().unwrap_or_default();
            vec![format!("{} {name}", kind.to_ascii_lowercase())]
        }
    };
    let found = if verb == "DROP" {
        found
    } else {
        found.into_iter().take(1).collect()
    };
    touching(verb, Access::Write, found)
}

/// A list of names from a place on, after the little words that may stand before it.
pub fn names(tokens: &[Token], from: usize) -> Vec<String> {
    const BEFORE: &[&str] = &["TABLE", "ONLY", "IF", "NOT", "EXISTS", "CONCURRENTLY"];
    let mut at = from;
    while BEFORE.contains(&word(tokens, at).as_str()) {
        at += 1;
    }
    let mut names = Vec::new();
    while let Some(Token::Word(first)) = tokens.get(at) {
        let mut parts = vec![(first.value.as_str(), first.quote_style.is_some())];
        at += 1;
        while let (Some(Token::Period), Some(Token::Word(part))) =
            (tokens.get(at), tokens.get(at + 1))
        {
            parts.push((part.value.as_str(), part.quote_style.is_some()));
            at += 2;
        }
        names.push(resource_name(&parts));
        if tokens.get(at) == Some(&Token::Mul) {
            at += 1;
        }
        if tokens.get(at) != Some(&Token::Comma) {
            break;
        }
        at += 1;
        while is_word(tokens.get(at).unwrap_or(&Token::EOF), "ONLY") {
            at += 1;
        }
    }
    names
}
