//! `heisen stress`: load on one operation, steady or in bursts.

use std::time::Duration;

use drive::engine::{Arrivals, Pace};
use drive::load::Until;
use hunt::Wiring;
use hunt::stress::Stressed;
use hunt::stress::bursts::{self, BurstPlan};
use hunt::stress::steady::{self, StressPlan};
use model::{DemandShape, Setup, System};
use serde_json::Value;

use super::plain;
use crate::arguments::{ArrivalsOption, Common, StressOptions};
use crate::exit::{Exit, Failure};
use crate::outputs::Outputs;
use crate::run::{Outcome, Run};

pub fn run(options: &StressOptions, common: &Common) -> Result<Exit, Failure> {
    if let Some(url) = &options.url {
        return plain::run(options, url, common);
    }
    let (system, path) = super::load(options.spec.as_deref(), options.variant.as_deref(), common)?;
    let target = options
        .aim
        .as_deref()
        .map(|run| aimed(run, &system, common));
    let target = target.transpose()?;
    let names: Vec<&str> = system.operations.iter().map(|o| o.name.as_str()).collect();
    let wanted = target.as_ref().map(|target| &target.operation);
    let operation = match options.operation.as_ref().or(wanted) {
        Some(name) if names.contains(&name.as_str()) => name.clone(),
        Some(name) => {
            return Err(Failure::usage(format!(
                "{} has no operation `{name}`; it has {}",
                system.name,
                names.join(", ")
            )));
        }
        None => names
            .first()
            .map(ToString::to_string)
            .ok_or_else(|| Failure {
                exit: Exit::Spec,
                message: format!("error: {} has no operation", path.display()),
            })?,
    };
    let mut load = match (size(options)?, &target) {
        (Some(requests), _) => Load::Bursts(bursts(options, requests, &system, operation)?),
        (None, Some(target)) => {
            let window = options.window.unwrap_or(target.window);
            Load::Bursts(plan(options, operation, target.requests, window))
        }
        (None, None) => Load::Steady(steady(options, operation)),
    };
    let mut outputs = match &load {
        Load::Bursts(_) if options.outputs.is_any() => {
            return Err(Failure::usage(
                "bursts on a spec have rounds and no seconds: --csv, --metrics and --audit are for steady \
                 load and for --url; `heisen report --page FILE` is for both",
            ));
        }
        _ => Outputs::open(&options.outputs)?,
    };
    if let Load::Steady(plan) = &mut load {
        plan.audit = outputs.audit.take();
    }
    let spec = Some((&system, path));
    let run = Run::begin_heard(common, "stress", &system.name, spec, outputs.listeners())?;
    outputs.serve(&run)?;
    let result = run.on_stage(system, async |stage, context| match &load {
        Load::Steady(plan) => steady::run(stage, plan, context).await,
        Load::Bursts(plan) => bursts::run(stage, plan, context).await,
    });
    let again = run.again();
    run.end(result.map(|stressed| outcome(stressed, again)))
}

/// What is put on the operation.
enum Load {
    Steady(StressPlan),
    Bursts(BurstPlan),
}

fn steady(options: &StressOptions, operation: String) -> StressPlan {
    StressPlan {
        operation,
        connections: options.connections,
        pace: pace(options),
        until: until(options),
        wiring: wiring(options),
        setup: setup(options),
        audit: None,
    }
}

/// How large a burst is to be, where one is asked for: `--burst 200`, or `-n 200 --burst`.
pub fn size(options: &StressOptions) -> Result<Option<Option<u64>>, Failure> {
    let most = bursts::REQUESTS_MAX;
    match (options.burst, options.requests) {
        (Some(Some(_)), Some(_)) => Err(Failure::usage(
            "--burst N and --requests N both say how large a burst is; give one of them",
        )),
        (Some(None), Some(requests)) if !(1..=most).contains(&requests) => Err(Failure::usage(
            format!("a burst has 1 to {most} requests, and not {requests}"),
        )),
        (Some(None), requests) => Ok(Some(requests)),
        (burst, _) => Ok(burst),
    }
}

/// How load is applied.
pub fn pace(options: &StressOptions) -> Pace {
    match (options.rate, options.arrivals) {
        (None, _) => Pace::Closed,
        (Some(rate), ArrivalsOption::Even) => Pace::Open(Arrivals::Even(rate)),
        (Some(rate), ArrivalsOption::Random) => Pace::Open(Arrivals::Random(rate)),
    }
}

/// Load that nobody ends goes on for so long.
const DURATION: Duration = Duration::from_secs(10);

