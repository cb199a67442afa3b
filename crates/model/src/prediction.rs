//! What is predicted: boundaries that race or fail, ranked, each with where its figures come from.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::suspect::Label;
use crate::verdict::Rate;

/// All that a prediction says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Prediction {
    /// The boundaries, most volatile first.
    pub boundaries: Vec<Boundary>,
    /// Who calls whom.
    pub graph: Vec<GraphEdge>,
    /// What was simulated, if anything was.
    pub simulated: Option<Simulated>,
    /// What was read of recorded traffic, if any was.
    pub recorded: Option<RecordedTraffic>,
    /// How many requests in how many milliseconds rates are told for.
    pub load: Option<Load>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// An edge, or a service by itself, at which something is predicted to go wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Boundary {
    /// From 1.
    pub rank: u32,
    /// `inventory -> cache`, or the service alone where it goes wrong in itself.
    pub edge: String,
    /// The operations: the one that suffers, and the one that comes between.
    pub operations: Vec<String>,
    /// Their arguments, where some are known.
    pub args: Vec<Vec<(String, Value)>>,
    /// What they meet at: `cache inv:42`.
    pub resource: String,
    /// What goes wrong.
    pub hazard: Hazard,
    /// How often, of how many requests; none when recorded traffic alone says so.
    pub rate: Option<Rate>,
    /// 95 % interval of its share.
    pub interval: Option<(f64, f64)>,
    /// For what is no share of requests: the figure, in words (`312 times normal`).
    pub figure: Option<String>,
    /// What `1 - exp(-rate x window)` says, where it can be said.
    pub closed_form: Option<f64>,
    /// How long the window is open, on average, in microseconds.
    pub window_us: Option<f64>,
    /// Simulated bursts in which the operation's limit was passed.
    pub over_limit: Option<Rate>,
    /// The load above which it shows.
    pub threshold: Option<Threshold>,
    /// How the rate grows with the load.
    pub curve: Vec<CurvePoint>,
    /// What it is ranked by.
    pub factors: Factors,
    /// What seems to protect it.
    pub guard: Option<String>,
    /// What the protection did in the simulation: how often somebody was kept out or turned away.
    pub kept_out: u64,
    /// One sentence: who does what, with what in between.
    pub why: String,
    /// What changes the rate.
    pub sensitivity: Vec<Sensitivity>,
    /// Which delay would show it.
    pub advice: Option<Advice>,
}

/// What goes wrong at a boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hazard {
    /// Two requests interleave.
    Race(Label),
    /// A cache tells what the database no longer says.
    StaleRead,
    /// One intent takes effect twice.
    DoubleEffect,
    /// Requests wait for each other for ever.
    Deadlock,
    /// Requests queue for a lock longer than they work.
    Convoy,
    /// Requests find no free worker or connection.
    PoolExhaustion,
    /// Retries come together.
    RetryStorm,
}

/// The load above which a rate passes a share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// More requests than this
    pub requests: u64,
    /// within this.
    pub window_ms: u64,
    /// The share that is passed then.
    pub share: f64,
}

/// A rate under some load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Requests in the window.
    pub requests: u64,
    /// The rate.
    pub rate: Rate,
}

/// So many requests within a window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Requests.
    pub requests: u64,
    /// Within.
    pub window_ms: u64,
}

/// What a boundary is ranked by; its volatility is their product.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    /// How likely a request is to suffer.
    pub probability: f64,
    /// How bad that is, from 0 to 1.
    pub severity: f64,
    /// 1 when nothing protects it, 0 when something was seen to.
    pub unprotected: f64,
    /// More than 1 where something went wrong before.
    pub incident: f64,
}

/// What a change of one knob does to a rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// `latency inside the window`, `replicas`.
    pub knob: String,
    /// How it was changed: `x2`, `3 -> 6`.
    pub change: String,
    /// The rate then.
    pub rate: Rate,
    /// How many times the rate that is.
    pub factor: f64,
}

/// A delay that makes a race likelier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// Whose messages to delay: a backend or service.
    pub target: String,
    /// The step, by its name.
    pub step: String,
    /// By how much.
    pub delay_us: u64,
    /// The rate with it.
    pub rate: Rate,
    /// The whole in a sentence.
    pub sentence: String,
}

/// An edge of the graph, with the volatility of its worst boundary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GraphEdge {
    /// Who calls; `clients` are those outside.
    pub from: String,
    /// Whom.
    pub to: String,
    /// What is spoken: `redis`.
    pub protocol: String,
    /// Of its worst boundary.
    pub volatility: f64,
}

/// What was simulated.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Simulated {
    /// Requests at the load that was asked for.
    pub requests: u64,
    /// Bursts or rounds that they came in.
    pub rounds: u64,
    /// Requests of all simulations: thresholds and knobs too.
    pub requests_in_all: u64,
    /// How long that took, in microseconds of all threads together.
    pub busy_us: u64,
}

/// What was read of recorded traffic.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RecordedTraffic {
    /// Statements and commands.
    pub statements: u64,
    /// Requests they were made in.
    pub requests: u64,
    /// Kinds of requests.
    pub kinds: u64,
    /// Statements that were not understood: they may touch anything. The first of them, each with
    /// how often it came.
    pub obscure: Vec<(String, u64)>,
    /// Lines that could not be read, by what was wrong with them, with the first such line's number.
    pub skipped: Vec<(String, u64, u64)>,
}

impl Hazard {
    /// The words people read.
    pub fn as_str(self) -> &'static str {
        match self {
            Hazard::Race(label) => label.as_str(),
            Hazard::StaleRead => "stale read",
            Hazard::DoubleEffect => "double effect",
            Hazard::Deadlock => "deadlock",
            Hazard::Convoy => "convoy",
            Hazard::PoolExhaustion => "pool exhaustion",
            Hazard::RetryStorm => "retry storm",
        }
    }
}

impl Boundary {
    /// One of which nothing is known yet but where it is and what goes wrong.
    pub fn new(from: &str, to: &str, hazard: Hazard) -> Boundary {
        Boundary {
            rank: 0,
            edge: format!("{from} -> {to}"),
            operations: Vec::new(),
            args: Vec::new(),
            resource: String::new(),
            hazard,
            rate: None,
            interval: None,
            figure: None,
            closed_form: None,
            window_us: None,
            over_limit: None,
            threshold: None,
            curve: Vec::new(),
            factors: Factors {
                probability: 0.0,
                severity: 0.0,
                unprotected: 1.0,
                incident: 1.0,
            },
            guard: None,
            kept_out: 0,
            why: String::new(),
            sensitivity: Vec::new(),
            advice: None,
        }
    }

    /// Whether it is to be expected: something goes wrong there, and nothing protects it.
    pub fn is_open(&self) -> bool {
        self.factors.volatility() > 0.0
    }
}

impl Factors {
    /// What boundaries are ranked by.
    pub fn volatility(&self) -> f64 {
        self.probability * self.severity * self.unprotected * self.incident
    }
}
