//! One trial, told: what was wrong, what the racers were answered, and what they did on the
//! wires in the order in which it went up.

use model::{Attempt, Outcome, ReplyKind, Step, UnknownWhy};

use super::Look;
use super::gather::{Gathered, StepLine, Story};
use crate::number::{counted, microseconds};
use crate::style::Paint;
use crate::table::{Table, flexible, left, right};
use crate::text::{clean, cut, wrap};

/// Steps shown of the trial.
const STEPS_SHOWN_MAX: usize = 20;

/// Racers whose answers are shown.
const RACERS_SHOWN_MAX: usize = 4;

/// Oracles whose words are shown.
const ORACLES_SHOWN_MAX: usize = 2;

/// Lines the first oracle's words may take; those of others take one.
const SAW_LINES_MAX: usize = 2;

/// What was wrong in the trial, in words, and the racers' answers.
pub fn violation(gathered: &Gathered, look: &Look) -> Vec<String> {
    let Some(story) = gathered.story.as_ref().filter(|story| story.is_wrong()) else {
        return Vec::new();
    };
    let place = format!(
        "violation in trial {} of `{}`",
        story.history.trial,
        clean(&story.phase)
    );
    let mut lines = vec![look.heading(&place)];
    let told = story.judgement.violations.iter().take(ORACLES_SHOWN_MAX);
    for (place, violation) in told.enumerate() {
        let text = clean(&format!("{}: {}", violation.oracle, violation.saw));
        let lines_max = if place == 0 { SAW_LINES_MAX } else { 1 };
        let wrapped = wrap(&text, look.width.saturating_sub(4), lines_max);
        for (place, line) in wrapped.iter().enumerate() {
            let indent = if place == 0 { "  " } else { "    " };
            lines.push(look.style.paint(Paint::Bad, &format!("{indent}{line}")));
        }
    }
    let oracles = &gathered.oracles.all;
    if oracles.len() > 1 && oracles.iter().any(|(_, times)| *times > 1) {
        let each = oracles
            .iter()
            .map(|(oracle, times)| format!("{oracle} {times}"));
        let each = each.collect::<Vec<_>>().join(", ");
        lines.push(look.aside(&format!("  over all trials: {}", clean(&each))));
    }
    lines.extend(answers(story, look));
    lines
}

fn answers(story: &Story, look: &Look) -> Vec<String> {
    let columns = vec![
        left("racer"),
        left("operation"),
        flexible("answer"),
        right("took"),
    ];
    let mut table = Table::new(2, columns);
    for attempt in story.history.attempts.iter().take(RACERS_SHOWN_MAX) {
        let known = matches!(attempt.outcome, Outcome::Answered { .. });
        let paint = if known { Paint::Plain } else { Paint::Unsure };
        let took = microseconds(attempt.latency_us());
        let racer = cut(&attempt.racer, 16);
        table.row(
            paint,
            vec![racer, cut(&attempt.operation, 24), answer(attempt), took],
        );
    }
    if table.is_empty() {
        return Vec::new();
    }
    let mut lines = table.lines(look.width, look.style);
    let hidden = story
        .history
        .attempts
        .len()
        .saturating_sub(RACERS_SHOWN_MAX);
    if hidden > 0 {
        lines.push(look.aside(&format!("  and {hidden} more")));
    }
    lines
}

/// What a racer was answered, in words where there was no answer.
pub fn answer(attempt: &Attempt) -> String {
    match &attempt.outcome {
        Outcome::Answered {
            status,
            location: Some(location),
            ..
        } => format!("{status} to {location}"),
        Outcome::Answered { status, body, .. } => format!("{status} {body}"),
        Outcome::Unknown(UnknownWhy::TimedOut) => "no answer in time: outcome unknown".to_string(),
        Outcome::Unknown(UnknownWhy::Cut) => "connection cut: outcome unknown".to_string(),
        Outcome::Unknown(UnknownWhy::Garbled) => "not HTTP: outcome unknown".to_string(),
        Outcome::NotSent { why } => format!("not sent: {why}"),
    }
}

