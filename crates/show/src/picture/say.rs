//! A step in few words: what was asked, and what came back.

use model::{Access, Protocol, Reply, ReplyKind, Step};

use super::short::short;
use super::sql;
use super::words::arguments;

/// What was asked, where there is little room: `UPDATE events`.
pub fn ask_short(step: &Step) -> String {
    with_more(step, "")
}

/// What was asked: `DECR inv:42`, `UPDATE events sold = sold + 1`.
pub fn ask(step: &Step) -> String {
    let named = |more: &str| with_more(step, more);
    match (step.protocol, step.verb.as_str()) {
        (Protocol::Postgres, "UPDATE") => named(&sql::assignments(step)),
        (Protocol::Postgres, _) if is_locking(step) => named("FOR UPDATE"),
        (Protocol::Postgres, _) => named(""),
        // A script says more about itself than fits; its keys tell what it is about.
        (Protocol::Redis, "EVAL" | "EVALSHA" | "FCALL") => named(""),
        (Protocol::Redis, _) if !step.text.is_empty() => {
            let all: Vec<String> = arguments(&step.text).iter().map(|a| short(a)).collect();
            all.join(" ")
        }
        // The path is the resource; what the request carries is what the racer was given.
        _ => named(""),
    }
}

fn with_more(step: &Step, more: &str) -> String {
    let words = [
        step.verb.as_str(),
        step.resource().unwrap_or_default(),
        more,
    ];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn is_locking(step: &Step) -> bool {
    step.verb == "SELECT" && step.effects.iter().any(|e| e.access == Access::Lock)
}

/// What came back; nothing where it only says that it was done.
pub fn answer(step: &Step, reply: &Reply) -> String {
    let value = short(&reply.value);
    match reply.kind {
        ReplyKind::Error => format!("error: {value}"),
        ReplyKind::Cut => "no reply".to_string(),
        ReplyKind::Empty if value.is_empty() => "nothing".to_string(),
        _ if step.protocol == Protocol::Redis && value == "OK" => String::new(),
        _ if step.protocol == Protocol::Http && !value.starts_with('2') => {
            value.split(' ').next().unwrap_or_default().to_string()
        }
        _ if step.protocol != Protocol::Postgres => value,
        _ => match (step.verb.as_str(), reply.rows) {
            // The first of several rows says little.
            ("SELECT", Some(rows @ 2..)) => format!("{rows} rows"),
            ("SELECT", _) => value,
            (_, Some(rows)) => match reply.value.split_once(": ") {
                Some((_, told)) => short(told),
                None if rows == 1 => "1 row".to_string(),
                None => format!("{rows} rows"),
            },
            _ => String::new(),
        },
    }
}

/// A step as a sentence names it: the target is told, for a sentence has no column heads.
pub fn name(step: &Step) -> String {
    format!("`{}`", step.name())
}
