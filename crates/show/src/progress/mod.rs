//! Progress on stderr while a run goes on: bars on a terminal, few plain lines elsewhere,
//! nothing when asked to be quiet. It only listens to events.

mod bars;
mod lines;
mod load;

use std::ffi::OsStr;
use std::io::{IsTerminal, Write};

use model::{Event, EventKind, Prediction, Rate};

use crate::number::{count, counted, milliseconds, percent, rate};
use crate::prediction::words;
use crate::report::gather::{LOAD_PHASE, SIMULATING_PHASE};
use crate::style::{ColorChoice, Style};
use crate::text::{clean, cut};
use bars::Bars;
use lines::Lines;

/// Cells a message may take; a log excerpt must not flood the terminal.
const MESSAGE_CELLS_MAX: usize = 400;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressMode {
    /// Bars that move.
    Bars,
    /// One line for each thing that happened.
    Lines,
    /// Nothing.
    Quiet,
}

/// Shows how a run goes.
pub struct Progress {
    face: Face,
}

enum Face {
    Bars(Bars),
    Lines(Lines),
    Quiet,
}

impl ProgressMode {
    /// Decides: bars only where a person looks on. `ci` and `term` are what the environment says.
    pub fn new(quiet: bool, terminal: bool, ci: Option<&OsStr>, term: Option<&OsStr>) -> Self {
        let dumb = term.is_some_and(|term| term == "dumb");
        let ci = ci.is_some_and(|ci| !ci.is_empty() && ci != "false");
        match (quiet, terminal && !dumb && !ci) {
            (true, _) => ProgressMode::Quiet,
            (false, true) => ProgressMode::Bars,
            (false, false) => ProgressMode::Lines,
        }
    }
}

impl Progress {
    /// On stderr, as it is and as the environment wants it.
    pub fn for_stderr(quiet: bool, color: ColorChoice) -> Progress {
        let terminal = std::io::stderr().is_terminal();
        let (ci, term) = (std::env::var_os("CI"), std::env::var_os("TERM"));
        let mode = ProgressMode::new(quiet, terminal, ci.as_deref(), term.as_deref());
        let style = Style::for_stderr(color);
        let face = match mode {
            ProgressMode::Bars => Face::Bars(Bars::on_stderr(style)),
            ProgressMode::Lines => Face::Lines(Lines::new(Box::new(std::io::stderr()), style)),
            ProgressMode::Quiet => Face::Quiet,
        };
        Progress { face }
    }

    /// Plain lines into any writer.
    pub fn lines(out: Box<dyn Write + Send>, style: Style) -> Progress {
        Progress {
            face: Face::Lines(Lines::new(out, style)),
        }
    }

    /// Takes an event.
    pub fn consume(&mut self, event: &Event) {
        match &mut self.face {
            Face::Bars(bars) => bars.consume(&event.kind),
            Face::Lines(lines) => lines.consume(event),
            Face::Quiet => {}
        }
    }

    /// Takes bars off the terminal, so that what is printed next stands alone. The end of the
    /// run and dropping this do the same.
    pub fn clear(&mut self) {
        if let Face::Bars(bars) = &mut self.face {
            bars.clear();
        }
    }
}

/// `replay of ticketrush (racy), seed 7`.
fn subject(kind: &EventKind) -> Option<String> {
    let EventKind::RunStarted {
        command,
        system,
        variant,
        seed,
        ..
    } = kind
    else {
        return None;
    };
    let variant = variant
        .as_ref()
        .map(|variant| format!(" ({variant})"))
        .unwrap_or_default();
    Some(clean(&format!(
        "{command} of {system}{variant}, seed {seed}"
    )))
}

/// What a user should see at once, with the word before it.
fn message(kind: &EventKind) -> Option<(&'static str, String)> {
    let (label, text) = match kind {
        EventKind::Warning { message } => ("warning", message.clone()),
        EventKind::ReplicaDied { what, why } => ("died", format!("{what}: {why}")),
        _ => return None,
    };
    Some((label, cut(&clean(&text), MESSAGE_CELLS_MAX)))
}

/// What became of a suspect, and what was learned of an operation.
fn finding(kind: &EventKind) -> Option<String> {
    let text = match kind {
        EventKind::SuspectSettled { settled } => {
            let suspect = &settled.suspect;
            let mut text = format!(
                "{} {} on {}: {} {}",
                suspect.id,
                suspect.label.as_str(),
                suspect.resource,
                settled.verdict.as_str(),
                rate(settled.violations)
            );
            if let Some(trial) = settled.trials_to_first {
                text.push_str(&format!(", first at trial {}", count(trial)));
            }
            text
        }
        EventKind::OperationLearned {
            operation, steps, ..
        } => format!(
            "{operation}: {} learned",
            counted(steps.len() as u64, "step")
        ),
        EventKind::Explored { sentence } => sentence.clone(),
        EventKind::Predicted { prediction } => predicted(prediction),
        EventKind::Offered { what, address } => format!("{what} on {address}"),
        _ => return None,
    };
    Some(cut(&clean(&text), MESSAGE_CELLS_MAX))
}

/// `3 boundaries; the first: check-then-act on cache inv:42, 27.1 %`.
fn predicted(prediction: &Prediction) -> String {
    let summary = words::summary(prediction);
    let (bare, _) = words::parted(prediction);
    let Some(first) = bare.first() else {
        return summary;
    };
    let mut text = format!("{summary}; the first: {}", words::title(first));
    let frequency = words::frequency(first);
    if !frequency.is_empty() {
        text.push_str(&format!(", {frequency}"));
    }
    text
}

/// What a phase is made of: trials, but for a simulation, which has bursts, and load.
fn planned(phase: &str, number: u64) -> String {
    let what = match phase {
        SIMULATING_PHASE => "burst",
        LOAD_PHASE => "request",
        _ => "trial",
    };
    counted(number, what)
}

/// `3 of 1000 violated, 0.30 %, 4.2 s`; a phase without trials only tells its time.
fn phase_end(violations: Rate, took_ms: u64) -> String {
    let took = milliseconds(took_ms);
    if violations.n == 0 {
        return took;
    }
    format!(
        "{} violated, {}, {took}",
        rate(violations),
        percent(violations.share())
    )
}

/// `3 violations in 214`, while it goes on.
fn so_far(violations: Rate) -> String {
    format!(
        "{} in {}",
        counted(violations.k, "violation"),
        count(violations.n)
    )
}

#[cfg(test)]
mod tests;
