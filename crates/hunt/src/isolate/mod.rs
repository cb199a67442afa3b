//! `heisen isolate`: learn what each operation does alone, suspect where another can come
//! between, force that, judge it against what the racers do one after another, make what breaks
//! small, and keep it.

mod document;
mod evidence;
pub mod explore;
mod force;
mod guilt;
mod learn;
mod serial;
mod shrink;

use std::time::Duration;

use lab::Lab;
use model::{
    Catch, EventKind, RacerPlan, Rate, Schedule, Settled, Setup, SuspectVerdict, Violation,
};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::HuntError;
use crate::judging::Oracles;
use crate::phase::{self, PhaseDone, PhasePlan, Typical};
use crate::stage::{Stage, Wiring};
use crate::trial::Control;
use explore::{Explored, Extent};
use force::Manner;
use guilt::Found;
use learn::Lessons;

use serial::Serial;
pub(crate) use serial::of_schedule as one_after_another;

/// Catches made of one run.
const CATCHES_MAX: usize = 5;

/// What the forced phase of the best catch may take of the budget that is left, and then each
/// baseline.
const FORCED_SHARE: f64 = 0.5;
const NATURAL_SHARE: f64 = 0.5;

/// What an isolation is asked to do.
#[derive(Debug, Clone)]
pub struct IsolatePlan {
    /// Forced trials of the best catch.
    pub times: u64,
    /// Natural trials beside it, of each kind.
    pub natural: u64,
    /// Racers of forced trials start within this span.
    pub spread: Duration,
    /// Racers of natural trials start within this span.
    pub natural_spread: Duration,
    /// Whether the spec's invariants judge too.
    pub invariants: bool,
    /// How much is explored beyond suspects.
    pub extent: Extent,
}

