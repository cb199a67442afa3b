//! What may stand in `heisen.yaml` and in a schedule, as written: names are not looked up yet.
//! One declaration per record gives its keys, its reader and its part of the JSON Schema, whose
//! descriptions are the comments here.

use crate::error::Problems;
use crate::node::{Node, Spot};
use crate::read::{Anything, Entries, Fields, OneOrMany, Pair, Read, Text};

mod choice;
mod edge;
mod invariant;
mod load;
mod schedule;
mod step;
mod traffic;

pub use choice::{ArrivalsWord, JitterWord, OutageWord, ProtocolWord, ProvideWord, SetupWord};
pub use edge::{RawBreaker, RawEdge, RawOutage, RawRetry};
pub use invariant::RawInvariant;
#[cfg(test)]
pub use load::RawWhen;
pub use load::{RawAsk, RawFeed, RawLoad, RawPart, RawScenario, RawScenarioStep, RawThreshold};
pub use schedule::{RawEarlier, RawRacer, RawSchedule};
pub use step::{RawAct, RawStep};
pub use traffic::{RawDemand, RawTraffic};

/// A field's key in the text: `r#for` is written `for`.
pub const fn key(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// Declares a record: a struct with a reader, a schema and the list of its keys.
macro_rules! record {
    ($(#[$about:meta])* $name:ident, $noun:literal, {
        $( $(#[$field_about:meta])* $field:ident: $type:ty, )*
    }) => {
        $(#[$about])*
        #[derive(Debug, Clone)]
        #[cfg_attr(test, derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
        pub struct $name {
            $( $(#[$field_about])* pub $field: $type, )*
        }

        impl $name {
            /// The keys it knows.
            pub const KEYS: &'static [&'static str] = &[$( $crate::raw::key(stringify!($field)) ),*];
        }

        impl Read for $name {
            const NOUN: Option<&'static str> = Some($noun);

            fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
                let empty = [$( <$type as Read>::absent().is_some() ),*].iter().all(|absent| *absent);
                let fields = Fields::open(node, place, Self::KEYS, empty, problems)?;
                $( let $field = fields.take::<$type>($crate::raw::key(stringify!($field)), problems); )*
                Some($name { $( $field: $field?, )* })
            }
        }
    };
}
pub(crate) use record;

record! {
    /// A system that heisen hunts in: services, backends, and what is known of their use.
    RawSpec, "the spec", {
        /// The system's name: lower-case letters, digits and `-`.
        system: Spot<String>,
        /// What services talk to and heisen does not start in replicas: databases, caches, HTTP dependencies.
        backends: Option<Entries<RawBackend>>,
        /// The programs that run in replicas.
        services: Entries<RawService>,
        /// Named differences of the system, such as before and after a fix. The first is the default.
        variants: Option<Entries<RawVariant>>,
        /// The requests a workload can make.
        operations: Entries<RawOperation>,
        /// Brings the state to its beginning: `{ backend: command }`, run in this order before each trial, up to the first that fails. When all have succeeded once, neighbours for one store are sent without waiting for the answers in between.
        reset: Option<Vec<Pair>>,
        /// Brings the state near its limit, after `reset` and in the same way: one seat left, one euro left. Where it is left out, `isolate` makes each operation until its answer is another.
        near_limit: Option<Vec<Pair>>,
        /// Asks for the state that serial equivalence compares.
        state: Option<Vec<Pair>>,
        /// What must hold after each trial, by name.
        invariants: Option<Entries<RawInvariant>>,
        /// How edges behave, for predict: `service -> backend or service`, or `clients -> service` for those outside.
        edges: Option<Entries<RawEdge>>,
        /// Times in which a backend or service does not serve, for predict.
        outages: Option<Vec<RawOutage>>,
        /// What traffic is like, for predict and stress.
        traffic: Option<RawTraffic>,
        /// Loads that `heisen stress --load NAME` applies, by name.
        loads: Option<Entries<RawLoad>>,
        /// What went wrong before.
        incidents: Option<Vec<RawIncident>>,
    }
}

record! {
    /// Something services talk to. It comes from one of `provide`, `at` and `stub`; without any it is only described: enough to predict, too little to run.
    RawBackend, "backend", {
        /// What it speaks.
        protocol: Spot<ProtocolWord>,
        /// heisen starts a disposable server of this kind from binaries found on this machine.
        provide: Option<Spot<ProvideWord>>,
        /// SQL files that prepare a provided PostgreSQL, relative to the spec.
        setup: Option<OneOrMany<Spot<String>>>,
        /// One that runs already, by URL: `redis://127.0.0.1:6379/0`.
        at: Option<Spot<String>>,
        /// A stand-in that answers from the WireMock mappings in this folder.
        stub: Option<Spot<String>>,
    }
}

record! {
    /// A program that runs in replicas.
    RawService, "service", {
        /// The command. `${port}` is where it must listen; split into words as a shell would, but no shell runs. A service without one is only described: enough to predict, too little to run.
        run: Option<Spot<String>>,
        /// How many run; 2 when left out. There are as many lanes as the largest of these.
        replicas: Option<Spot<u64>>,
        /// How to know that one is ready: `GET /path` answers 2xx, or `port` takes connections (the default).
        ready: Option<Spot<String>>,
        /// Its environment. `${db.url}` is where this lane reaches the backend `db`.
        env: Option<Entries<Text>>,
        /// What one replica may use.
        limits: Option<RawLimits>,
        /// Requests that one replica works on at a time, for predict; any number when left out.
        slots: Option<Spot<u64>>,
    }
}

record! {
    /// What one replica may use.
    RawLimits, "limits", {
        /// CPU: `250m` or `0.5`.
        cpu: Option<Text>,
        /// Memory: `128Mi`.
        memory: Option<Text>,
    }
}

record! {
    /// A request the workload can make.
    RawOperation, "operation", {
        /// `METHOD service /path`; `${name}` is an argument.
        request: Spot<String>,
        /// Extra headers.
        headers: Option<Entries<Text>>,
        /// A JSON body; texts in it may have `${holes}`.
        json: Option<Anything>,
        /// A form body.
        form: Option<Entries<Text>>,
        /// A body of plain text.
        text: Option<Spot<String>>,
        /// Arguments and the values each may take; the first is the default.
        args: Option<Entries<OneOrMany<Anything>>>,
        /// Statuses that mean it was done; 200 to 299 when left out.
        accepted: Option<OneOrMany<Spot<u64>>>,
        /// Statuses that mean it was rightly refused.
        refused: Option<OneOrMany<Spot<u64>>>,
        /// How often it can be done for one key before it must be refused; the steps with `decides` see to it.
        limit: Option<Spot<u64>>,
        /// What one request does, step by step, for predict.
        steps: Option<Vec<RawStep>>,
    }
}

record! {
    /// A named difference. `env` is merged key by key; everything else replaces what the system has.
    RawVariant, "variant", {
        /// Services that differ.
        services: Option<Entries<RawServiceChange>>,
        /// Operations that are described otherwise.
        operations: Option<Entries<RawOperationChange>>,
        /// Edges that behave otherwise, each in place of what the system says of it.
        edges: Option<Entries<RawEdge>>,
        /// Replaces the system's `reset`.
        reset: Option<Vec<Pair>>,
        /// Replaces the system's `near_limit`.
        near_limit: Option<Vec<Pair>>,
        /// Replaces the system's `invariants`.
        invariants: Option<Entries<RawInvariant>>,
    }
}

record! {
    /// How a service of a variant differs.
    RawServiceChange, "service", {
        /// Replaces the command.
        run: Option<Spot<String>>,
        /// Replaces the number of replicas.
        replicas: Option<Spot<u64>>,
        /// Replaces how to know that one is ready.
        ready: Option<Spot<String>>,
        /// Merged into the environment, key by key.
        env: Option<Entries<Text>>,
        /// Replaces the limits.
        limits: Option<RawLimits>,
        /// Replaces the slots.
        slots: Option<Spot<u64>>,
    }
}

record! {
    /// How an operation of a variant differs.
    RawOperationChange, "operation", {
        /// Replaces the steps.
        steps: Option<Vec<RawStep>>,
        /// Replaces the limit.
        limit: Option<Spot<u64>>,
    }
}

record! {
    /// Something that went wrong before.
    RawIncident, "incident", {
        /// The edge it went wrong on: `inventory -> cache`.
        edge: Spot<String>,
        /// When.
        date: Option<Text>,
        /// What.
        note: Spot<String>,
    }
}

/// Which kind of record knows a key; helps when indentation put it into another.
pub fn home_of(key: &str) -> Option<&'static str> {
    let homes: [(&str, &[&str]); 18] = [
        ("the spec itself", RawSpec::KEYS),
        ("a service", RawService::KEYS),
        ("a backend", RawBackend::KEYS),
        ("an operation", RawOperation::KEYS),
        ("`limits`", RawLimits::KEYS),
        ("an invariant", RawInvariant::KEYS),
        ("an incident", RawIncident::KEYS),
        ("the `traffic` of an operation", RawDemand::KEYS),
        ("an edge", RawEdge::KEYS),
        ("`retry`", RawRetry::KEYS),
        ("`breaker`", RawBreaker::KEYS),
        ("an outage", RawOutage::KEYS),
        ("a step", RawStep::KEYS),
        ("a load", RawLoad::KEYS),
        ("a part of a `profile`", RawPart::KEYS),
        ("a scenario", RawScenario::KEYS),
        ("a feed", RawFeed::KEYS),
        ("a step of a scenario", RawAsk::KEYS),
    ];
    homes
        .iter()
        .find(|(_, keys)| keys.contains(&key))
        .map(|(home, _)| *home)
}
