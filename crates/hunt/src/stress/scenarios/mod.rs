//! What the users of a load plan do: scenarios made ready for the engine, which asks each user for its
//! next request and tells it what came of the last.

mod browser;
mod user;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use drive::engine::{Keeps, Told, User, Users};
use drive::feed::{Feed, FeedError};
use drive::mix::Mix;
use model::{
    Auth, LaneId, LoadPlan, Operation, Outcome, Probe, Scenario, ScenarioStep, System, Template,
};

use super::wrong::Wrong;
use crate::directors::Watcher;
use user::Walker;

/// Answers in which so many different things were not found are told.
const LACKING_MAX: usize = 20;

/// So many requests are written down.
const WATCHED_MAX: usize = 100_000;

/// All scenarios of a plan.
pub struct Scenarios {
    pub system: System,
    /// The operations that users make, each once.
    pub operations: Vec<Operation>,
    /// The service of each, by its place among `services`.
    service_of: Vec<usize>,
    /// The lanes of each service that is asked.
    pub services: Vec<Vec<SocketAddr>>,
    hosts: Vec<Vec<String>>,
    mix: Mix,
    scenarios: Vec<Ready>,
    seed: u64,
    now_ms: fn() -> u64,
    judges_answers: bool,
    /// What the oracles say of answers.
    pub wrong: Wrong,
    lacking: Mutex<BTreeMap<String, u64>>,
    /// Whether requests are written down, and those that were: their lanes, and from when to when they
    /// were on their way.
    watches: AtomicBool,
    watched: Mutex<Vec<(LaneId, u64, u64)>>,
    /// Who is told where a request ends.
    learner: Mutex<Option<Arc<Watcher>>>,
}

/// A scenario whose data was read.
struct Ready {
    steps: Vec<ScenarioStep>,
    feeds: Vec<Feed>,
    redirects: u32,
    auth: Option<Auth>,
    headers: Vec<(String, Template)>,
}

impl Scenarios {
    /// Makes a plan's scenarios ready; `lanes` says where the lanes of an operation's service listen.
    pub fn new(
        system: &System,
        plan: &LoadPlan,
        seed: u64,
        now_ms: fn() -> u64,
        lanes: &mut dyn FnMut(&Operation) -> Vec<SocketAddr>,
    ) -> Result<Scenarios, FeedError> {
        let mut operations: Vec<Operation> = Vec::new();
        for name in plan.scenarios.iter().flat_map(asked) {
            let known = system.operation(name);
            let is_new = operations.iter().all(|operation| operation.name != *name);
            operations.extend(known.filter(|_| is_new).cloned());
        }
        let mut names: Vec<&str> = Vec::new();
        let (mut services, mut service_of) = (Vec::new(), Vec::new());
        for operation in &operations {
            let place = names.iter().position(|name| *name == operation.service);
            service_of.push(place.unwrap_or_else(|| {
                names.push(&operation.service);
                services.push(lanes(operation));
                services.len() - 1
            }));
        }
        let ready = |scenario: &Scenario| Ready::of(scenario, &system.folder, seed);
        let scenarios = plan.scenarios.iter().map(ready).collect::<Result<_, _>>()?;
        let weights: Vec<u64> = plan.scenarios.iter().map(|of| of.weight).collect();
        let text = |lanes: &Vec<SocketAddr>| lanes.iter().map(ToString::to_string).collect();
        let mut invariants = system.invariants.iter();
        Ok(Scenarios {
            hosts: services.iter().map(text).collect(),
            operations,
            service_of,
            services,
            mix: Mix::of(&weights),
            scenarios,
            seed,
            now_ms,
            judges_answers: invariants.any(|i| matches!(&i.probe, Probe::Responses { .. })),
            wrong: Wrong::default(),
            lacking: Mutex::default(),
            watches: AtomicBool::new(false),
            watched: Mutex::default(),
            learner: Mutex::default(),
            system: system.clone(),
        })
    }

