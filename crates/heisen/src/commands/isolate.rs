//! `heisen isolate`: find the race, force it, keep it.

use std::path::{Path, PathBuf};

use hunt::isolate::explore::Extent;
use hunt::isolate::{IsolatePlan, Isolated};
use model::Catch;
use serde_json::Value;

use crate::arguments::{Common, IsolateOptions};
use crate::exit::{Exit, Failure};
use crate::run::{Outcome, Run};

pub fn run(options: &IsolateOptions, common: &Common) -> Result<Exit, Failure> {
    let system = &options.system;
    let (system, path) = super::load(system.spec.as_deref(), system.variant.as_deref(), common)?;
    if options.times == 0 {
        return Err(Failure::usage("--times 0 forces nothing; give at least 1"));
    }
    if system.operations.is_empty() {
        return Err(Failure::usage(format!(
            "{} has no operations; describe the requests that race under `operations:`",
            path.display()
        )));
    }
    let plan = IsolatePlan {
        times: options.times,
        natural: options.natural,
        spread: options.spread.unwrap_or_default(),
        natural_spread: options.spread.unwrap_or(hunt::replay::NATURAL_SPREAD),
        invariants: !options.no_invariants,
        what_if: options.what_if,
        extent: Extent {
            executions: options.explore,
            preemptions: options.preemptions,
            racers: usize::from(options.racers),
        },
    };
    let folder = common.out.join("catches");
    let shown = path.clone();
    let run = Run::begin(common, "isolate", &system.name, Some((&system, path)))?;
    let result = run.on_stage(system, async |stage, context| {
        let mut keep = |catch: &Catch| keep(&folder, &shown, catch);
        hunt::isolate::run(stage, &plan, context, &mut keep).await
    });
    let again = run.again();
    run.end(result.map(|isolated| outcome(isolated, again)))
}

fn outcome(mut isolated: Isolated, again: Value) -> Outcome {
    isolated.document.insert("again".to_string(), again);
    let exit = match () {
        () if isolated.violated => Exit::Violation,
        () if isolated.interrupted => Exit::Interrupted,
        () if isolated.inconclusive => Exit::Inconclusive,
        () => Exit::Done,
    };
    Outcome {
        verdict: isolated.verdict,
        document: isolated.document,
        exit,
    }
}

/// Writes a catch into its folder; the same race found again replaces what is there.
fn keep(folder: &Path, spec: &Path, catch: &Catch) -> Result<String, String> {
    let variant = catch.variant.as_ref().map(|variant| format!("-{variant}"));
    let file = format!(
        "{}{}-{}.yaml",
        catch.system,
        variant.unwrap_or_default(),
        catch.schedule.name
    );
    let path: PathBuf = folder.join(file);
    let text = spec::write_catch(catch, &spec.display().to_string());
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, text))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path.display().to_string())
}
