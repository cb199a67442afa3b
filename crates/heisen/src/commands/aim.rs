//! What is predicted, by an earlier run or now, for commands that go on from there.

use std::path::Path;
use std::time::Duration;

use hunt::predict::SwarmPlan;
use hunt::stress::bursts::{REQUESTS_MAX, WINDOW_MAX};
use model::{Boundary, Demand, DemandShape, EventKind, Hazard, Prediction, System, Traffic};
use serde_json::Value;
use store::Recorded;

use crate::exit::Failure;

/// The prediction of a run: an id, its beginning, a file, or `latest` for the newest that predicted.
pub fn prediction(folder: &Path, wanted: &str) -> Result<Prediction, Failure> {
    let path = match wanted {
        "latest" => {
            let runs = store::runs(folder).map_err(Failure::usage)?;
            let mut predicted = runs.into_iter().filter(|run| run.command == "predict");
            let newest = predicted.next().ok_or_else(|| {
                Failure::usage(format!(
                    "no run in {} has predicted anything; run `heisen predict` first",
                    folder.display()
                ))
            })?;
            newest.path
        }
        wanted => store::find(folder, wanted).map_err(Failure::usage)?,
    };
    let recorded = Recorded::open(&path).map_err(Failure::usage)?;
    let mut found = None;
    for event in recorded.events().map_while(Result::ok) {
        if let EventKind::Predicted { prediction } = event.kind {
            found = Some(*prediction);
        }
    }
    found.ok_or_else(|| {
        Failure::usage(format!(
            "{} predicted nothing; name a run of `heisen predict`",
            path.display()
        ))
    })
}

/// Where a prediction points: an operation, and a burst that should show what goes wrong.
pub struct Target {
    pub rank: u32,
    pub operation: String,
    pub args: Vec<(String, Value)>,
    pub resource: String,
    pub hazard: Hazard,
    pub requests: u64,
    pub window: Duration,
}

/// So many times the load above which it shows.
const BEYOND_THRESHOLD: u64 = 2;

/// What is aimed at: the suspect of this rank, or the first race that nothing protects.
pub fn target(
    prediction: &Prediction,
    rank: Option<u32>,
    system: &System,
) -> Result<Target, Failure> {
    // What goes wrong in a service or a store by itself names no operation: any will do.
    let any = system.operations.first().map(|any| &any.name);
    let operation = |boundary: &Boundary| boundary.operations.first().or(any).cloned();
    let known = |boundary: &&Boundary| {
        operation(boundary).is_some_and(|name| system.operation(&name).is_some())
    };
    let mut boundaries = prediction.boundaries.iter();
    let found = match rank {
        Some(rank) => boundaries.find(|boundary| boundary.rank == rank),
        None => boundaries.find(|boundary| {
            boundary.is_open() && !boundary.operations.is_empty() && known(boundary)
        }),
    };
    let boundary = found.filter(known).ok_or_else(|| {
        Failure::usage(match rank {
            Some(rank) => format!(
                "there is no suspect {rank} with an operation of {} among the {} that are predicted; `heisen predict` lists them",
                system.name,
                prediction.boundaries.len()
            ),
            None => format!(
                "what was predicted names no operation of {} that would race",
                system.name
            ),
        })
    })?;
    let (threshold, load) = (boundary.threshold, prediction.load);
    let requests = threshold
        .map(|threshold| threshold.requests.saturating_mul(BEYOND_THRESHOLD))
        .or(load.map(|load| load.requests));
    let window_ms = threshold
        .map(|threshold| threshold.window_ms)
        .or(load.map(|load| load.window_ms));
    let operation = operation(boundary).unwrap_or_default();
    Ok(Target {
        rank: boundary.rank,
        args: args(boundary, &operation, system),
        operation,
        resource: boundary.resource.clone(),
        hazard: boundary.hazard,
        requests: requests.unwrap_or(2).clamp(2, REQUESTS_MAX),
        window: Duration::from_millis(window_ms.unwrap_or(0)).min(WINDOW_MAX),
    })
}

/// The arguments a prediction names, where the spec knows them: simulated keys are none of its.
fn args(boundary: &Boundary, operation: &str, system: &System) -> Vec<(String, Value)> {
    let declared = system.operation(operation).map(|known| &known.args);
    let is_declared = |(name, value): &&(String, Value)| {
        let mut declared = declared.into_iter().flatten();
        declared.any(|(known, values)| known == name && values.contains(value))
    };
    let named = boundary.args.first().into_iter().flatten();
    named.filter(is_declared).cloned().collect()
}

/// Requests that are simulated to aim: enough for a ranking.
const REQUESTS_SIMULATED: u64 = 100_000;

fn plan(searches: bool) -> SwarmPlan {
    SwarmPlan {
        seed: 1,
        threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        requests: REQUESTS_SIMULATED,
        share: 0.01,
        searches,
    }
}

/// What the spec's description says, now.
pub fn of_spec(system: &System) -> Result<Prediction, Failure> {
    Ok(hunt::predict::of_spec(system, &plan(true))?)
}

/// The share of bursts of this size in which what is aimed at goes wrong, as simulated: those that pass
/// the operation's limit, or else those in which any request suffers.
pub fn predicted(target: &Target, system: &System, requests: u64, window: Duration) -> Option<f64> {
    let values = system.operation(&target.operation)?.args.iter();
    let mut system = system.clone();
    system.traffic = Traffic {
        demands: vec![Demand {
            operation: target.operation.clone(),
            shape: DemandShape::Burst { requests, window },
            keys: values
                .map(|(_, values)| values.len().max(1) as u64)
                .product(),
            skew: 0.0,
        }],
        ..Traffic::default()
    };
    let prediction = hunt::predict::of_spec(&system, &plan(false)).ok()?;
    let same = |boundary: &&Boundary| {
        boundary.hazard == target.hazard && boundary.operations.first() == Some(&target.operation)
    };
    let boundary = prediction.boundaries.iter().find(same)?;
    let over_limit = boundary.over_limit.map(|over| over.share());
    let any = |rate: f64| 1.0 - (1.0 - rate).powi(requests.min(i32::MAX as u64) as i32);
    over_limit.or_else(|| boundary.rate.map(|rate| any(rate.share())))
}
