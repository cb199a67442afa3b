//! The first two lines: what came of it, and of what.

use model::Rate;

use super::Look;
use super::gather::{Gathered, Phase, SIMULATING_PHASE};
use super::{explored, load, race, suspects};
use crate::number::{count, counted, interval, microseconds, milliseconds, percent, rate};
use crate::prediction::words;
use crate::style::Paint;
use crate::text::{clean, cut, wrap};

/// Lines the reason for a verdict may take.
const WHY_LINES_MAX: usize = 2;

/// The verdict line, and the line that says whose verdict it is.
pub fn lines(gathered: &Gathered, look: &Look) -> Vec<String> {
    if gathered.events == 0 {
        return vec![look.heading("NO EVENTS  the run was over before anything was recorded")];
    }
    let (verdict, why) = match &gathered.end {
        Some(end) => (clean(&end.verdict), figures(gathered, &end.verdict)),
        None => ("DID NOT END".to_string(), how_far(gathered)),
    };
    let line = if why.is_empty() {
        verdict.clone()
    } else {
        format!("{verdict}  {why}")
    };
    let line = cut(&line, look.width);
    // The verdict is painted, its figures are not; a cut line never splits the colour.
    let painted = match line.strip_prefix(verdict.as_str()) {
        Some(rest) => look.style.paint(paint_of(&verdict), &verdict) + rest,
        None => look.style.paint(paint_of(&verdict), &line),
    };
    let mut lines = vec![painted];
    lines.extend(subject(gathered).map(|subject| look.aside(&subject)));
    lines.extend(
        reason(gathered)
            .iter()
            .flat_map(|why| wrap(why, look.width, WHY_LINES_MAX)),
    );
    lines
}

/// `replay of ticketrush (racy), seed 7, 6.4 s`.
fn subject(gathered: &Gathered) -> Option<String> {
    let run = gathered.run.as_ref()?;
    let mut subject = format!("{} of {}", run.command, run.system);
    if let Some(variant) = &run.variant {
        subject.push_str(&format!(" ({variant})"));
    }
    subject.push_str(&format!(", seed {}", run.seed));
    if let Some(end) = &gathered.end {
        subject.push_str(&format!(", {}", milliseconds(end.wall_ms)));
    }
    Some(clean(&subject))
}

/// What the machinery says about its verdict in words, when it does.
fn reason(gathered: &Gathered) -> Option<String> {
    if race::has_picture(gathered) {
        // The sentences under the picture say it of what really happened.
        return None;
    }
    let why = gathered.end.as_ref()?.document.get("why")?.as_str()?;
    Some(clean(why))
}

/// The figures behind a verdict that does not bring its own.
fn figures(gathered: &Gathered, verdict: &str) -> String {
    if verdict.contains(|c: char| c.is_ascii_digit()) {
        return String::new();
    }
    if let Some(prediction) = &gathered.prediction {
        return words::summary(prediction);
    }
    if let Some(figures) = &gathered.load {
        return load::summary(figures);
    }
    if let Some(faults) = explored::faults(gathered) {
        return faults;
    }
    let tried = suspects::summary(gathered);
    let Some(phase) = deciding(gathered) else {
        return tried;
    };
    if verdict == model::ReplayVerdict::Infeasible.as_str()
        && let Some(enforced) = phase.enforced
    {
        return match enforced.k {
            0 => format!(
                "the order was had in none of {}",
                counted(enforced.n, "trial")
            ),
            _ => format!("the order was had in only {}", trials(enforced)),
        };
    }
    if phase.violations.n == 0 {
        return String::new();
    }
    let mut figures = format!(
        "{}, {}",
        rate(phase.violations),
        percent(phase.violations.share())
    );
    if let Some(range) = phase.interval {
        figures.push_str(&format!(" ({})", interval(range)));
    }
    if !tried.is_empty() {
        figures.push_str(&format!("; {tried}"));
    }
    figures
}

/// `3 of 200 trials`.
pub fn trials(rate: Rate) -> String {
    format!("{} of {}", count(rate.k), counted(rate.n, "trial"))
}

/// The phase the verdict rests on: the last one that was forced, else the last.
fn deciding(gathered: &Gathered) -> Option<&Phase> {
    let forced = gathered
        .phases
        .iter()
        .rev()
        .find(|phase| phase.enforced.is_some());
    forced.or(gathered.phases.last())
}

/// How far a run came that has no end.
fn how_far(gathered: &Gathered) -> String {
    let mut text = format!(
        "last seen {} after its start",
        microseconds(gathered.last_us)
    );
    if let Some(phase) = gathered
        .phases
        .iter()
        .rev()
        .find(|phase| phase.took_ms.is_none())
    {
        if phase.name == SIMULATING_PHASE {
            // How far a simulation was is in no event.
            return clean(&format!("{text}, in `{}`", phase.name));
        }
        let done = phase.violations.n;
        let of = phase
            .planned
            .map(|planned| format!(" of {}", count(planned)))
            .unwrap_or_default();
        text.push_str(&format!(
            ", in `{}` after {}{of} trials",
            phase.name,
            count(done)
        ));
    } else if !gathered.settled.is_empty() {
        text.push_str(&format!(", {}", suspects::summary(gathered)));
    }
    clean(&text)
}

/// How a verdict is painted.
pub fn paint_of(verdict: &str) -> Paint {
    let verdict = verdict.to_ascii_uppercase();
    let is = |words: &[&str]| words.iter().any(|word| verdict.starts_with(word));
    // Load that saw nothing (`NO VIOLATION SEEN`) has not looked for it.
    let held = verdict == "NO VIOLATION";
    if held
        || is(&[
            "NOT REPRODUCED",
            "FIXED",
            "PROTECTED",
            "BENIGN",
            "NOTHING",
            "DONE",
            "OK",
            "ONCE",
            "NOT DONE",
        ])
    {
        Paint::Good
    } else if is(&[
        "REPRODUCED",
        "CONFIRMED",
        "NOT FIXED",
        "REGRESSED",
        "SEQUENTIAL",
        "VIOLAT",
        "TWICE",
        "LOST",
        "HALF DONE",
        "WRONG",
        "HANGS",
        "STUCK",
    ]) {
        Paint::Bad
    } else {
        Paint::Unsure
    }
}
