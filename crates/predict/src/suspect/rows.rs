//! Which rows two effects of requests are about, by the values that name them. A value that is
//! open (ends with `CUT`) is another one in each request, and the same wherever the same text
//! stands within one request.

use model::Effect;
use model::effect::CUT;

use crate::footprint::Deed;

/// Whether a value may equal any other request's.
pub fn is_open(value: &str) -> bool {
    value.ends_with(CUT)
}

/// What stands before an open value that the request made up for itself: no other request has it.
pub const OWN: char = '\u{1}';

/// Whether some column has a value of one of the requests' own, and so another one in the other.
pub fn are_apart_by_own(one: &Effect, other: &Effect) -> bool {
    let is_own = |value: &str| value.starts_with(OWN);
    one.part.iter().any(|(column, value)| {
        let mut theirs = other.part.iter();
        theirs.any(|(name, their_value)| column == name && (is_own(value) || is_own(their_value)))
    })
}

/// Whether two deeds of one request are about the same row, as far as is known.
pub fn are_same(one: &Deed, other: &Deed) -> bool {
    let sets = |deed: &Deed, column: &String| {
        let columns = deed.effect.columns.as_ref();
        deed.effect.access.changes() && columns.is_some_and(|set| set.contains(column))
    };
    let is_apart = one.effect.part.iter().any(|(column, value)| {
        let mut theirs = other.effect.part.iter();
        theirs.any(|(name, their_value)| {
            // The row is the same one after its columns are set to something else.
            name == column && value != their_value && !sets(one, column) && !sets(other, column)
        })
    });
    one.resource() == other.resource() && !is_apart
}

/// Whether a lock of one request is on all rows that a deed of it on the same resource is about.
pub fn covers(lock: &Effect, deed: &Effect) -> bool {
    let names = |(column, _): &(String, String)| deed.part.iter().any(|(name, _)| name == column);
    lock.part.is_empty()
        || lock.part.iter().any(|equal| deed.part.contains(equal))
            && lock.part.iter().all(|equal| {
                // `state = 'open'` beside the key only leaves rows out that nobody wants.
                deed.part.contains(equal) || !is_open(&equal.1) && !names(equal)
            })
}

/// Whether two requests that are about the same row have the same lock: each value that names the
/// lock also names the row, in the same column in both, or is a constant.
pub fn are_linked(mine: (&Effect, &Effect), theirs: (&Effect, &Effect)) -> bool {
    let ((lock, deed), (their_lock, their_deed)) = (mine, theirs);
    let linked = |value: &String, their_value: &String| {
        value == their_value && !is_open(value)
            || deed.part.iter().any(|(column, named)| {
                named == value
                    && their_deed
                        .part
                        .contains(&(column.clone(), their_value.clone()))
            })
    };
    let value_of = |effect: &'_ Effect, column: &str| {
        let mut part = effect.part.iter();
        part.find(|(name, _)| name == column)
            .map(|(_, value)| value.clone())
    };
    let is_named = |lock: &Effect, other: &Effect| {
        lock.part
            .iter()
            .all(|(column, value)| !is_open(value) || value_of(other, column).is_some())
    };
    is_named(lock, their_lock)
        && is_named(their_lock, lock)
        && lock.part.iter().all(|(column, value)| {
            let theirs = value_of(their_lock, column);
            theirs.is_none_or(|their_value| linked(value, &their_value))
        })
}

#[cfg(test)]
mod tests {
    use model::Access;

    use super::*;

    fn effect(part: &[(&str, &str)]) -> Effect {
        let part = part
            .iter()
            .map(|(column, value)| ((*column).into(), (*value).into()));
        Effect {
            part: part.collect(),
            ..Effect::of(Access::Read, "t")
        }
    }

    #[test]
    fn a_lock_covers_the_rows_that_its_values_name() {
        for (lock, deed, expected) in [
            (&[][..], &[("id", "a...")][..], true),
            (&[("id", "a...")], &[("id", "a...")], true),
            (&[("id", "a...")], &[("id", "b...")], false),
            (&[("id", "a...")], &[], false),
            (
                &[("id", "a..."), ("state", "open")],
                &[("id", "a...")],
                true,
            ),
            (
                &[("id", "a..."), ("state", "open")],
                &[("id", "a..."), ("state", "new")],
                false,
            ),
            (&[("user", "a...")], &[("id", "b...")], false),
            (
                &[("event", "a...")],
                &[("event", "a..."), ("seat", "b...")],
                true,
            ),
            (&[("state", "open")], &[("id", "b...")], false),
        ] {
            assert_eq!(
                covers(&effect(lock), &effect(deed)),
                expected,
                "{lock:?} {deed:?}"
            );
        }
    }

    #[test]
    fn a_lock_elsewhere_is_linked_by_the_value_that_names_the_row() {
        for (lock, deed, expected) in [
            (&[("id", "a...")][..], &[("event_id", "a...")][..], true),
            (&[("id", "a...")], &[("event_id", "b...")], false),
            (&[("id", "42")], &[("event_id", "b...")], true),
            (
                &[("id", "a..."), ("kind", "b...")],
                &[("event_id", "a...")],
                false,
            ),
        ] {
            let (lock, deed) = (effect(lock), effect(deed));
            assert_eq!(
                are_linked((&lock, &deed), (&lock, &deed)),
                expected,
                "{lock:?}"
            );
        }
        // The other request's lock is named by another column of its row.
        let (lock, deed) = (effect(&[("id", "a...")]), effect(&[("event_id", "a...")]));
        let theirs = effect(&[("user_id", "a...")]);
        assert!(!are_linked((&lock, &deed), (&lock, &theirs)));
    }
}
