//! The system that is hunted: the checked form of what the user wrote in `heisen.yaml`.
//!
//! `spec` builds it, so whatever stands here is consistent: every name it mentions exists.

use std::path::PathBuf;

use serde_json::Value;

use crate::described::{DescribedStep, Link, Outage, Traffic};
use crate::fault::Fault;
use crate::load::LoadPlan;
use crate::names::Protocol;
use crate::template::{Template, Variable};
use crate::units::{Bytes, Millicores};

/// Services, backends and what is known of their use.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    /// Its name.
    pub name: String,
    /// The folder of its spec; relative paths start there.
    pub folder: PathBuf,
    /// Hash of the spec's text, for evidence and catches.
    pub digest: String,
    /// What services talk to and heisen does not start in replicas.
    pub backends: Vec<Backend>,
    /// What runs in replicas.
    pub services: Vec<Service>,
    /// The requests a workload can make.
    pub operations: Vec<Operation>,
    /// Brings the state to its beginning.
    pub reset: Vec<StateCommand>,
    /// Brings it near its limit, after a reset.
    pub near_limit: Vec<StateCommand>,
    /// Asks for the state that serial equivalence compares.
    pub state: Vec<StateCommand>,
    /// What must hold after each trial.
    pub invariants: Vec<Invariant>,
    /// Named differences; empty when the system has one form.
    pub variants: Vec<Variant>,
    /// The variant that this is; `spec` has applied it.
    pub variant: Option<String>,
    /// What traffic is like.
    pub traffic: Traffic,
    /// What went wrong before.
    pub incidents: Vec<Incident>,
    /// What is said of how edges behave.
    pub links: Vec<Link>,
    /// Times in which something does not serve, in simulations.
    pub outages: Vec<Outage>,
    /// Loads, to be chosen by name.
    pub loads: Vec<LoadPlan>,
}

/// Something services talk to.
#[derive(Debug, Clone, PartialEq)]
pub struct Backend {
    /// Its name.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// Where it comes from.
    pub source: BackendSource,
}

/// Where a backend comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum BackendSource {
    /// heisen starts a disposable one; the files or statements prepare it.
    Provide {
        /// SQL files, run once after the start.
        setup: Vec<PathBuf>,
    },
    /// One that runs already, by URL (`redis://127.0.0.1:6379/0`, `postgres://u:p@h/db`).
    At(String),
    /// A stand-in that answers from WireMock mappings in this folder.
    Stub(PathBuf),
    /// It is only described: enough to predict, too little to run.
    Described,
}

/// A program that runs in replicas.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The command, split into words; empty when the service is only described.
    pub run: Vec<Template>,
    /// How many run.
    pub replicas: u16,
    /// How to know that one is ready.
    pub ready: Ready,
    /// Its environment.
    pub env: Vec<(String, Template)>,
    /// What it may use.
    pub limits: Limits,
    /// Requests that one replica works on at a time; none is any number.
    pub slots: Option<u64>,
}

/// How to know that a replica is ready.
#[derive(Debug, Clone, PartialEq)]
pub enum Ready {
    /// `GET /healthz` answers 2xx.
    Http(String),
    /// Its port takes connections.
    Port,
}

/// What a replica may use.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    /// CPU.
    pub cpu: Option<Millicores>,
    /// Memory.
    pub memory: Option<Bytes>,
}

/// A request the workload can make.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Its name.
    pub name: String,
    /// `POST`.
    pub method: String,
    /// The service it goes to.
    pub service: String,
    /// Path and query.
    pub path: Template,
    /// Extra headers.
    pub headers: Vec<(String, Template)>,
    /// Body.
    pub body: Body,
    /// Arguments and the values each may take; the first is the default.
    pub args: Vec<(String, Vec<Value>)>,
    /// Statuses that mean it was done.
    pub accepted: Vec<u16>,
    /// Statuses that mean it was rightly refused.
    pub refused: Vec<u16>,
    /// What one request does, as described; empty when nothing is said.
    pub steps: Vec<DescribedStep>,
    /// How often it can be done for one key before it must be refused.
    pub limit: Option<u64>,
}

/// A request's body.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// None.
    Empty,
    /// JSON; strings in it may have holes. A string that is one argument's hole keeps its type.
    Json(Value),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, Template)>),
    /// Anything else.
    Text(Template),
}

/// A command on the state: SQL, a Redis command, or `METHOD /path`, by what the target speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateCommand {
    /// Backend or service.
    pub target: String,
    /// What it is told.
    pub command: String,
}

/// Where an invariant looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Asks the system at rest.
    State(StateCommand),
    /// Looks at the answers to an operation.
    Responses {
        /// The operation.
        operation: String,
    },
}

