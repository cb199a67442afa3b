//! `heisen replay`: how often it goes wrong by itself, directly and through idle wires, how often
//! with random delays when that is asked for, and how often under the schedule.

use std::time::Duration;

use lab::Lab;
use model::{ReplayVerdict, Schedule, oracle};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::error::HuntError;
use crate::isolate::{learn_state, one_after_another};
use crate::judging::Oracles;
use crate::phase::{self, PhaseDone, PhasePlan, Typical};
use crate::stage::{Stage, Wiring};
use crate::trial::Control;

/// Racers of natural trials start at drawn times within this span, unless told otherwise.
pub const NATURAL_SPREAD: Duration = Duration::from_millis(10);

/// Racers start no further apart: a step that is held ends its hold by itself a second later, and
/// the order would seem impossible.
pub const SPREAD_MAX: Duration = Duration::from_secs(5);

/// What the baselines may take of the budget that is left: most of it is for forcing.
const DIRECT_SHARE: f64 = 0.2;
const PROXIED_SHARE: f64 = 0.25;
const DELAYED_SHARE: f64 = 0.25;

/// What a replay is asked to do.
#[derive(Debug, Clone)]
pub struct ReplayPlan {
    /// The schedule.
    pub schedule: Schedule,
    /// Where it was read from.
    pub path: String,
    /// Forced trials.
    pub times: u64,
    /// Natural trials of each kind; none leaves the baseline out.
    pub natural: u64,
    /// Racers start at drawn times within this span, forced and natural alike.
    pub spread: Option<Duration>,
    /// As many trials again, in which each step is delayed by up to so long.
    pub delays: Option<Duration>,
}

/// What a replay found.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The verdict.
    pub verdict: ReplayVerdict,
    /// The command's part of the machine-readable document.
    pub document: Map<String, Value>,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

/// Runs a replay on a stage that is open and not raised. Lowers it at the end.
pub async fn run<L: Lab>(
    stage: &mut Stage<L>,
    plan: &ReplayPlan,
    context: &Context,
) -> Result<Replayed, HuntError> {
    let first = match plan.natural {
        0 => Wiring::Wired,
        _ => Wiring::Direct,
    };
    if needs_serial(stage, &plan.schedule) && stage.system.state.is_empty() {
        learn_state(stage, &plan.schedule.setup, context).await?;
    }
    stage.raise(first).await?;
    let serial = match needs_serial(stage, &plan.schedule) {
        true => Some(one_after_another(stage, &plan.schedule, false, context).await?),
        false => None,
    };
    let only = plan.schedule.oracle.as_deref();
    let oracles = Oracles {
        only: only.filter(|name| !oracle::is_built_in(name)),
        // What only serial runs can tell is not mixed with what the spec says.
        invariants: !only.is_some_and(oracle::is_built_in),
        reference: serial.as_ref().map(|serial| &serial.reference),
        wrong_alone: &[],
    };
    let natural = |name, control, share| PhasePlan {
        name,
        schedule: &plan.schedule,
        control,
        oracles: oracles.clone(),
        spread: plan.spread.unwrap_or(NATURAL_SPREAD),
        trials: plan.natural,
        until: context.share(share),
    };
    let mut typical = Typical::default();
    let mut done = Phases::default();
    if plan.natural > 0 {
        let direct = natural("natural, direct", Control::Free, DIRECT_SHARE);
        done.direct = phase::run(stage, direct, &mut typical, context).await?;
        stage.lower().await?;
        stage.raise(Wiring::Wired).await?;
    }
    if plan.natural > 0 && !done.interrupted() {
        let proxied = natural("natural, idle wires", Control::Free, PROXIED_SHARE);
        done.proxied = phase::run(stage, proxied, &mut typical, context).await?;
    }
    if let Some(most) = plan.delays
        && !done.interrupted()
    {
        let delayed = natural("random delays", Control::Delayed { most }, DELAYED_SHARE);
        done.delayed = phase::run(stage, delayed, &mut typical, context).await?;
    }
    let forced = PhasePlan {
        name: "forced",
        schedule: &plan.schedule,
        control: Control::Forced { patient: true },
        oracles: oracles.clone(),
        spread: plan.spread.unwrap_or_default(),
        trials: plan.times,
        until: None,
    };
    done.forced = phase::run(stage, forced, &mut typical, context).await?;
    stage.lower().await?;
    let verdict = check::replay_verdict(done.forced.forced);
    Ok(Replayed {
        verdict,
        document: document(plan, verdict, &done),
        interrupted: done.interrupted(),
    })
}

