//! The running system as a model to simulate: each operation alone, again and again, through wires.
//! Its steps are those that isolate learns; here their times are taken too, and what it does when it is
//! refused, which shows where it decides.

use std::collections::HashMap;
use std::time::Duration;

use lab::Lab;
use model::{Earlier, Effect, Latency, RacerPlan, SeenStep, Setup, System};
use predict::Ledger;
use predict::suspect::Learned;
use predict::swarm::{DeedTies, Exchange, OperationModel, Tie};
use predict::template::{self, Template};
use serde_json::Value;

use super::{arguments, roles};
use crate::context::Context;
use crate::error::HuntError;
use crate::isolate::learn::{self, Alone, Solo};
use crate::isolate::limit::{self, Limit};
use crate::stage::{Stage, Wiring};

/// Runs of each operation whose times are taken, after some that only warm up.
const RUNS: u64 = 60;
const WARM_UP: u64 = 5;

/// Learns all operations of the spec with their first arguments.
pub async fn operations<L: Lab>(
    stage: &mut Stage<L>,
    setup: &Setup,
    context: &Context,
    notes: &mut Vec<String>,
) -> Result<Vec<OperationModel>, HuntError> {
    stage.raise(Wiring::Wired).await?;
    let lessons = learn::run(stage, &Setup::reset(), context).await?;
    notes.extend(lessons.notes.iter().cloned());
    let mut models: Vec<OperationModel> = Vec::new();
    for learned in &lessons.learned {
        let is_known = |known: &OperationModel| known.learned.operation == learned.operation;
        if models.iter().any(is_known) || context.is_over() {
            continue;
        }
        let settle = lessons.settling.get(&learned.operation);
        let pupil = Pupil {
            learned,
            setup,
            settle: settle.copied().unwrap_or_default(),
            context,
        };
        models.extend(pupil.learn(stage, notes).await?);
    }
    stage.lower().await?;
    Ok(models)
}

/// One operation that is learned.
struct Pupil<'a> {
    learned: &'a Learned,
    setup: &'a Setup,
    settle: Duration,
    context: &'a Context,
}

impl Pupil<'_> {
    async fn learn<L: Lab>(
        &self,
        stage: &mut Stage<L>,
        notes: &mut Vec<String>,
    ) -> Result<Option<OperationModel>, HuntError> {
        let solos = self.solos(stage, &Setup::reset(), RUNS + WARM_UP).await?;
        let name = &self.learned.operation;
        let Some(model) = solos
            .get(WARM_UP as usize..)
            .and_then(|solos| model(&stage.system, self.learned, solos))
        else {
            notes.push(format!(
                "{name} could not be learned: no two of its runs were alike"
            ));
            return Ok(None);
        };
        let Some(limit) = self.limit(stage).await? else {
            return Ok(Some(model));
        };
        let refused = Setup {
            before: vec![Earlier {
                operation: name.clone(),
                args: self.learned.args.clone(),
                times: limit.times,
            }],
            ..self.setup.clone()
        };
        let refused = self.solos(stage, &refused, 1).await?;
        let steps = refused.first().map_or(&[][..], |solo| &solo.run.steps);
        Ok(Some(with_limit(model, &limit, steps, notes)))
    }

    async fn solos<L: Lab>(
        &self,
        stage: &mut Stage<L>,
        setup: &Setup,
        times: u64,
    ) -> Result<Vec<Solo>, HuntError> {
        let racer = RacerPlan {
            name: "A".to_string(),
            operation: self.learned.operation.clone(),
            args: self.learned.args.clone(),
        };
        let alone = Alone::new(stage, racer, setup, self.settle)?;
        let mut solos = Vec::new();
        for number in 0..times {
            if self.context.is_over() {
                break;
            }
            solos.extend(alone.run(stage, number, self.context).await?);
        }
        Ok(solos)
    }

    async fn limit<L: Lab>(&self, stage: &mut Stage<L>) -> Result<Option<Limit>, HuntError> {
        let Some(operation) = stage.system.operation(&self.learned.operation).cloned() else {
            return Ok(None);
        };
        limit::limit(stage, &operation, self.setup, self.settle, self.context).await
    }
}

