//! What a spec says of a system that need not run: what operations do step by step, how long
//! edges take and how callers on them behave, who comes when. `predict` simulates it.

use std::time::Duration;

use crate::fault::Distribution;
use crate::template::Template;

/// How long something takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Latency {
    /// Drawn from a distribution.
    Drawn(Distribution),
    /// Any of these, equally likely, in microseconds: what was measured. Never empty.
    Measured(Vec<u64>),
}

/// A step of an operation, as described.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribedStep {
    /// What is done.
    pub act: Act,
    /// How long it takes, request to reply; none takes the edge's latency.
    pub takes: Option<Latency>,
    /// What it reads decides: the request goes on only while the operation's `limit` is not
    /// reached by what it saw.
    pub decides: bool,
    /// Made only when the read before it found nothing.
    pub on_miss: bool,
    /// Made after the answer was given.
    pub background: bool,
}

/// What a described step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Something is asked: SQL, a Redis command, `METHOD /path`, or `LOCK name` and `UNLOCK name`
    /// where the target is the service itself.
    Ask {
        /// Backend or service.
        target: String,
        /// What it is asked; holes take the request's arguments.
        command: Template,
    },
    /// The service works by itself.
    Work(Latency),
}

/// How an edge behaves, and who calls on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The calling service; `clients` are those outside.
    pub from: String,
    /// The backend or service it calls.
    pub to: String,
    /// How long a call takes, not counting what the called service does.
    pub latency: Option<Latency>,
    /// Calls that one replica can have open at a time; none is any number.
    pub pool: Option<u64>,
    /// When the caller gives up.
    pub timeout: Option<Duration>,
    /// What it does then.
    pub retry: Option<Retry>,
    /// When it stops calling.
    pub breaker: Option<Breaker>,
}

/// The `from` of links from outside.
pub const CLIENTS: &str = "clients";

/// A failed call is made again.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// At most so often, after the first; none is for ever.
    pub times: Option<u64>,
    /// How long it waits before the first of them.
    pub wait: Duration,
    /// Each wait is so many times the one before: 1 is a fixed interval.
    pub factor: f64,
    /// No wait is longer.
    pub cap: Option<Duration>,
    /// Whether a wait is drawn from nothing to its length.
    pub jitter: bool,
}

/// After failures in a row nobody is called for a while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Breaker {
    /// So many failures open it.
    pub failures: u64,
    /// For so long; then one call tries.
    pub open: Duration,
}

/// A time in which a backend or service does not serve.
#[derive(Debug, Clone, PartialEq)]
pub struct Outage {
    /// Which.
    pub target: String,
    /// From when, counted from the beginning.
    pub from: Duration,
    /// For how long.
    pub lasts: Duration,
    /// What callers see.
    pub kind: OutageKind,
}

/// What callers see of an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageKind {
    /// Calls fail at once, those that are open too.
    Refuse,
    /// Calls get no answer until it is over, and fail then.
    Hang,
}

/// What traffic is like, for predict and stress.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Traffic {
    /// How many agents act.
    pub agents: Option<u64>,
    /// Who they are, with the part that each is of all.
    pub personas: Vec<(Persona, f64)>,
    /// What is asked for, by operation.
    pub demands: Vec<Demand>,
}

/// What is asked for of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// The operation.
    pub operation: String,
    /// When requests come.
    pub shape: DemandShape,
    /// How many different values its arguments take.
    pub keys: u64,
    /// How much the first of them are preferred: the exponent of a Zipf distribution; 0 is not.
    pub skew: f64,
}

/// When requests come.
#[derive(Debug, Clone, PartialEq)]
pub enum DemandShape {
    /// So many within a window.
    Burst {
        /// Requests.
        requests: u64,
        /// The window.
        window: Duration,
    },
    /// Each client asks, waits for its answer, thinks, and asks again.
    Clients {
        /// How many.
        clients: u64,
        /// How long each thinks.
        think: Latency,
    },
    /// A message for each time that another operation was done; replicas compete for them.
    After {
        /// The other operation.
        operation: String,
        /// A message that is not handled within so long is handed out again.
        redelivery: Option<Duration>,
    },
}

/// How an agent behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Persona {
    /// Comes at any time of the window and waits for the answer.
    SteadyBuyer,
    /// Comes in the first tenth of the window.
    FlashCrowd,
    /// Sends the same request again a moment later, without waiting.
    DoubleClicker,
    /// Gives up early and sends the same request again.
    ImpatientRetrier,
    /// Asks for the hottest key again and again.
    Bot,
    /// Comes at even intervals.
    BackgroundJob,
}

impl Persona {
    /// All of them, with the word users write.
    pub const ALL: [(&'static str, Persona); 6] = [
        ("steady-buyer", Persona::SteadyBuyer),
        ("flash-crowd", Persona::FlashCrowd),
        ("double-clicker", Persona::DoubleClicker),
        ("impatient-retrier", Persona::ImpatientRetrier),
        ("bot", Persona::Bot),
        ("background-job", Persona::BackgroundJob),
    ];
}
