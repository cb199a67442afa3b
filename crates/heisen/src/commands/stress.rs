//! `heisen stress`: load on one operation.

use drive::load::{Model, Until};
use hunt::Wiring;
use hunt::stress::{StressPlan, Stressed};
use model::Setup;
use serde_json::Value;

use crate::arguments::{Common, StressOptions};
use crate::exit::{Exit, Failure};
use crate::run::{Outcome, Run};

pub fn run(options: &StressOptions, common: &Common) -> Result<Exit, Failure> {
    let (system, path) = super::load(options.spec.as_deref(), options.variant.as_deref(), common)?;
    let names: Vec<&str> = system.operations.iter().map(|o| o.name.as_str()).collect();
    let operation = match &options.operation {
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
    let model = match options.rate {
        Some(per_second) => Model::Open {
            per_second,
            in_flight_max: options.connections,
        },
        None => Model::Closed {
            in_flight: options.connections,
        },
    };
    let plan = StressPlan {
        operation,
        model,
        until: Until {
            elapsed: options.duration,
            requests: options.requests,
        },
        wiring: if options.direct {
            Wiring::Direct
        } else {
            Wiring::Wired
        },
        setup: if options.near_limit {
            Setup::near_limit()
        } else {
            Setup::reset()
        },
    };
    let run = Run::begin(common, "stress", &system.name, Some((&system, path)))?;
    let result = run.on_stage(system, async |stage, context| {
        hunt::stress::run(stage, &plan, context).await
    });
    let again = run.again();
    run.end(result.map(|stressed| outcome(stressed, again)))
}

fn outcome(mut stressed: Stressed, again: Value) -> Outcome {
    stressed.document.insert("again".to_string(), again);
    let (verdict, exit) = if !stressed.violations.is_empty() {
        ("VIOLATED", Exit::Violation)
    } else if stressed.interrupted {
        ("INTERRUPTED", Exit::Interrupted)
    } else if !stressed.undecided.is_empty() {
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
