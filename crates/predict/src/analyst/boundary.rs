//! Boundaries: where one kind of requests can come between the steps of another.

use model::Label;
use model::prediction::{Boundary, Factors, Hazard};

use super::figures::Figures;
use super::lesson::Lesson;
use super::obscure::Obscure;
use super::ranking::{Ranked, Ranking};
use super::severity;
use super::telling::Telling;
use crate::suspect::{self, Learned, Purpose, Race};

/// Who is taken to call on a backend: the log does not tell services apart.
const CALLER: &str = "requests";
/// What is not understood ranks after all that is.
const OBSCURE: f64 = 0.01;

/// Adds every race of these kinds that is worth telling.
pub fn add_all(telling: &Telling<'_>, figures: &Figures, ranking: &mut Ranking) {
    let lessons = telling.lessons;
    let learned: Vec<Learned> = lessons
        .iter()
        .map(|lesson| lesson.learned.clone())
        .collect();
    for mut race in suspect::races(&learned, telling.unique, Purpose::Telling) {
        telling.keep(&mut race, &mut ranking.left_out);
        if !race.cycles.is_empty() {
            let (one, other) = (&lessons[race.one], &lessons[race.other]);
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
        operations,
        factors: Factors {
            probability: OBSCURE,
            severity: OBSCURE,
            unprotected: 1.0,
            incident: 1.0,
        },
        ..Boundary::new(CALLER, target, hazard)
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
