//! Models as text, for tests: `cache GET inv:{event} -> decides`, a line for each exchange.

use std::time::Duration;

use model::{
    Access, ConnectionId, Demand, DemandShape, Distribution, Effect, Isolation, LaneId, Latency,
    Protocol, Step, StepPattern, Traffic, Transaction, WireId,
};

use super::model::{Argument, DeedTies, Exchange, Model, OperationModel, Role, ServiceModel, Tie};
use crate::footprint::Ledger;
use crate::suspect::Learned;
use crate::template::{Template, TemplateStep};

/// A fixed time.
pub fn fixed(us: u64) -> Latency {
    Latency::Drawn(Distribution::Fixed(us))
}

/// A service of three replicas with these operations, each made so often within half a second for
/// one of so many events.
pub fn model(operations: &[(&str, &[&str])], requests: u64, events: u64) -> Model {
    let demands = operations.iter().map(|(name, _)| Demand {
        operation: (*name).to_string(),
        shape: DemandShape::Burst {
            requests,
            window: Duration::from_millis(500),
        },
        keys: events,
        skew: 0.0,
    });
    Model {
        services: vec![ServiceModel {
            name: "inventory".into(),
            replicas: 3,
            slots: None,
            slowness: 1.0,
        }],
        arguments: vec![Argument {
            name: "event".into(),
            values: events,
            skew: 0.0,
        }],
        links: vec![],
        outages: vec![],
        traffic: Traffic {
            demands: demands.collect(),
            ..Traffic::default()
        },
        incidents: vec![],
        unique: vec![],
        operations: operations
            .iter()
            .map(|(name, lines)| operation(name, lines))
            .collect(),
    }
}

/// `TARGET VERB RESOURCE[{event}] [word ...]`, with words `decides`, `fresh` (new for each request),
/// `conditional`, `repeatable`, `serializable`, `on-miss`, `background`, `once`; `db BEGIN`, `db COMMIT`
/// and `db+` inside.
fn operation(name: &str, lines: &[&str]) -> OperationModel {
    let mut ledger = Ledger::default();
    let mut template = Template::default();
    let mut exchanges = Vec::new();
    for (ordinal, line) in lines.iter().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let step = step(ordinal, &words);
        let footprint = ledger.take(&step);
        let has = |word: &str| words.contains(&word);
        let is_keyed = line.contains("{event}");
        let tie = Tie {
            arguments: u8::from(is_keyed),
            fresh: has("fresh"),
        };
        let sql = step.protocol == Protocol::Postgres;
        let ties = footprint.deeds.iter().map(|deed| DeedTies {
            resource: deed.effect.resource.clone(),
            named: if sql { Tie::default() } else { tie },
            part: if sql && (is_keyed || tie.fresh) {
                vec![("id".to_string(), tie)]
            } else {
                vec![]
            },
        });
        let place = (!footprint.is_empty()).then_some(template.steps.len());
        exchanges.push(Exchange {
            target: step.target.clone(),
            step: place,
            ties: ties.collect(),
            footprint: footprint.clone(),
            work: vec![],
            takes: fixed(800),
            decides: has("decides"),
            on_miss: has("on-miss"),
            background: has("background"),
            once: has("once"),
            role: role(&step, &words),
        });
        if place.is_some() {
            template.steps.push(TemplateStep {
                pattern: StepPattern::of(&step),
                step,
                footprint,
                origins: vec![],
                found_nothing: false,
                after_answer: has("background"),
                always: true,
            });
        }
    }
    OperationModel {
        service: "inventory".into(),
        learned: Learned {
            operation: name.to_string(),
            args: vec![],
            template,
        },
        exchanges,
        tail: vec![],
        limit: None,
        arguments: vec![0],
    }
}

fn role(step: &Step, words: &[&str]) -> Role {
    match (step.verb.as_str(), step.protocol) {
        ("BEGIN", _) => Role::Begin,
        ("COMMIT", _) => Role::End,
        ("SETNX", _) => Role::TakeLock { expires_us: None },
        ("DEL", Protocol::Redis) if words.contains(&"lock") => Role::GiveLock { own_only: true },
        _ => Role::Plain,
    }
}

fn step(ordinal: usize, words: &[&str]) -> Step {
    let (target, inside) = match words[0].strip_suffix('+') {
        Some(target) => (target, true),
        None => (words[0], false),
    };
    let verb = words[1];
    let resource = words.get(2).map(|name| name.replace("{event}", ""));
    let conditional = words.contains(&"conditional");
    let accesses: &[Access] = match verb {
        "GET" | "SELECT" => &[Access::Read],
        "LOCK" => &[Access::Lock, Access::Read],
        "DECR" | "SETNX" => &[Access::Atomic],
        "UPDATE" if conditional => &[Access::Atomic],
        _ => &[Access::Write],
    };
    let effects = resource.iter().flat_map(|resource| {
        accesses
            .iter()
            .map(|access| Effect::of(*access, resource.clone()))
    });
    Step {
        wire: WireId(0),
        lane: LaneId(0),
        target: target.into(),
        connection: ConnectionId(0),
        ordinal: ordinal as u64,
        protocol: match target {
            "db" => Protocol::Postgres,
            _ => Protocol::Redis,
        },
        verb: if verb == "LOCK" { "SELECT" } else { verb }.into(),
        shape: words.join(" "),
        text: words[1..].join(" "),
        parameters: vec![],
        effects: effects.collect(),
        transaction: match (verb, inside) {
            ("BEGIN", _) => Transaction::Begin,
            ("COMMIT", _) => Transaction::Commit,
            (_, true) => Transaction::Inside,
            _ => Transaction::None,
        },
        noise: false,
        isolation: inside.then(|| match () {
            () if words.contains(&"repeatable") => Isolation::RepeatableRead,
            () if words.contains(&"serializable") => Isolation::Serializable,
            () => Isolation::ReadCommitted,
        }),
        session: None,
    }
}
