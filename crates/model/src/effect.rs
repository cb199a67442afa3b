//! What a step does to the state that lanes share, and whether two such doings can meet.

use serde::{Deserialize, Serialize};

/// How a step touches a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Looks at it.
    Read,
    /// Sets it, whatever it was.
    Write,
    /// Reads and writes in one indivisible step (DECR, conditional UPDATE).
    Atomic,
    /// Takes a lock on it.
    Lock,
    /// Gives a lock back.
    Unlock,
    /// Could do anything to it: the statement was not understood.
    Unknown,
}

/// What a step does to one resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Effect {
    /// How it is touched.
    pub access: Access,
    /// The resource: a Redis key, a table, an HTTP path. `*` is any of its target's.
    pub resource: String,
    /// Which part of it, as far as known: columns (or the one field) with their values.
    pub part: Vec<(String, String)>,
    /// The columns that are looked at or set; none when it may be any.
    pub columns: Option<Vec<String>>,
}

/// The resource that is any of its target's.
pub const ANYTHING: &str = "*";

/// What stands at the end of a value that was cut; such a value may equal any other.
pub const CUT: &str = "...";

impl Access {
    /// Whether the state is another one after it.
    pub fn changes(self) -> bool {
        matches!(self, Access::Write | Access::Atomic | Access::Unknown)
    }

    /// Whether it depends on what the state is.
    pub fn looks(self) -> bool {
        matches!(self, Access::Read | Access::Atomic | Access::Unknown)
    }
}

impl Effect {
    /// On a whole resource.
    pub fn of(access: Access, resource: impl Into<String>) -> Effect {
        Effect {
            access,
            resource: resource.into(),
            part: Vec::new(),
            columns: None,
        }
    }

    /// `id = 42 AND state = open`; empty when the part is not known.
    pub fn part_text(&self) -> String {
        let equalities: Vec<String> = self
            .part
            .iter()
            .map(|(column, value)| format!("{column} = {value}"))
            .collect();
        equalities.join(" AND ")
    }

    /// Whether both can touch the same thing of one target: the same resource, and parts that no
    /// column tells apart.
    pub fn meets(&self, other: &Effect) -> bool {
        let same = self.resource == other.resource || self.is_of_all() || other.is_of_all();
        same && (self.collides(other) || !self.is_apart(other))
    }

    /// Two new rows meet in any value they share: there may be a unique constraint on it.
    fn collides(&self, other: &Effect) -> bool {
        let makes = |effect: &Effect| effect.access.changes() && effect.columns.is_none();
        makes(self) && makes(other) && self.part.iter().any(|equal| other.part.contains(equal))
    }

    /// Some column has one value here and another one there.
    fn is_apart(&self, other: &Effect) -> bool {
        self.part.iter().any(|(column, value)| {
            other.part.iter().any(|(theirs, their_value)| {
                column == theirs
                    && value != their_value
                    && !value.ends_with(CUT)
                    && !their_value.ends_with(CUT)
                    // A row can be moved into the other part by setting that very column.
                    && !self.sets(column)
                    && !other.sets(column)
            })
        })
    }

    /// Whether what one sets is what the other looks at. Unknown columns are any.
    pub fn shares_columns(&self, other: &Effect) -> bool {
        match (&self.columns, &other.columns) {
            (Some(mine), Some(theirs)) => mine.iter().any(|column| theirs.contains(column)),
            _ => true,
        }
    }

    fn is_of_all(&self) -> bool {
        self.resource == ANYTHING
    }

    fn sets(&self, column: &str) -> bool {
        self.access.changes()
            && self
                .columns
                .as_ref()
                .is_some_and(|columns| columns.iter().any(|set| set == column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(access: Access, part: &[(&str, &str)], columns: Option<&[&str]>) -> Effect {
        Effect {
            part: part
                .iter()
                .map(|(column, value)| ((*column).into(), (*value).into()))
                .collect(),
            columns: columns.map(|all| all.iter().map(|column| (*column).into()).collect()),
            ..Effect::of(access, "seats")
        }
    }

    #[test]
    fn parts_that_a_column_tells_apart_never_meet() {
        use Access::{Read, Write};
        let one = effect(Write, &[("id", "1")], None);
        for (part, expected) in [
            (&[("id", "1")][..], true),
            (&[("id", "2")], false),
            (&[("hall", "2")], true),
            (&[], true),
            (&[("id", "2...")], true),
        ] {
            let other = effect(Read, part, None);
            assert_eq!(one.meets(&other), expected, "{part:?}");
            assert_eq!(other.meets(&one), expected, "{part:?}");
        }
        assert!(!Effect::of(Read, "halls").meets(&one));
        assert!(Effect::of(Read, "*").meets(&one));
    }

    #[test]
    fn setting_the_column_that_tells_apart_moves_rows_across() {
        let moves = effect(Access::Write, &[("owner", "a")], Some(&["owner"]));
        assert!(moves.meets(&effect(Access::Read, &[("owner", "b")], None)));
    }

    #[test]
    fn columns_are_shared_or_unknown() {
        let sold = effect(Access::Write, &[], Some(&["sold"]));
        assert!(!sold.shares_columns(&effect(Access::Read, &[], Some(&["capacity"]))));
        assert!(sold.shares_columns(&effect(Access::Read, &[], Some(&["capacity", "sold"]))));
        assert!(sold.shares_columns(&effect(Access::Read, &[], None)));
    }

    #[test]
    fn parts_are_readable() {
        let part = [("id", "42"), ("state", "open")];
        let text = effect(Access::Read, &part, None).part_text();
        assert_eq!(text, "id = 42 AND state = open");
        assert_eq!(Effect::of(Access::Read, "seats").part_text(), "");
    }
}
