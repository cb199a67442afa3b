//! Traffic and incidents: what is known of the system's use and past.

use std::time::Duration;

use model::{Demand, DemandShape, Incident, Traffic};

use super::names::Names;
use crate::error::Problems;
use crate::node::Spot;
use crate::raw::RawSpec;

/// Agents and requests of a burst: more could not be simulated or sent.
const COUNT_MAX: u64 = 10_000_000;
/// One hour.
const WINDOW_MS_MAX: u64 = 3_600_000;

/// The traffic.
pub fn check(raw: &RawSpec, names: &Names<'_>, problems: &mut Problems) -> Traffic {
    let Some(traffic) = &raw.traffic else {
        return Traffic::default();
    };
    let agents = traffic
        .agents
        .as_ref()
        .map(|agents| within(agents, "`agents`", COUNT_MAX, problems));
    for name in traffic.bursts.names() {
        names.operation_exists(name, problems);
    }
    let demands = traffic.bursts.iter().map(|(name, burst)| {
        let count = within(&burst.burst, "`burst`", COUNT_MAX, problems);
        let window = within(&burst.window_ms, "`window_ms`", WINDOW_MS_MAX, problems);
        Demand {
            operation: name.value.clone(),
            shape: DemandShape::Burst {
                requests: count,
                window: Duration::from_millis(window),
            },
            keys: 1,
            skew: 0.0,
        }
    });
    let demands = demands.collect();
    Traffic {
        agents,
        personas: Vec::new(),
        demands,
    }
}

/// A number from one up to so many.
pub fn within(number: &Spot<u64>, what: &str, most: u64, problems: &mut Problems) -> u64 {
    if !(1..=most).contains(&number.value) {
        let message = format!("{what} cannot be {}", number.value);
        problems.add(
            number.span,
            message,
            "",
            format!("write a number from 1 to {most}"),
        );
    }
    number.value
}

/// The incidents. Whether there is such an edge is checked later, when edges are known.
pub fn incidents(raw: &RawSpec, names: &Names<'_>, problems: &mut Problems) -> Vec<Incident> {
    let mut incidents = Vec::new();
    for incident in raw.incidents.iter().flatten() {
        let text = incident.edge.value.as_str();
        let Some((from, to)) = text
            .split_once("->")
            .map(|(from, to)| (from.trim(), to.trim()))
        else {
            let message = format!("`{text}` is no edge");
            problems.add(
                incident.edge.span,
                message,
                "",
                "write `service -> backend`",
            );
            continue;
        };
        for name in [from, to] {
            let span = text.find(name).map_or(incident.edge.span, |at| {
                incident.edge.span.part(at, name.len())
            });
            names.target_exists(
                &Spot {
                    value: name.to_string(),
                    span,
                },
                problems,
            );
        }
        incidents.push(Incident {
            edge: (from.to_string(), to.to_string()),
            date: incident.date.as_ref().map(|date| date.0.value.clone()),
            note: incident.note.value.clone(),
        });
    }
    incidents
}
