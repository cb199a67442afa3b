//! How bad it is when a boundary races, by what is written: a count or a state that was decided on
//! what was read is worse than a time that is only noted.

use model::{Access, Label};

use super::lesson::{Lesson, is_number_that_varies};
use crate::footprint::Deed;
use crate::suspect::{Cycle, rows};
use crate::template::Origin;

/// Words in names of columns and keys that hold what must not be wrong.
const COUNTED: &[&str] = &[
    "quantity",
    "qty",
    "stock",
    "balance",
    "amount",
    "sold",
    "count",
    "seats",
    "inventory",
    "inv",
    "credit",
    "points",
    "remaining",
    "available",
    "capacity",
    "total",
    "price",
    "limit",
    "budget",
    "quota",
    "tickets",
    "usage",
    "uses",
    "redeemed",
    "claimed",
    "reserved",
    "left",
];
const STATES: &[&str] = &[
    "status",
    "state",
    "used",
    "active",
    "paid",
    "locked",
    "claimed",
    "redeemed",
    "taken",
    "owner",
    "enabled",
    "version",
    "processed",
    "consumed",
    "cancelled",
    "confirmed",
    "approved",
    "expired",
];
/// Words in names of columns that are only noted.
const NOTED: &[&str] = &[
    "at",
    "time",
    "date",
    "timestamp",
    "seen",
    "login",
    "updated",
    "modified",
];

/// How bad a cycle of this kind would be, from 0 to 1.
pub fn of(lesson: &Lesson, cycle: &Cycle) -> f64 {
    let (first, second) = (&lesson.steps()[cycle.first], &lesson.steps()[cycle.second]);
    let deed = &first.footprint.deeds[cycle.deeds.0];
    let then = &second.footprint.deeds[cycle.deeds.1];
    let label = match cycle.label {
        Label::LostUpdate => 0.95,
        Label::DoubleInsert | Label::CheckThenAct => 0.85,
        Label::WriteSkew => 0.6,
        Label::LockOrder | Label::StaleCacheFill => 0.5,
        Label::ReadYourOldCache => 0.15,
        Label::ReadSkew => 0.05,
    };
    let writer = writer(lesson, cycle.second, then);
    let columns = match cycle.label {
        Label::LostUpdate | Label::CheckThenAct | Label::WriteSkew => column(lesson, writer, then),
        _ => 1.0,
    };
    let is_derived = lesson.steps()[writer]
        .origins
        .iter()
        .any(|origin| matches!(origin, Origin::Reply(_) | Origin::Computed(_)));
    let told = match cycle.label {
        // What is set does not come from what was read, or not visibly.
        Label::LostUpdate if !is_derived && columns < 0.9 => 0.7,
        // The decision may be lost, the number is not.
        Label::CheckThenAct if !rows::are_same(deed, then) => match are_tied(deed, then) {
            true => 0.4,
            false => 0.2,
        },
        Label::CheckThenAct if then.effect.access == Access::Atomic => 0.9,
        Label::WriteSkew if !are_tied(deed, then) => 0.5,
        _ => 1.0,
    };
    let fresh = if is_fresh(lesson, cycle.first, deed) {
        0.2
    } else {
        1.0
    };
    label * columns * told * fresh
}

/// The step that writes what a COMMIT shows.
pub fn writer(lesson: &Lesson, at: usize, then: &Deed) -> usize {
    let wrote = lesson.steps()[..at].iter().rposition(|step| {
        let mut deeds = step.footprint.deeds.iter();
        deeds.any(|deed| deed.locks && deed.effect == then.effect)
    });
    match lesson.sets(at).is_empty() {
        true => wrote.unwrap_or(at),
        false => at,
    }
}

/// The same open value names both.
pub fn are_tied(one: &Deed, other: &Deed) -> bool {
    one.effect.part.iter().any(|(_, value)| {
        rows::is_open(value) && other.effect.part.iter().any(|(_, theirs)| theirs == value)
    })
}

/// The request has made a row there itself: what it reads then is likely its own.
fn is_fresh(lesson: &Lesson, first: usize, deed: &Deed) -> bool {
    lesson.steps()[..first].iter().any(|step| {
        let mut deeds = step.footprint.deeds.iter();
        step.step.verb == "INSERT" && deeds.any(|made| made.resource() == deed.resource())
    })
}

/// The worst of the columns that are written.
fn column(lesson: &Lesson, step: usize, then: &Deed) -> f64 {
    let sets = lesson.sets(step).iter();
    let told = sets.map(|(name, values)| of_column(name, values));
    let worst = told.fold(None, |worst: Option<f64>, one| {
        Some(worst.map_or(one, |w| w.max(one)))
    });
    if let Some(worst) = worst {
        return worst;
    }
    let named = then.effect.columns.iter().flatten();
    let named = named.map(|name| of_column(name, &[]));
    let resource = of_column(&then.effect.resource, &[]);
    named.fold(resource.max(0.6), f64::max)
}

/// Whether a column, by its name, holds what must not be wrong.
pub fn is_telling(name: &str) -> bool {
    let name = snake(name);
    has(&name, COUNTED) || has(&name, STATES)
}

/// Whether a name in small letters has one of these words.
fn has(name: &str, words: &[&str]) -> bool {
    name.split(['_', ':', '*', '.'])
        .any(|word| words.contains(&word))
}

fn of_column(name: &str, values: &[String]) -> f64 {
    let is_word = |value: &String| {
        ["true", "false", "NULL"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word))
    };
    if is_telling(name) {
        1.0
    } else if has(&snake(name), NOTED) {
        0.15
    } else if is_number_that_varies(values) || values.iter().any(is_word) {
        0.9
    } else {
        0.5
    }
}

/// `usedById` as `used_by_id`.
fn snake(name: &str) -> String {
    let mut all = String::with_capacity(name.len() + 4);
    let mut was_small = false;
    for c in name.chars() {
        if c.is_uppercase() && was_small {
            all.push('_');
        }
        was_small = c.is_lowercase();
        all.extend(c.to_lowercase());
    }
    all
}
