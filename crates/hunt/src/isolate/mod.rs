//! `heisen isolate`: learn what each operation does alone, suspect where another can come
//! between, force that, judge it against what the racers do one after another, make what breaks
//! small, and keep it.

pub mod aim;
mod document;
pub mod explore;
mod force;
mod ground;
mod guilt;
pub(crate) mod learn;
pub(crate) mod limit;
mod own;
mod serial;
mod shrink;
mod what_if;
mod worlds;

use std::time::Duration;

use lab::Lab;
use model::{Catch, EventKind, Rate, Schedule, Settled, Setup, SuspectVerdict, Violation, WhatIf};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::HuntError;
use crate::judging::Oracles;
use crate::phase::{self, PhaseDone, PhasePlan};
use crate::stage::{Stage, Wiring};
use crate::trial::Control;
use aim::Aim;
use explore::{Explored, Extent};
use ground::Ground;
use guilt::Found;
use learn::Lessons;
use limit::Setups;
use serial::Serial;

pub(crate) use learn::state as learn_state;
pub(crate) use serial::run as one_after_another;

/// Catches made of one run.
const CATCHES_MAX: usize = 5;

/// What exploring may take of the budget that is left.
const EXPLORED_SHARE: f64 = 0.5;

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
    /// Whether to ask of every step what if it fails, and nothing else.
    pub what_if: bool,
    /// What was predicted, tried first.
    pub aims: Vec<Aim>,
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
    /// Those of them in which an oracle broke that no suspect is to blame for.
    beside: u64,
    explored: Vec<Explored>,
    what_if: Vec<WhatIf>,
}

/// Runs an isolation on stages that are open and not raised, each a world of its own. What can be
/// tried side by side is shared out among them; the rest is done in the first. Lowers them at the end.
pub async fn run<L: Lab>(
    stages: &mut [Stage<L>],
    plan: &IsolatePlan,
    context: &Context,
    keep: &mut Keep<'_>,
) -> Result<Isolated, HuntError> {
    let Some((first, others)) = stages.split_first_mut() else {
        return Err(HuntError::Lacking(
            "there is no world to work in".to_string(),
        ));
    };
    let mut setups = Setups::declared(first);
    first.raise(Wiring::Wired).await?;
    for other in others.iter_mut() {
        other.raise(Wiring::Wired).await?;
    }
    let mut findings = Findings {
        lessons: learn::run(first, &setups.usual(), context).await?,
        ..Findings::default()
    };
    for note in &findings.lessons.notes {
        context.warn(note.clone());
    }
    findings.lessons.complete(first, context);
    for other in others.iter_mut() {
        other.system.state.clone_from(&first.system.state);
        other.conductor().leave_alone(findings.lessons.own.clone());
    }
    let settling = findings.lessons.settling.clone();
    if !plan.what_if {
        setups.learn(first, &settling, context).await?;
    }
    let on = |stage| Ground::new(stage, context, plan.spread, &settling, plan.invariants);
    let mut grounds = vec![on(first)];
    grounds.extend(others.iter_mut().map(on));
    let ended = match plan.what_if {
        true => {
            let Findings {
                lessons, what_if, ..
            } = &mut findings;
            what_if::run(&mut grounds[0], &lessons.learned, what_if).await
        }
        false => hunt(&mut grounds, &setups, plan, &mut findings).await,
    };
    match ended {
        // What was found until then is told.
        Ok(()) | Err(HuntError::Interrupted) => {}
        Err(error) if !findings.has_something_wrong() => return Err(error),
        Err(error) => context.warn(format!("not all was tried: {error}")),
    }
    findings.sequential = sequential(&grounds);
    drop(grounds);
    for stage in stages {
        stage.lower().await?;
    }
    findings.keep(keep, context);
    Ok(findings.conclude(plan, context))
}