/// The steps of a run in the order they were asked, those too that touch nothing shared.
fn in_order(solo: &Solo) -> Vec<&SeenStep> {
    let mut steps: Vec<&SeenStep> = solo.run.steps.iter().collect();
    steps.sort_by_key(|seen| seen.asked_us);
    steps
}

fn shapes<'a>(steps: &[&'a SeenStep]) -> Vec<(&'a str, &'a str)> {
    let names = steps.iter();
    names
        .map(|seen| (seen.step.target.as_str(), seen.step.shape.as_str()))
        .collect()
}

/// Of the runs that made the same steps as the first one did.
fn model(system: &System, learned: &Learned, solos: &[Solo]) -> Option<OperationModel> {
    let first = in_order(solos.first()?);
    let alike: Vec<(&Solo, Vec<&SeenStep>)> = solos
        .iter()
        .map(|solo| (solo, in_order(solo)))
        .filter(|(_, steps)| shapes(steps) == shapes(&first))
        .collect();
    if alike.len() < 2 {
        return None;
    }
    let operation = system.operation(&learned.operation)?;
    let runs: Vec<_> = alike.iter().map(|(solo, _)| solo.run.clone()).collect();
    let mut lesson = learned.clone();
    lesson.template = template::learn(&runs);
    let places = arguments::places(system, operation);
    let mut ledger = Ledger::default();
    let mut effects: Vec<(Effect, DeedTies)> = Vec::new();
    let mut exchanges = Vec::new();
    for (at, seen) in first.iter().enumerate() {
        let others: Vec<&SeenStep> = alike.iter().map(|(_, steps)| steps[at]).collect();
        let ties = ties(seen, &others, &learned.args, &places);
        effects.extend(seen.step.effects.iter().cloned().zip(ties));
        let footprint = ledger.take(&seen.step);
        let of_deed = |effect: &Effect| {
            let mut all = effects.iter().rev();
            let found = all.find(|(known, _)| known == effect);
            found.map(|(_, ties)| ties.clone()).unwrap_or_default()
        };
        exchanges.push(Exchange {
            target: seen.step.target.clone(),
            step: step_of(&lesson.template, seen),
            ties: footprint
                .deeds
                .iter()
                .map(|deed| of_deed(&deed.effect))
                .collect(),
            footprint,
            work: vec![before(&alike, at)],
            takes: measured(
                others
                    .iter()
                    .map(|seen| seen.replied_us.saturating_sub(seen.passed_us)),
            ),
            decides: false,
            on_miss: false,
            background: seen.asked_us > solos[0].run.answered_us,
            once: false,
            role: roles::of_transaction(&seen.step),
        });
    }
    roles::find_locks(&mut exchanges, &lesson.template);
    Some(OperationModel {
        service: operation.service.clone(),
        learned: lesson,
        exchanges,
        tail: vec![tail(&alike)],
        limit: None,
        arguments: places,
    })
}

/// From the reply before, or the request's coming, to the step.
fn before(alike: &[(&Solo, Vec<&SeenStep>)], at: usize) -> Latency {
    measured(alike.iter().map(|(solo, steps)| {
        let since = match at {
            0 => solo.attempt.sent_us,
            _ => steps[at - 1].replied_us,
        };
        steps[at].asked_us.saturating_sub(since)
    }))
}

/// From the last reply before the answer to the answer.
fn tail(alike: &[(&Solo, Vec<&SeenStep>)]) -> Latency {
    measured(alike.iter().map(|(solo, steps)| {
        let replies = steps.iter().map(|seen| seen.replied_us);
        let last = replies.filter(|at| *at <= solo.attempt.ended_us).max();
        solo.attempt.ended_us - last.unwrap_or(solo.attempt.sent_us)
    }))
}

fn measured(us: impl Iterator<Item = u64>) -> Latency {
    Latency::Measured(us.collect())
}

fn step_of(template: &Template, seen: &SeenStep) -> Option<usize> {
    let key = |step: &model::Step| (step.wire, step.connection, step.ordinal);
    let mut steps = template.steps.iter();
    steps.position(|known| key(&known.step) == key(&seen.step))
}

