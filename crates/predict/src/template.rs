//! What an operation does when it runs alone: its steps, each with a stable name, and where the
//! values in them come from. Learned by comparing a few runs.

use std::collections::HashMap;

use model::schedule::one_word;
use model::{Protocol, ReplyKind, SeenStep, Step, StepPattern};

use crate::footprint::{Footprint, Ledger};

/// One run of an operation alone.
#[derive(Debug, Clone, PartialEq)]
pub struct SoloRun {
    /// What the request was made of: arguments and drawn values, as text.
    pub values: Vec<String>,
    /// The steps on the wires of its lane.
    pub steps: Vec<SeenStep>,
    /// When its answer came, in microseconds since the trial began.
    pub answered_us: u64,
}

/// Where a value of a step comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The same in every run.
    Constant,
    /// It stands in the request.
    Request,
    /// It stands in the reply to an earlier step, by its index.
    Reply(usize),
    /// It is computed from a number in the reply to an earlier step.
    Computed(usize),
    /// It is another one in each run and nobody gave it: an id, a time.
    Drawn,
}

/// A step that an operation makes.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateStep {
    /// Its stable name.
    pub pattern: StepPattern,
    /// The step, as it was in the first run.
    pub step: Step,
    /// What it does to what lanes share.
    pub footprint: Footprint,
    /// Where its values come from, without repetition.
    pub origins: Vec<Origin>,
    /// It found nothing.
    pub found_nothing: bool,
    /// It was made after the answer had been given.
    pub after_answer: bool,
    /// It was there in every run.
    pub always: bool,
}

/// What an operation does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Template {
    /// Its steps, those without effect on shared state left out.
    pub steps: Vec<TemplateStep>,
    /// Steps that touch nothing shared (sessions, settings, BEGIN), with how often they were seen.
    pub set_aside: Vec<(String, u64)>,
    /// Steps that could do anything: they were not understood.
    pub obscure: u64,
}

/// Learns from runs of one operation with the same arguments.
pub fn learn(runs: &[SoloRun]) -> Template {
    let Some(first) = runs.first() else {
        return Template::default();
    };
    let keyed: Vec<HashMap<Key<'_>, usize>> = runs.iter().map(keys).collect();
    let mut ledger = Ledger::default();
    let mut template = Template::default();
    let mut kept: Vec<(usize, StepPattern)> = Vec::new();
    for (at, key) in keys_in_order(first) {
        let seen = &first.steps[at];
        let footprint = ledger.take(&seen.step);
        if footprint.is_empty() {
            set_aside(&mut template, &seen.step);
            continue;
        }
        let others: Vec<Option<&SeenStep>> = runs[1..]
            .iter()
            .zip(&keyed[1..])
            .map(|(run, keys)| keys.get(&key).map(|at| &run.steps[*at]))
            .collect();
        let pattern = pattern(&seen.step, &others);
        template.obscure += u64::from(is_obscure(&seen.step));
        kept.push((at, pattern.clone()));
        template.steps.push(TemplateStep {
            origins: origins(runs, at, &others, &kept),
            found_nothing: seen.reply.as_ref().is_some_and(|reply| {
                reply.kind == ReplyKind::Empty || reply.code.as_deref() == Some("404")
            }),
            after_answer: seen.asked_us > first.answered_us,
            always: others.iter().all(Option::is_some),
            step: seen.step.clone(),
            footprint,
            pattern,
        });
    }
    number(&mut template.steps, first);
    template
}

/// What tells a step from the others of its run: the nth of its shape.
type Key<'a> = (&'a str, &'a str, usize);

fn keys_in_order(run: &SoloRun) -> Vec<(usize, Key<'_>)> {
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    let steps = run.steps.iter().enumerate();
    steps
        .map(|(at, seen)| {
            let (target, shape) = (seen.step.target.as_str(), seen.step.shape.as_str());
            let count = counts.entry((target, shape)).or_default();
            *count += 1;
            (at, (target, shape, *count))
        })
        .collect()
}

fn keys(run: &SoloRun) -> HashMap<Key<'_>, usize> {
    let keys = keys_in_order(run);
    keys.into_iter().map(|(at, key)| (key, at)).collect()
}

fn is_obscure(step: &Step) -> bool {
    let mut effects = step.effects.iter();
    effects.any(|effect| effect.access == model::Access::Unknown)
}