/// Forces, tells apart, shrinks, explores, measures.
async fn hunt<L: Lab>(
    grounds: &mut [Ground<'_, L>],
    setups: &Setups,
    plan: &IsolatePlan,
    findings: &mut Findings,
) -> Result<(), HuntError> {
    let mut found = Vec::new();
    let mut ended = force_all(grounds, setups, &plan.aims, findings, &mut found).await;
    if ended.is_ok() {
        ended = guilt::only(&mut grounds[0], &mut found, &mut findings.settled).await;
    }
    let caught = keep_guilty(&mut grounds[0], found, findings);
    ended?;
    let mut ended = Ok(());
    if plan.extent.executions > 0 {
        ended = explore_all(grounds, setups, plan.extent, findings).await;
    }
    let first = &mut grounds[0];
    let shrinks = ended.is_ok() && !first.context.interrupt.is_set();
    let explored = keep_explored(first, findings, shrinks).await?;
    ended?;
    if let Some(serial) = caught.or(explored) {
        measure(first, plan, serial, findings).await?;
    }
    Ok(())
}

/// Forces every suspect; adds those whose order broke an oracle.
async fn force_all<L: Lab>(
    grounds: &mut [Ground<'_, L>],
    setups: &Setups,
    aims: &[Aim],
    findings: &mut Findings,
    found: &mut Vec<Found>,
) -> Result<(), HuntError> {
    let mut suspects = predict::suspect::suspects(&findings.lessons.learned);
    for missing in aim::order(&mut suspects, aims) {
        let context = &grounds[0].context;
        context.warn(format!("predicted, and no suspect here: {missing}"));
    }
    for suspect in &mut suspects {
        suspect.setup = setups.near(&suspect.racers);
    }
    let lessons = &findings.lessons;
    let all = worlds::share(grounds, suspects, async |ground, suspect| {
        let serial = ground.serial(&suspect.racers, &suspect.setup).await?;
        let mut tried = force::run(ground, suspect, serial).await?;
        if let Some(operation) = lessons.mixed_in(&tried.settled.suspect.racers) {
            tried.note_mixed(operation);
        }
        ground.context.emit(EventKind::SuspectSettled {
            settled: Box::new(tried.settled.clone()),
        });
        Ok(tried)
    });
    let (all, ended) = all.await;
    for tried in all {
        findings.trials += tried.trials;
        findings.took += tried.took;
        findings.beside += tried.beside;
        if tried.found.is_some() {
            // Whichever world it was tried in, the first one goes on with it.
            let suspect = &tried.settled.suspect;
            let serial = grounds[0].serial(&suspect.racers, &suspect.setup).await?;
            found.extend(guilt::found_in(&tried, findings.settled.len(), serial));
        }
        findings.settled.push(tried.settled);
    }
    ended
}

/// Explores every choice of racers, as far as its share of the budget goes.
async fn explore_all<L: Lab>(
    grounds: &mut [Ground<'_, L>],
    setups: &Setups,
    extent: Extent,
    findings: &mut Findings,
) -> Result<(), HuntError> {
    let learned = findings.lessons.learned.clone();
    let lessons = &findings.lessons;
    let until = grounds[0].context.share(EXPLORED_SHARE);
    let choices = explore::choices(&learned, extent);
    let near = choices.iter().map(|racers| setups.near(racers));
    let near: Vec<_> = near.zip(choices.clone()).collect();
    // Where nothing is scarce other interleavings are possible than near the limit.
    let scarce = near.iter().filter(|(setup, _)| setup.is_near_limit());
    let after_reset = scarce.map(|(_, racers)| (Setup::reset(), racers.clone()));
    let after_reset: Vec<_> = after_reset.collect();
    let all = [near, after_reset].concat();
    let explored = worlds::share(grounds, all, async |ground, (setup, racers)| {
        let mut explored = explore::run(ground, &racers, &setup, &learned, extent, until).await?;
        explored.mixed = lessons.mixed_in(&racers).is_some();
        ground.context.emit(EventKind::Explored {
            sentence: explored.sentence(),
        });
        Ok(explored)
    });
    let (explored, ended) = explored.await;
    findings.explored = explored;
    ended
}

/// Makes catches of what is guilty; returns the place of the best one's serial runs.
fn keep_guilty<L: Lab>(
    ground: &mut Ground<'_, L>,
    guilty: Vec<Found>,
    findings: &mut Findings,
) -> Option<usize> {
    let mut best = None;
    for Found {
        suspect,
        serial,
        schedule,
        ..
    } in guilty
    {
        if findings.catches.len() >= CATCHES_MAX {
            break;
        }
        if findings.is_known(Some(suspect), &schedule) {
            continue;
        }
        // Its three or four lines are what makes it sure; fewer would break most of the time, which
        // no affordable number of trials tells from always.
        findings.take_catch(Some(suspect), schedule, ground.stage, ground.context);
        best.get_or_insert(serial);
    }
    best
}

/// Makes catches of what only exploring found, smaller ones where that can be tried; returns the
/// place of the first one's serial runs.
async fn keep_explored<L: Lab>(
    ground: &mut Ground<'_, L>,
    findings: &mut Findings,
    shrinks: bool,
) -> Result<Option<usize>, HuntError> {
    let mut first = None;
    for at in 0..findings.explored.len() {
        if findings.catches.len() >= CATCHES_MAX {
            break;
        }
        let explored = &findings.explored[at];
        let found = explored.found.clone();
        // What was caught for these operations already is most likely the same race.
        let is_new = |(schedule, _): &(Schedule, String)| {
            let mut caught = findings.catches.iter().map(|catch| &catch.schedule);
            !caught.any(|caught| caught.has_operations_of(schedule))
        };
        let Some((mut schedule, saw)) = found.filter(is_new) else {
            continue;
        };
        let mut ended = Ok(());
        if shrinks {
            match shrunk(ground, &schedule).await {
                Ok((smallest, serial)) => {
                    schedule = smallest;
                    first.get_or_insert(serial);
                }
                // It is kept as it was found.
                Err(error) => ended = Err(error),
            }
        }
        if !findings.is_known(None, &schedule) {
            findings.take_catch(None, schedule, ground.stage, ground.context);
            if let Some(catch) = findings.catches.last_mut() {
                catch.saw = saw;
            }
        }
        ended?;
    }
    Ok(first)
}

/// The smallest schedule that still fails, and the place of its racers' serial runs.
async fn shrunk<L: Lab>(
    ground: &mut Ground<'_, L>,
    schedule: &Schedule,
) -> Result<(Schedule, usize), HuntError> {
    let serial = ground.serial(&schedule.racers, &schedule.setup).await?;
    Ok((shrink::run(ground, schedule, serial).await?, serial))
}

fn sequential<L: Lab>(grounds: &[Ground<'_, L>]) -> Vec<Violation> {
    let mut all: Vec<Violation> = Vec::new();
    let serial = grounds.iter().flat_map(Ground::all_serial);
    for violation in serial.flat_map(|serial| &serial.wrong) {
        if !all.contains(violation) {
            all.push(violation.clone());
        }
    }
    all
}

/// How often the best catch goes wrong: forced, through idle wires, and directly.
async fn measure<L: Lab>(
    ground: &mut Ground<'_, L>,
    plan: &IsolatePlan,
    serial: usize,
    findings: &mut Findings,
) -> Result<(), HuntError> {
    let Some(schedule) = findings.catches.first().map(|catch| catch.schedule.clone()) else {
        return Ok(());
    };
    let context = ground.context;
    let Serial { reference, wrong } = ground.known(serial).clone();
    let oracles = Oracles {
        only: None,
        invariants: plan.invariants,
        reference: Some(&reference),
        wrong_alone: &wrong,
    };
    let phase = |name, control, spread, trials, share| PhasePlan {
        name,
        schedule: &schedule,
        control,
        oracles: oracles.clone(),
        spread,
        trials,
        until: context.share(share),
    };
    let forced = Control::Forced { patient: true };
    let forced = phase("forced", forced, plan.spread, plan.times, FORCED_SHARE);
    let natural = |name| {
        let (spread, trials) = (plan.natural_spread, plan.natural);
        phase(name, Control::Free, spread, trials, NATURAL_SHARE)
    };
    let (idle, direct) = (natural("natural, idle wires"), natural("natural, direct"));
    let Ground { stage, typical, .. } = ground;
    findings.forced = phase::run(stage, forced, typical, context).await?;
    if plan.natural > 0 && !context.is_over() {
        findings.proxied = phase::run(stage, idle, typical, context).await?;
        stage.lower().await?;
        stage.raise(Wiring::Direct).await?;
        findings.direct = phase::run(stage, direct, typical, context).await?;
    }
    if let Some(catch) = findings.catches.first_mut() {
        catch.forced = findings.forced.violations();
        catch.proxied = findings.proxied.violations();
        catch.direct = findings.direct.violations();
    }
    Ok(())
}

impl Findings {
    /// Whether there is something to tell, whatever became of the rest.
    fn has_something_wrong(&self) -> bool {
        !self.catches.is_empty() || self.what_if.iter().any(|row| row.outcome.is_wrong())
    }

    /// Whether the same race was kept already, with other arguments or from another suspect.
    fn is_known(&mut self, suspect: Option<usize>, schedule: &Schedule) -> bool {
        let known = self.catches.iter().find(|known| {
            let mut order = known.schedule.order.iter();
            known.schedule.operations().eq(schedule.operations())
                && order.all(|line| schedule.order.contains(line))
        });
        let name = known.map(|known| known.schedule.name.clone());
        let is_known = name.is_some();
        if let (true, Some(suspect)) = (is_known, suspect) {
            self.settled[suspect].catch = name;
        }
        is_known
    }

    /// Keeps a schedule that is not known, found by a suspect or by exploring.
    fn take_catch<L: Lab>(
        &mut self,
        suspect: Option<usize>,
        mut schedule: Schedule,
        stage: &Stage<L>,
        context: &Context,
    ) {
        // The same kind of race for the same resource, between others: its file is another one.
        let name = schedule.name.clone();
        let is_taken = |name: &str| self.catches.iter().any(|known| known.schedule.name == name);
        let mut nth = 2;
        while is_taken(&schedule.name) {
            schedule.name = format!("{name}-{nth}");
            nth += 1;
        }
        let mut catch = Catch {
            system: stage.system.name.clone(),
            variant: stage.system.variant.clone(),
            digest: stage.system.digest.clone(),
            seed: context.seed,
            why: "found by exploring all interleavings".to_string(),
            saw: schedule.oracle.clone().unwrap_or_default(),
            forced: Rate::default(),
            direct: Rate::default(),
            proxied: Rate::default(),
            schedule,
        };
        if let Some(settled) = suspect.and_then(|at| self.settled.get_mut(at)) {
            settled.catch = Some(catch.schedule.name.clone());
            catch.why = settled.suspect.why.clone();
            catch.saw = settled.evidence.clone();
            catch.forced = settled.violations;
        }
        self.catches.push(catch);
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
        let failing = self.what_if.iter().any(|row| row.outcome.is_wrong());
        let violated =
            failing || confirmed > 0 || explored || self.beside > 0 || !self.sequential.is_empty();
        // Who stops a run early has not seen everything that would have been tried.
        let stopped = context.interrupt.is_set() || self.lessons.learned.is_empty();
        let inconclusive = !violated && (open > 0 || stopped);
        let verdict = match () {
            () if confirmed > 0 || explored => "CONFIRMED",
            () if failing => "WRONG AFTER A FAULT",
            () if self.beside > 0 => "VIOLATION",
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