/// The steps of the trial, as they went up.
pub fn steps(gathered: &Gathered, look: &Look) -> Vec<String> {
    let Some(story) = gathered
        .story
        .as_ref()
        .filter(|story| !story.steps.is_empty())
    else {
        return Vec::new();
    };
    let (shown, hidden) = chosen(&story.steps);
    let columns = vec![
        left("racer"),
        flexible("step"),
        flexible("reply"),
        right("held"),
    ];
    let mut table = Table::new(2, columns);
    for line in shown {
        let held = if line.held_us == 0 {
            String::new()
        } else {
            microseconds(line.held_us)
        };
        let racer = line
            .racer
            .clone()
            .unwrap_or_else(|| line.step.lane.to_string());
        let paint = if line.held_us > 0 {
            Paint::Strong
        } else {
            Paint::Plain
        };
        table.row(
            paint,
            vec![cut(&racer, 16), sent(&line.step), replied(line), held],
        );
    }
    let mut heading = String::from("its steps, in the order they went up");
    if !story.is_wrong() {
        let which = format!("trial {} of `{}`", story.history.trial, clean(&story.phase));
        heading = match story.enforced {
            Some(false) => format!("what the racers did instead, in {which}"),
            _ => format!("the steps of {which}, in the order they went up"),
        };
    }
    let mut lines = vec![look.heading(&heading)];
    lines.extend(table.lines(look.width, look.style));
    if hidden > 0 {
        let text = format!("  {} not shown", counted(hidden as u64, "other step"));
        lines.push(look.aside(&text));
    }
    lines
}

/// The steps worth a line in their order, and how many are left out: first what only keeps a
/// session going, then what no other racer touches, then what comes after the limit.
fn chosen(steps: &[StepLine]) -> (Vec<&StepLine>, usize) {
    let mut shown: Vec<&StepLine> = steps.iter().filter(|line| !line.step.noise).collect();
    if shown.len() > STEPS_SHOWN_MAX {
        let meets = |line: &&StepLine| {
            let others = steps
                .iter()
                .filter(|other| other.step.lane != line.step.lane);
            line.held_us > 0
                || others
                    .into_iter()
                    .any(|other| shares(&line.step, &other.step))
        };
        shown.retain(meets);
    }
    shown.sort_by_key(|line| line.asked_us.saturating_add(line.held_us));
    shown.truncate(STEPS_SHOWN_MAX);
    let hidden = steps.len() - shown.len();
    (shown, hidden)
}

fn shares(one: &Step, other: &Step) -> bool {
    one.target == other.target
        && one.effects.iter().any(|effect| {
            other
                .effects
                .iter()
                .any(|theirs| theirs.resource == effect.resource)
        })
}

/// `cache SET inv:42 0`, with bound values in their places.
fn sent(step: &Step) -> String {
    if step.text.is_empty() {
        return step.name();
    }
    let mut text = format!("{} ", step.target);
    let mut rest = step.text.as_str();
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        let digits = rest[at + 1..]
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
        let number: Option<usize> = rest[at + 1..at + 1 + digits].parse().ok();
        match number
            .and_then(|n| n.checked_sub(1))
            .and_then(|at| step.parameters.get(at))
        {
            Some(value) => text.push_str(value.as_deref().unwrap_or("NULL")),
            None => text.push_str(&rest[at..at + 1 + digits]),
        }
        rest = &rest[at + 1 + digits..];
    }
    text.push_str(rest);
    text
}

fn replied(line: &StepLine) -> String {
    let value = &line.reply.value;
    match line.reply.kind {
        ReplyKind::Ok => value.clone(),
        ReplyKind::Empty if value.is_empty() => "none".to_string(),
        ReplyKind::Empty => value.clone(),
        ReplyKind::Error => format!("error: {value}"),
        ReplyKind::Cut => "no reply: connection cut".to_string(),
    }
}
