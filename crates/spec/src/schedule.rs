//! Schedules: YAML -> raw -> checked against the system they are for.

use std::collections::HashMap;
use std::time::Duration;

use model::{Earlier, OrderLine, RacerPlan, Schedule, Setup, StepPattern, System};

use serde_json::Value;

use crate::check::{is_argument, is_name, within};
use crate::error::Problems;
use crate::fault::wired;
use crate::node::Spot;
use crate::raw::{RawEarlier, RawRacer, RawSchedule, SetupWord};
use crate::read::{Anything, Entries, Pair};
use crate::suggest;

/// Racers of one schedule, one letter each.
const RACERS_MAX: usize = 26;
/// Lines of one order.
const ORDER_LINES_MAX: usize = 1_000;
/// Requests of one kind before the racers: each trial makes them all.
const EARLIER_TIMES_MAX: u64 = 1_000;
/// Each trial waits so long.
const SETTLE_MS_MAX: u64 = 10_000;

/// Checks a schedule. What is returned is whole only if no problem was added.
pub fn check(raw: &RawSchedule, system: &System, problems: &mut Problems) -> Schedule {
    if !is_name(&raw.schedule.value) {
        let message = format!("`{}` is no name for a schedule", raw.schedule.value);
        problems.add(
            raw.schedule.span,
            message,
            "",
            "use lower-case letters, digits and `-`",
        );
    }
    let racers = raw
        .racers
        .iter()
        .map(|(name, racer)| plan(name, racer, system, problems))
        .collect();
    count(raw, system, problems);
    if let Some(oracle) = &raw.oracle {
        let known: Vec<&str> = system
            .invariants
            .iter()
            .map(|invariant| invariant.name.as_str())
            .collect();
        let name = oracle.value.as_str();
        if !known.contains(&name) && !model::oracle::is_built_in(name) {
            let message = format!("there is no invariant `{}`", oracle.value);
            problems.add(
                oracle.span,
                message,
                "",
                suggest::help(&oracle.value, "invariants", &known),
            );
        }
    }
    Schedule {
        name: raw.schedule.value.clone(),
        setup: setup(raw, system, problems),
        racers,
        order: order(raw, system, problems),
        oracle: raw.oracle.as_ref().map(|oracle| oracle.value.clone()),
        settle: Duration::from_millis(raw.settle_ms.as_ref().map_or(0, |settle| {
            within(settle, "`settle_ms`", SETTLE_MS_MAX, problems)
        })),
    }
}

fn setup(raw: &RawSchedule, system: &System, problems: &mut Problems) -> Setup {
    let near = raw.setup.as_ref();
    let near = near.filter(|setup| setup.value == SetupWord::NearLimit);
    if let Some(setup) = near.filter(|_| system.near_limit.is_empty()) {
        let help = "add `near_limit:` to the spec, or begin from `reset`";
        let message = format!("`{}` has no `near_limit`", system.name);
        problems.add(setup.span, message, "", help);
    }
    let before = raw.before.iter().flatten();
    Setup {
        near_limit: near.is_some(),
        before: before
            .map(|earlier| self::earlier(earlier, system, problems))
            .collect(),
    }
}

fn earlier(raw: &RawEarlier, system: &System, problems: &mut Problems) -> Earlier {
    let times = raw.times.as_ref().map_or(1, |times| {
        within(times, "`times`", EARLIER_TIMES_MAX, problems)
    });
    Earlier {
        operation: raw.operation.value.clone(),
        args: arguments(&raw.operation, raw.args.as_ref(), system, problems),
        times: u32::try_from(times).unwrap_or(u32::MAX),
    }
}

/// From one racer to as many as there are lanes.
fn count(raw: &RawSchedule, system: &System, problems: &mut Problems) {
    let racers = raw.racers.list.len();
    let lanes = usize::from(system.lanes());
    let Some((extra, _)) = raw.racers.list.get(lanes.min(RACERS_MAX)) else {
        if racers == 0 {
            let help = "add one for each request that takes part: A: { operation: name }";
            problems.add(raw.racers.span, "the schedule has no racers", "", help);
        }
        return;
    };
    if racers > RACERS_MAX {
        let message =
            format!("the schedule has {racers} racers; at most {RACERS_MAX} can be told apart");
        problems.add(extra.span, message, "one too many", "remove some");
    } else {
        let message = format!("{racers} racers need as many lanes, and the system has {lanes}");
        let help =
            format!("write `replicas: {racers}` at the service they go to, or remove racers");
        problems.add(extra.span, message, "no lane is left for this one", help);
    }
}

fn plan(
    name: &Spot<String>,
    racer: &RawRacer,
    system: &System,
    problems: &mut Problems,
) -> RacerPlan {
    if !is_argument(&name.value) {
        let message = format!("`{}` is no name for a racer", name.value);
        problems.add(name.span, message, "", "use a letter: A, B, C");
    }
    RacerPlan {
        name: name.value.clone(),
        operation: racer.operation.value.clone(),
        args: arguments(&racer.operation, racer.args.as_ref(), system, problems),
    }
}