/// What an isolation found.
#[derive(Debug, Clone)]
pub struct Isolated {
    /// The verdict, as printed.
    pub verdict: String,
    /// Something was wrong.
    pub violated: bool,
    /// Nothing was wrong, and not everything could be tried or judged.
    pub inconclusive: bool,
    /// The command's part of the machine-readable document.
    pub document: Map<String, Value>,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

/// Writes a catch down and says where.
pub type Keep<'a> = dyn FnMut(&Catch) -> Result<String, String> + 'a;

/// All that was found, for the document.
#[derive(Default)]
struct Findings {
    lessons: Lessons,
    settled: Vec<Settled>,
    sequential: Vec<Violation>,
    catches: Vec<Catch>,
    paths: Vec<String>,
    forced: PhaseDone,
    direct: PhaseDone,
    proxied: PhaseDone,
    /// Forced trials of all suspects, and how long they took.
    trials: u64,
    took: Duration,
    explored: Vec<Explored>,
}

/// Racers and what they do one after another.
type Pair = (Vec<RacerPlan>, Serial);

/// Runs an isolation on a stage that is open and not raised. Lowers it at the end.
pub async fn run<L: Lab>(
    stage: &mut Stage<L>,
    plan: &IsolatePlan,
    context: &Context,
    keep: &mut Keep<'_>,
) -> Result<Isolated, HuntError> {
    let setup = match stage.system.near_limit.is_empty() {
        true => Setup::Reset,
        false => Setup::NearLimit,
    };
    stage.raise(Wiring::Wired).await?;
    let mut findings = Findings {
        lessons: learn::run(stage, setup, context).await?,
        ..Findings::default()
    };
    tell_lessons(&findings.lessons, context);
    let manner = Manner {
        spread: plan.spread,
        tail: findings.lessons.tail,
        invariants: plan.invariants,
    };
    let mut typical = Typical::default();
    let mut pairs: Vec<Pair> = Vec::new();
    let mut found = Vec::new();
    for suspect in predict::suspect::suspects(&findings.lessons.learned, setup) {
        if context.interrupt.is_set() {
            break;
        }
        let at = pair(stage, &suspect.racers, setup, manner, &mut pairs, context).await?;
        let serial = &pairs[at].1;
        let tried = force::run(stage, suspect, serial, manner, &mut typical, context).await?;
        findings.trials += tried.trials;
        findings.took += tried.took;
        found.extend(guilt::found_in(&tried, findings.settled.len(), at));
        context.emit(EventKind::SuspectSettled {
            settled: Box::new(tried.settled.clone()),
        });
        findings.settled.push(tried.settled);
    }
    if plan.extent.executions > 0 {
        explore_all(
            stage,
            plan,
            setup,
            manner,
            &mut pairs,
            &mut findings,
            &mut typical,
            context,
        )
        .await?;
    }
    findings.sequential = sequential(&pairs);
    let settled = &mut findings.settled;
    let guilty = guilt::only(stage, found, &pairs, manner, settled, &mut typical, context).await?;
    let mut best = None;
    for found in guilty {
        let Found {
            suspect,
            pair,
            schedule,
            ..
        } = found;
        if findings.catches.len() >= CATCHES_MAX || context.interrupt.is_set() {
            break;
        }
        if findings.is_known(suspect, &schedule) {
            continue;
        }
        let serial = &pairs[pair].1;
        let smallest = shrink::run(stage, &schedule, serial, manner, &mut typical, context).await?;
        findings.take_catch(suspect, smallest, stage, context);
        best.get_or_insert(pair);
    }
    if let Some(at) = best {
        measure(
            stage,
            plan,
            manner,
            &pairs[at].1,
            &mut findings,
            &mut typical,
            context,
        )
        .await?;
    }
    stage.lower().await?;
    findings.keep(keep, context);
    Ok(findings.conclude(plan, context))
}

/// Finds or makes what these racers do one after another.
async fn pair<L: Lab>(
    stage: &mut Stage<L>,
    racers: &[RacerPlan],
    setup: Setup,
    manner: Manner,
    pairs: &mut Vec<Pair>,
    context: &Context,
) -> Result<usize, HuntError> {
    if let Some(at) = pairs.iter().position(|(known, _)| known == racers) {
        return Ok(at);
    }
    let Manner {
        tail, invariants, ..
    } = manner;
    let serial = serial::run(stage, racers, setup, tail, invariants, context).await?;
    if serial.reference.varying() > 0 {
        let names: Vec<&str> = racers
            .iter()
            .map(|racer| racer.operation.as_str())
            .collect();
        context.warn(format!(
            "{}: {} values differ between equal sequential runs and are not compared",
            names.join(" and "),
            serial.reference.varying()
        ));
    }
    pairs.push((racers.to_vec(), serial));
    Ok(pairs.len() - 1)
}

fn sequential(pairs: &[Pair]) -> Vec<Violation> {
    let mut all: Vec<Violation> = Vec::new();
    for violation in pairs.iter().flat_map(|(_, serial)| &serial.wrong) {
        if !all.contains(violation) {
            all.push(violation.clone());
        }
    }
    all
}

/// Explores every choice of racers, as far as the budget goes.
#[expect(clippy::too_many_arguments, reason = "what a trial needs, handed on")]
async fn explore_all<L: Lab>(
    stage: &mut Stage<L>,
    plan: &IsolatePlan,
    setup: Setup,
    manner: Manner,
    pairs: &mut Vec<Pair>,
    findings: &mut Findings,
    typical: &mut Typical,
    context: &Context,
) -> Result<(), HuntError> {
    let learned = findings.lessons.learned.clone();
    for racers in explore::choices(&learned, plan.extent) {
        if context.is_over() {
            break;
        }
        let at = pair(stage, &racers, setup, manner, pairs, context).await?;
        let serial = &pairs[at].1;
        let explored = explore::run(
            stage,
            &racers,
            &learned,
            setup,
            plan.extent,
            serial,
            manner,
            typical,
            context,
        )
        .await?;
        context.emit(EventKind::Explored {
            sentence: explored.sentence(),
        });
        findings.explored.push(explored);
    }
    Ok(())
}

/// How often the best catch goes wrong: forced, through idle wires, and directly.
async fn measure<L: Lab>(
    stage: &mut Stage<L>,
    plan: &IsolatePlan,
    manner: Manner,
    serial: &Serial,
    findings: &mut Findings,
    typical: &mut Typical,
    context: &Context,
) -> Result<(), HuntError> {
    let Some(schedule) = findings.catches.first().map(|catch| catch.schedule.clone()) else {
        return Ok(());
    };
    let oracles = Oracles {
        only: None,
        invariants: plan.invariants,
        reference: Some(&serial.reference),
    };
    let phase = |name, control, spread, trials, share| PhasePlan {
        name,
        schedule: &schedule,
        control,
        oracles: oracles.clone(),
        tail: manner.tail,
        spread,
        trials,
        until: context.share(share),
    };
    let forced = Control::Forced { patient: true };
    let forced = phase("forced", forced, plan.spread, plan.times, FORCED_SHARE);
    findings.forced = phase::run(stage, forced, typical, context).await?;
    if plan.natural > 0 && !context.is_over() {
        let natural = |name| {
            let (spread, trials) = (plan.natural_spread, plan.natural);
            phase(name, Control::Free, spread, trials, NATURAL_SHARE)
        };
        let idle = natural("natural, idle wires");
        findings.proxied = phase::run(stage, idle, typical, context).await?;
        stage.lower().await?;
        stage.raise(Wiring::Direct).await?;
        let direct = natural("natural, direct");
        findings.direct = phase::run(stage, direct, typical, context).await?;
    }
    if let Some(catch) = findings.catches.first_mut() {
        catch.forced = findings.forced.violations();
        catch.proxied = findings.proxied.violations();
        catch.direct = findings.direct.violations();
    }
    Ok(())
}

fn tell_lessons(lessons: &Lessons, context: &Context) {
    for learned in &lessons.learned {
        let steps = learned.template.steps.iter();
        context.emit(EventKind::OperationLearned {
            operation: learned.operation.clone(),
            args: learned.args.clone(),
            steps: steps.map(|step| step.pattern.to_string()).collect(),
            set_aside: learned.template.set_aside.clone(),
            obscure: learned.template.obscure,
        });
    }
    for note in &lessons.notes {
        context.warn(note.clone());
    }
}

impl Findings {
    /// Whether the same race was kept already, with other arguments or from another suspect.
    fn is_known(&mut self, suspect: usize, schedule: &Schedule) -> bool {
        let known = self.catches.iter().find(|known| {
            let mut order = known.schedule.order.iter();
            known.schedule.operations().eq(schedule.operations())
                && order.all(|line| schedule.order.contains(line))
        });
        let name = known.map(|known| known.schedule.name.clone());
        let is_known = name.is_some();
        if is_known {
            self.settled[suspect].catch = name;
        }
        is_known
    }

