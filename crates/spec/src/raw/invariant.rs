//! `{ db: "SQL" }`, `{ svc: "GET /p", json: /pointer, expect: ">= 0" }`: one key names where to
//! look, the others are fixed, so it is read by hand.

use crate::error::Problems;
use crate::node::{Node, Spot};
use crate::read::{Read, Text, entries};
use crate::suggest;

/// Something that must hold, as written.
#[derive(Debug, Clone)]
pub struct RawInvariant {
    /// Backend, service or `responses`.
    pub target: Spot<String>,
    /// What it is asked.
    pub question: Spot<String>,
    /// JSON pointer into the answer.
    pub json: Option<Spot<String>>,
    /// What it must be.
    pub expect: Option<Spot<String>>,
}

impl RawInvariant {
    /// The fixed keys.
    pub const KEYS: &'static [&'static str] = &["responses", "json", "expect"];
}

impl Read for RawInvariant {
    const NOUN: Option<&'static str> = Some("invariant");

    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        let (mut json, mut expect, mut targets) = (None, None, Vec::new());
        for (key, value) in entries(node, place, problems)? {
            let inner = format!("`{}` of {place}", key.value);
            match key.value.as_str() {
                "json" => json = Some(Text::read(value, &inner, problems)?.0),
                "expect" => expect = Some(Text::read(value, &inner, problems)?.0),
                _ => targets.push((key, value, inner)),
            }
        }
        match targets.as_slice() {
            [(target, value, inner)] => Some(RawInvariant {
                target: (*target).clone(),
                question: Spot::<String>::read(value, inner, problems)?,
                json,
                expect,
            }),
            [] => {
                let help = "write { db: \"SELECT ...\" }, { cache: \"GET key\", expect: \">= 0\" } or { responses: operation, ... }";
                problems.add(
                    node.span,
                    format!("{place} does not say where to look"),
                    "",
                    help,
                );
                None
            }
            [_, (second, ..), ..] => {
                let fixed = ["json", "expect"];
                let meant = targets
                    .iter()
                    .find(|(key, ..)| suggest::nearest(&key.value, &fixed).is_some());
                let second = meant.map_or(second, |(key, ..)| key);
                let help = match suggest::nearest(&second.value, &fixed) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => {
                        "ask one backend or service; quote a text that holds commas".to_string()
                    }
                };
                problems.add(
                    second.span,
                    format!("{place} looks in more than one place"),
                    "",
                    help,
                );
                None
            }
        }
    }
}