/// What an operation is given; both must be there.
fn arguments(
    name: &Spot<String>,
    given: Option<&Entries<Anything>>,
    system: &System,
    problems: &mut Problems,
) -> Vec<(String, Value)> {
    let operation = system.operation(&name.value);
    if operation.is_none() {
        let known: Vec<&str> = system
            .operations
            .iter()
            .map(|operation| operation.name.as_str())
            .collect();
        let message = format!("there is no operation `{}`", name.value);
        let help = suggest::help(&name.value, "operations", &known);
        problems.add(name.span, message, "", help);
    }
    let mut args = Vec::new();
    for (arg, value) in given.into_iter().flat_map(Entries::iter) {
        if let Some(operation) = operation {
            let known: Vec<&str> = operation
                .args
                .iter()
                .map(|(known, _)| known.as_str())
                .collect();
            if !known.contains(&arg.value.as_str()) {
                let message = format!(
                    "operation `{}` has no argument `{}`",
                    operation.name, arg.value
                );
                problems.add(
                    arg.span,
                    message,
                    "",
                    suggest::help(&arg.value, "arguments", &known),
                );
            }
        }
        args.push((arg.value.clone(), value.0.to_json()));
    }
    args
}

fn order(raw: &RawSchedule, system: &System, problems: &mut Problems) -> Vec<OrderLine> {
    let lines = raw.order.as_deref().unwrap_or(&[]);
    if let Some(extra) = lines.get(ORDER_LINES_MAX) {
        let message = format!(
            "the order has {} lines; at most {ORDER_LINES_MAX} are kept",
            lines.len()
        );
        problems.add(
            extra.key.span,
            message,
            "",
            "name only the steps whose order matters",
        );
        return Vec::new();
    }
    let mut seen: HashMap<(usize, String), u32> = HashMap::new();
    let mut order = Vec::new();
    for line in lines {
        let racer = racer_of(line, raw, problems);
        let step = step_of(line, system, problems);
        if let (Some(racer), Some(step)) = (racer, step) {
            tell_repeated(line, racer, &step, &mut seen, problems);
            order.push(OrderLine { racer, step });
        }
    }
    order
}

fn racer_of(line: &Pair, raw: &RawSchedule, problems: &mut Problems) -> Option<usize> {
    let found = raw
        .racers
        .names()
        .position(|name| name.value == line.key.value);
    if found.is_none() {
        let known: Vec<&str> = raw.racers.names().map(|name| name.value.as_str()).collect();
        let message = format!("there is no racer `{}`", line.key.value);
        problems.add(
            line.key.span,
            message,
            "",
            suggest::help(&line.key.value, "racers", &known),
        );
    }
    found
}

fn step_of(line: &Pair, system: &System, problems: &mut Problems) -> Option<StepPattern> {
    let text = line.value.value.as_str();
    if let Some(swallowed) = swallowed_occurrence(line, problems) {
        let message = format!("`{swallowed}` begins a comment here, so it would count for nothing");
        problems.add(
            line.value.span,
            message,
            "",
            format!("put the step in quotes: \"{text} {swallowed}\""),
        );
        return None;
    }
    let step = match StepPattern::parse(text) {
        Ok(step) => step,
        Err(said) => {
            let (message, help) = said.split_once("; ").unwrap_or((&said, ""));
            problems.add(line.value.span, message, "", help);
            return None;
        }
    };
    let wired = wired(system);
    if wired.contains(&step.target.as_str()) {
        return Some(step);
    }
    let offset = text.find(step.target.as_str()).unwrap_or(0);
    let span = line.value.span.part(offset, step.target.len());
    let message = match system.protocol_of(&step.target) {
        Some(_) => format!(
            "no wire leads to `{}`, so its steps cannot be ordered",
            step.target
        ),
        None => format!("there is no backend or service `{}`", step.target),
    };
    problems.add(
        span,
        message,
        "",
        suggest::help(&step.target, "wires lead to", &wired),
    );
    None
}

/// The `#2` of an unquoted `db UPDATE stock #2`, which YAML takes for a comment.
fn swallowed_occurrence(line: &Pair, problems: &Problems) -> Option<String> {
    let end = line.value.span.end;
    let source = problems.source();
    let rest = source.text().get(end..source.line_around(end).1)?.trim();
    let number = rest.strip_prefix('#')?.split_whitespace().next()?;
    number
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| format!("#{number}"))
}

/// The same step of the same racer twice, or its second before its first, can never be had.
fn tell_repeated(
    line: &Pair,
    racer: usize,
    step: &StepPattern,
    seen: &mut HashMap<(usize, String), u32>,
    problems: &mut Problems,
) {
    let shape = StepPattern {
        occurrence: 1,
        verb: step.verb.to_uppercase(),
        ..step.clone()
    };
    let last = seen.entry((racer, shape.to_string())).or_insert(0);
    if step.occurrence <= *last {
        let name = &line.key.value;
        let message =
            format!("`{step}` of racer {name} cannot come after its `{shape} #{last}` above");
        let help = format!(
            "count a racer's equal steps upwards; the next one is `{shape} #{}`",
            *last + 1
        );
        problems.add(line.value.span, message, "", help);
    }
    *last = (*last).max(step.occurrence);
}
