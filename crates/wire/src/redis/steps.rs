//! A command in words: its verb, shape, text, and what it does to which keys. Only on a full look.

use model::{Access, Effect, Transaction};

use super::arguments::{Arguments, number};
use super::keys::{access, keys, word};
use super::reply::escaped;
use super::shape::frame_shape;
use super::table::{How, Row, find};
use crate::session::{Draft, TEXT_BYTES_MAX, readable};

/// Effects of one step; beyond, it may touch anything.
pub(super) const EFFECTS_MAX: usize = 256;
/// Parameters kept of one step.
pub(super) const PARAMETERS_MAX: usize = 64;
/// Keys and channels are cut here.
pub(super) const RESOURCE_BYTES_MAX: usize = 512;
/// What the named part of a key is called: a member, a bit, a hash's field.
const PART: &str = "part";
/// The verb of a command that no table knows is cut here.
const VERB_BYTES_MAX: usize = 64;

/// A described command, and why it was not understood, if so.
pub(super) struct Described {
    pub(super) draft: Draft,
    pub(super) why_not: Option<String>,
}

/// Describes the command in a frame.
pub(super) fn describe(frame: &[u8], database: u32, transaction: Transaction) -> Described {
    let mut walk = Arguments::new(frame);
    let declared = walk.declared();
    let arguments: Vec<&[u8]> = walk.by_ref().collect();
    let verb = arguments.first().copied().unwrap_or_default();
    let row = find(verb);
    let mut shape = Vec::new();
    frame_shape(frame, &mut shape);
    let shape = readable(&shape);
    let is_secret = row.is_some_and(|row| row.secret);
    let text = if is_secret {
        shape.clone()
    } else {
        text(&arguments)
    };
    let mut draft = Draft {
        verb: verb_text(row, &arguments),
        shape,
        text,
        transaction,
        noise: row.is_some_and(|row| row.how == How::Noise),
        ..Draft::default()
    };
    let why_not;
    let mut is_key = vec![false; arguments.len()];
    match row {
        Some(row) => {
            why_not = effects(
                row,
                &arguments,
                declared,
                database,
                &mut draft.effects,
                &mut is_key,
            );
            draft.noise &= draft.effects.is_empty();
            if walk.cut && why_not.is_none() && !draft.effects.is_empty() && may_go_on(row) {
                draft.effects.push(anything(Access::Unknown));
            }
        }
        None => {
            why_not = Some(format!("unknown command {}", draft.verb));
            draft.effects.push(anything(Access::Unknown));
        }
    }
    if !is_secret {
        let from = if row.is_some_and(|row| row.container) {
            2
        } else {
            1
        };
        let values = arguments
            .iter()
            .zip(&is_key)
            .skip(from)
            .filter(|(_, is_key)| !**is_key);
        let values = values.take(PARAMETERS_MAX);
        draft.parameters = values.map(|(value, _)| Some(readable(value))).collect();
    }
    Described { draft, why_not }
}

/// `GET`; `OBJECT ENCODING`.
fn verb_text(row: Option<&Row>, arguments: &[&[u8]]) -> String {
    let short = |word: &[u8]| readable(&word[..word.len().min(VERB_BYTES_MAX)]).to_uppercase();
    match (row, arguments) {
        (Some(row), [_, second, ..]) if row.container => format!("{} {}", row.name, short(second)),
        (Some(row), _) => row.name.to_string(),
        (None, [verb, ..]) => short(verb),
        (None, []) => String::new(),
    }
}

/// The command line as one would type it.
fn text(arguments: &[&[u8]]) -> String {
    let mut text = Vec::new();
    for (nth, argument) in arguments.iter().enumerate() {
        if nth > 0 {
            text.push(b' ');
        }
        let argument = &argument[..argument.len().min(TEXT_BYTES_MAX)];
        let is_plain = |byte: &u8| *byte > b' ' && !matches!(byte, b'"' | b'\'' | b'\\' | 0x7f);
        if !argument.is_empty() && argument.iter().all(is_plain) {
            text.extend_from_slice(argument);
        } else {
            text.push(b'"');
            escaped(argument, &mut text);
            text.push(b'"');
        }
        if text.len() > TEXT_BYTES_MAX {
            break;
        }
    }
    readable(&text)
}

