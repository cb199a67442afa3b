//! The parts of a profile: each is of one kind, with all that belongs to it and nothing else.

use std::path::{Path, PathBuf};

use model::{Part, Spacing};

use super::feeds::file_exists;
use super::{USERS_MAX, amounts, few};
use crate::check::amounts::Least;
use crate::error::Problems;
use crate::node::Spot;
use crate::raw::{ArrivalsWord, RawPart};
use crate::read::Text;
use crate::source::Span;

/// More runs nobody waits for.
const ITERATIONS_MAX: u64 = 1_000_000_000;

/// A kind of part: the key that makes it one, what goes with it, whether that must be there, and
/// how it is written.
struct Kind {
    key: &'static str,
    with: &'static [(&'static str, bool)],
    example: &'static str,
}

/// All kinds; `iterations` before `users`, which goes with it too.
const KINDS: [Kind; 8] = [
    Kind {
        key: "iterations",
        with: &[("users", true)],
        example: "{ iterations: 1000, users: 10 }",
    },
    Kind {
        key: "users",
        with: &[("for", true)],
        example: "{ users: 50, for: 30s }",
    },
    Kind {
        key: "ramp_users",
        with: &[("for", true)],
        example: "{ ramp_users: 50, for: 10s }",
    },
    Kind {
        key: "pause",
        with: &[],
        example: "{ pause: 5s }",
    },
    Kind {
        key: "rate",
        with: &[("for", true), ("arrivals", false)],
        example: "{ rate: 200/s, for: 30s }",
    },
    Kind {
        key: "ramp_rate",
        with: &[("for", true)],
        example: "{ ramp_rate: 500/s, for: 10s }",
    },
    Kind {
        key: "steps",
        with: &[("each", true)],
        example: "{ steps: [100/s, 200/s], each: 5s }",
    },
    Kind {
        key: "recorded",
        with: &[],
        example: "{ recorded: arrivals.csv }",
    },
];

/// The parts that are right.
pub fn check(
    load: &Spot<String>,
    parts: &[Spot<RawPart>],
    folder: &Path,
    problems: &mut Problems,
) -> Vec<Part> {
    few(parts, "parts of a profile", load.span, problems);
    if parts.is_empty() {
        let message = format!("the profile of load `{}` is empty", load.value);
        problems.add(load.span, message, "", format!("add {}", KINDS[1].example));
    }
    let mut read = Vec::new();
    for (index, raw) in parts.iter().enumerate() {
        let place = format!("part {} of the profile", index + 1);
        let Some(kind) = kind(raw, &place, problems) else {
            continue;
        };
        if kind.key == "iterations" && index + 1 < parts.len() {
            let message = format!("{place} ends when its runs do, and nobody knows when");
            let help = "make it the last part, or write what comes after it as another load";
            problems.add(raw.span, message, "", help);
        }
        read.extend(part(&raw.value, folder, problems));
    }
    read
}

/// The keys that are there.
fn keys(raw: &RawPart) -> Vec<(&'static str, Span)> {
    let number = |number: &Option<Spot<u64>>| number.as_ref().map(|spot| spot.span);
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.0.span);
    let steps = raw.steps.as_ref().map(|steps| {
        let ends = steps.first().zip(steps.last());
        ends.map_or(Span::default(), |(first, last)| {
            Span::new(first.0.span.start, last.0.span.end)
        })
    });
    let all = [
        ("iterations", number(&raw.iterations)),
        ("users", number(&raw.users)),
        ("ramp_users", number(&raw.ramp_users)),
        ("pause", text(&raw.pause)),
        ("rate", text(&raw.rate)),
        ("ramp_rate", text(&raw.ramp_rate)),
        ("steps", steps),
        ("recorded", raw.recorded.as_ref().map(|file| file.span)),
        ("arrivals", raw.arrivals.as_ref().map(|word| word.span)),
        ("for", text(&raw.r#for)),
        ("each", text(&raw.each)),
    ];
    let there = all.into_iter().filter_map(|(key, span)| Some((key, span?)));
    there.collect()
}

/// What kind of part this is; nothing when a problem was added.
fn kind(raw: &Spot<RawPart>, place: &str, problems: &mut Problems) -> Option<&'static Kind> {
    let keys = keys(&raw.value);
    let has = |key: &str| keys.iter().any(|(known, _)| *known == key);
    let Some(kind) = KINDS.iter().find(|kind| has(kind.key)) else {
        let examples: Vec<&str> = KINDS.iter().map(|kind| kind.example).collect();
        let help = format!("write one of {}", examples.join(", "));
        problems.add(
            raw.span,
            format!("{place} does not say who comes"),
            "",
            help,
        );
        return None;
    };
    let before = problems.count();
    for (key, span) in &keys {
        if *key == kind.key || kind.with.iter().any(|(with, _)| with == key) {
            continue;
        }
        let other = KINDS.iter().find(|other| other.key == *key);
        let (message, help) = match other {
            Some(other) => (
                format!("{place} has both `{}` and `{key}`", kind.key),
                format!("write two parts: {} and {}", kind.example, other.example),
            ),
            None => (
                format!("{place} has `{key}`, which does not go with `{}`", kind.key),
                format!("write {}", kind.example),
            ),
        };
        problems.add(*span, message, "", help);
    }
    for (key, _) in kind.with.iter().filter(|(key, must)| *must && !has(key)) {
        let message = format!("{place} has `{}` without `{key}`", kind.key);
        problems.add(raw.span, message, "", format!("write {}", kind.example));
    }
    (problems.count() == before).then_some(kind)
}

