//! What came of looking further: every interleaving of the racers, and every fault at every
//! step.

use serde_json::Value;

use super::Look;
use super::gather::Gathered;
use super::headline::paint_of;
use crate::number::counted;
use crate::picture::short;
use crate::style::Paint;
use crate::table::{Column, Table, flexible, left};
use crate::text::{clean, wrap};

/// Sentences about interleavings shown.
const SENTENCES_SHOWN_MAX: usize = 3;

/// Lines of one of them.
const SENTENCE_LINES_MAX: usize = 3;

/// Steps shown, and faults beside each other.
const STEPS_SHOWN_MAX: usize = 64;
const FAULTS_ABREAST: usize = 4;

/// Words of oracles shown.
const SAW_SHOWN_MAX: usize = 8;

/// One step under one fault.
struct Tried<'a> {
    step: String,
    fault: &'a str,
    verdict: &'a str,
    saw: &'a str,
}

/// The sentence, then the table of faults.
pub fn lines(gathered: &Gathered, look: &Look) -> Vec<String> {
    let told = sentences(gathered);
    let shown = told.iter().take(SENTENCES_SHOWN_MAX);
    let mut lines: Vec<String> = shown
        .flat_map(|sentence| wrap(sentence, look.width, SENTENCE_LINES_MAX))
        .collect();
    let hidden = told.len().saturating_sub(SENTENCES_SHOWN_MAX);
    if hidden > 0 {
        lines.push(look.aside(&format!("and {hidden} more such sentences in the document")));
    }
    let tried = all_tried(gathered);
    if tried.is_empty() {
        return lines;
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.push(look.heading("what if"));
    lines.extend(table(&tried, look));
    let broken = tried
        .iter()
        .filter(|tried| paint_of(tried.verdict) == Paint::Bad);
    for tried in broken
        .filter(|tried| !tried.saw.is_empty())
        .take(SAW_SHOWN_MAX)
    {
        let text = format!("{}, {}: {}", tried.step, tried.fault, short(tried.saw));
        let wrapped = wrap(&clean(&text), look.width.saturating_sub(4), 2);
        lines.extend(wrapped.iter().enumerate().map(|(place, line)| {
            look.aside(&format!("{}{line}", if place == 0 { "  " } else { "    " }))
        }));
    }
    lines
}

/// `3 of 16 faults went wrong`, where every step was asked what if it fails.
pub fn faults(gathered: &Gathered) -> Option<String> {
    let tried = all_tried(gathered);
    let is_wrong = |tried: &&Tried| paint_of(tried.verdict) == Paint::Bad;
    let wrong = tried.iter().filter(is_wrong).count();
    let all = counted(tried.len() as u64, "fault");
    (!tried.is_empty()).then(|| format!("{wrong} of {all} went wrong"))
}

fn all_tried(gathered: &Gathered) -> Vec<Tried<'_>> {
    let all = gathered.document("what_if").and_then(Value::as_array);
    all.into_iter().flatten().filter_map(tried).collect()
}

/// One sentence for all, or one for each choice of racers.
fn sentences(gathered: &Gathered) -> Vec<String> {
    let Some(explored) = gathered.document("explored") else {
        return Vec::new();
    };
    let one = explored.get("sentence").into_iter();
    let each = explored.get("sentences").and_then(Value::as_array);
    let all = one.chain(each.into_iter().flatten());
    let mut told: Vec<String> = Vec::new();
    for sentence in all.filter_map(Value::as_str).map(clean) {
        // Racers with other arguments often come to the same.
        if !told.contains(&sentence) {
            told.push(sentence);
        }
    }
    told
}

fn tried(of: &Value) -> Option<Tried<'_>> {
    let text = |key: &str| of.get(key).and_then(Value::as_str);
    let operation = text("operation").map(|operation| format!("{operation}: "));
    Some(Tried {
        step: operation.unwrap_or_default() + text("step")?,
        fault: text("fault")?,
        verdict: text("verdict")?,
        saw: text("saw").unwrap_or_default(),
    })
}

/// A line for each step, a column for each fault; a few faults at a time, so that none is cut off.
fn table(tried: &[Tried], look: &Look) -> Vec<String> {
    let mut steps: Vec<&str> = Vec::new();
    let mut faults: Vec<&str> = Vec::new();
    for one in tried {
        if !steps.contains(&one.step.as_str()) {
            steps.push(&one.step);
        }
        if !faults.contains(&one.fault) {
            faults.push(one.fault);
        }
    }
    let shown = &steps[..steps.len().min(STEPS_SHOWN_MAX)];
    let bands = faults.chunks(FAULTS_ABREAST);
    let mut lines: Vec<String> = bands
        .flat_map(|faults| band(tried, shown, faults, look))
        .collect();
    if steps.len() > shown.len() {
        let hidden = steps.len() - shown.len();
        lines.push(look.aside(&format!("  and {hidden} steps more in the document")));
    }
    lines
}

/// The steps that met one of these faults.
fn band(tried: &[Tried], steps: &[&str], faults: &[&str], look: &Look) -> Vec<String> {
    let mut columns: Vec<Column> = vec![flexible("step").at_least(16)];
    columns.extend(faults.iter().map(|fault| left(short(fault))));
    let mut table = Table::new(2, columns);
    for step in steps {
        let verdict = |fault: &&str| {
            let mut all = tried.iter();
            let found = all.find(|one| one.step == *step && one.fault == *fault);
            found.map_or("", |one| one.verdict).to_string()
        };
        let verdicts: Vec<String> = faults.iter().map(verdict).collect();
        if verdicts.iter().all(String::is_empty) {
            continue;
        }
        let mut judged = verdicts.iter();
        let paint = match judged.any(|verdict| paint_of(verdict) == Paint::Bad) {
            true => Paint::Bad,
            false => Paint::Plain,
        };
        let mut row = vec![(*step).to_string()];
        row.extend(verdicts);
        table.row(paint, row);
    }
    table.lines(look.width, look.style)
}
