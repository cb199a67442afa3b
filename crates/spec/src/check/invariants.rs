//! Invariants: where each looks and what it must find.

use model::{Expect, Invariant, Probe, Protocol};

use super::names::Names;
use super::{expect, state};
use crate::error::Problems;
use crate::node::Spot;
use crate::raw::RawInvariant;
use crate::read::Entries;

/// The invariants that are right.
pub fn check(
    raw: Option<&Entries<RawInvariant>>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Vec<Invariant> {
    let entries = raw.iter().flat_map(|entries| entries.iter());
    entries
        .filter_map(|(name, invariant)| one(name, invariant, names, problems))
        .collect()
}

fn one(
    name: &Spot<String>,
    raw: &RawInvariant,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<Invariant> {
    let pointer = raw
        .json
        .as_ref()
        .map(|pointer| checked_pointer(pointer, problems));
    let is_responses = raw.target.value == "responses";
    let protocol = if is_responses {
        Some(Protocol::Http)
    } else {
        names.protocol_of(&raw.target.value)
    };
    let probe = if is_responses {
        if !names.operation_exists(&raw.question, problems) {
            return None;
        }
        Probe::Responses {
            operation: raw.question.value.clone(),
        }
    } else {
        let place = format!("invariant `{}`", name.value);
        Probe::State(state::command(
            &raw.target,
            &raw.question,
            &place,
            names,
            problems,
        )?)
    };
    let expect = match (&raw.expect, protocol) {
        (Some(text), _) => match expect::parse(&text.value) {
            Ok(expect) => expect,
            Err(error) => {
                problems.add(text.span, error.to_string(), "", error.help());
                return None;
            }
        },
        (None, Some(Protocol::Postgres) | None) => Expect::True,
        (None, Some(_)) => {
            let message = format!(
                "invariant `{}` does not say what the answer must be",
                name.value
            );
            let help = "add `expect`, such as expect: \">= 0\"; only SQL may leave it out, and must then be true";
            problems.add(name.span, message, "", help);
            return None;
        }
    };
    if let (Some(pointer), Some(Protocol::Postgres)) = (&raw.json, protocol) {
        let help = "let the SQL take the value out of the document, or remove `json`";
        problems.add(
            pointer.span,
            "an answer of SQL is a value and no document",
            "",
            help,
        );
    }
    Some(Invariant {
        name: name.value.clone(),
        probe,
        pointer,
        expect,
    })
}

/// A pointer begins with `/`; `/` alone would mean a key without a name.
fn checked_pointer(pointer: &Spot<String>, problems: &mut Problems) -> String {
    if !pointer.value.starts_with('/') || pointer.value.len() == 1 {
        let tame = pointer
            .value
            .trim_start_matches(['$', '.', '/'])
            .replace('.', "/");
        let message = format!("`{}` is no JSON pointer", pointer.value);
        let help = if tame.is_empty() {
            "write `/key/0/inner`; leave `json` out for the whole answer".to_string()
        } else {
            format!("write `/{tame}`")
        };
        problems.add(pointer.span, message, "", help);
    }
    pointer.value.clone()
}