/// What each phase counted; those that were not run counted nothing.
#[derive(Default)]
struct Phases {
    direct: PhaseDone,
    proxied: PhaseDone,
    delayed: PhaseDone,
    forced: PhaseDone,
}

impl Phases {
    fn interrupted(&self) -> bool {
        let all = [&self.direct, &self.proxied, &self.delayed, &self.forced];
        all.iter().any(|phase| phase.interrupted)
    }
}

/// Whether the schedule is judged by what its racers do one after another: when it says so, and
/// when there is nothing else.
fn needs_serial<L: Lab>(stage: &Stage<L>, schedule: &Schedule) -> bool {
    match &schedule.oracle {
        Some(name) => oracle::is_built_in(name),
        None => stage.system.invariants.is_empty(),
    }
}

fn document(plan: &ReplayPlan, verdict: ReplayVerdict, done: &Phases) -> Map<String, Value> {
    let forced = &done.forced;
    let mut document = model::object(json!({ "verdict": verdict.as_str() }));
    document.extend(counts(forced));
    document.extend(model::object(json!({
        "catch": plan.path,
        "schedule": plan.schedule.name,
        "why": why(plan, verdict, forced),
        "oracle": plan.schedule.oracle,
        "enforced": { "k": forced.forced.enforced.k, "n": forced.forced.enforced.n },
        "protected": forced.forced.protected,
        "order": plan.schedule.order_in_words(),
        "undecided": forced.forced.undecided,
        "baseline": {
            "direct": counts(&done.direct),
            "proxied": counts(&done.proxied),
            "delayed": counts(&done.delayed),
        },
        "natural_trials_for_95": check::stats::trials_to_see(done.direct.violations().share()),
    })));
    document
}

/// What every phase is told by, forced or not.
fn counts(done: &PhaseDone) -> Map<String, Value> {
    let rate = done.violations();
    let (low, high) = rate.interval();
    let seconds = done.took.as_secs_f64();
    let first = done.first_violation;
    model::object(json!({
        "k": rate.k,
        "n": rate.n,
        "interval": [low, high],
        "trials_per_second": if seconds > 0.0 { rate.n as f64 / seconds } else { 0.0 },
        "first_violation": first.map(|(trial, _)| trial),
        "first_violation_ms": first.map(|(_, after)| after.as_secs_f64() * 1e3),
    }))
}

/// What the verdict rests on, when that is not plain from the figures.
fn why(plan: &ReplayPlan, verdict: ReplayVerdict, forced: &PhaseDone) -> Option<String> {
    let trials = forced.violations().n;
    match verdict {
        ReplayVerdict::Reproduced | ReplayVerdict::NotReproduced => None,
        ReplayVerdict::Protected => Some(format!(
            "in {} of {trials} trials a racer was kept out: {}",
            forced.forced.protected,
            forced.evidence.as_deref().unwrap_or_default()
        )),
        ReplayVerdict::Inconclusive if trials == 0 => {
            Some("the run was over before a trial could be forced".to_string())
        }
        ReplayVerdict::Inconclusive => Some(format!(
            "{} of {trials} trials could not be judged",
            forced.forced.undecided
        )),
        ReplayVerdict::Infeasible => {
            let (index, times) = forced.missing.iter().max_by_key(|(_, times)| **times)?;
            let line = plan.schedule.order.get(*index)?;
            let racer = plan.schedule.racers.get(line.racer)?;
            let what = format!("line {}, `{}: {}`,", index + 1, racer.name, line.step);
            Some(if forced.given_up * 2 > trials {
                format!(
                    "{what} did not come in {times} of {trials} trials while a later line was held: these steps exclude each other"
                )
            } else {
                format!("{what} was not made by its racer in {times} of {trials} trials")
            })
        }
    }
}
