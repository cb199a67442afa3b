//! What seems to keep B from coming between. Recognised to rank suspects and to name what is
//! tested, never believed.
//!
//! A lock counts for the row that is raced for and not for its table: what A locks has to be the
//! row that it looked at, or be named by the same value, from before the first step until after
//! the second, and B has to hold the same for what it does between.

use std::collections::HashSet;

use model::{Access, Isolation, Protocol};

use super::{Purpose, Unique, conditional, rows, told};
use crate::footprint::Deed;
use crate::template::{Template, TemplateStep};

/// Two steps of A, what the first cares about, and who could come between.
pub struct Between<'a> {
    pub one: &'a Template,
    pub other: &'a Template,
    pub first: usize,
    pub second: usize,
    pub deed: &'a Deed,
    pub purpose: Purpose,
}

/// A lock, from the step that takes it to the last one that has it.
pub struct Hold<'a> {
    pub deed: &'a Deed,
    /// It is inside a service, not in a store.
    is_own: bool,
    pub from: usize,
    pub until: usize,
}

/// What seems to protect A's steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// In words.
    pub what: String,
    /// B is not kept out; A's act does nothing if it came.
    pub turns_away: bool,
}

/// What seems to protect A's steps, if anything does.
pub fn of(race: &Between<'_>, unique: &[Unique]) -> Option<Guard> {
    let theirs = harmful(race);
    let keeps_out = redis_lock(race, &theirs)
        .or_else(|| lock(race, &theirs))
        .or_else(|| isolation(race))
        .or_else(|| told::row_lock(race, &theirs))
        .or_else(|| told::decided(race, &theirs));
    let turns_away = keeps_out.is_none();
    // What is told only is not tried from here on, so an earlier step that turns away is enough.
    let turning = match race.purpose {
        Purpose::Trying => race.second..=race.second,
        Purpose::Telling => race.first + 1..=race.second,
    };
    let deeds: Vec<&Deed> = theirs.iter().map(|(_, deed)| *deed).collect();
    let what = keeps_out.or_else(|| {
        race.one.steps.get(turning)?.iter().find_map(|then| {
            conditional::of(then, race.deed, &deeds).or_else(|| unique_row(race, then, unique))
        })
    })?;
    Some(Guard { what, turns_away })
}

/// What B does that A's first step cares about, with its step; what it looks at where it changes
/// nothing.
fn harmful<'a>(race: &Between<'a>) -> Vec<(usize, &'a Deed)> {
    let steps = race.other.steps.iter().enumerate();
    let deeds = steps.flat_map(|(at, step)| step.footprint.deeds.iter().map(move |d| (at, d)));
    let all: Vec<(usize, &Deed)> = deeds
        .filter(|(_, theirs)| race.deed.depends(theirs) && !is_lock(theirs))
        .collect();
    let changes: Vec<(usize, &Deed)> = all
        .iter()
        .copied()
        .filter(|(_, deed)| deed.shows && deed.effect.access.changes())
        .collect();
    if changes.is_empty() { all } else { changes }
}

fn is_lock(deed: &Deed) -> bool {
    matches!(deed.effect.access, Access::Lock | Access::Unlock)
}

/// A row lock or an advisory one.
fn lock(race: &Between<'_>, theirs: &[(usize, &Deed)]) -> Option<String> {
    let their_locks = holds(race.other);
    let found = holds(race.one).into_iter().find(|mine| {
        // What is tried anyway is named by the lock that is met first, also where it is given back early.
        let upto = match race.purpose {
            Purpose::Trying => race.first,
            Purpose::Telling => race.second,
        };
        let is_held = mine.from <= race.first && mine.until >= upto;
        is_held
            && !theirs.is_empty()
            && theirs.iter().all(|(at, deed)| {
                their_locks.iter().any(|lock| {
                    lock.from <= *at
                        && lock.until >= *at
                        && mine.deed.depends(lock.deed)
                        && (mine.is_own || excludes(race, mine.deed, lock.deed, deed))
                })
            })
    })?;
    Some(match found.deed.effect.resource.strip_prefix("advisory:") {
        _ if found.is_own => format!("the lock `{}`", found.deed.resource()),
        Some(key) => format!("the advisory lock {key}"),
        None => format!("a row lock on {}", found.deed.resource()),
    })
}