/// Something that must hold after each trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Invariant {
    /// Its name.
    pub name: String,
    /// Where it looks.
    pub probe: Probe,
    /// JSON pointer into what was found.
    pub pointer: Option<String>,
    /// What it must be.
    pub expect: Expect,
}

/// What a value must be. Numbers compare as numbers when both sides are.
#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    /// `is true`: the default for SQL.
    True,
    /// `== v`
    Equal(String),
    /// `!= v`
    NotEqual(String),
    /// `< n`
    Below(f64),
    /// `<= n`
    AtMost(f64),
    /// `> n`
    Above(f64),
    /// `>= n`
    AtLeast(f64),
    /// `contains T`
    Contains(String),
    /// `not contains T`
    Lacks(String),
    /// `starts with T`
    StartsWith(String),
    /// `not starts with T`
    NotStartsWith(String),
    /// `is null`
    Null,
    /// `is not null`
    NotNull,
}

/// A named difference of the system.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Its name.
    pub name: String,
}

/// Something that went wrong before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The edge, `inventory -> cache`.
    pub edge: (String, String),
    /// When, as written.
    pub date: Option<String>,
    /// What.
    pub note: String,
}

/// A standing fault on every wire to a target: `cache:latency=lognormal(20ms,0.5)`.
#[derive(Debug, Clone, PartialEq)]
pub struct WireFault {
    /// Backend or service.
    pub target: String,
    /// What its wires do.
    pub fault: Fault,
}

/// One edge: who calls whom, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge<'a> {
    /// The calling service.
    pub from: &'a str,
    /// The backend or service it calls.
    pub to: &'a str,
    /// What is spoken.
    pub protocol: Protocol,
}

impl System {
    /// A service by name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// A backend by name.
    pub fn backend(&self, name: &str) -> Option<&Backend> {
        self.backends.iter().find(|backend| backend.name == name)
    }

    /// An operation by name.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|operation| operation.name == name)
    }

    /// A load by name.
    pub fn load(&self, name: &str) -> Option<&LoadPlan> {
        self.loads.iter().find(|load| load.name == name)
    }

    /// What a backend or service speaks; services speak HTTP.
    pub fn protocol_of(&self, target: &str) -> Option<Protocol> {
        self.backend(target)
            .map(|backend| backend.protocol)
            .or_else(|| self.service(target).map(|_| Protocol::Http))
    }

    /// The edges, read off the environment and command of each service: a service that is told
    /// where something is talks to it.
    pub fn edges(&self) -> Vec<Edge<'_>> {
        let mut edges: Vec<Edge<'_>> = Vec::new();
        for service in &self.services {
            let templates = service
                .run
                .iter()
                .chain(service.env.iter().map(|(_, value)| value));
            for hole in templates.flat_map(Template::holes) {
                let (Variable::Url(to) | Variable::Host(to) | Variable::PortOf(to)) = hole else {
                    continue;
                };
                let Some(protocol) = self.protocol_of(to) else {
                    continue;
                };
                let edge = Edge {
                    from: &service.name,
                    to,
                    protocol,
                };
                if !edges.contains(&edge) {
                    edges.push(edge);
                }
            }
        }
        edges
    }

    /// Whether any operation's steps are described.
    pub fn has_steps(&self) -> bool {
        let mut operations = self.operations.iter();
        operations.any(|operation| !operation.steps.is_empty())
    }

    /// What is only described and cannot be run: the first such backend or service.
    pub fn only_described(&self) -> Option<&str> {
        let mut services = self.services.iter();
        let mut backends = self.backends.iter();
        services
            .find(|service| service.run.is_empty())
            .map(|service| service.name.as_str())
            .or_else(|| {
                let described = backends.find(|backend| backend.source == BackendSource::Described);
                described.map(|backend| backend.name.as_str())
            })
    }

    /// How many lanes there are: as many as the service with the most replicas has.
    pub fn lanes(&self) -> u16 {
        self.services
            .iter()
            .map(|service| service.replicas)
            .max()
            .unwrap_or(0)
    }
}

impl Operation {
    /// What a status means by the spec.
    pub fn is_accepted(&self, status: u16) -> bool {
        if self.accepted.is_empty() {
            (200..300).contains(&status)
        } else {
            self.accepted.contains(&status)
        }
    }

    /// The value an argument takes when nothing else is said.
    pub fn default_args(&self) -> Vec<(String, Value)> {
        self.args
            .iter()
            .filter_map(|(name, values)| Some((name.clone(), values.first()?.clone())))
            .collect()
    }
}
