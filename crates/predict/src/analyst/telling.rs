//! Which of the cycles are worth telling: a list that says everything says nothing. What is left
//! out is counted.

use model::{Access, Label};

use super::habits::Habits;
use super::lesson::Lesson;
use super::severity;
use crate::suspect::{Cycle, Race, Unique, rows};
use crate::template::{Origin, TemplateStep};

/// What tells cycles that matter from others.
pub struct Telling<'a> {
    pub lessons: &'a [Lesson],
    pub habits: &'a Habits,
    pub unique: &'a [Unique],
}

/// Why races were left out, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// A kind that changes nothing sees states of different times.
    pub only_looks: u64,
    /// States of different times are seen, and nothing that is written comes from them.
    pub skews: u64,
    /// What comes after the look comes in any case.
    pub undecided: u64,
}

/// Why a cycle is not told.
enum Reason {
    OnlyLooks,
    Skew,
    Undecided,
    /// It is none.
    OnlyMakesRows,
}

impl Telling<'_> {
    /// Keeps the cycles that are worth telling.
    pub fn keep(&self, race: &mut Race, left_out: &mut LeftOut) {
        let cycles = std::mem::take(&mut race.cycles);
        let mut first: Option<Reason> = None;
        for cycle in cycles {
            match self.reason(race, &cycle) {
                Some(reason) => first = first.or(Some(reason)),
                None => race.cycles.push(cycle),
            }
        }
        match first.filter(|_| race.cycles.is_empty()) {
            Some(Reason::OnlyLooks) => left_out.only_looks += 1,
            Some(Reason::Skew) => left_out.skews += 1,
            Some(Reason::Undecided) => left_out.undecided += 1,
            Some(Reason::OnlyMakesRows) | None => {}
        }
    }

    fn reason(&self, race: &Race, cycle: &Cycle) -> Option<Reason> {
        let (one, other) = (&self.lessons[race.one], &self.lessons[race.other]);
        let first = &one.steps()[cycle.first];
        let deed = &first.footprint.deeds[cycle.deeds.0];
        let then = &one.steps()[cycle.second].footprint.deeds[cycle.deeds.1];
        let is_same = rows::are_same(deed, then);
        if cycle.label == Label::ReadSkew {
            return match changes(one) {
                false => Some(Reason::OnlyLooks),
                // Who has written first only sees what came after it.
                true => {
                    let is_seen = deed.looks && then.looks && writes_back(one, cycle);
                    (!is_seen).then_some(Reason::Skew)
                }
            };
        }
        if only_makes_rows(one, other, cycle, self.unique) {
            return Some(Reason::OnlyMakesRows);
        }
        if is_same || !matches!(cycle.label, Label::CheckThenAct | Label::WriteSkew) {
            return None;
        }
        // What is checked and changed in one step is decided; what follows only records it. Nobody
        // else changes the row before COMMIT shows it.
        let is_done = deed.effect.access == Access::Atomic && (deed.shows || deed.locks);
        if is_done && !writes_back(one, cycle) {
            return Some(Reason::Undecided);
        }
        let writer = &one.steps()[severity::writer(one, cycle.second, then)];
        if self
            .habits
            .always_leads(self.kinds_with(first), &first.step, &writer.step)
        {
            return Some(Reason::Undecided);
        }
        let is_loose = cycle.label == Label::WriteSkew && !severity::are_tied(deed, then);
        (is_loose && !writes_back(one, cycle)).then_some(Reason::Skew)
    }

    /// How many kinds make this step.
    fn kinds_with(&self, step: &TemplateStep) -> usize {
        let makes = |lesson: &&Lesson| {
            let mut steps = lesson.steps().iter();
            steps.any(|other| {
                (&other.step.target, &other.step.shape) == (&step.step.target, &step.step.shape)
            })
        };
        self.lessons.iter().filter(makes).count()
    }
}

/// Whether something that is written later comes from one of the cycle's looks.
fn writes_back(lesson: &Lesson, cycle: &Cycle) -> bool {
    let mut later = lesson.steps()[cycle.first..].iter();
    later.any(|step| {
        step.origins.iter().any(|origin| match origin {
            Origin::Reply(from) | Origin::Computed(from) => {
                *from == cycle.first || *from == cycle.second
            }
            Origin::Constant | Origin::Request | Origin::Drawn => false,
        })
    })
}

/// Whether a kind changes anything.
fn changes(lesson: &Lesson) -> bool {
    let mut deeds = lesson.steps().iter().flat_map(|step| &step.footprint.deeds);
    deeds.any(|deed| deed.shows && deed.effect.access.changes())
}

/// Whether all that B does to what A looked at is to make rows, while A looked at one that was
/// there, by a key: no other row gets the same key.
fn only_makes_rows(one: &Lesson, other: &Lesson, cycle: &Cycle, unique: &[Unique]) -> bool {
    let first = &one.steps()[cycle.first];
    let deed = &first.footprint.deeds[cycle.deeds.0];
    let has = |column: &String| {
        let mut part = deed.effect.part.iter();
        part.any(|(name, _)| name.eq_ignore_ascii_case(column))
    };
    let is_key = has(&"id".to_string())
        || unique
            .iter()
            .any(|unique| unique.is_of(&deed.effect.resource) && unique.columns.iter().all(has));
    let is_insert = |effect: &model::Effect| {
        other.steps().iter().any(|step| {
            let mut deeds = step.footprint.deeds.iter();
            step.step.verb == "INSERT" && deeds.any(|made| made.effect == *effect)
        })
    };
    let theirs = other.steps().iter().flat_map(|step| &step.footprint.deeds);
    let mut changing = theirs
        .filter(|theirs| theirs.shows && deed.depends(theirs))
        .peekable();
    is_key
        && deed.looks
        && !first.found_nothing
        && changing.peek().is_some()
        && changing.all(|theirs| theirs.effect.columns.is_none() && is_insert(&theirs.effect))
}
