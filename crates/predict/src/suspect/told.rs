//! What the store's own row locks rule out. It is believed where suspects are only told, as those of
//! recorded traffic are: nobody is going to try them.

use model::{Access, Transaction};

use super::guard::{Between, Hold, holds, inserts};
use super::{Purpose, rows};
use crate::footprint::Deed;
use crate::template::{Origin, Template, TemplateStep};

/// Whether a step of a transaction changes this and so has it for itself until the later step.
pub fn takes(template: &Template, (first, second): (usize, usize), resource: &str) -> bool {
    let step = &template.steps[first];
    let takes = step.footprint.deeds.iter().any(|deed| {
        deed.locks && deed.effect.access != Access::Lock && deed.resource() == resource
    });
    takes && is_inside(step) && !template.steps[first..second].iter().any(ends)
}

/// Whether the first step has what it looks at for itself until the second: it changes it, and
/// nobody else can before COMMIT.
pub fn is_held(template: &Template, steps: (usize, usize), deed: &Deed) -> bool {
    deed.looks && deed.locks && takes(template, steps, &deed.resource())
}

/// A lock on the row itself: whoever changes it waits, whatever else they lock. It is held from the
/// look on, or the look is made again under it.
pub fn row_lock(race: &Between<'_>, theirs: &[(usize, &Deed)]) -> Option<String> {
    let makes_rows = theirs.iter().any(|(_, deed)| inserts(race.other, deed));
    if race.purpose == Purpose::Trying || theirs.is_empty() || makes_rows {
        return None;
    }
    let resource = race.deed.resource();
    let locks = holds(race.one);
    let mut locks = locks.iter().filter(|lock| {
        lock.deed.resource() == resource
            && !lock.deed.effect.resource.contains(':')
            && lock.until >= race.second
            && keeps_out(race.one, lock)
    });
    locks.find_map(|lock| {
        if lock.from <= race.first {
            let covers = rows::covers(&lock.deed.effect, &race.deed.effect);
            return covers.then(|| format!("a row lock on {resource}"));
        }
        let is_again = lock.from <= race.second && looks_again(race, lock, theirs);
        is_again.then(|| format!("read again under a row lock on {resource}"))
    })
}

/// Whether nobody else changes what is locked: `FOR KEY SHARE` lets others change what is no key.
fn keeps_out(template: &Template, lock: &Hold<'_>) -> bool {
    let text = &template.steps[lock.from].step.text;
    !text.to_ascii_lowercase().contains("for key share")
}

/// Whether what A does in the end was decided with a lock on the row, and what B does as well:
/// `SELECT ... FOR UPDATE`, `UPDATE`, COMMIT, and then `DECR`. What was looked at before that was a
/// hint. What comes after the lock only counts: in which order makes no difference.
pub fn decided(race: &Between<'_>, theirs: &[(usize, &Deed)]) -> Option<String> {
    if race.purpose == Purpose::Trying || theirs.is_empty() {
        return None;
    }
    let their_locks = holds(race.other);
    let decides = |template: &Template, lock: &Hold<'_>| {
        let looks = |deed: &&Deed| deed.looks && deed.resource() == lock.deed.resource();
        let mut looked = template.steps[lock.from]
            .footprint
            .deeds
            .iter()
            .filter(looks);
        let mut then = template.steps.iter().take(lock.until).skip(lock.from + 1);
        keeps_out(template, lock)
            && looked.any(|looked| {
                then.any(|step| {
                    let mut deeds = step.footprint.deeds.iter();
                    deeds.any(|deed| deed.effect.access.changes() && rows::are_same(looked, deed))
                })
            })
    };
    let locks = holds(race.one);
    let mut mine = locks.iter().filter(|lock| {
        let acts = match lock.until < race.second {
            true => counts(race) && !comes_from(race, |_| true),
            false => counts(race) || !comes_from(race, |step| step == race.first),
        };
        (race.first..race.second).contains(&lock.from) && acts && decides(race.one, lock)
    });
    let found = mine.find(|mine| {
        theirs.iter().all(|(at, deed)| {
            their_locks.iter().any(|lock| {
                lock.from <= *at
                    && decides(race.other, lock)
                    && mine.deed.depends(lock.deed)
                    && rows::are_linked(
                        (&mine.deed.effect, &race.deed.effect),
                        (&lock.deed.effect, &deed.effect),
                    )
            })
        })
    })?;
    Some(format!(
        "decided under a row lock on {}",
        found.deed.resource()
    ))
}

/// Whether all that A changes in the end is counted up or down, and not set.
fn counts(race: &Between<'_>) -> bool {
    let deeds = race.one.steps[race.second].footprint.deeds.iter();
    let mut changes = deeds.filter(|deed| deed.effect.access.changes()).peekable();
    changes.peek().is_some() && changes.all(|deed| deed.effect.access == Access::Atomic)
}

/// Whether something that A writes in the end comes from the reply to such a step.
fn comes_from(race: &Between<'_>, is_such: impl Fn(usize) -> bool) -> bool {
    let mut origins = race.one.steps[race.second].origins.iter();
    origins.any(|origin| match origin {
        Origin::Reply(from) | Origin::Computed(from) => is_such(*from),
        Origin::Constant | Origin::Request | Origin::Drawn => false,
    })
}

/// Whether the look of an earlier transaction, or of none, is made again where the lock is taken,
/// with all that others change of it. Within one transaction the earlier look is what decides:
/// who locks there means what was seen before.
fn looks_again(race: &Between<'_>, lock: &Hold<'_>, theirs: &[(usize, &Deed)]) -> bool {
    let steps = &race.one.steps;
    let was_before =
        !is_inside(&steps[race.first]) || steps[race.first..lock.from].iter().any(ends);
    let sees = |deed: &Deed, column: &String| {
        let columns = deed.effect.columns.as_ref();
        columns.is_none_or(|columns| columns.contains(column))
    };
    let mut looks = steps[lock.from].footprint.deeds.iter();
    was_before
        && looks.any(|again| {
            again.looks
                && rows::are_same(race.deed, again)
                && theirs.iter().all(|(_, deed)| match &deed.effect.columns {
                    Some(changed) => changed
                        .iter()
                        .all(|column| sees(again, column) || !sees(race.deed, column)),
                    None => again.effect.columns.is_none(),
                })
        })
}

fn is_inside(step: &TemplateStep) -> bool {
    step.step.transaction == Transaction::Inside
}

fn ends(step: &TemplateStep) -> bool {
    matches!(
        step.step.transaction,
        Transaction::Commit | Transaction::Rollback
    )
}
