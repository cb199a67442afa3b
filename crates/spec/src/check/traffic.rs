//! Traffic: who comes when, and what for.

use std::collections::HashMap;
use std::time::Duration;

use model::{Demand, DemandShape, Distribution, Latency, Persona, Traffic};

use super::amounts::{self, Least};
use super::names::Names;
use crate::error::Problems;
use crate::node::Spot;
use crate::raw::{RawDemand, RawSpec};
use crate::read::Entries;
use crate::suggest;

/// Agents and requests of a burst: more could not be simulated or sent.
pub const COUNT_MAX: u64 = 10_000_000;
/// One hour.
const WINDOW_MS_MAX: u64 = 3_600_000;
/// Clients that ask again and again.
const CLIENTS_MAX: u64 = 1_000_000;
/// Different values of arguments.
const KEYS_MAX: u64 = 100_000;
/// With more than this nearly all would ask for the first key.
const SKEW_BOUNDS: (f64, f64) = (0.0, 5.0);
/// Parts of a whole need be no larger.
const PART_MAX: f64 = 1e9;
/// How the three shapes are written.
const SHAPES: &str =
    "`burst: 200, window_ms: 500`, `clients: 400, think: 10s` or `after: OPERATION`";

/// The traffic.
pub fn check(raw: &RawSpec, names: &Names<'_>, problems: &mut Problems) -> Traffic {
    let Some(traffic) = &raw.traffic else {
        return Traffic::default();
    };
    let agents = traffic.agents.as_ref();
    let agents = agents.map(|agents| amounts::within(agents, "`agents`", COUNT_MAX, problems));
    let personas = personas(traffic.personas.as_ref(), problems);
    for name in traffic.demands.names() {
        names.operation_exists(name, problems);
    }
    let demands = traffic.demands.iter();
    let demands = demands
        .filter_map(|(name, raw)| demand(name, raw, names, problems))
        .collect();
    after_circles(&traffic.demands, problems);
    Traffic {
        agents,
        personas,
        demands,
    }
}

/// Who agents are, each with its part of one.
fn personas(raw: Option<&Entries<Spot<f64>>>, problems: &mut Problems) -> Vec<(Persona, f64)> {
    let mut personas = Vec::new();
    for (name, part) in raw.iter().flat_map(|personas| &personas.list) {
        let Some((_, persona)) = Persona::ALL.iter().find(|(word, _)| *word == name.value) else {
            let known = Persona::ALL.map(|(word, _)| word);
            let help = suggest::help(&name.value, "personas", &known);
            let message = format!("there is no persona `{}`", name.value);
            problems.add(name.span, message, "", help);
            continue;
        };
        let Some(part) = part else { continue };
        if part.value > 0.0 && part.value <= PART_MAX {
            personas.push((*persona, part.value));
        } else {
            let message = format!("`{}` cannot be {} parts of all", name.value, part.value);
            let help = format!("write a positive number up to {PART_MAX}, or leave it out");
            problems.add(part.span, message, "", help);
        }
    }
    let whole: f64 = personas.iter().map(|(_, part)| part).sum();
    personas.iter_mut().for_each(|(_, part)| *part /= whole);
    personas
}