/// Whether arguments that were cut off can hold further keys.
fn may_go_on(row: &Row) -> bool {
    use super::table::Keys;
    !matches!(
        row.keys,
        Keys::Nowhere | Keys::First | Keys::Second | Keys::Two(..) | Keys::Usage
    )
}

/// Any key at all.
pub(super) fn anything(access: Access) -> Effect {
    Effect::of(access, "*")
}

fn effects(
    row: &Row,
    arguments: &[&[u8]],
    declared: usize,
    database: u32,
    effects: &mut Vec<Effect>,
    is_key: &mut [bool],
) -> Option<String> {
    let access = access(row, arguments);
    match row.how {
        How::Everything(access) => effects.push(anything(access)),
        How::Publish => channels(
            arguments.get(1..2),
            Access::Write,
            effects,
            &mut is_key[1..],
        ),
        How::Subscribe => channels(arguments.get(1..), Access::Read, effects, &mut is_key[1..]),
        How::Session => {}
        How::Read | How::Write | How::Atomic | How::Noise => {
            let mut beyond = false;
            keys(row, access, arguments, declared, |at, access| {
                is_key[at] = true;
                if effects.len() < EFFECTS_MAX {
                    let resource = resource(database, arguments[at]);
                    effects.push(Effect::of(access, resource));
                } else {
                    beyond = true;
                }
            });
            if beyond {
                effects.push(anything(Access::Unknown));
            }
        }
    }
    let part = usize::from(row.part.0);
    if part > 0
        && declared == usize::from(row.part.1)
        && let (Some(effect), Some(name)) = (effects.first_mut(), arguments.get(part))
    {
        effect.part = vec![(PART.to_string(), cut(name))];
    }
    other_database(row, arguments, effects);
    if row.script && effects.is_empty() {
        // A script names its keys, or it may touch any.
        let access = if row.how == How::Read {
            Access::Read
        } else {
            Access::Unknown
        };
        effects.push(anything(access));
        return Some(format!("{} without keys", row.name));
    }
    None
}

/// COPY and MOVE reach into another database.
fn other_database(row: &Row, arguments: &[&[u8]], effects: &mut Vec<Effect>) {
    let database = |at: usize| {
        let number = arguments.get(at).and_then(|text| number(text))?;
        u32::try_from(number).ok()
    };
    match (row.name, effects.as_mut_slice()) {
        ("COPY", [_, to]) => {
            if let Some(other) = word(arguments, 3, &["DB"]).and_then(|at| database(at + 1)) {
                to.resource = resource(other, arguments[2]);
            }
        }
        ("MOVE", [_]) => {
            if let Some(other) = database(2) {
                let resource = resource(other, arguments[1]);
                effects.push(Effect::of(Access::Atomic, resource));
            }
        }
        _ => {}
    }
}

fn channels(
    names: Option<&[&[u8]]>,
    access: Access,
    effects: &mut Vec<Effect>,
    is_key: &mut [bool],
) {
    for (name, is_key) in names
        .unwrap_or_default()
        .iter()
        .zip(is_key)
        .take(EFFECTS_MAX)
    {
        *is_key = true;
        effects.push(Effect::of(access, format!("channel/{}", cut(name))));
    }
}

/// A key by its name; outside of database 0 that comes first.
fn resource(database: u32, key: &[u8]) -> String {
    match database {
        0 => cut(key),
        _ => format!("db{database}/{}", cut(key)),
    }
}

fn cut(name: &[u8]) -> String {
    readable(&name[..name.len().min(RESOURCE_BYTES_MAX)])
}
