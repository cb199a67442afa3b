//! The analyst: recorded requests in, boundaries that race out, ranked. Nothing runs.
//!
//! `forms` finds the form of names that values stand in, `kinds` which requests do the same,
//! `open` which of their values are other ones in each request and `own` which are nobody else's,
//! `habits` what all requests do, `lesson` makes a template of a kind as learning does, and
//! `suspect` says where kinds can come between each other. `telling` leaves out what decides
//! nothing, `figures` and `severity` say how likely and how bad the rest is, `ranking` puts it in
//! order.

mod boundary;
mod figures;
mod forms;
mod habits;
mod kinds;
mod lesson;
mod names;
mod obscure;
mod open;
mod own;
mod ranking;
mod severity;
mod sql;
mod telling;
#[cfg(test)]
mod telling_tests;
#[cfg(test)]
mod testkit;
#[cfg(test)]
mod tests;

use model::prediction::{Boundary, RecordedTraffic};
use model::{SeenStep, Step};

pub use crate::suspect::Unique;
use forms::Forms;
use habits::Habits;
use lesson::{Known, Lesson};
use obscure::Obscure;
use own::Own;

/// A request as it was recorded, each statement described.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordedRequest {
    /// Its kind, where the log says.
    pub name: Option<String>,
    /// Its arguments, where these are known.
    pub arguments: Vec<String>,
    /// All that it was made of, where that is known.
    pub values: Vec<String>,
    /// What it did, in order. All requests' times count from the same moment; all are 0 where none
    /// are known.
    pub steps: Vec<SeenStep>,
}

/// A kind of requests: those that make the same steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// As the log says, or what it does: `UPDATE vouchers`.
    pub name: String,
    /// How many requests are of this kind.
    pub requests: u64,
    /// Its steps that touch what requests share, by their names.
    pub steps: Vec<String>,
}

/// What recorded requests tell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Analysis {
    /// Where they race, most volatile first; what seems to be protected stands last.
    pub boundaries: Vec<Boundary>,
    /// The kinds of requests, the most frequent first.
    pub kinds: Vec<Kind>,
    /// How much was read. What was skipped while reading is the reader's to add.
    pub recorded: RecordedTraffic,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Kinds of requests that are compared with each other, the most frequent first.
pub const KINDS_MAX: usize = 48;
/// Boundaries that are kept, the most volatile first.
pub const BOUNDARIES_MAX: usize = 300;

/// Finds where recorded requests race.
pub fn analyse(requests: Vec<RecordedRequest>, unique: &[Unique]) -> Analysis {
    let mut forms = Forms::default();
    let mut obscure = Obscure::default();
    for step in requests.iter().flat_map(|request| &request.steps) {
        forms.learn(&step.step);
        obscure.count(&step.step);
    }
    let grouped = kinds::group(&requests, &forms);
    let mut notes = grouped.notes;
    let figures = figures::Figures::of(&requests);
    notes.extend(figures.note());
    let known = Known {
        own: Own::of(&requests, &forms),
        habits: Habits::of(&requests, &grouped.kinds, &forms),
        forms,
    };
    let lessons: Vec<Lesson> = grouped
        .kinds
        .iter()
        .map(|kind| Lesson::of(kind, &requests, &known))
        .collect();
    let mut boundaries = ranking::Ranking::default();
    let telling = telling::Telling {
        lessons: &lessons,
        habits: &known.habits,
        unique,
    };
    boundary::add_all(&telling, &figures, &mut boundaries);
    boundary::add_obscure(&lessons, &obscure, &mut boundaries);
    notes.extend(boundaries.notes());
    Analysis {
        boundaries: boundaries.ranked(&mut notes),
        recorded: RecordedTraffic {
            statements: requests
                .iter()
                .map(|request| request.steps.len() as u64)
                .sum(),
            requests: requests.len() as u64,
            kinds: grouped.found,
            obscure: obscure.into_rows(),
            skipped: Vec::new(),
        },
        kinds: lessons.iter().map(Lesson::kind).collect(),
        notes,
    }
}

/// Whether a step says more than that a session goes on.
fn is_relevant(step: &Step) -> bool {
    step.transaction != model::Transaction::None || step.is_shared()
}