/// What stands in the request is tied to its argument, and what is another in each run is drawn.
fn ties(
    seen: &SeenStep,
    others: &[&SeenStep],
    args: &[(String, Value)],
    places: &[usize],
) -> Vec<DeedTies> {
    let tie = |value: &str, others: Vec<&str>| {
        let mut tie = Tie::default();
        for ((_, argument), place) in args.iter().zip(places) {
            if *place < predict::swarm::ARGUMENTS_MAX && has_word(value, &super::text(argument)) {
                tie.arguments |= 1 << place;
            }
        }
        tie.fresh = others.iter().any(|other| *other != value);
        tie
    };
    let effects = seen.step.effects.iter().enumerate().map(|(at, effect)| {
        let theirs = || others.iter().filter_map(|other| other.step.effects.get(at));
        let mut resource = effect.resource.clone();
        for other in theirs() {
            resource = template::common(&resource, &other.resource);
        }
        let part = effect.part.iter().map(|(column, value)| {
            let values = theirs().filter_map(|other| {
                let mut part = other.part.iter();
                part.find(|(name, _)| name == column)
                    .map(|(_, value)| value.as_str())
            });
            (column.clone(), tie(value, values.collect()))
        });
        let part = part.collect();
        DeedTies {
            named: tie(
                &effect.resource,
                theirs().map(|other| other.resource.as_str()).collect(),
            ),
            resource: without_arguments(&resource, args),
            part,
        }
    });
    effects.collect()
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .any(|part| part == word)
}

/// `inv:42` as `inv:*`: operations with other arguments mean the same kind of thing.
fn without_arguments(resource: &str, args: &[(String, Value)]) -> String {
    let mut name = String::with_capacity(resource.len());
    for part in resource.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
        let is_argument = args.iter().any(|(_, value)| super::text(value) == word);
        match is_argument && !word.is_empty() {
            true => {
                name.push('*');
                name.push_str(&part[word.len()..]);
            }
            false => name.push_str(part),
        }
    }
    name
}

/// Where it is refused its ways part; the last look before that decides.
fn with_limit(
    mut model: OperationModel,
    limit: &Limit,
    refused: &[SeenStep],
    notes: &mut Vec<String>,
) -> OperationModel {
    let mut steps: Vec<&SeenStep> = refused.iter().collect();
    steps.sort_by_key(|seen| seen.asked_us);
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    for name in shapes(&steps) {
        *counts.entry(name).or_default() += 1;
    }
    let mut last = None;
    for (at, exchange) in model.exchanges.iter().enumerate() {
        let step = exchange
            .step
            .and_then(|step| model.learned.template.steps.get(step));
        let Some(step) = step else { continue };
        let name = (step.step.target.as_str(), step.step.shape.as_str());
        let Some(left) = counts.get_mut(&name).filter(|left| **left > 0) else {
            break;
        };
        *left -= 1;
        if exchange.footprint.deeds.iter().any(|deed| deed.looks) {
            last = Some(at);
        }
    }
    let name = &model.learned.operation;
    match last {
        Some(at) => {
            model.exchanges[at].decides = true;
            model.limit = Some(u64::from(limit.times));
            let step = model.exchanges[at].step;
            let step = step.map(|step| model.learned.template.steps[step].pattern.to_string());
            notes.push(format!(
                "{name} goes well {} times and then gets {}; it decides by `{}`",
                limit.times,
                limit.then,
                step.unwrap_or_default()
            ));
        }
        None => notes.push(format!(
            "{name} goes well {} times and then gets {}; what decides was not seen",
            limit.times, limit.then
        )),
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_without_arguments() {
        let args = vec![
            ("event".to_string(), json!(42)),
            ("who".to_string(), json!("ada")),
        ];
        for (resource, expected) in [
            ("inv:42", "inv:*"),
            ("cart:ada:42", "cart:*:*"),
            ("inv:421", "inv:421"),
            ("orders", "orders"),
        ] {
            assert_eq!(without_arguments(resource, &args), expected);
        }
        assert!(has_word("lock:event:42", "42") && !has_word("lock:420", "42"));
    }
}
