//! What a cycle would do, and how likely it is to be wrong.

use model::{Access, Label, Protocol};

use super::{Purpose, rows};
use crate::footprint::Deed;
use crate::template::{Origin, Template, TemplateStep};

/// Two deeds of A, and what B does.
pub struct Candidate<'a> {
    pub first: &'a TemplateStep,
    pub deed: &'a Deed,
    pub second: &'a TemplateStep,
    pub then: &'a Deed,
    pub other: &'a Template,
    pub purpose: Purpose,
}

/// What a candidate would be.
pub struct Named {
    pub label: Label,
    pub weight: u32,
    /// B's steps that must come between, from the first that A's first one must precede to the last
    /// that A's second one must follow.
    pub between: (usize, usize),
}

/// The name of a candidate; none when B cannot come between with an effect.
pub fn of(candidate: &Candidate<'_>) -> Option<Named> {
    let Candidate {
        deed, then, other, ..
    } = candidate;
    if let Some(found) = lock_order(candidate) {
        return Some(found);
    }
    // What is written in a transaction and not committed is locked: nobody comes between.
    if deed.locks && !deed.shows && !deed.looks {
        return None;
    }
    let meets = |mine: &Deed, at: usize| {
        let deeds = &other.steps[at].footprint.deeds;
        deeds.iter().any(|theirs| mine.depends(theirs))
    };
    let steps = 0..other.steps.len();
    let mut of_first = steps.clone().filter(|at| meets(deed, *at));
    let (begins, ends) = (of_first.next()?, of_first.next_back());
    let of_second = steps.filter(|at| meets(then, *at)).max()?;
    let (label, weight) = name(candidate)?;
    Some(Named {
        label,
        weight,
        between: (begins, begins.max(of_second).max(ends.unwrap_or(0))),
    })
}

fn name(candidate: &Candidate<'_>) -> Option<(Label, u32)> {
    let Candidate {
        first,
        deed,
        second,
        then,
        other,
        purpose,
    } = candidate;
    let is_told = *purpose == Purpose::Telling;
    // Who only locks has done nothing yet.
    let acts = then.shows || then.locks && !(is_told && then.effect.access == Access::Lock);
    let same = rows::are_same(deed, then);
    let shows = |deed: &Deed| {
        any(other, |theirs| {
            // That a lock is free again changes nothing that was looked at.
            let changes = !is_told || theirs.effect.access.changes();
            theirs.shows && changes && deed.depends(theirs)
        })
    };
    let looks = |deed: &Deed| any(other, |theirs| theirs.looks && deed.meets(theirs));
    let writes = |deed: &Deed| {
        any(other, |theirs| {
            theirs.effect.access != Access::Read && deed.meets(theirs)
        })
    };
    if deed.looks && acts {
        if !shows(deed) {
            return None;
        }
        return Some(match (same, then.effect.access) {
            _ if first.found_nothing
                && makes(second)
                && (!is_told || same || deed.target != then.target) =>
            {
                (Label::DoubleInsert, 90)
            }
            // Each changes what only the other looks at.
            (true, _) if looks(then) && !writes(then) => (Label::WriteSkew, 80),
            // A row that is made overwrites none.
            (true, Access::Write) if second.step.verb == "INSERT" => (Label::CheckThenAct, 85),
            (true, Access::Write) => (Label::LostUpdate, 90 + derived(second)),
            (true, Access::Atomic) => (Label::CheckThenAct, 95),
            (true, _) => (Label::CheckThenAct, 85),
            (false, _) if is_cache_fill(candidate) && shows(then) => (Label::StaleCacheFill, 85),
            (false, _) if deed.target == then.target && looks(then) => (Label::WriteSkew, 80),
            (false, _) => (Label::CheckThenAct, 60),
        });
    }
    if is_told && deed.looks && !then.looks {
        return None;
    }
    if deed.looks && then.looks {
        return (shows(deed) && shows(then)).then_some((Label::ReadSkew, 30));
    }
    // From here on A has written first.
    if then.looks && !acts {
        let cache = first.step.protocol == Protocol::Postgres
            && second.step.protocol == Protocol::Redis
            && !same;
        return Some(match cache {
            true => (Label::ReadYourOldCache, 40),
            false => (Label::ReadSkew, 20),
        });
    }
    (looks(deed) && looks(then)).then_some((Label::ReadSkew, 25))
}

/// A takes one lock and then another, B the other way round.
fn lock_order(candidate: &Candidate<'_>) -> Option<Named> {
    let Candidate {
        deed, then, other, ..
    } = candidate;
    if !deed.locks || !then.locks || !in_one_transaction(candidate) {
        return None;
    }
    // Nobody waits for a row that is not there yet, but for one with the same unique value.
    let waits =
        |step: &TemplateStep| candidate.purpose == Purpose::Trying || step.step.verb != "INSERT";
    if !waits(candidate.first) || !waits(candidate.second) {
        return None;
    }
    if deed.resource() == then.resource() && deed.effect.part == then.effect.part {
        return None;
    }
    let locks = |mine: &Deed| {
        other.steps.iter().position(|step| {
            let mut deeds = step.footprint.deeds.iter();
            waits(step) && deeds.any(|theirs| theirs.locks && mine.depends(theirs))
        })
    };
    let (of_first, of_second) = (locks(deed)?, locks(then)?);
    (of_second < of_first).then_some(Named {
        label: Label::LockOrder,
        weight: 88,
        between: (of_second, of_second),
    })
}

fn in_one_transaction(candidate: &Candidate<'_>) -> bool {
    let inside = |step: &TemplateStep| step.step.transaction == model::Transaction::Inside;
    inside(candidate.first)
        && inside(candidate.second)
        && candidate.first.step.connection == candidate.second.step.connection
        && candidate.first.step.wire == candidate.second.step.wire
}

fn any(other: &Template, test: impl Fn(&Deed) -> bool) -> bool {
    let mut deeds = other.steps.iter().flat_map(|step| &step.footprint.deeds);
    deeds.any(test)
}

/// A step that makes something new.
fn makes(step: &TemplateStep) -> bool {
    matches!(
        step.step.verb.as_str(),
        "INSERT" | "POST" | "SETNX" | "HSETNX"
    )
}

/// What is written comes from what was read: worth more.
fn derived(step: &TemplateStep) -> u32 {
    let mut origins = step.origins.iter();
    u32::from(origins.any(|origin| matches!(origin, Origin::Reply(_) | Origin::Computed(_)))) * 10
}

/// Something is looked up in one place and put into a cache.
fn is_cache_fill(candidate: &Candidate<'_>) -> bool {
    candidate.first.step.protocol != Protocol::Redis
        && candidate.second.step.protocol == Protocol::Redis
        && candidate.then.effect.access == Access::Write
}
