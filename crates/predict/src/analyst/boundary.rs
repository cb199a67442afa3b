//! Boundaries: where one kind of requests can come between the steps of another.

use model::Label;
use model::prediction::{Boundary, Factors, Hazard};

use super::figures::Figures;
use super::lesson::Lesson;
use super::obscure::Obscure;
use super::ranking::{Ranked, Ranking};
use super::severity;
use crate::suspect::{self, Learned, Purpose, Race, Unique};

/// Who is taken to call on a backend: the log does not tell services apart.
const CALLER: &str = "requests";
/// What is not understood ranks after all that is.
const OBSCURE: f64 = 0.01;

/// Adds every race of these kinds.
pub fn add_all(lessons: &[Lesson], unique: &[Unique], figures: &Figures, ranking: &mut Ranking) {
    let learned: Vec<Learned> = lessons
        .iter()
        .map(|lesson| lesson.learned.clone())
        .collect();
    for race in suspect::races(&learned, unique, Purpose::Telling) {
        let (one, other) = (&lessons[race.one], &lessons[race.other]);
        let Some(best) = race.cycles.first() else {
            continue;
        };
        if best.label == Label::ReadSkew && !changes(one) {
            ranking.only_look += 1;
            continue;
        }
        if !only_makes_rows(one, other, &race, unique) {
            ranking.add(ranked(one, other, &race, figures));
        }
    }
}

fn ranked(one: &Lesson, other: &Lesson, race: &Race, figures: &Figures) -> Ranked {
    let best = &race.cycles[0];
    let target = one.steps()[best.first].step.target.clone();
    let window_us = one.window_us(best.first, best.second);
    let closed_form = figures.probability(other.requests, window_us);
    let traffic = match race.one == race.other {
        true => one.requests,
        false => one.requests + other.requests,
    };
    let operations = vec![
        one.learned.operation.clone(),
        other.learned.operation.clone(),
    ];
    let boundary = Boundary {
        resource: race.resource.clone(),
        window_us,
        closed_form,
        factors: Factors {
            probability: Figures::or_unknown(closed_form),
            severity: severity::of(one, best),
            unprotected: if best.guard.is_some() { 0.0 } else { 1.0 },
            incident: 1.0,
        },
        guard: best.guard.as_ref().map(|guard| guard.what.clone()),
        why: suspect::why(&one.learned, &other.learned, best),
        ..blank(&target, operations, Hazard::Race(best.label))
    };
    Ranked {
        boundary,
        traffic,
        weight: best.weight,
        is_obscure: false,
    }
}

fn blank(target: &str, operations: Vec<String>, hazard: Hazard) -> Boundary {
    Boundary {
        rank: 0,
        edge: format!("{CALLER} -> {target}"),
        args: Vec::new(),
        operations,
        resource: String::new(),
        hazard,
        rate: None,
        interval: None,
        figure: None,
        closed_form: None,
        window_us: None,
        over_limit: None,
        threshold: None,
        curve: Vec::new(),
        factors: Factors {
            probability: OBSCURE,
            severity: OBSCURE,
            unprotected: 1.0,
            incident: 1.0,
        },
        guard: None,
        kept_out: 0,
        why: String::new(),
        sensitivity: Vec::new(),
        advice: None,
    }
}

/// Adds one boundary for all statements that were not understood.
pub fn add_obscure(lessons: &[Lesson], obscure: &Obscure, ranking: &mut Ranking) {
    let theirs: Vec<&Lesson> = lessons.iter().filter(|lesson| lesson.is_obscure).collect();
    let (Some(target), Some(first)) = (obscure.target(), theirs.first()) else {
        return;
    };
    let operation = &first.learned.operation;
    let others = match theirs.len() {
        1 => String::new(),
        kinds => format!(" and {} other kinds of requests", kinds - 1),
    };
    let boundary = Boundary {
        resource: format!("{target} {}", model::effect::ANYTHING),
        why: format!(
            "{operation}{others} made {} statements that were not understood; they may touch \
             anything",
            obscure.total()
        ),
        ..blank(
            target,
            vec![operation.clone(), operation.clone()],
            Hazard::Race(Label::CheckThenAct),
        )
    };
    ranking.add(Ranked {
        boundary,
        traffic: first.requests,
        weight: 0,
        is_obscure: true,
    });
}

/// Whether a kind changes anything.
fn changes(lesson: &Lesson) -> bool {
    let mut deeds = lesson.steps().iter().flat_map(|step| &step.footprint.deeds);
    deeds.any(|deed| deed.shows && deed.effect.access.changes())
}

/// Whether all that B does to what A looked at is to make rows, while A looked at one that was
/// there, by a key: no other row gets the same key.
fn only_makes_rows(one: &Lesson, other: &Lesson, race: &Race, unique: &[Unique]) -> bool {
    let best = &race.cycles[0];
    let first = &one.steps()[best.first];
    let deed = &first.footprint.deeds[best.deeds.0];
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