fn set_aside(template: &mut Template, step: &Step) {
    let verb = format!("{} {}", step.target, step.verb);
    match template
        .set_aside
        .iter_mut()
        .find(|(known, _)| *known == verb)
    {
        Some((_, times)) => *times += 1,
        None => template.set_aside.push((verb, 1)),
    }
}

/// The step's name, in which what differs between runs is a `*`.
fn pattern(step: &Step, others: &[Option<&SeenStep>]) -> StepPattern {
    let mut pattern = StepPattern::of(step);
    let Some(resource) = step.resource() else {
        return pattern;
    };
    let mut resource = resource.to_string();
    for other in others.iter().flatten().filter_map(|o| o.step.resource()) {
        resource = common(&resource, other);
    }
    pattern.resource = one_word(&resource);
    pattern
}

/// What two names have in common, with a `*` for the rest.
pub fn common(one: &str, other: &str) -> String {
    if one == other {
        return one.to_string();
    }
    let ahead = |text: &str| text.chars().rev().collect::<String>();
    let start: String = one
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b && *a != '*')
        .map(|(a, _)| a)
        .collect();
    let (rest_one, rest_other) = (ahead(&one[start.len()..]), ahead(&other[start.len()..]));
    let end: String = rest_one
        .chars()
        .zip(rest_other.chars())
        .take_while(|(a, b)| a == b && *a != '*')
        .map(|(a, _)| a)
        .collect();
    format!("{start}*{}", ahead(&end))
}

/// Numbers equal names, the way a director counts them: over all steps of the run.
fn number(steps: &mut [TemplateStep], run: &SoloRun) {
    let mut last_of: HashMap<StepPattern, (usize, u32)> = HashMap::new();
    for step in steps {
        let (from, count) = last_of.get(&step.pattern).copied().unwrap_or((0, 0));
        let mine = (step.step.wire, step.step.connection, step.step.ordinal);
        let upto = run
            .steps
            .iter()
            .position(|seen| (seen.step.wire, seen.step.connection, seen.step.ordinal) == mine);
        let upto = upto.map_or(from, |at| at + 1);
        let more = run.steps[from..upto]
            .iter()
            .filter(|seen| step.pattern.is_like(&seen.step))
            .count() as u32;
        last_of.insert(step.pattern.clone(), (upto, count + more));
        step.pattern.occurrence = (count + more).max(1);
    }
}

fn origins(
    runs: &[SoloRun],
    at: usize,
    others: &[Option<&SeenStep>],
    kept: &[(usize, StepPattern)],
) -> Vec<Origin> {
    let first = &runs[0];
    let mut found: Vec<Origin> = Vec::new();
    for (nth, value) in first.steps[at].step.parameters.iter().enumerate() {
        let Some(value) = value else { continue };
        let is_constant = others
            .iter()
            .flatten()
            .all(|other| other.step.parameters.get(nth).and_then(Option::as_ref) == Some(value));
        let origin = if first.values.contains(value) {
            Origin::Request
        } else if let Some(origin) = from_reply(first, at, value, kept) {
            origin
        } else if is_constant {
            Origin::Constant
        } else {
            Origin::Drawn
        };
        if !found.contains(&origin) {
            found.push(origin);
        }
    }
    found.sort();
    found
}

/// The latest earlier reply that this value stands in, or is one more or less than.
fn from_reply(
    run: &SoloRun,
    at: usize,
    value: &str,
    kept: &[(usize, StepPattern)],
) -> Option<Origin> {
    // A short value stands in too many replies by chance.
    let number: Option<i64> = value.parse().ok();
    let earlier = kept
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, (index, _))| *index < at);
    let mut computed = None;
    for (step, (index, _)) in earlier {
        let seen = &run.steps[*index];
        let Some(reply) = &seen.reply else {
            continue;
        };
        // `UPDATE 1` says that it was done, and nothing that could be written on.
        if seen.step.protocol == Protocol::Postgres && reply.value.starts_with(&seen.step.verb) {
            continue;
        }
        let mut words = reply
            .value
            .split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.')));
        if words.clone().any(|word| word == value) && (value.len() > 3 || number.is_some()) {
            return Some(Origin::Reply(step));
        }
        let near = |word: &str| {
            let seen = word.parse::<i64>().ok()?;
            let number = number?;
            (seen.checked_sub(number)?.abs() == 1).then_some(Origin::Computed(step))
        };
        computed = computed.or_else(|| words.find_map(near));
    }
    computed
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
