//! `heisen replay`: a schedule, again and again.

use std::path::{Path, PathBuf};

use hunt::replay::{ReplayPlan, Replayed};
use model::ReplayVerdict;
use serde_json::Value;

use crate::arguments::{Common, ReplayOptions};
use crate::exit::{Exit, Failure};
use crate::run::{Outcome, Run};

pub fn run(options: &ReplayOptions, common: &Common) -> Result<Exit, Failure> {
    spec::schedule_is_there(&options.schedule).map_err(|errors| super::broken(&errors, common))?;
    let found = spec::found_with(&options.schedule);
    let spec = options
        .spec
        .clone()
        .or_else(|| found.spec.filter(|spec| spec.is_file()))
        .or_else(|| spec_above(&options.schedule));
    let variant = options.variant.as_deref().or(found.variant.as_deref());
    let (system, path) = super::load(spec.as_deref(), variant, common)?;
    let schedule = spec::load_schedule(&options.schedule, &system)
        .map_err(|errors| super::broken(&errors, common))?;
    if options.times == 0 {
        return Err(Failure::usage("--times 0 forces nothing; give at least 1"));
    }
    if options.natural == 0 && options.delays.is_some() {
        return Err(Failure::usage(
            "--delays runs as many trials as --natural says; give at least 1",
        ));
    }
    let plan = ReplayPlan {
        schedule,
        path: options.schedule.display().to_string(),
        times: options.times,
        natural: options.natural,
        spread: options.spread,
        delays: options.delays,
    };
    let run = Run::begin(common, "replay", &system.name, Some((&system, path)))?;
    let result = run.on_stage(system, async |stage, context| {
        hunt::replay::run(stage, &plan, context).await
    });
    let again = run.again();
    run.end(result.map(|replayed| outcome(replayed, again)))
}

fn outcome(mut replayed: Replayed, again: Value) -> Outcome {
    replayed.document.insert("again".to_string(), again);
    let exit = match replayed.verdict {
        ReplayVerdict::Reproduced => Exit::Violation,
        _ if replayed.interrupted => Exit::Interrupted,
        ReplayVerdict::NotReproduced | ReplayVerdict::Protected | ReplayVerdict::Infeasible => {
            Exit::Done
        }
        ReplayVerdict::Inconclusive => Exit::Inconclusive,
    };
    Outcome {
        verdict: replayed.verdict.as_str().to_string(),
        document: replayed.document,
        exit,
    }
}

/// The nearest heisen.yaml in the schedule's folder or one above.
fn spec_above(schedule: &Path) -> Option<PathBuf> {
    let schedule = schedule.canonicalize().ok()?;
    let found = schedule
        .ancestors()
        .skip(1)
        .map(|folder| folder.join("heisen.yaml"))
        .find(|f| f.is_file())?;
    // Shown as the user would write it, where that is shorter.
    let here = std::env::current_dir().ok()?;
    Some(
        found
            .strip_prefix(&here)
            .map(Path::to_path_buf)
            .unwrap_or(found),
    )
}
