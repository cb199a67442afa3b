//! `heisen stress`: load on one operation, steady or in bursts.

use std::path::Path;
use std::time::Duration;

use drive::engine::{Arrivals, Pace};
use drive::load::Until;
use hunt::Wiring;
use hunt::stress::Stressed;
use hunt::stress::bursts::{self, Aimed, BurstPhase, BurstPlan, Mix};
use hunt::stress::steady::{self, StressPlan};
use model::{DemandShape, LoadPlan, Scenario, ScenarioStep, Setup, System};
use serde_json::Value;

use super::aim::{self, Target};
use super::plain;
use crate::arguments::{ArrivalsOption, Common, StressOptions};
use crate::exit::{Exit, Failure};
use crate::outputs::Outputs;
use crate::run::{Outcome, Run};

pub fn run(options: &StressOptions, common: &Common) -> Result<Exit, Failure> {
    if let Some(url) = &options.url {
        return plain::run(options, url, common);
    }
    // Other commands take a spec there. No operation's name has any of these.
    if let (Some(path), None) = (&options.operation, &options.spec)
        && path.contains(['/', '.'])
    {
        return Err(Failure::usage(format!(
            "`{path}` is a path and no operation; give a spec as --spec {path}"
        )));
    }
    let (system, path) = super::load(options.spec.as_deref(), options.variant.as_deref(), common)?;
    let mut load = match &options.load {
        Some(name) => Load::Steady(planned(options, name.as_deref(), &system)?),
        None => asked(options, &system, &path, common)?,
    };
    let mut outputs = Outputs::open(&options.outputs)?;
    match &mut load {
        Load::Steady(plan) => plan.audit = outputs.audit.take(),
        Load::Bursts(plan) => plan.audit = outputs.audit.take(),
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

/// What the words ask for.
fn asked(
    options: &StressOptions,
    system: &System,
    path: &Path,
    common: &Common,
) -> Result<Load, Failure> {
    let target = target(options, system, common)?;
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
    Ok(match (size(options)?, &target) {
        (Some(requests), None) => {
            let (requests, window) = size_of_burst(options, requests, system, &operation)?;
            Load::Bursts(plan(options, system, operation, requests, window)?)
        }
        (requests, Some(target)) => {
            let requests = requests.flatten().unwrap_or(target.requests);
            let window = options.window.unwrap_or(target.window);
            let plan = plan(options, system, operation, requests, window)?;
            Load::Bursts(at(plan, target, system, options))
        }
        (None, None) => Load::Steady(steady(options, operation)),
    })
}

/// A load of the spec's.
fn planned(
    options: &StressOptions,
    name: Option<&str>,
    system: &System,
) -> Result<StressPlan, Failure> {
    let names: Vec<&str> = system.loads.iter().map(|load| load.name.as_str()).collect();
    let load = match name {
        Some(name) => system.load(name),
        None => system.loads.first(),
    };
    let load = load.ok_or_else(|| {
        Failure::usage(match (names.is_empty(), name) {
            (true, _) => format!(
                "{} has no `loads:`; docs/loads.md tells how they are written",
                system.name
            ),
            (false, name) => format!(
                "{} has no load `{}`; it has {}",
                system.name,
                name.unwrap_or_default(),
                names.join(", ")
            ),
        })
    })?;
    Ok(StressPlan {
        load: load.clone(),
        pace: None,
        until: Until {
            elapsed: options.duration.unwrap_or(DURATION_MAX),
            requests: None,
        },
        wiring: wiring(options),
        setup: setup(options),
        audit: None,
    })
}

/// What is put on the operation.
enum Load {
    Steady(StressPlan),
    Bursts(BurstPlan),
}

/// One operation, again and again.
fn steady(options: &StressOptions, operation: String) -> StressPlan {
    let (pace, until) = (pace(options), until(options));
    let ask = ScenarioStep::Ask {
        operation: operation.clone(),
        args: Vec::new(),
        takes: Vec::new(),
    };
    StressPlan {
        load: LoadPlan {
            name: operation.clone(),
            profile: vec![pace.part(options.connections, until.elapsed)],
            connections: options.connections,
            scenarios: vec![Scenario {
                name: operation,
                weight: 1,
                steps: vec![ask],
                feeds: Vec::new(),
                redirects: 0,
                auth: None,
                headers: Vec::new(),
            }],
            warm_up: Duration::ZERO,
            set_up: Vec::new(),
            clean_up: Vec::new(),
            thresholds: Vec::new(),
        },
        pace: Some(pace),
        until,
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
fn size_of_burst(
    options: &StressOptions,
    requests: Option<u64>,
    system: &System,
    operation: &str,
) -> Result<(u64, Duration), Failure> {
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
    Ok((requests, window))
}

fn plan(
    options: &StressOptions,
    system: &System,
    operation: String,
    requests: u64,
    window: Duration,
) -> Result<BurstPlan, Failure> {
    Ok(BurstPlan {
        operation,
        args: Vec::new(),
        requests,
        rounds: options.rounds,
        setup: setup(options),
        mix: match (options.twins, options.one_lane) {
            (true, _) => Mix::Twins,
            (_, true) => Mix::OneLane,
            _ => Mix::Across,
        },
        phases: phases(options, system, window)?,
        aimed: None,
        audit: None,
    })
}

/// What stands side by side: figures are told of the last.
fn phases(
    options: &StressOptions,
    system: &System,
    window: Duration,
) -> Result<Vec<BurstPhase>, Failure> {
    let phase = |name: &str, wiring: Wiring, window: Duration| BurstPhase {
        name: name.to_string(),
        wiring,
        window,
        faults: Vec::new(),
    };
    let mut phases = Vec::new();
    if let Some(spread) = options.spread {
        let name = format!("spread over {} ms", spread.as_millis());
        phases.push(phase(&name, wiring(options), spread));
    }
    if options.wire.is_empty() {
        phases.push(phase("bursts", wiring(options), window));
        return Ok(phases);
    }
    let faults = options.wire.iter().map(|text| {
        spec::wire_fault(text, system).map_err(|error| Failure::usage(error.to_string()))
    });
    phases.push(phase("bursts, direct", Wiring::Direct, window));
    phases.push(phase("bursts, idle wires", Wiring::Wired, window));
    let name = format!("bursts, {}", options.wire.join(" "));
    phases.push(BurstPhase {
        faults: faults.collect::<Result<_, _>>()?,
        ..phase(&name, Wiring::Wired, window)
    });
    Ok(phases)
}

/// What bursts aim at, where they aim.
fn target(
    options: &StressOptions,
    system: &System,
    common: &Common,
) -> Result<Option<Target>, Failure> {
    let prediction = match (&options.aim, options.suspect) {
        (Some(run), _) => aim::prediction(&common.out, run)?,
        (None, Some(_)) if system.has_steps() => aim::of_spec(system)?,
        (None, Some(_)) => aim::prediction(&common.out, "latest")?,
        (None, None) => return Ok(None),
    };
    aim::target(&prediction, options.suspect, system).map(Some)
}

/// The plan, at this target.
fn at(plan: BurstPlan, target: &Target, system: &System, options: &StressOptions) -> BurstPlan {
    let window = plan
        .phases
        .last()
        .map_or(target.window, |phase| phase.window);
    // What is described starts from a reset.
    let predicted = match options.near_limit {
        true => None,
        false => aim::predicted(target, system, plan.requests, window),
    };
    BurstPlan {
        args: target.args.clone(),
        aimed: Some(Aimed {
            rank: target.rank,
            resource: target.resource.clone(),
            hazard: target.hazard.as_str().to_string(),
            predicted,
        }),
        ..plan
    }
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
    } else if stressed.crossed {
        ("THRESHOLD CROSSED", Exit::Threshold)
    } else if !stressed.undecided.is_empty() || !stressed.asked || stressed.met_nobody == Some(true)
    {
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
