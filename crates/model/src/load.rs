//! Load plans: how many users or requests come when, what each user does one after the other, which
//! data they use, and when it was too much. `spec` reads them, `drive` has their times and rows.

mod auth;
mod taken;
mod threshold;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::described::Latency;
use crate::system::StateCommand;
use crate::template::Template;

pub use auth::{Auth, base64};
pub use taken::{BadTaken, Taken};
pub use threshold::{BadThreshold, Comparison, Measure, Measured, Threshold};

/// A load that is chosen by its name.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadPlan {
    /// Its name.
    pub name: String,
    /// Who comes when: parts, one after the other; never empty.
    pub profile: Vec<Part>,
    /// Requests of open parts that are under way at a time.
    pub connections: u32,
    /// What users do, side by side; never empty.
    pub scenarios: Vec<Scenario>,
    /// So long the profile's beginning is run before it is run from its beginning and counted.
    pub warm_up: Duration,
    /// Told to the state after its reset.
    pub set_up: Vec<StateCommand>,
    /// Told to the state when all is over.
    pub clean_up: Vec<StateCommand>,
    /// What must hold of the figures.
    pub thresholds: Vec<Threshold>,
}

/// A part of a profile. In *closed* ones so many users are under way, and who is through with a
/// run begins the next; in *open* ones runs begin at times of their own.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Closed: so many users.
    Users {
        /// How many.
        users: u64,
        /// For how long.
        lasts: Duration,
    },
    /// Closed: from as many users as there were, none after an open part, evenly to so many.
    RampUsers {
        /// How many at its end.
        users: u64,
        /// For how long.
        lasts: Duration,
    },
    /// Nothing begins.
    Pause {
        /// For how long.
        lasts: Duration,
    },
    /// Open: so many a second.
    Rate {
        /// Runs that begin in a second.
        per_second: f64,
        /// How they are spaced.
        spacing: Spacing,
        /// For how long.
        lasts: Duration,
    },
    /// Open: each second has a rate between these two, drawn from the seed.
    RateBetween {
        /// The lowest.
        low_per_second: f64,
        /// The highest.
        high_per_second: f64,
        /// For how long.
        lasts: Duration,
    },
    /// Open: from the rate that was, 0 after all that is not open, evenly to this one.
    RampRate {
        /// The rate at its end.
        per_second: f64,
        /// For how long.
        lasts: Duration,
    },
    /// Open: one rate after the other.
    Steps {
        /// The rates.
        per_second: Vec<f64>,
        /// How long each stays.
        each: Duration,
    },
    /// Open: at the times in this file, relative to the spec: seconds since the part began, one a line.
    Recorded {
        /// The file.
        file: PathBuf,
    },
    /// Closed, and the last part: so many runs.
    Iterations {
        /// How many runs.
        runs: u64,
        /// By how many users.
        users: u64,
    },
}

/// How the times of an open part are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    /// Evenly.
    Even,
    /// Whenever it likes each of them (Poisson).
    Random,
}

/// What a user does.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Its part of all runs, against the weights of the others; at least 1.
    pub weight: u64,
    /// One run, one after the other; never empty.
    pub steps: Vec<ScenarioStep>,
    /// Data for arguments; each gives a row to each run. Where two name an argument, the later has it.
    pub feeds: Vec<Feed>,
    /// Redirects that are followed for one request.
    pub redirects: u32,
    /// Who the user is; goes with every step, as headers do.
    pub auth: Option<Auth>,
    /// Headers of every step. One whose arguments have no value yet, because a later step takes
    /// it, is left out.
    pub headers: Vec<(String, Template)>,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum ScenarioStep {
    /// A request. An argument has the value that is fixed here, else the one last taken from an
    /// answer of this run, else that of its feeds, else the operation's first.
    Ask {
        /// The operation.
        operation: String,
        /// Fixed values of arguments.
        args: Vec<(String, Value)>,
        /// Arguments of later steps, from the answer.
        takes: Vec<(String, Taken)>,
    },
    /// The user thinks.
    Think(Latency),
    /// Users wait here for each other.
    Meet {
        /// Until so many are here.
        users: u64,
        /// Or the first of them has waited so long.
        patience: Duration,
    },
}

/// Data for arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Where its rows are.
    pub source: FeedSource,
    /// Which of them a run has.
    pub pick: Pick,
}

/// Where rows are; files are relative to the spec.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedSource {
    /// CSV whose header names arguments.
    Csv(PathBuf),
    /// A JSON array of objects whose keys name arguments.
    Json(PathBuf),
    /// Arguments with as many values each; the nth of all are a row.
    Values(Vec<(String, Values)>),
}

/// Values of one argument; never empty.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Whole numbers, both ends included.
    Range(i64, i64),
    /// These.
    List(Vec<Value>),
}

impl Values {
    /// How many there are.
    pub fn count(&self) -> u64 {
        match self {
            Values::Range(first, last) => last.abs_diff(*first).saturating_add(1),
            Values::List(values) => values.len() as u64,
        }
    }

    /// One of them, from 0.
    pub fn value(&self, number: u64) -> Option<Value> {
        match self {
            _ if number >= self.count() => None,
            Values::Range(first, _) => first.checked_add_unsigned(number).map(Value::from),
            Values::List(values) => values.get(usize::try_from(number).ok()?).cloned(),
        }
    }
}

/// Which row a run has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pick {
    /// The next, and after the last the first again.
    Circular,
    /// Any.
    Random,
    /// The first ones preferred, with this exponent.
    Zipf(f64),
    /// Always the first: one hot row.
    First,
}
