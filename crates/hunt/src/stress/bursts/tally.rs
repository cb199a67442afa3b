//! What rounds of bursts came to.

use std::time::Duration;

use drive::engine::{self, Sent};
use drive::load::{Figures, Times};
use model::{Attempt, Judgement, LaneId, Operation, Rate, Step, TrialHistory, Violation};
use serde_json::{Map, Value, json};

use super::{BurstPhase, BurstPlan, keep};
use crate::directors::{Touch, Watcher};
use crate::stress::contention::Contention;
use crate::stress::{self, figures};

/// What came of a round.
pub(super) struct Round {
    pub sent: Vec<Sent>,
    pub history: TrialHistory,
    pub judgement: Judgement,
    pub took: Duration,
}

/// What all rounds of a phase came to.
pub(super) struct Tally {
    pub figures: Figures,
    skew_us: Times,
    /// The first step that a request makes once.
    first: Option<Step>,
    /// From the first request's first step to the last one's, on the wires.
    pub begun_us: Times,
    pub wrong: Rate,
    undecided_rounds: u64,
    pub violations: Vec<Violation>,
    pub undecided: Vec<Violation>,
    pub contention: Contention,
}

impl Tally {
    pub fn new() -> Tally {
        let figures = Figures::default();
        Tally {
            skew_us: figures.latency_us.clone(),
            first: None,
            begun_us: figures.latency_us.clone(),
            figures,
            wrong: Rate::default(),
            undecided_rounds: 0,
            violations: Vec::new(),
            undecided: Vec::new(),
            contention: Contention::default(),
        }
    }

    /// Takes in a round.
    pub fn count(&mut self, operation: &Operation, round: &Round) {
        let judgement = &round.judgement;
        let wrong = !judgement.violations.is_empty();
        self.wrong.count(wrong);
        self.undecided_rounds += u64::from(!wrong && !judgement.undecided.is_empty());
        keep(&mut self.violations, &judgement.violations);
        keep(&mut self.undecided, &judgement.undecided);
        for sent in &round.sent {
            let expected = stress::is_expected(operation, &sent.outcome);
            self.figures.count_sent(sent.late(), false);
            self.figures
                .count_outcome(&sent.outcome, expected, sent.took());
        }
        self.skew_us
            .saturating_record(engine::skew(&round.sent).as_micros().max(1) as u64);
        let last = round.sent.iter().map(|sent| sent.ended).max();
        self.figures.elapsed += last.unwrap_or_default();
    }

    /// Learns of a request that was made by itself.
    pub fn learn(&mut self, touches: &[Touch]) {
        self.contention.learn(touches);
        let is_once = |step: &Step| {
            touches
                .iter()
                .filter(|one| is_like(&one.step, step))
                .count()
                == 1
        };
        let first = touches.iter().find(|touch| is_once(&touch.step));
        self.first = first.map(|touch| touch.step.clone());
    }

    /// Takes in how far apart so many requests of a round were begun to be worked on.
    pub fn begun(&mut self, touches: &[Touch], requests: usize) {
        let Some(first) = &self.first else { return };
        let first = touches.iter().filter(|touch| is_like(&touch.step, first));
        let came_us: Vec<u64> = first.map(|touch| touch.asked_us).collect();
        let span = came_us.iter().max().zip(came_us.iter().min());
        // Where some made it twice or not at all, it is not known whose is whose.
        if let Some((last, first)) = span.filter(|_| came_us.len() == requests) {
            self.begun_us.saturating_record((last - first).max(1));
        }
    }

    /// Takes in what was seen on the wires in a round that began so long after the watching.
    pub fn watch(&mut self, watcher: &Watcher, before: Duration, attempts: &[Attempt]) {
        let (touches, left_out) = watcher.take();
        let before_us = before.as_micros() as u64;
        self.begun(&touches, attempts.len());
        let requests: Vec<(LaneId, u64, u64)> = attempts
            .iter()
            .map(|one| (one.lane, one.sent_us + before_us, one.ended_us + before_us))
            .collect();
        self.contention.watched(&touches, left_out, &requests);
    }

    /// The rate of violations, and what was sent.
    fn rate(&self, plan: &BurstPlan, phase: &BurstPhase) -> Map<String, Value> {
        let (rate, (low, high)) = (self.wrong, self.wrong.interval());
        let contention = self
            .contention
            .document(plan.aimed.as_ref().map(|aimed| &*aimed.resource));
        model::object(json!({
            "violations": rate.k,
            "rounds": rate.n,
            "undecided": self.undecided_rounds,
            "rate": rate.share(),
            "interval": [low, high],
            "burst": { "requests": plan.requests, "window_ms": phase.window.as_secs_f64() * 1e3 },
            "contention": contention,
        }))
    }

    /// All that was measured, as the machine-readable document tells it.
    pub fn measured(&self, plan: &BurstPlan, phase: &BurstPhase) -> Map<String, Value> {
        let mut document = figures::measured(&self.figures);
        document.extend(self.rate(plan, phase));
        if phase.window.is_zero() {
            let skew_us = figures::percentiles(&self.skew_us);
            document.insert("burst_skew_us".to_string(), skew_us);
            if !self.begun_us.is_empty() {
                let begun_us = figures::percentiles(&self.begun_us);
                document.insert("begun_within_us".to_string(), begun_us);
            }
        }
        document
    }

    /// What is told of a phase beside others.
    pub fn in_short(&self, plan: &BurstPlan, phase: &BurstPhase) -> Value {
        let mut document = self.rate(plan, phase);
        document.insert("phase".to_string(), phase.name.clone().into());
        let latency_us = figures::percentiles(&self.figures.latency_us);
        document.insert("latency_us".to_string(), latency_us);
        document.into()
    }
}

fn is_like(one: &Step, other: &Step) -> bool {
    one.target == other.target && one.shape == other.shape
}