/// Whether the two locks keep the two deeds apart wherever these are about the same row.
fn excludes(race: &Between<'_>, mine: &Deed, lock: &Deed, theirs: &Deed) -> bool {
    let (deed, is_row) = (race.deed, !mine.effect.resource.contains(':'));
    if is_row && mine.resource() == deed.resource() {
        // A row that is not there yet cannot be locked.
        if inserts(race.other, theirs) {
            return false;
        }
        if rows::covers(&mine.effect, &deed.effect) && rows::covers(&lock.effect, &theirs.effect) {
            return true;
        }
    }
    let whole = mine.effect.part.is_empty() && lock.effect.part.is_empty();
    // Some rows of another table, nobody knows which, protect nothing that is known.
    (whole && (!is_row || mine.resource() != deed.resource()))
        || !whole && rows::are_linked((&mine.effect, &deed.effect), (&lock.effect, &theirs.effect))
}

/// Whether a deed is that of an INSERT, or of the COMMIT that shows it.
pub fn inserts(template: &Template, deed: &Deed) -> bool {
    let mut steps = template.steps.iter();
    deed.effect.columns.is_none()
        && steps.any(|step| {
            let mut deeds = step.footprint.deeds.iter();
            step.step.verb == "INSERT" && deeds.any(|made| made.effect == deed.effect)
        })
}

/// All locks that a request takes, each with how long it has it.
pub fn holds(template: &Template) -> Vec<Hold<'_>> {
    let mut found = Vec::new();
    for (from, step) in template.steps.iter().enumerate() {
        let locks = |deed: &&Deed| deed.locks && deed.effect.access == Access::Lock;
        for deed in step.footprint.deeds.iter().filter(locks) {
            let until = held_until(template, from, deed);
            found.push(Hold {
                deed,
                is_own: step.step.protocol == Protocol::Http,
                from,
                until,
            });
        }
    }
    found
}

fn held_until(template: &Template, from: usize, lock: &Deed) -> usize {
    use model::Transaction::{Commit, None, Rollback};
    let taken = &template.steps[from].step;
    let of_session = taken.protocol == Protocol::Http
        || lock.effect.resource.starts_with("advisory:") && !taken.text.contains("xact");
    let later = template.steps.iter().enumerate().skip(from + 1);
    let mut later = later.filter(|(_, step)| {
        (step.step.wire, step.step.connection) == (taken.wire, taken.connection)
    });
    let ends = match (of_session, taken.transaction) {
        (true, _) => later.find(|(_, step)| {
            let mut deeds = step.footprint.deeds.iter();
            deeds.any(|deed| {
                deed.effect.access == Access::Unlock && deed.resource() == lock.resource()
            })
        }),
        // A statement by itself gives back what it locked.
        (false, None | Commit | Rollback) => return from,
        (false, _) => later.find(|(_, step)| {
            let transaction = step.step.transaction;
            matches!(transaction, Commit | Rollback | None)
        }),
    };
    ends.map_or(usize::MAX, |(at, _)| at)
}

/// A level at which the store turns one of the two away. Both have to ask for it.
fn isolation(race: &Between<'_>) -> Option<String> {
    let at = |template: &Template, level| {
        let mut steps = template.steps.iter();
        steps.any(|step| step.step.isolation == Some(level))
    };
    let is_level = |level| {
        let mine = &race.one.steps[race.first..=race.second];
        mine.iter().any(|step| step.step.isolation == Some(level)) && at(race.other, level)
    };
    if is_level(Isolation::Serializable) {
        return Some("SERIALIZABLE".to_string());
    }
    let (first, second) = (&race.one.steps[race.first], &race.one.steps[race.second]);
    let is_one = (first.step.wire, first.step.connection)
        == (second.step.wire, second.step.connection)
        && first.step.isolation == Some(Isolation::RepeatableRead)
        && second.step.isolation == Some(Isolation::RepeatableRead);
    // Who writes a row that was changed since its snapshot is turned away.
    let mut writes = second
        .footprint
        .deeds
        .iter()
        .filter(|deed| deed.locks && !is_lock(deed));
    let is_of_row = writes
        .any(|then| rows::are_same(race.deed, then) && !inserts(race.one, then) && race.deed.looks);
    (is_one && is_of_row).then(|| "REPEATABLE READ".to_string())
}

