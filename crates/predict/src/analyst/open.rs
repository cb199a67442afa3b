//! Which values of a kind's steps are other ones in each request, and which of them are always the
//! same within one: those are written as the same open value, so that the lock on row $1 is known
//! to cover the update of row $1, and may equal any other request's.

use std::collections::{HashMap, HashSet};

use model::effect::CUT;
use model::{Effect, Step};

use crate::suspect::rows::OWN;

/// Where a value stands: the effect, and the place in its part.
pub type Place = (usize, usize);

/// One value of the steps, as the sampled requests have it.
pub struct Slot<'a> {
    /// The step, by its place in the kind's representative.
    pub step: usize,
    pub place: Place,
    pub effect: &'a Effect,
    /// One for each sample; the first is the representative's.
    pub values: Vec<Option<String>>,
    /// It was bound, and not written in the statement.
    pub is_bound: bool,
    /// The statement has bound values, so what is written in it is the code's own.
    pub is_prepared: bool,
    /// Each sample made it up for itself.
    pub is_own: bool,
    /// It is an argument of the request.
    pub is_argument: bool,
}

/// What values are written as.
pub type Opened = HashMap<(usize, Place), String>;

/// What all values in keys are named, whose words may be anything.
const KEYS: &str = "*";

/// Writes the values of a kind: constants as they are, others as open ones.
pub fn all(slots: &[Slot<'_>]) -> Opened {
    let mut written = Opened::new();
    let mut groups: HashMap<(Vec<Option<&str>>, String), usize> = HashMap::new();
    let keyed: HashSet<(&[Option<String>], String)> = slots
        .iter()
        .filter_map(|slot| Some((slot.values.as_slice(), word_of_key(slot)?)))
        .collect();
    for slot in slots {
        let Some(value) = slot.values.first().and_then(Option::as_deref) else {
            continue;
        };
        let text = if !slot.is_own && is_constant(slot, value) {
            value.to_string()
        } else {
            let values: Vec<Option<&str>> = slot.values.iter().map(Option::as_deref).collect();
            let varies = values
                .iter()
                .any(|other| other.is_some_and(|other| other != value));
            // Equal values that never vary may be equal by chance: user 1 buys item 1.
            let name = match name_of(slot) {
                _ if varies => String::new(),
                _ if slot.is_argument => KEYS.to_string(),
                // The key `lock:event:42` says itself that it is named by an event.
                name if keyed.contains(&(slot.values.as_slice(), name.clone())) => KEYS.to_string(),
                name => name,
            };
            let next = groups.len();
            let group = *groups.entry((values, name)).or_insert(next);
            match slot.is_own {
                true => format!("{OWN}v{group}{CUT}"),
                false => format!("v{group}{CUT}"),
            }
        };
        written.insert((slot.step, slot.place), text);
    }
    written
}

fn is_constant(slot: &Slot<'_>, value: &str) -> bool {
    let column = column(slot);
    if slot.is_bound || column.starts_with('*') {
        return false;
    }
    if slot.is_prepared {
        return true;
    }
    let varies = slot.values.iter().flatten().any(|other| other != value);
    let is_word = !value.bytes().any(|byte| byte.is_ascii_digit());
    !varies && !is_key(column) && (slot.values.len() > 1 || is_word)
}

fn column<'a>(slot: &Slot<'a>) -> &'a str {
    &slot.effect.part[slot.place.1].0
}

/// Columns that tell rows apart: a value that never varied may only be that of one user.
fn is_key(column: &str) -> bool {
    let column = column.to_ascii_lowercase();
    let ends = [
        "id", "uuid", "code", "key", "token", "email", "number", "slug", "name", "sku",
    ];
    ends.iter().any(|end| column.ends_with(end))
}

/// What a column names, the same where it refers to another table: `events.id` is `event_id`.
fn name_of(slot: &Slot<'_>) -> String {
    let column = column(slot);
    if column.starts_with('*') {
        return KEYS.to_string();
    }
    let small = column.to_ascii_lowercase().replace('_', "");
    if small != "id" {
        return small;
    }
    let table = slot.effect.resource.rsplit(['.', '_']).next();
    id_of(table.unwrap_or_default())
}

/// What the word before a value in a key names.
fn word_of_key(slot: &Slot<'_>) -> Option<String> {
    column(slot).strip_prefix('*')?;
    let before = slot.effect.resource.split('*').nth(slot.place.1)?;
    let mut words = before.rsplit(|c: char| !c.is_alphanumeric());
    words.find(|word| !word.is_empty()).map(id_of)
}

fn id_of(things: &str) -> String {
    let thing = things.to_ascii_lowercase();
    format!("{}id", thing.strip_suffix('s').unwrap_or(&thing))
}

/// Whether a value of a step was bound, and whether any were.
pub fn binding(step: &Step, value: &str) -> (bool, bool) {
    let mut bound = step.parameters.iter().flatten();
    (
        bound.any(|bound| bound == value),
        !step.parameters.is_empty(),
    )
}
