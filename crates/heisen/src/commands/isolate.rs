//! `heisen isolate`: find the race, force it, keep it.

use std::path::{Path, PathBuf};

use hunt::isolate::aim::Aim;
use hunt::isolate::explore::{Extent, Search};
use hunt::isolate::{IsolatePlan, Isolated};
use model::Catch;
use serde_json::Value;

use crate::arguments::{Common, IsolateOptions, Strategy};
use crate::exit::{Exit, Failure};
use crate::out::put;
use crate::run::{Outcome, Run};

pub fn run(options: &IsolateOptions, common: &Common) -> Result<Exit, Failure> {
    if options.times == 0 {
        return Err(Failure::usage("--times 0 forces nothing; give at least 1"));
    }
    if options.all_variants {
        return all_variants(options, common);
    }
    let (run, result) = one(options, options.system.variant.as_deref(), common)?;
    run.end(result)
}

/// Each variant of the spec in a run of its own, and a line for each at the end.
fn all_variants(options: &IsolateOptions, common: &Common) -> Result<Exit, Failure> {
    let target = crate::run::document_target(common)?;
    let (system, _) = super::load(options.system.spec.as_deref(), None, common)?;
    if system.variants.is_empty() {
        return Err(Failure::usage(
            "the spec has no variants; leave --all-variants out",
        ));
    }
    let alone = Common {
        json: None,
        ..common.clone()
    };
    let mut documents: Vec<(String, Value)> = Vec::new();
    let mut worst = Exit::Done;
    for variant in &system.variants {
        let (run, result) = one(options, Some(&variant.name), &alone)?;
        let ended = run.finish(result);
        documents.push((variant.name.clone(), ended.document));
        let exit = ended.exit?;
        if exit == Exit::Interrupted {
            return Ok(exit);
        }
        if worst == Exit::Done || exit == Exit::Violation {
            worst = exit;
        }
    }
    let to_stdout = target.as_ref().is_some_and(show::DocumentTarget::is_stdout);
    if let Some(target) = target {
        let all: serde_json::Map<String, Value> = documents.iter().cloned().collect();
        let document = serde_json::json!({ "command": "isolate", "variants": all });
        target.write(&document).map_err(Failure::usage)?;
    }
    if !to_stdout {
        let style = show::Style::for_stdout(crate::run::color(common.color));
        put!("{}", show::variants_table(&documents, show::WIDTH, style));
    }
    Ok(worst)
}

/// Runs one variant to its end; what is to be told of it is up to the caller.
fn one<'a>(
    options: &IsolateOptions,
    variant: Option<&str>,
    common: &'a Common,
) -> Result<(Run<'a>, Result<Outcome, Failure>), Failure> {
    let (system, path) = super::load(options.system.spec.as_deref(), variant, common)?;
    if system.operations.is_empty() {
        return Err(Failure::usage(format!(
            "{} has no operations; describe the requests that race under `operations:`",
            path.display()
        )));
    }
    let racers = u16::from(options.racers);
    for operation in &system.operations {
        let replicas = system
            .service(&operation.service)
            .map_or(0, |service| service.replicas);
        if replicas < racers {
            return Err(Failure::usage(format!(
                "{racers} racers need as many lanes, and `{}` runs in {replicas} of them; write `replicas: {racers}` at it",
                operation.service
            )));
        }
    }
    let plan = IsolatePlan {
        times: options.times,
        natural: options.natural,
        spread: options.spread.unwrap_or_default(),
        natural_spread: options.spread.unwrap_or(hunt::replay::NATURAL_SPREAD),
        invariants: !options.no_invariants,
        what_if: options.what_if,
        aims: aims(options, common)?,
        extent: Extent {
            search: search(options.strategy),
            executions: options.explore,
            preemptions: options.preemptions,
            racers: usize::from(options.racers),
        },
    };
    let folder = common.out.join("catches");
    let shown = path.clone();
    let run = Run::begin(common, "isolate", &system.name, Some((&system, path)))?;
    let result = run.on_stages(system, options.worlds, async |stages, context| {
        let mut keep = |catch: &Catch| keep(&folder, &shown, catch);
        hunt::isolate::run(stages, &plan, context, &mut keep).await
    });
    let again = run.again();
    Ok((run, result.map(|isolated| outcome(isolated, again))))
}

/// What an earlier run predicted, most volatile first.
fn aims(options: &IsolateOptions, common: &Common) -> Result<Vec<Aim>, Failure> {
    let Some(run) = &options.aim else {
        return Ok(Vec::new());
    };
    let prediction = super::aim::prediction(&common.out, run)?;
    Ok(Aim::all(&prediction.boundaries))
}

fn search(strategy: Strategy) -> Search {
    match strategy {
        Strategy::Systematic => Search::Systematic,
        Strategy::Random => Search::Random,
        Strategy::Surw => Search::Surw,
        Strategy::Pct => Search::Pct,
        Strategy::Pos => Search::Pos,
        Strategy::Portfolio => Search::Portfolio,
    }
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