    /// Keeps a minimal schedule.
    fn take_catch<L: Lab>(
        &mut self,
        suspect: usize,
        schedule: Schedule,
        stage: &Stage<L>,
        context: &Context,
    ) {
        if self.is_known(suspect, &schedule) {
            return;
        }
        let settled = &mut self.settled[suspect];
        settled.catch = Some(schedule.name.clone());
        self.catches.push(Catch {
            schedule,
            system: stage.system.name.clone(),
            variant: stage.system.variant.clone(),
            digest: stage.system.digest.clone(),
            seed: context.seed,
            why: settled.suspect.why.clone(),
            saw: settled.evidence.clone(),
            forced: settled.violations,
            direct: Rate::default(),
            proxied: Rate::default(),
        });
    }

    /// Writes all catches down; suspects are told where theirs is.
    fn keep(&mut self, keep: &mut Keep<'_>, context: &Context) {
        for catch in &self.catches {
            let path = keep(catch).unwrap_or_else(|why| {
                context.warn(format!(
                    "the catch {} is not kept: {why}",
                    catch.schedule.name
                ));
                String::new()
            });
            for settled in &mut self.settled {
                if settled.catch.as_deref() == Some(&catch.schedule.name) {
                    settled.catch = Some(path.clone()).filter(|path| !path.is_empty());
                }
            }
            self.paths.push(path);
        }
    }

    fn count(&self, verdict: SuspectVerdict) -> usize {
        let settled = self.settled.iter();
        settled.filter(|settled| settled.verdict == verdict).count()
    }

    fn conclude(self, plan: &IsolatePlan, context: &Context) -> Isolated {
        let confirmed = self.count(SuspectVerdict::Confirmed);
        let open = self.count(SuspectVerdict::Inconclusive);
        let explored = self
            .explored
            .iter()
            .any(|explored| explored.violations.k > 0);
        let violated = confirmed > 0 || explored || !self.sequential.is_empty();
        let inconclusive = !violated && (open > 0 || self.lessons.learned.is_empty());
        let verdict = match () {
            () if confirmed > 0 || explored => "CONFIRMED",
            () if violated => "SEQUENTIAL",
            () if inconclusive => "INCONCLUSIVE",
            () => "NO VIOLATION",
        };
        Isolated {
            verdict: verdict.to_string(),
            violated,
            inconclusive,
            document: document::of(&self, verdict, plan),
            interrupted: context.interrupt.is_set(),
        }
    }
}