/// A number of requests takes as long as it takes, but no longer than this.
const DURATION_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// When load ends.
pub fn until(options: &StressOptions) -> Until {
    let otherwise = match options.requests {
        None if options.burst.is_none() => DURATION,
        _ => DURATION_MAX,
    };
    Until {
        elapsed: options.duration.unwrap_or(otherwise),
        requests: options.requests,
    }
}

/// What the words do not say of a burst, the spec's traffic does.
fn bursts(
    options: &StressOptions,
    requests: Option<u64>,
    system: &System,
    operation: String,
) -> Result<BurstPlan, Failure> {
    let mut demands = system.traffic.demands.iter();
    let described = demands.find_map(|demand| match demand.shape {
        DemandShape::Burst { requests, window } if demand.operation == operation => {
            Some((requests, window))
        }
        _ => None,
    });
    let lacks = |what: &str| {
        Failure::usage(format!(
            "the `traffic:` of {} has no burst of {operation}; give {what}, or describe one: \
             traffic: {{ {operation}: {{ burst: 200, window_ms: 500 }} }}",
            system.name
        ))
    };
    let requests = requests.or(described.map(|(requests, _)| requests));
    let requests = requests.ok_or_else(|| lacks("--burst N"))?;
    let window = options.window.or(described.map(|(_, window)| window));
    let window = window.ok_or_else(|| lacks("--window TIME"))?;
    if requests > bursts::REQUESTS_MAX || window > bursts::WINDOW_MAX {
        return Err(Failure::usage(format!(
            "the spec's burst of {requests} {operation} requests is too much; at most {} within {} s can be sent: \
             give --burst N and --window TIME",
            bursts::REQUESTS_MAX,
            bursts::WINDOW_MAX.as_secs()
        )));
    }
    Ok(plan(options, operation, requests, window))
}

fn plan(options: &StressOptions, operation: String, requests: u64, window: Duration) -> BurstPlan {
    BurstPlan {
        operation,
        requests,
        window,
        rounds: options.rounds,
        wiring: wiring(options),
        setup: setup(options),
    }
}

/// Where a prediction points: an operation, and a burst that should show its race.
struct Target {
    operation: String,
    requests: u64,
    window: Duration,
}

/// So many times the load above which it shows.
const BEYOND_THRESHOLD: u64 = 2;

/// The first race of a prediction whose operation this system has.
fn aimed(run: &str, system: &System, common: &Common) -> Result<Target, Failure> {
    let prediction = super::aim::prediction(&common.out, run)?;
    let mut open = prediction.boundaries.iter().filter(|b| b.is_open());
    let found = open.find_map(|boundary| {
        let operation = boundary.operations.first()?;
        system.operation(operation)?;
        Some((operation.clone(), boundary.threshold))
    });
    let (operation, threshold) = found.ok_or_else(|| {
        Failure::usage(format!(
            "what was predicted names no operation of {} that would race",
            system.name
        ))
    })?;
    let load = prediction.load;
    let requests = threshold
        .map(|threshold| threshold.requests.saturating_mul(BEYOND_THRESHOLD))
        .or(load.map(|load| load.requests));
    let window_ms = threshold
        .map(|threshold| threshold.window_ms)
        .or(load.map(|load| load.window_ms));
    Ok(Target {
        operation,
        requests: requests.unwrap_or(2).clamp(2, bursts::REQUESTS_MAX),
        window: Duration::from_millis(window_ms.unwrap_or(0)).min(bursts::WINDOW_MAX),
    })
}

fn wiring(options: &StressOptions) -> Wiring {
    match options.direct {
        true => Wiring::Direct,
        false => Wiring::Wired,
    }
}

fn setup(options: &StressOptions) -> Setup {
    match options.near_limit {
        true => Setup::near_limit(),
        false => Setup::reset(),
    }
}

fn outcome(mut stressed: Stressed, again: Value) -> Outcome {
    stressed.document.insert("again".to_string(), again);
    let (verdict, exit) = if !stressed.violations.is_empty() {
        ("VIOLATED", Exit::Violation)
    } else if stressed.interrupted {
        ("INTERRUPTED", Exit::Interrupted)
    } else if !stressed.undecided.is_empty() || !stressed.asked {
        ("INCONCLUSIVE", Exit::Inconclusive)
    } else {
        ("NO VIOLATION SEEN", Exit::Done)
    };
    Outcome {
        verdict: verdict.to_string(),
        document: stressed.document,
        exit,
    }
}
