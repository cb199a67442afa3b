//! `heisen predict`: where it will race, and how often.

use std::num::NonZero;

use hunt::predict::{Format, SwarmPlan};
use model::{Demand, DemandShape, EventKind, EventSink, Prediction, Setup, System, Traffic};

use crate::arguments::{Common, LogFormat, PredictOptions};
use crate::exit::{Exit, Failure};
use crate::run::{Outcome, Run};

pub fn run(options: &PredictOptions, common: &Common) -> Result<Exit, Failure> {
    // Recorded traffic tells enough by itself: a spec is read only when something asks for one.
    let wanted = options.log.is_empty()
        || options.learn
        || options.system.spec.is_some()
        || options.system.variant.is_some();
    let loaded = match wanted {
        true => Some(super::load(
            options.system.spec.as_deref(),
            options.system.variant.as_deref(),
            common,
        )?),
        false => None,
    };
    let loaded = loaded.map(|(system, path)| (under_load(system, options), path));
    let name = match (&loaded, options.log.first()) {
        (Some((system, _)), _) => system.name.clone(),
        (None, log) => log.map_or_else(String::new, |log| log.display().to_string()),
    };
    let spec = loaded.as_ref().map(|(system, path)| (system, path.clone()));
    let run = Run::begin(common, "predict", &name, spec)?;
    let result = predicted(&run, loaded.map(|(system, _)| system), options);
    let outcome = result.map(|prediction| outcome(&run, prediction, options));
    run.end(outcome)
}

/// The load that is asked for in place of the spec's.
fn under_load(mut system: System, options: &PredictOptions) -> System {
    let (Some(requests), Some(operation)) = (options.burst, system.operations.first()) else {
        return system;
    };
    system.traffic = Traffic {
        demands: vec![Demand {
            operation: operation.name.clone(),
            shape: DemandShape::Burst {
                requests,
                window: options.window,
            },
            keys: options.keys,
            skew: 0.0,
        }],
        ..Traffic::default()
    };
    system
}

fn predicted(
    run: &Run<'_>,
    system: Option<System>,
    options: &PredictOptions,
) -> Result<Prediction, Failure> {
    let plan = SwarmPlan {
        seed: run.context().seed,
        threads: options.threads.map_or_else(threads, usize::from),
        requests: options.requests,
        share: options.threshold,
        searches: true,
    };
    let simulated = match system.clone() {
        Some(system) if options.learn => Some(learned(run, system, plan, options.near_limit)?),
        // Beside logs, a spec that describes no steps is there for what it says of its stores.
        Some(system) if options.log.is_empty() || system.has_steps() => {
            Some(described(run, system, plan)?)
        }
        _ => None,
    };
    if options.log.is_empty() {
        return simulated.ok_or_else(|| Failure::usage("there is no spec"));
    }
    let (files, format) = (options.log.clone(), options.format.map(format));
    let known = system.clone();
    let logs = run.apart(move || hunt::predict::of_logs(&files, format, known.as_ref()))?;
    let logs = logs.map_err(Failure::usage)?;
    Ok(match simulated {
        Some(simulated) => hunt::predict::merged(simulated, logs),
        None => logs,
    })
}

fn format(format: LogFormat) -> Format {
    match format {
        LogFormat::Postgres => Format::PostgresStderr,
        LogFormat::Csv => Format::PostgresCsv,
        LogFormat::Mysql => Format::MySqlGeneral,
        LogFormat::Json => Format::JsonLines,
    }
}

/// As many as there are cores.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Simulates on a thread of its own, so that Ctrl-C is heard meanwhile.
fn described(run: &Run<'_>, system: System, plan: SwarmPlan) -> Result<Prediction, Failure> {
    begin_simulating(run);
    let done = run.apart(move || hunt::predict::of_spec(&system, &plan))?;
    Ok(done?)
}

/// Learns from the running system, stops it, and simulates.
fn learned(
    run: &Run<'_>,
    system: System,
    plan: SwarmPlan,
    near_limit: bool,
) -> Result<Prediction, Failure> {
    let setup = match near_limit {
        true => Setup::near_limit(),
        false => Setup::reset(),
    };
    let model = run.on_stage(system, async |stage, context| {
        hunt::predict::of_running(stage, &setup, context).await
    })?;
    begin_simulating(run);
    run.apart(move || hunt::predict::of_model(&model, &plan))
}

fn begin_simulating(run: &Run<'_>) {
    run.stream().emit(EventKind::PhaseStarted {
        phase: "simulating".to_string(),
        trials: None,
    });
}

fn outcome(run: &Run<'_>, prediction: Prediction, options: &PredictOptions) -> Outcome {
    let mut document = show::prediction_document(&prediction);
    document.insert("again".to_string(), run.again());
    let crossed = options.fail_above.is_some_and(|most| {
        let mut open = prediction.boundaries.iter().filter(|b| b.is_open());
        open.any(|boundary| boundary.factors.probability > most)
    });
    let verdict = match () {
        () if prediction.boundaries.iter().any(model::Boundary::is_open) => "HAZARDS PREDICTED",
        () if prediction.boundaries.is_empty() => "NOTHING PREDICTED",
        () => "NOTHING PREDICTED: ALL PROTECTED",
    };
    run.stream().emit(EventKind::Predicted {
        prediction: Box::new(prediction),
    });
    Outcome {
        verdict: verdict.to_string(),
        document,
        exit: match crossed {
            true => Exit::Threshold,
            false => Exit::Done,
        },
    }
}