/// A row that is made twice is turned away where its unique columns have the values looked for.
fn unique_row(race: &Between<'_>, then: &TemplateStep, unique: &[Unique]) -> Option<String> {
    let made = then
        .footprint
        .deeds
        .iter()
        .find(|made| then.step.verb == "INSERT" && made.resource() == race.deed.resource())?;
    let looked_for = &race.deed.effect.part;
    let covers = |columns: &[String]| {
        !columns.is_empty()
            && columns.iter().all(|column| {
                let mut part = made.effect.part.iter();
                let set = part.find(|(name, _)| name.eq_ignore_ascii_case(column));
                set.is_some_and(|set| {
                    set.1 != "NULL" && (looked_for.contains(set) || !rows::is_open(&set.1))
                })
            })
    };
    let found = unique
        .iter()
        .find(|unique| unique.is_of(&made.effect.resource) && covers(&unique.columns))?;
    let columns = found.columns.join(", ");
    Some(format!(
        "the unique constraint on {} ({columns})",
        found.table
    ))
}

/// Keys that are used as locks by both: set only if absent, and removed later.
pub fn lock_keys(one: &Template, other: &Template) -> HashSet<String> {
    let keys = |template| -> HashSet<String> {
        spans(template).map(|span| span.deed.resource()).collect()
    };
    let theirs = keys(other);
    keys(one).intersection(&theirs).cloned().collect()
}

/// A Redis lock around A's steps, and around what B does.
fn redis_lock(race: &Between<'_>, theirs: &[(usize, &Deed)]) -> Option<String> {
    let around =
        |span: &Hold<'_>, from: usize, until: usize| span.from < from && span.until > until;
    let mut mine = spans(race.one).filter(|span| around(span, race.first, race.second));
    let found = mine.find(|mine| {
        let same = |span: &Hold<'_>| span.deed.resource() == mine.deed.resource();
        !theirs.is_empty()
            && theirs.iter().all(|(at, deed)| {
                spans(race.other).any(|span| {
                    same(&span)
                        && around(&span, *at, *at)
                        && rows::are_linked(
                            (&mine.deed.effect, &race.deed.effect),
                            (&span.deed.effect, &deed.effect),
                        )
                })
            })
    })?;
    Some(format!("the lock `{}`", found.deed.resource()))
}

/// Redis locks that are taken and given back.
fn spans(template: &Template) -> impl Iterator<Item = Hold<'_>> {
    let steps = template.steps.iter().enumerate();
    steps
        .filter(|(_, step)| takes_lock(step))
        .filter_map(|(from, step)| {
            let deed = step.footprint.deeds.first()?;
            let later = template.steps.iter().enumerate().skip(from + 1);
            let mut given_back = later.filter(|(_, later)| {
                gives_back(later)
                    && later
                        .footprint
                        .deeds
                        .iter()
                        .any(|d| d.resource() == deed.resource())
            });
            let until = given_back.next_back()?.0;
            Some(Hold {
                deed,
                is_own: false,
                from,
                until,
            })
        })
}

/// `SET key value NX`, `SETNX key value`.
fn takes_lock(step: &TemplateStep) -> bool {
    step.step.verb == "SETNX"
        || step.step.verb == "SET"
            && step
                .step
                .text
                .split_whitespace()
                .any(|word| word.eq_ignore_ascii_case("NX"))
}

fn gives_back(step: &TemplateStep) -> bool {
    matches!(
        step.step.verb.as_str(),
        "DEL" | "UNLINK" | "EVAL" | "EVALSHA" | "FCALL"
    )
}
