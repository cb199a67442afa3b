//! Statements that change a row only if it still is as it was: `... WHERE id = 1 AND stock > 0`,
//! a version that is compared and set. `SET n = n - 1` alone loses no update, but what was decided
//! on an earlier look may no longer hold, so it protects nothing that was looked at before.

use model::Access;
use model::effect::CUT;

use super::rows;
use crate::footprint::Deed;
use crate::template::TemplateStep;

/// The condition under which a step does what the earlier look decided, if it has one that the
/// others' changes break.
pub fn of(then: &TemplateStep, looked: &Deed, theirs: &[&Deed]) -> Option<String> {
    let mut deeds = then.footprint.deeds.iter();
    let is_atomic = |deed: &Deed| deed.effect.access == Access::Atomic && deed.locks;
    if !deeds.any(|deed| is_atomic(deed) && rows::are_same(looked, deed)) {
        return None;
    }
    let verb = then.step.verb.as_str();
    let named = || Some(format!("a conditional {verb}"));
    if !matches!(verb, "UPDATE" | "DELETE") || then.step.text.ends_with(CUT) {
        return named();
    }
    let condition = condition(&then.step.text);
    let mut changed: Vec<&String> = Vec::new();
    for deed in theirs {
        match &deed.effect.columns {
            Some(columns) => changed.extend(columns),
            // A row is made or removed: whatever is asked of it breaks.
            None if condition.is_empty() => {}
            None => return named(),
        }
    }
    let names = |column: &str| words(condition).any(|word| word.eq_ignore_ascii_case(column));
    let is_checked = names("xmin") || names("ctid") || changed.iter().any(|column| names(column));
    if is_checked { named() } else { None }
}

/// What stands after the last WHERE that is not within brackets.
fn condition(text: &str) -> &str {
    let mut depth = 0_i64;
    let mut found = text.len();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'w' | b'W' if depth == 0 && is_word(text, at, "where") => found = at,
            _ => {}
        }
    }
    let rest = &text[found..];
    let returning = (0..rest.len()).find(|at| is_word(rest, *at, "returning"));
    &rest[..returning.unwrap_or(rest.len())]
}

fn is_word(text: &str, at: usize, word: &str) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let bytes = text.as_bytes();
    let here = bytes.get(at..at + word.len());
    here.is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
        && !is_part(at.checked_sub(1).and_then(|before| bytes.get(before)))
        && !is_part(bytes.get(at + word.len()))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}
