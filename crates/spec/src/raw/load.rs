//! `loads:`: who comes when, what each user does, which data they use, and when it was too much.

use super::{ArrivalsWord, Fields, record};
use crate::error::Problems;
use crate::node::{Node, NodeKind, Spot};
use crate::read::{Anything, Entries, Pair, Read, Text, must_be};

mod scenario_step;

pub use scenario_step::{RawAsk, RawScenarioStep};

record! {
    /// A load that `heisen stress --load NAME` applies.
    RawLoad, "load", {
        /// Who comes when: parts, one after the other.
        profile: Vec<Spot<RawPart>>,
        /// Requests of open parts (`rate`, `ramp_rate`, `steps`, `recorded`) that are under way at a time; 100 when left out.
        connections: Option<Spot<u64>>,
        /// What users do, side by side, by weight.
        scenarios: Entries<RawScenario>,
        /// So long the profile's beginning is run first and not counted; then it begins anew.
        warm_up: Option<Text>,
        /// Commands on the state, after its reset.
        set_up: Option<Vec<Pair>>,
        /// Commands on the state, when all is over.
        clean_up: Option<Vec<Pair>>,
        /// What must hold of the figures: `p99 < 200ms`, `p99 of OPERATION < 200ms`, `errors < 1 %`, `rate > 400/s`, `violations = 0`.
        thresholds: Option<Vec<RawThreshold>>,
    }
}

record! {
    /// A part of a profile: `{ users: 50, for: 30s }`, `{ ramp_users: 50, for: 10s }`, `{ pause: 5s }`, `{ rate: 200/s, for: 30s }`, `{ ramp_rate: 500/s, for: 10s }`, `{ steps: [100/s, 200/s], each: 5s }`, `{ recorded: FILE }` or `{ iterations: 1000, users: 10 }`.
    RawPart, "part", {
        /// So many users, each of whom begins again when through.
        users: Option<Spot<u64>>,
        /// From as many users as there were, evenly to so many.
        ramp_users: Option<Spot<u64>>,
        /// Nothing begins for so long.
        pause: Option<Text>,
        /// So many runs begin a second, whatever becomes of the others: `200/s`; `100/s..300/s` draws a rate for each second.
        rate: Option<Text>,
        /// From the rate that was, 0 at first, evenly to this one.
        ramp_rate: Option<Text>,
        /// Rates, one after the other.
        steps: Option<Vec<Text>>,
        /// A file with the times at which runs begin: seconds since the part began, one a line.
        recorded: Option<Spot<String>>,
        /// So many runs, by `users`; the last part of a profile.
        iterations: Option<Spot<u64>>,
        /// How the times of a `rate` are spaced; evenly when left out.
        arrivals: Option<Spot<ArrivalsWord>>,
        /// How long it lasts.
        r#for: Option<Text>,
        /// How long each of `steps` lasts.
        each: Option<Text>,
    }
}

record! {
    /// What one user does.
    RawScenario, "scenario", {
        /// Its part of all runs, against the weights of the others; 1 when left out.
        weight: Option<Spot<u64>>,
        /// One run: operations, `{ think: 200ms }` and `{ meet: 20, patience: 1s }`, one after the other.
        steps: Vec<RawScenarioStep>,
        /// Data for arguments; each gives a row to each run.
        feeds: Option<Vec<Spot<RawFeed>>>,
        /// Redirects that are followed for one request; none when left out.
        redirects: Option<Spot<u64>>,
        /// `basic USER:PASSWORD` or `bearer TOKEN`; may have `${arguments}`.
        auth: Option<Spot<String>>,
        /// Headers of every step; they may have `${arguments}`.
        headers: Option<Entries<Text>>,
    }
}

record! {
    /// Data for arguments, by their names: one of `csv`, `json` and `values`.
    RawFeed, "feed", {
        /// A CSV file whose header names arguments, relative to the spec.
        csv: Option<Spot<String>>,
        /// A file with a JSON array of objects whose keys name arguments, relative to the spec.
        json: Option<Spot<String>>,
        /// Arguments with a range of whole numbers (`1..1000`) or a list each.
        values: Option<Entries<Anything>>,
        /// Which row a run has: `circular` (when left out), `random`, `zipf(1.1)` or `first`.
        pick: Option<Text>,
    }
}

record! {
    /// What must hold, with what happens when it does not.
    RawWhen, "threshold", {
        /// What must hold: `errors < 50 %`.
        when: Spot<String>,
        /// Whether the load ends as soon as it does not; judged each second.
        abort: Option<Spot<bool>>,
    }
}

/// `p99 < 200ms`, or a map that says more.
#[derive(Debug, Clone)]
pub struct RawThreshold {
    /// What must hold.
    pub when: Spot<String>,
    /// Whether the load ends as soon as it does not.
    pub abort: bool,
}

impl Read for RawThreshold {
    const NOUN: Option<&'static str> = Some("threshold");

    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        let entries = match &node.kind {
            NodeKind::Text(_) => {
                let when = Spot::<String>::read(node, place, problems)?;
                return Some(RawThreshold { when, abort: false });
            }
            NodeKind::Map(entries) => entries,
            _ => {
                must_be(node, place, "text such as `p99 < 200ms`", problems);
                return None;
            }
        };
        let mut keys = entries.iter().map(|(key, _)| key);
        if let Some(bare) = keys.find(|key| key.value.contains(['<', '>', '='])) {
            let help = format!("write {{ when: \"{}\", abort: true }}", bare.value);
            let message = format!("`{}` stands where a key is expected", bare.value);
            problems.add(bare.span, message, "", help);
            return None;
        }
        let raw = RawWhen::read(node, place, problems)?;
        Some(RawThreshold {
            when: raw.when,
            abort: raw.abort.is_some_and(|abort| abort.value),
        })
    }
}
