//! Models as text, for tests: `cache GET inv:{event} decides`, a line for each exchange.

use std::time::Duration;

use model::{
    Access, ConnectionId, Demand, DemandShape, Distribution, Effect, Isolation, LaneId, Latency,
    Link, Outage, OutageKind, Persona, Protocol, Retry, Step, StepPattern, Traffic, Transaction,
    WireId,
};

use super::model::{Argument, DeedTies, Exchange, Model, OperationModel, Role, ServiceModel, Tie};
use super::rounds::{Effort, simulate};
use super::tally::Tally;
use crate::footprint::Ledger;
use crate::suspect::Learned;
use crate::template::{Template, TemplateStep};

/// An operation: its name and its lines.
pub type Told<'a> = (&'a str, &'a [&'a str]);

/// A fixed time.
pub fn fixed(us: u64) -> Latency {
    Latency::Drawn(Distribution::Fixed(us))
}

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A service of three replicas with these operations, each made so often within half a second for
/// one of so many events.
pub fn model(operations: &[Told<'_>], requests: u64, events: u64) -> Model {
    let demands = operations.iter().map(|(name, _)| Demand {
        operation: (*name).to_string(),
        shape: burst(requests, 500),
        keys: events,
        skew: 0.0,
    });
    let names: Vec<&str> = operations.iter().map(|(name, _)| *name).collect();
    Model {
        services: vec![service("inventory", 3)],
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
            .map(|(name, lines)| operation(name, lines, &names))
            .collect(),
    }
}

pub fn burst(requests: u64, window_ms: u64) -> DemandShape {
    DemandShape::Burst {
        requests,
        window: ms(window_ms),
    }
}

pub fn service(name: &str, replicas: u16) -> ServiceModel {
    ServiceModel {
        name: name.into(),
        replicas,
        slots: None,
        slowness: 1.0,
        has_owners: false,
    }
}

/// A link on which nobody does anything but wait.
pub fn link(from: &str, to: &str) -> Link {
    Link {
        from: from.into(),
        to: to.into(),
        latency: None,
        pool: None,
        timeout: None,
        retry: None,
        breaker: None,
    }
}

pub fn retry(times: Option<u64>, wait_ms: u64) -> Retry {
    Retry {
        times,
        wait: ms(wait_ms),
        factor: 1.0,
        cap: None,
        jitter: false,
    }
}

pub fn outage(target: &str, from_ms: u64, lasts_ms: u64, kind: OutageKind) -> Outage {
    Outage {
        target: target.into(),
        from: ms(from_ms),
        lasts: ms(lasts_ms),
        kind,
    }
}

impl Model {
    /// The same with all agents of one persona.
    pub fn all(mut self, persona: Persona) -> Model {
        self.traffic.personas = vec![(persona, 1.0)];
        self
    }

    /// The same with so many requests of each burst within so long.
    pub fn within(mut self, requests: u64, window_ms: u64) -> Model {
        for demand in &mut self.traffic.demands {
            demand.shape = burst(requests, window_ms);
        }
        self
    }

    /// The same with a demand for one operation only.
    pub fn asked(mut self, operation: &str, shape: DemandShape) -> Model {
        let mut demands = self.traffic.demands.iter_mut();
        if let Some(demand) = demands.find(|demand| demand.operation == operation) {
            demand.shape = shape;
        }
        self
    }
}

/// What is counted in 200 rounds.
pub fn tally(model: &Model) -> Tally {
    rounds(model, 200)
}

/// What is counted in so many rounds.
pub fn rounds(model: &Model, rounds: u64) -> Tally {
    let effort = Effort {
        requests: 0,
        rounds,
    };
    simulate(model, 1, effort, 1).1
}

impl Tally {
    /// How often somebody came into any window.
    pub fn raced(&self) -> u64 {
        self.windows.iter().map(|window| window.raced).sum()
    }

    pub fn waited(&self) -> u64 {
        self.families.iter().map(|family| family.waited).sum()
    }

    pub fn aborted(&self) -> u64 {
        self.families.iter().map(|family| family.aborted).sum()
    }

    pub fn deadlocks(&self) -> u64 {
        self.families.iter().map(|family| family.deadlocks).sum()
    }

    pub fn stale(&self) -> u64 {
        self.families.iter().map(|family| family.stale).sum()
    }
}

/// `TARGET VERB RESOURCE[{event}] [word ...]`. `db+` is inside a transaction, `LOCK` a SELECT FOR
/// UPDATE, `INCR` an UPDATE that counts, `CALL` asks the operation of that name, `inventory LOCK` and
/// `inventory UNLOCK` are the service's own. Words: `decides`, `fresh` (new for each request), `conditional`,
/// `repeatable`, `serializable`, `on-miss`, `background`, `once`, `lock` (a DEL that gives a lock back whoever's
/// it is), `EX n` and `PX n`, and times: `after=5ms` of work before it, `takes=2ms`.
pub fn operation(name: &str, lines: &[&str], names: &[&str]) -> OperationModel {
    let mut ledger = Ledger::default();
    let mut template = Template::default();
    let mut exchanges = Vec::new();
    let mut tied: Vec<(Effect, DeedTies)> = Vec::new();
    for (ordinal, line) in lines.iter().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let step = step(ordinal, &words, lines);
        tied.extend(step.effects.iter().map(|effect| {
            let ties = ties(effect, &step, line);
            (effect.clone(), ties)
        }));
        let footprint = ledger.take(&step);
        let of_deed = |effect: &Effect| {
            let found = tied.iter().rev().find(|(known, _)| known == effect);
            found.map(|(_, ties)| ties.clone()).unwrap_or_default()
        };
        let has = |word: &str| words.contains(&word);
        let place = (!footprint.is_empty()).then_some(template.steps.len());
        exchanges.push(Exchange {
            target: step.target.clone(),
            step: place,
            ties: footprint.deeds.iter().map(|d| of_deed(&d.effect)).collect(),
            footprint: footprint.clone(),
            work: time(&words, "after=").into_iter().collect(),
            takes: time(&words, "takes=").unwrap_or(fixed(800)),
            decides: has("decides"),
            on_miss: has("on-miss"),
            background: has("background"),
            once: has("once"),
            role: role(&step, &words, names),
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

fn time(words: &[&str], what: &str) -> Option<Latency> {
    let word = words.iter().find_map(|word| word.strip_prefix(what))?;
    match word.strip_suffix("ms") {
        Some(ms) => ms.parse::<u64>().ok().map(|ms| fixed(ms * 1_000)),
        None => word.strip_suffix("us")?.parse().ok().map(fixed),
    }
}

fn ties(effect: &Effect, step: &Step, line: &str) -> DeedTies {
    let tie = Tie {
        arguments: u8::from(line.contains("{event}")),
        fresh: line.contains("fresh"),
    };
    let sql = step.protocol == Protocol::Postgres;
    DeedTies {
        resource: effect.resource.clone(),
        named: if sql { Tie::default() } else { tie },
        part: effect
            .part
            .iter()
            .map(|(column, _)| (column.clone(), tie))
            .collect(),
    }
}

fn role(step: &Step, words: &[&str], names: &[&str]) -> Role {
    let expires_us = super::caches::expiry_us(&step.text);
    match (step.verb.as_str(), step.protocol) {
        ("BEGIN", _) => Role::Begin,
        ("COMMIT", _) => Role::End,
        ("CALL", _) => {
            let called = names.iter().position(|name| Some(name) == words.get(2));
            Role::Call(called.unwrap_or(usize::MAX))
        }
        ("LOCK", Protocol::Http) => Role::WaitForLock,
        ("UNLOCK", Protocol::Http) => Role::GiveLock { own_only: true },
        ("SETNX", _) => Role::TakeLock { expires_us },
        ("EVAL", _) => Role::GiveLock { own_only: true },
        ("DEL", _) if words.contains(&"lock") => Role::GiveLock { own_only: false },
        _ => Role::Plain,
    }
}

fn accesses(verb: &str, conditional: bool) -> &'static [Access] {
    match verb {
        "BEGIN" | "COMMIT" | "CALL" | "WORK" => &[],
        "GET" | "SELECT" => &[Access::Read],
        "LOCK" => &[Access::Lock, Access::Read],
        "UNLOCK" => &[Access::Unlock],
        "DECR" | "INCR" | "SETNX" => &[Access::Atomic],
        "UPDATE" if conditional => &[Access::Atomic],
        _ => &[Access::Write],
    }
}

fn step(ordinal: usize, words: &[&str], lines: &[&str]) -> Step {
    let (target, inside) = match words[0].strip_suffix('+') {
        Some(target) => (target, true),
        None => (words[0], false),
    };
    let protocol = match target {
        "db" => Protocol::Postgres,
        "cache" => Protocol::Redis,
        _ => Protocol::Http,
    };
    let sql = protocol == Protocol::Postgres;
    let verb = words[1];
    let (resource, part) = match words.get(2) {
        Some(name) if sql => {
            let part = match (name.contains("{event}"), words.contains(&"fresh")) {
                (true, _) => vec![("id".to_string(), "42".to_string())],
                (_, true) => vec![("id".to_string(), format!("new{ordinal}"))],
                _ => vec![],
            };
            (name.replace("{event}", ""), part)
        }
        Some(name) => (name.replace("{event}", "42"), vec![]),
        None => (String::new(), vec![]),
    };
    let effects = accesses(verb, words.contains(&"conditional")).iter();
    let effects = effects.map(|access| Effect {
        part: part.clone(),
        ..Effect::of(*access, resource.clone())
    });
    let transaction = match verb {
        "BEGIN" => Transaction::Begin,
        "COMMIT" => Transaction::Commit,
        _ if inside => Transaction::Inside,
        _ => Transaction::None,
    };
    let has = |word: &str| lines.iter().any(|line| line.contains(word));
    let is_part = transaction != Transaction::None;
    Step {
        wire: WireId(0),
        lane: LaneId(0),
        target: target.into(),
        connection: ConnectionId(0),
        ordinal: ordinal as u64,
        protocol,
        verb: match (verb, sql) {
            ("LOCK", true) => "SELECT",
            ("INCR", true) => "UPDATE",
            _ => verb,
        }
        .into(),
        shape: words.join(" "),
        text: match words.contains(&"conditional") {
            true => "UPDATE events SET stock = stock - 1 WHERE id = 42 AND stock > 0".into(),
            false => words[1..].join(" "),
        },
        parameters: vec![],
        effects: effects.collect(),
        transaction,
        commits: vec![],
        noise: false,
        isolation: is_part.then(|| match () {
            () if has("repeatable") => Isolation::RepeatableRead,
            () if has("serializable") => Isolation::Serializable,
            () => Isolation::ReadCommitted,
        }),
        session: None,
    }
}
