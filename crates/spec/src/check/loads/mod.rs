//! Loads: a profile, scenarios, thresholds.

mod feeds;
mod profile;
mod scenarios;

use std::path::Path;
use std::time::Duration;

use model::load::BadThreshold;
use model::{LoadPlan, Measure, Scenario, ScenarioStep, Threshold};

use super::names::Names;
use super::{amounts, state};
use crate::error::Problems;
use crate::node::Spot;
use crate::raw::{RawLoad, RawSpec, RawThreshold};
use crate::source::Span;
use crate::suggest;

/// Parts, rates in steps, scenarios, steps of each, feeds and thresholds of a load.
const LIST_MAX: usize = 100;
/// Users that are under way, and connections.
const USERS_MAX: u64 = 100_000;
/// Connections when nothing is said.
const CONNECTIONS: u32 = 100;

/// The loads that are right.
pub fn check(
    raw: &RawSpec,
    names: &Names<'_>,
    folder: &Path,
    problems: &mut Problems,
) -> Vec<LoadPlan> {
    let loads = raw.loads.iter().flat_map(|loads| loads.iter());
    loads
        .filter_map(|(name, load)| one(name, load, raw, (names, folder), problems))
        .collect()
}

fn one(
    name: &Spot<String>,
    load: &RawLoad,
    raw: &RawSpec,
    (names, folder): (&Names<'_>, &Path),
    problems: &mut Problems,
) -> Option<LoadPlan> {
    let before = problems.count();
    let profile = profile::check(name, &load.profile, folder, problems);
    let connections = load.connections.as_ref();
    let connections = connections
        .map(|connections| amounts::within(connections, "`connections`", USERS_MAX, problems));
    let mut scenarios = scenarios::Scenarios {
        raw,
        names,
        folder,
        problems,
    };
    let scenarios = scenarios.check(name, &load.scenarios);
    let warm_up = match &load.warm_up {
        Some(text) => amounts::load_duration(text, "`warm_up`", problems),
        None => Some(Duration::ZERO),
    };
    let mut commands = |key: &str, pairs: &Option<Vec<_>>| {
        let place = format!("`{key}` of load `{}`", name.value);
        let pairs = pairs.as_deref().unwrap_or(&[]);
        state::check(pairs, &place, names, problems)
    };
    let (set_up, clean_up) = (
        commands("set_up", &load.set_up),
        commands("clean_up", &load.clean_up),
    );
    // A scenario that is wrong may ask whatever a threshold is about.
    let asked = (problems.count() == before).then_some(scenarios.as_slice());
    let raw_thresholds = load.thresholds.as_deref().unwrap_or(&[]);
    few(raw_thresholds, "thresholds", name.span, problems);
    let thresholds: Vec<Threshold> = raw_thresholds
        .iter()
        .filter_map(|raw| threshold(raw, asked, names, problems))
        .collect();
    let plan = LoadPlan {
        name: name.value.clone(),
        profile,
        connections: connections.map_or(CONNECTIONS, |most| most.try_into().unwrap_or(u32::MAX)),
        scenarios,
        warm_up: warm_up?,
        set_up,
        clean_up,
        thresholds,
    };
    (problems.count() == before).then_some(plan)
}

fn threshold(
    raw: &RawThreshold,
    asked: Option<&[Scenario]>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<Threshold> {
    let text = &raw.when;
    let mut threshold = match Threshold::parse(&text.value) {
        Ok(threshold) => threshold,
        Err(bad) => {
            let meant = match &bad {
                BadThreshold::Measure(word) => {
                    suggest::nearest(word, &Measure::ALL.map(|(word, _)| word))
                }
                _ => None,
            };
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`? {}", BadThreshold::FORMS),
                None => BadThreshold::FORMS.to_string(),
            };
            problems.add(text.span, bad.to_string(), "", help);
            return None;
        }
    };
    threshold.abort = raw.abort;
    let Some(of) = &threshold.of else {
        return Some(threshold);
    };
    let at = text.value.find(of.as_str()).unwrap_or(0);
    let of = Spot {
        value: of.clone(),
        span: text.span.part(at, of.len()),
    };
    if !names.operation_exists(&of, problems) {
        return None;
    }
    let asks = |step: &ScenarioStep| matches!(step, ScenarioStep::Ask { operation, .. } if *operation == of.value);
    let mut scenarios = asked.into_iter().flatten();
    if asked.is_some() && !scenarios.any(|scenario| scenario.steps.iter().any(asks)) {
        let message = format!("no scenario of this load asks `{}`", of.value);
        let help = "name an operation that is among its steps";
        problems.add(of.span, message, "", help);
    }
    Some(threshold)
}

/// Tells of a list that is too long.
fn few<T>(list: &[T], noun: &str, span: Span, problems: &mut Problems) {
    if list.len() > LIST_MAX {
        let message = format!("{} {noun} are too many", list.len());
        problems.add(span, message, "", format!("write at most {LIST_MAX}"));
    }
}
