//! What takes nothing from the verdict, or makes it less certain: outcomes nobody knows, oracles
//! that could not tell, deaths, losses, warnings.

use super::Look;
use super::gather::{Gathered, Notes};
use crate::number::count;
use crate::style::Paint;
use crate::text::{clean, pad, wrap};

/// Notes of one kind that are shown.
const NOTES_SHOWN_MAX: usize = 4;

/// Lines one note may take.
const NOTE_LINES_MAX: usize = 3;

/// Cells of the word before a note.
const LABEL_CELLS: usize = 11;

/// One line or a few for each note.
pub fn lines(gathered: &Gathered, look: &Look) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(text) = unknown(gathered) {
        lines.extend(note("unknown", &text, look));
    }
    let kinds = [
        ("undecided", "times", &gathered.undecided),
        ("not sent", "requests", &gathered.not_sent),
        ("died", "times", &gathered.died),
        ("lost", "connections", &gathered.failed),
        ("warning", "times", &gathered.warnings),
    ];
    for (label, unit, notes) in kinds {
        lines.extend(some(label, unit, notes, look));
    }
    lines.extend(some("note", "times", &predicted(gathered), look));
    lines
}

/// What the prediction says that the user should know.
fn predicted(gathered: &Gathered) -> Notes {
    let mut notes = Notes::default();
    let said = gathered.prediction.iter().flat_map(|all| &all.notes);
    said.for_each(|text| notes.add(text));
    notes
}

/// Unknown outcomes are neither successes nor failures; the user must know that they are there.
fn unknown(gathered: &Gathered) -> Option<String> {
    let classes = [
        (gathered.timed_out, "timed out"),
        (gathered.cut, "cut"),
        (gathered.garbled, "garbled"),
    ];
    let each: Vec<String> = classes
        .iter()
        .filter(|(times, _)| *times > 0)
        .map(|(times, class)| format!("{} {class}", count(*times)))
        .collect();
    (!each.is_empty()).then(|| {
        format!(
            "{} of {} requests ({}) may or may not have taken effect; they count neither as success nor as failure",
            count(gathered.unknown()),
            count(gathered.attempts),
            each.join(", ")
        )
    })
}

fn some(label: &str, unit: &str, notes: &Notes, look: &Look) -> Vec<String> {
    let mut lines = Vec::new();
    let mut shown = 0;
    for (text, times) in notes.all.iter().take(NOTES_SHOWN_MAX) {
        shown = times.saturating_add(shown);
        let text = if *times > 1 {
            format!("{text} ({} {unit})", count(*times))
        } else {
            text.clone()
        };
        lines.extend(note(label, &text, look));
    }
    let more = notes.total() - shown;
    if more > 0 {
        lines.extend(note(
            "",
            &format!("and {} more in the evidence", count(more)),
            look,
        ));
    }
    lines
}

fn note(label: &str, text: &str, look: &Look) -> Vec<String> {
    let width = look.width.saturating_sub(LABEL_CELLS);
    let wrapped = wrap(&clean(text), width, NOTE_LINES_MAX);
    let lines = wrapped.iter().enumerate().map(|(place, line)| {
        let label = pad(if place == 0 { label } else { "" }, LABEL_CELLS);
        look.style.paint(Paint::Unsure, &label) + line
    });
    lines.map(|line| line.trim_end().to_string()).collect()
}
