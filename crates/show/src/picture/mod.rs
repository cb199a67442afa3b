//! A race as a picture: who did what, and what became of what they raced for.
//!
//! One column for each racer, one for each resource that two of them touched and one changed.
//! [`race`] puts the steps of a trial in order, [`contended`] finds the resources, [`change`] says
//! what a step tells of one and [`ledger`] keeps account of it, [`rows`] folds what does not
//! matter, [`draw`] lays it out, [`sentences`] says it in words.

mod change;
mod contended;
mod draw;
mod heads;
mod known;
mod layout;
mod ledger;
mod race;
mod redis;
mod rows;
mod say;
mod sentences;
mod short;
mod sql;
mod words;

use model::{Attempt, Label, Outcome, RacerPlan, StepPattern};

use crate::report::gather::Story;
use crate::report::{Look, story};
use crate::style::Paint;
use crate::text::{cells, clean, cut, pad, wrap};
use race::Race;

pub use short::short;

/// Lines of the picture itself.
const LINES_MAX: usize = 20;

/// Lines one sentence may take.
const SENTENCE_LINES_MAX: usize = 3;

/// Cells of the word before a sentence.
const LABEL_CELLS: usize = 10;

/// More racers than this have no room for their columns.
const RACERS_MAX: usize = 4;

/// Cells of a racer's name before its answer.
const RACER_CELLS_MAX: usize = 16;

/// What is known of a race besides its trial.
#[derive(Debug, Default)]
pub struct Background {
    /// The racers with their arguments.
    pub plans: Vec<RacerPlan>,
    /// Orders the trial may have been forced to, the likeliest first; each line a racer's name
    /// and its step.
    pub orders: Vec<Vec<(String, StepPattern)>>,
    /// What kind of race it is.
    pub label: Option<Label>,
}

/// The picture with its sentences; none when the racers contend for nothing that is seen.
pub fn lines(story: &Story, background: &Background, look: &Look) -> Vec<String> {
    let Some(race) = race(story, background) else {
        return Vec::new();
    };
    let contended = contended::contended(&race);
    if contended.is_empty() {
        return Vec::new();
    }
    let attempts = &story.history.attempts;
    let room = LINES_MAX.saturating_sub(attempts.len());
    let mut lines = draw::lines(&race, &contended, room, look);
    lines.extend(attempts.iter().map(|attempt| answered(attempt, look)));
    lines.push(String::new());
    let sentences = [
        ("happened", sentences::happened(&race, background.label)),
        ("seen", sentences::seen(story)),
        ("in turn", sentences::in_turn(story)),
    ];
    for (label, text) in sentences {
        let width = look.width.saturating_sub(LABEL_CELLS);
        let wrapped = text.map(|text| wrap(&text, width, SENTENCE_LINES_MAX));
        for (place, line) in wrapped.into_iter().flatten().enumerate() {
            let label = pad(if place == 0 { label } else { "" }, LABEL_CELLS);
            lines.push(look.style.paint(Paint::Quiet, &label) + &line);
        }
    }
    lines
}

/// Whether there is something to draw.
pub fn is_drawn(story: &Story, background: &Background) -> bool {
    let race = race(story, background);
    race.is_some_and(|race| !contended::contended(&race).is_empty())
}

/// The trial under the first order that it went by; under none when nobody knows one.
fn race<'a>(story: &'a Story, background: &Background) -> Option<Race<'a>> {
    if story.steps.is_empty() {
        return None;
    }
    if story.history.attempts.len() > RACERS_MAX {
        return None;
    }
    let plans = &background.plans;
    let orders = background.orders.iter();
    let known = orders.map(|order| Race::new(story, plans, order.clone()));
    let fitting = known.into_iter().find(Race::holds);
    Some(fitting.unwrap_or_else(|| Race::new(story, plans, Vec::new())))
}

/// What a racer was answered in the end.
fn answered(attempt: &Attempt, look: &Look) -> String {
    let before = format!("  {} got ", cut(&clean(&attempt.racer), RACER_CELLS_MAX));
    let (text, paint) = match &attempt.outcome {
        Outcome::Answered { .. } => (short(&story::answer(attempt)), Paint::Plain),
        _ => (clean(&story::answer(attempt)), Paint::Unsure),
    };
    let text = cut(&text, look.width.saturating_sub(cells(&before)));
    before + &look.style.paint(paint, &text)
}

#[cfg(test)]
mod change_tests;
#[cfg(test)]
mod tests;