fn demand(
    name: &Spot<String>,
    raw: &RawDemand,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<Demand> {
    let keys = raw.keys.as_ref();
    let keys = keys.map(|keys| amounts::within(keys, "`keys`", KEYS_MAX, problems));
    let skew = raw.skew.as_ref();
    let skew = skew.map(|skew| amounts::between(skew, "`skew`", SKEW_BOUNDS, problems));
    one_shape(name, raw, problems)?;
    Some(Demand {
        operation: name.value.clone(),
        shape: shape(raw, names, problems)?,
        keys: keys.unwrap_or(1),
        skew: skew.unwrap_or(0.0),
    })
}

/// Whether it is said once when requests come, with all that belongs to it and nothing else.
fn one_shape(name: &Spot<String>, raw: &RawDemand, problems: &mut Problems) -> Option<()> {
    let place = format!("the traffic of `{}`", name.value);
    let burst = raw.burst.as_ref().map(|burst| ("burst", burst.span));
    let window = raw.window_ms.as_ref().map(|window| window.span);
    let clients = raw
        .clients
        .as_ref()
        .map(|clients| ("clients", clients.span));
    let think = raw.think.as_ref().map(|think| think.0.span);
    let after = raw.after.as_ref().map(|after| ("after", after.span));
    let redelivery = raw.redelivery.as_ref().map(|text| text.0.span);
    let said: Vec<_> = [burst, clients, after].into_iter().flatten().collect();
    if let [(first, _), (second, span), ..] = said.as_slice() {
        let message = format!("{place} has both `{first}` and `{second}`");
        problems.add(*span, message, "", format!("keep one of {SHAPES}"));
        return None;
    }
    let before = problems.count();
    for (word, of, span, has) in [
        ("window_ms", "burst", window, burst.is_some()),
        ("think", "clients", think, clients.is_some()),
        ("redelivery", "after", redelivery, after.is_some()),
    ] {
        if let (Some(span), false) = (span, has) {
            let message = format!("{place} has `{word}` without `{of}`");
            problems.add(span, message, "", format!("write one of {SHAPES}"));
        }
    }
    if let (Some((_, span)), None) = (burst, window) {
        let message = format!("{place} has `burst` without `window_ms`");
        problems.add(
            span,
            message,
            "",
            "add the window that they come in: `window_ms: 500`",
        );
    }
    if said.is_empty() && problems.count() == before {
        let message = format!("{place} does not say when requests come");
        problems.add(name.span, message, "", format!("write one of {SHAPES}"));
    }
    (problems.count() == before).then_some(())
}

fn shape(raw: &RawDemand, names: &Names<'_>, problems: &mut Problems) -> Option<DemandShape> {
    if let (Some(burst), Some(window)) = (&raw.burst, &raw.window_ms) {
        let requests = amounts::within(burst, "`burst`", COUNT_MAX, problems);
        let window = amounts::within(window, "`window_ms`", WINDOW_MS_MAX, problems);
        return Some(DemandShape::Burst {
            requests,
            window: Duration::from_millis(window),
        });
    }
    if let Some(clients) = &raw.clients {
        let clients = amounts::within(clients, "`clients`", CLIENTS_MAX, problems);
        let think = match &raw.think {
            Some(text) => amounts::latency(text, "`think`", problems)?,
            None => Latency::Drawn(Distribution::Fixed(0)),
        };
        return Some(DemandShape::Clients { clients, think });
    }
    let after = raw.after.as_ref()?;
    let exists = names.operation_exists(after, problems);
    let redelivery = match &raw.redelivery {
        Some(text) => Some(amounts::duration(
            text,
            "`redelivery`",
            Least::Something,
            problems,
        )?),
        None => None,
    };
    exists.then(|| DemandShape::After {
        operation: after.value.clone(),
        redelivery,
    })
}

/// Tells of operations that would wait for each other: none of them would ever come.
fn after_circles(demands: &Entries<RawDemand>, problems: &mut Problems) {
    let after: HashMap<&str, &Spot<String>> = demands
        .iter()
        .filter_map(|(name, raw)| Some((name.value.as_str(), raw.after.as_ref()?)))
        .collect();
    let mut looked_at: HashMap<&str, usize> = HashMap::new();
    for (round, (name, _)) in demands.iter().enumerate() {
        let mut chain: Vec<&str> = Vec::new();
        let mut here = name.value.as_str();
        while let Some(next) = after.get(here) {
            match looked_at.insert(here, round) {
                None => chain.push(here),
                Some(earlier) if earlier == round => {
                    let start = chain.iter().position(|link| *link == here);
                    tell_circle(&chain[start.unwrap_or(0)..], after[here], problems);
                    break;
                }
                Some(_) => break,
            }
            here = next.value.as_str();
        }
    }
}

/// Tells of a circle at what its first operation comes after.
fn tell_circle(circle: &[&str], after: &Spot<String>, problems: &mut Problems) {
    let help = "let one of them come by itself, with `burst` or `clients`";
    let message = match circle {
        [only] => format!("`{only}` cannot come after itself"),
        [first, ..] => format!(
            "operations come after each other in a circle: {} after {first}",
            circle.join(" after ")
        ),
        [] => return,
    };
    problems.add(after.span, message, "", help);
}