/// A part whose keys are those of its kind.
fn part(raw: &RawPart, folder: &Path, problems: &mut Problems) -> Option<Part> {
    if let (Some(runs), Some(users)) = (&raw.iterations, &raw.users) {
        return Some(Part::Iterations {
            runs: amounts::within(runs, "`iterations`", ITERATIONS_MAX, problems),
            users: amounts::within(users, "`users`", USERS_MAX, problems),
        });
    }
    if let Some(file) = &raw.recorded {
        file_exists(file, "recorded arrivals", folder, problems)?;
        let file = PathBuf::from(&file.value);
        return Some(Part::Recorded { file });
    }
    if let Some(pause) = &raw.pause {
        let lasts = amounts::load_duration(pause, "`pause`", problems)?;
        return Some(Part::Pause { lasts });
    }
    if let (Some(steps), Some(each)) = (&raw.steps, &raw.each) {
        return rates(steps, each, problems);
    }
    let lasts = amounts::load_duration(raw.r#for.as_ref()?, "`for`", problems);
    if let Some(users) = &raw.users {
        let users = amounts::within(users, "`users`", USERS_MAX, problems);
        return Some(Part::Users {
            users,
            lasts: lasts?,
        });
    }
    if let Some(users) = &raw.ramp_users {
        if users.value > USERS_MAX {
            let message = format!("`ramp_users` cannot be {}", users.value);
            let help = format!("write a number from 0 to {USERS_MAX}");
            problems.add(users.span, message, "", help);
        }
        return Some(Part::RampUsers {
            users: users.value,
            lasts: lasts?,
        });
    }
    if let Some(Text(rate)) = &raw.ramp_rate {
        let per_second = amounts::rate(rate, "`ramp_rate`", Least::Nothing, problems)?;
        return Some(Part::RampRate {
            per_second,
            lasts: lasts?,
        });
    }
    let Text(rate) = raw.rate.as_ref()?;
    if let Some(at) = rate.value.find("..") {
        let (low_per_second, high_per_second) = rate_between(rate, at, raw, problems)?;
        return Some(Part::RateBetween {
            low_per_second,
            high_per_second,
            lasts: lasts?,
        });
    }
    let spacing = match raw.arrivals.as_ref().map(|word| word.value) {
        Some(ArrivalsWord::Random) => Spacing::Random,
        Some(ArrivalsWord::Even) | None => Spacing::Even,
    };
    Some(Part::Rate {
        per_second: amounts::rate(rate, "`rate`", Least::Something, problems)?,
        spacing,
        lasts: lasts?,
    })
}

/// `steps: [100/s, 200/s], each: 5s`.
fn rates(steps: &[Text], each: &Text, problems: &mut Problems) -> Option<Part> {
    let each_lasts = amounts::load_duration(each, "`each`", problems);
    few(steps, "`steps`", each.0.span, problems);
    if steps.is_empty() {
        let help = "write at least one rate: [100/s, 200/s]";
        problems.add(each.0.span, "`steps` is an empty list", "", help);
    }
    let rates: Vec<f64> = steps
        .iter()
        .filter_map(|Text(rate)| {
            amounts::rate(rate, "a rate of `steps`", Least::Something, problems)
        })
        .collect();
    (rates.len() == steps.len()).then_some(Part::Steps {
        per_second: rates,
        each: each_lasts?,
    })
}

/// `100/s..300/s`, whose dots stand at `at`.
fn rate_between(
    rate: &Spot<String>,
    at: usize,
    raw: &RawPart,
    problems: &mut Problems,
) -> Option<(f64, f64)> {
    let mut end = |from: usize, to: usize, least: Least| {
        let end = Spot {
            value: rate.value[from..to].to_string(),
            span: rate.span.part(from, to - from),
        };
        amounts::rate(&end, "`rate`", least, problems)
    };
    let low = end(0, at, Least::Nothing);
    let high = end(at + 2, rate.value.len(), Least::Something);
    let (low, high) = (low?, high?);
    if low > high {
        let message = format!("`rate` begins above its end: {}", rate.value);
        problems.add(
            rate.span,
            message,
            "",
            "write the lower rate first: 100/s..300/s",
        );
        return None;
    }
    if let Some(word) = &raw.arrivals {
        let message = "`arrivals` does not go with a rate between two";
        let help = "leave it out, or write one rate: { rate: 200/s, arrivals: random, for: 30s }";
        problems.add(word.span, message, "", help);
        return None;
    }
    Some((low, high))
}
