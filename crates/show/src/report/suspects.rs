//! What was suspected, and what became of each suspect.

use model::{Settled, SuspectVerdict};
use serde_json::Value;

use super::Look;
use super::gather::Gathered;
use super::race;
use crate::number::{counted, rate};
use crate::picture::short;
use crate::style::Paint;
use crate::table::{Table, flexible, left, right};
use crate::text::{clean, wrap};

/// Suspects shown: fewer beside a race, which has more to say.
const SUSPECTS_SHOWN_MAX: usize = 8;
const SUSPECTS_BESIDE_RACE_MAX: usize = 5;

/// Reasons shown below them, likewise.
const REASONS_SHOWN_MAX: usize = 4;
const REASONS_BESIDE_RACE_MAX: usize = 2;

/// Lines one reason may take.
const REASON_LINES_MAX: usize = 2;

/// Verdicts in the order they are told.
const VERDICTS: [SuspectVerdict; 6] = [
    SuspectVerdict::Confirmed,
    SuspectVerdict::Sequential,
    SuspectVerdict::Inconclusive,
    SuspectVerdict::Infeasible,
    SuspectVerdict::Protected,
    SuspectVerdict::Benign,
];

/// The suspects, the confirmed first, and what the verdicts of the others rest on.
pub fn lines(gathered: &Gathered, look: &Look) -> Vec<String> {
    let mut settled: Vec<&Settled> = gathered.settled.iter().collect();
    settled.sort_by_key(|settled| VERDICTS.iter().position(|v| *v == settled.verdict));
    let mut table = Table::new(
        2,
        vec![
            left("id"),
            left("verdict"),
            right("violated"),
            right("first").goes(2),
            left("race"),
            flexible("for").at_least(12),
            flexible("by").at_least(10).goes(1),
        ],
    );
    let most = match race::has_picture(gathered) {
        true => SUSPECTS_BESIDE_RACE_MAX,
        false => SUSPECTS_SHOWN_MAX,
    };
    for settled in settled.iter().take(most) {
        table.row(paint_of(settled.verdict), row(settled));
    }
    let mut lines = Vec::new();
    if !table.is_empty() {
        lines = table.lines(look.width, look.style);
        let hidden = settled.iter().skip(most).copied();
        let more = counts(hidden);
        if !more.is_empty() {
            lines.push(look.aside(&format!("  and {more} more")));
        }
    }
    for (ids, why) in reasons(&settled, gathered) {
        let text = clean(&format!("{}: {}", ids.join(" "), short(&why)));
        let wrapped = wrap(&text, look.width.saturating_sub(4), REASON_LINES_MAX);
        for (place, line) in wrapped.iter().enumerate() {
            lines.push(look.aside(&format!("{}{line}", if place == 0 { "  " } else { "    " })));
        }
    }
    lines.extend(sequential(gathered, look));
    lines
}

/// `2 of 11 suspects confirmed`, or what became of all of them.
pub fn summary(gathered: &Gathered) -> String {
    let all = &gathered.settled;
    let confirmed = |settled: &&Settled| settled.verdict == SuspectVerdict::Confirmed;
    let suspects = counted(all.len() as u64, "suspect");
    match all.iter().filter(confirmed).count() {
        _ if !gathered.is_isolation() => String::new(),
        _ if all.is_empty() => "nothing was suspected".to_string(),
        0 => format!("{suspects}: {}", counts(all.iter())),
        confirmed => format!("{confirmed} of {suspects} confirmed"),
    }
}

/// `4 protected, 2 benign`.
fn counts<'a>(settled: impl Iterator<Item = &'a Settled>) -> String {
    let verdicts: Vec<SuspectVerdict> = settled.map(|settled| settled.verdict).collect();
    let counts = VERDICTS.iter().filter_map(|verdict| {
        let times = verdicts.iter().filter(|other| *other == verdict).count();
        (times > 0).then(|| format!("{times} {}", verdict.as_str().to_lowercase()))
    });
    counts.collect::<Vec<_>>().join(", ")
}

fn row(settled: &Settled) -> Vec<String> {
    let suspect = &settled.suspect;
    let first = settled.trials_to_first.map(|trial| trial.to_string());
    let operations = match suspect.operations.as_slice() {
        [one, other] if one == other => format!("2 {one}"),
        all => all.join(", "),
    };
    vec![
        suspect.id.clone(),
        settled.verdict.as_str().to_string(),
        rate(settled.violations),
        first.unwrap_or_default(),
        suspect.label.as_str().to_string(),
        suspect.resource.clone(),
        operations,
    ]
}

/// What verdicts rest on, each reason once. That of the race told below is told there.
fn reasons<'a>(settled: &[&'a Settled], gathered: &Gathered) -> Vec<(Vec<&'a str>, String)> {
    let told = race::best(gathered).map(|best| best.evidence.as_str());
    let is_pictured = race::has_picture(gathered);
    let most = if is_pictured {
        REASONS_BESIDE_RACE_MAX
    } else {
        REASONS_SHOWN_MAX
    };
    let mut reasons: Vec<(Vec<&str>, String)> = Vec::new();
    for settled in settled {
        let why = settled.evidence.as_str();
        let is_told = told == Some(why) && is_pictured;
        if why.is_empty() || is_told {
            continue;
        }
        let is_same = |(_, known): &(Vec<&str>, String)| without_racer(known) == without_racer(why);
        match reasons.iter().position(is_same) {
            Some(at) => reasons[at].0.push(&settled.suspect.id),
            None if reasons.len() < most => {
                reasons.push((vec![&settled.suspect.id], why.to_string()));
            }
            None => {}
        }
    }
    reasons
}

/// Which racer had to wait is chance.
fn without_racer(why: &str) -> String {
    let is_racer = |word: &&str| !matches!(word.trim_end_matches("'s"), "A" | "B" | "C");
    why.split(' ').filter(is_racer).collect()
}

/// What is wrong without any race.
fn sequential(gathered: &Gathered, look: &Look) -> Vec<String> {
    let all = gathered.document("sequential").and_then(Value::as_array);
    let told = all.into_iter().flatten().take(REASONS_SHOWN_MAX);
    let texts = told.filter_map(|violation| {
        let text = |key: &str| violation.get(key).and_then(Value::as_str);
        Some(format!(
            "one after another too: {}: {}",
            text("oracle")?,
            short(text("saw")?)
        ))
    });
    let width = look.width.saturating_sub(4);
    let lines = texts.flat_map(|text| wrap(&clean(&text), width, REASON_LINES_MAX));
    lines
        .map(|line| look.style.paint(Paint::Bad, &format!("  {line}")))
        .collect()
}

fn paint_of(verdict: SuspectVerdict) -> Paint {
    match verdict {
        SuspectVerdict::Confirmed | SuspectVerdict::Sequential => Paint::Bad,
        SuspectVerdict::Protected | SuspectVerdict::Benign => Paint::Plain,
        SuspectVerdict::Infeasible | SuspectVerdict::Inconclusive => Paint::Unsure,
    }
}