    /// What users want to see of answers.
    pub fn keeps(&self) -> Keeps {
        let mut scenarios = self.scenarios.iter();
        match () {
            // A session is kept by cookies, whatever a scenario takes.
            () if scenarios.any(Ready::looks_at_headers) => Keeps::Headers,
            () if self.judges_answers => Keeps::Bodies,
            () => Keeps::Status,
        }
    }

    /// Whether any oracle judges answers.
    pub fn judges_answers(&self) -> bool {
        self.judges_answers
    }

    /// What steps wanted to take from answers and did not find, and how often.
    pub fn lacking(&self) -> BTreeMap<String, u64> {
        let lacking = self.lacking.lock().unwrap_or_else(PoisonError::into_inner);
        lacking.clone()
    }

    /// Writes requests down from now on, or no more.
    pub fn watch(&self, watches: bool) {
        self.watches.store(watches, Ordering::Relaxed);
    }

    /// The requests that were written down.
    pub fn watched(&self) -> Vec<(LaneId, u64, u64)> {
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.clone()
    }

    /// Who is told from now on where a request ends, if anybody.
    pub fn tell_ends_to(&self, learner: Option<Arc<Watcher>>) {
        *self.learner.lock().unwrap_or_else(PoisonError::into_inner) = learner;
    }

    fn write_down(&self, lane: usize, told: &Told<'_>) {
        if !self.watches.load(Ordering::Relaxed) {
            return;
        }
        let learner = self.learner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(learner) = learner.as_ref() {
            return learner.end_request();
        }
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if watched.len() < WATCHED_MAX {
            let us = |time: Duration| time.as_micros() as u64;
            watched.push((LaneId(lane as u16), us(told.sent), us(told.ended)));
        }
    }

    fn lacks(&self, what: String) {
        let mut lacking = self.lacking.lock().unwrap_or_else(PoisonError::into_inner);
        if lacking.len() < LACKING_MAX || lacking.contains_key(&what) {
            *lacking.entry(what).or_default() += 1;
        }
    }

    /// Judges an answer to this operation, of this lane.
    fn judge(&self, operation: usize, lane: usize, outcome: &Outcome) {
        if self.judges_answers {
            self.wrong
                .judge(&self.system, &self.operations[operation], lane, outcome);
        }
    }

    fn place_of(&self, name: &str) -> Option<usize> {
        let mut operations = self.operations.iter();
        operations.position(|operation| operation.name == name)
    }
}

impl Users for Scenarios {
    fn user<'a>(&'a self, place: usize) -> Box<dyn User + 'a> {
        Box::new(Walker::new(self, place))
    }
}

impl Ready {
    fn of(scenario: &Scenario, folder: &Path, seed: u64) -> Result<Ready, FeedError> {
        let feeds = scenario.feeds.iter().enumerate().map(|(nth, feed)| {
            let stream = format!("{} {nth}", scenario.name);
            Feed::of(feed, folder, seed, &stream)
        });
        Ok(Ready {
            steps: scenario.steps.clone(),
            feeds: feeds.collect::<Result<_, _>>()?,
            redirects: scenario.redirects,
            auth: scenario.auth.clone(),
            headers: scenario.headers.clone(),
        })
    }

    fn looks_at_headers(&self) -> bool {
        let asks = self.steps.iter().filter_map(|step| match step {
            ScenarioStep::Ask { takes, .. } => Some(!takes.is_empty()),
            _ => None,
        });
        let (mut count, mut takes) = (0, false);
        for takes_something in asks {
            count += 1;
            takes |= takes_something;
        }
        count > 1 || takes || self.redirects > 0
    }
}

/// The operations a scenario asks for, in the order of its steps.
fn asked(scenario: &Scenario) -> impl Iterator<Item = &String> {
    scenario.steps.iter().filter_map(|step| match step {
        ScenarioStep::Ask { operation, .. } => Some(operation),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
