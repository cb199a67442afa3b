//! Exploring: beyond what is suspected, every interleaving of some racers that is not equivalent to
//! another one, each in a trial of its own; what is left out when the budget ends is said.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lab::Lab;
use model::{
    EventKind, OrderLine, RacerPlan, Rate, Schedule, SeenStep, Setup, StepPattern, oracle,
};
use predict::explore::{Coverage, Pct, Portfolio, Pos, Random, Surw, Systematic, canonical};
use predict::suspect::Learned;
use predict::{Meeting, Move};

use crate::directors::{Chooser, Known, Stepwise};
use crate::error::HuntError;
use crate::isolate::ground::Ground;
use crate::trial::{Control, Racers, TrialDone};

/// In an exploration that is not whole, one execution is sampled for so many systematic ones.
const SAMPLED_PART: u64 = 4;

/// How interleavings are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// Each that is not equivalent to another one, once; what is too much is then sampled.
    Systematic,
    /// Any racer that can go, equally likely.
    Random,
    /// Every interleaving equally likely.
    Surw,
    /// Random priorities that change once.
    Pct,
    /// Random priorities, drawn anew for steps in conflict.
    Pos,
    /// All that sample, in turn.
    Portfolio,
}

/// How much is explored.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// How interleavings are chosen.
    pub search: Search,
    /// Executions for each choice of racers; none leaves exploring out.
    pub executions: u64,
    /// How often the turn may be taken from a racer that could go on.
    pub preemptions: Option<u32>,
    /// How many race at once.
    pub racers: usize,
}

/// What exploring one choice of racers showed.
#[derive(Debug)]
pub(crate) struct Explored {
    pub racers: Vec<RacerPlan>,
    pub setup: Setup,
    /// Some of their steps pass another racer's lane, and are not told apart from its own.
    pub mixed: bool,
    /// A racer worked on several steps at once, whose order among themselves is not chosen.
    pub side_by_side: bool,
    pub coverage: Coverage,
    /// About how many inequivalent interleavings there are.
    pub estimate: f64,
    pub violations: Rate,
    /// The first execution that broke an oracle, as a schedule.
    pub found: Option<(Schedule, String)>,
}

/// Every choice of so many racers: one operation with itself and with others.
pub(crate) fn choices(learned: &[Learned], extent: Extent) -> Vec<Vec<RacerPlan>> {
    if extent.racers == 2 {
        let pairs = predict::suspect::pairs(learned);
        let once = pairs.into_iter().filter(|(one, other)| one <= other);
        return once
            .map(|(one, other)| plans(&[&learned[one], &learned[other]]))
            .collect();
    }
    let first = |at: &usize| {
        let mut earlier = learned[..*at].iter();
        earlier.all(|earlier| earlier.operation != learned[*at].operation)
    };
    let operations: Vec<usize> = (0..learned.len()).filter(first).collect();
    let mut chosen: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..extent.racers {
        chosen = chosen
            .iter()
            .flat_map(|choice| {
                let from = choice.last().copied().unwrap_or(0);
                let more = operations.iter().filter(move |at| **at >= from);
                more.map(|at| [choice.as_slice(), &[*at]].concat())
            })
            .collect();
    }
    let of = |choice: &Vec<usize>| choice.iter().map(|at| &learned[*at]).collect::<Vec<_>>();
    chosen.iter().map(|choice| plans(&of(choice))).collect()
}

fn plans(learned: &[&Learned]) -> Vec<RacerPlan> {
    let names = ('A'..='Z').map(String::from);
    names
        .zip(learned)
        .map(|(name, learned)| RacerPlan {
            name,
            operation: learned.operation.clone(),
            args: learned.args.clone(),
        })
        .collect()
}

/// What each racer may do, by what was learned of it.
fn known(racers: &[RacerPlan], learned: &[Learned]) -> Known {
    let of = |racer: &RacerPlan| {
        let lesson = learned
            .iter()
            .find(|l| l.operation == racer.operation && l.args == racer.args);
        let steps = lesson.iter().flat_map(|lesson| &lesson.template.steps);
        steps
            .flat_map(|step| step.footprint.deeds.clone())
            .collect()
    };
    Arc::new(Mutex::new(racers.iter().map(of).collect()))
}

/// Explores one choice of racers.
pub(crate) async fn run<L: Lab>(
    ground: &mut Ground<'_, L>,
    racers: &[RacerPlan],
    setup: &Setup,
    learned: &[Learned],
    extent: Extent,
    until: Option<Instant>,
) -> Result<Explored, HuntError> {
    let schedule = ground.schedule("explored", racers, setup, &[]);
    let serial = ground.serial(racers, setup).await?;
    let mut walk = Walk {
        clients: ground.racers(&schedule)?,
        schedule,
        serial,
        known: known(racers, learned),
        until,
        violations: Rate::default(),
        found: None,
        seen: HashSet::new(),
        side_by_side: false,
    };
    let steps = steps_of(racers, learned);
    let (mut coverage, mut estimate) = (Coverage::default(), 0.0);
    if extent.search == Search::Systematic {
        let systematic = Arc::new(Mutex::new(Systematic::new(Meeting, extent.preemptions)));
        walk.on(ground, systematic.clone(), extent.executions)
            .await?;
        let systematic = systematic.lock().unwrap_or_else(PoisonError::into_inner);
        (coverage, estimate) = (systematic.coverage(), systematic.estimate());
    }
    if !coverage.is_whole() {
        // What is too large to be tried whole is sampled, by several strategies: none wins always.
        let more = match extent.search {
            Search::Systematic => extent.executions / SAMPLED_PART,
            _ => extent.executions,
        };
        let sampler = sampler(extent.search, ground.context.seed, &steps);
        walk.on(ground, sampler, more).await?;
        coverage.executions = walk.violations.n;
        coverage.inequivalent = walk.seen.len() as u64;
    }
    Ok(Explored {
        racers: racers.to_vec(),
        setup: setup.clone(),
        mixed: false,
        side_by_side: walk.side_by_side,
        coverage,
        estimate,
        violations: walk.violations,
        found: walk.found,
    })
}

/// How many contended steps each racer makes, as far as learned.
fn steps_of(racers: &[RacerPlan], learned: &[Learned]) -> Vec<u64> {
    let of = |racer: &RacerPlan| {
        let lesson = learned
            .iter()
            .find(|l| l.operation == racer.operation && l.args == racer.args);
        lesson.map_or(0, |lesson| lesson.template.steps.len() as u64)
    };
    racers.iter().map(of).collect()
}

/// A strategy that samples; where none is asked for, several in turn.
fn sampler(search: Search, seed: u64, steps: &[u64]) -> Chooser {
    let all = steps.iter().sum();
    let surw = || Surw::new(seed, steps.to_vec(), |_: &Move| true);
    match search {
        Search::Random => Arc::new(Mutex::new(Random::new(seed))),
        Search::Surw => Arc::new(Mutex::new(surw())),
        Search::Pct => Arc::new(Mutex::new(Pct::new(seed, all, 2))),
        Search::Pos => Arc::new(Mutex::new(Pos::new(seed, Meeting))),
        Search::Systematic | Search::Portfolio => Arc::new(Mutex::new(Portfolio::new(vec![
            Box::new(Random::new(seed)),
            Box::new(surw()),
            Box::new(Pct::new(seed, all, 2)),
            Box::new(Pct::new(seed, all, 3)),
            Box::new(Pos::new(seed, Meeting)),
        ]))),
    }
}

/// Executions of one choice of racers, one after another.
struct Walk {
    schedule: Schedule,
    clients: Racers,
    serial: usize,
    known: Known,
    until: Option<Instant>,
    violations: Rate,
    found: Option<(Schedule, String)>,
    /// The classes of equivalent executions that were seen.
    seen: HashSet<u64>,
    side_by_side: bool,
}

impl Walk {
    /// Goes on with a strategy, so many times at most.
    async fn on<L: Lab>(
        &mut self,
        ground: &mut Ground<'_, L>,
        chooser: Chooser,
        executions: u64,
    ) -> Result<(), HuntError> {
        let names: Vec<&str> = self.schedule.operations().collect();
        let phase = format!("explore {}", names.join(" and "));
        for _ in 0..executions {
            let is_late = self.until.is_some_and(|until| Instant::now() >= until);
            if ground.context.is_over() || is_late || !begin(&chooser) {
                break;
            }
            let (chooser, known) = (Arc::clone(&chooser), Arc::clone(&self.known));
            let director = Arc::new(Stepwise::new(self.schedule.racers.len(), chooser, known));
            let control = Control::Given(director.clone());
            let (schedule, clients) = (&self.schedule, &self.clients);
            let trial = ground.trial(schedule, clients, self.serial, control, self.violations.n);
            let done = trial.await?;
            let wrong = !done.judgement.violations.is_empty();
            self.violations.count(wrong);
            self.side_by_side |= director.saw_side_by_side();
            self.seen.insert(canonical(&director.moves(), &Meeting));
            if wrong && self.found.is_none() {
                let saw = done.judgement.violations[0].saw.clone();
                self.found = Some((as_schedule(schedule, &done, &director), saw));
            }
            ground.context.emit(EventKind::TrialJudged {
                phase: phase.clone(),
                history: done.history,
                judgement: done.judgement,
                enforced: None,
                took_us: done.took.as_micros() as u64,
            });
        }
        Ok(())
    }
}

fn begin(chooser: &Chooser) -> bool {
    let mut chooser = chooser.lock().unwrap_or_else(PoisonError::into_inner);
    chooser.begin()
}

fn names(racers: &[RacerPlan]) -> Vec<&str> {
    racers
        .iter()
        .map(|racer| racer.operation.as_str())
        .collect()
}

/// The order in which the steps that matter were carried out, by their names.
fn as_schedule(schedule: &Schedule, done: &TrialDone, director: &Stepwise) -> Schedule {
    let key = |seen: &SeenStep| (seen.step.wire, seen.step.connection, seen.step.ordinal);
    let line = |(racer, wanted)| {
        let own = |seen: &&SeenStep| usize::from(seen.step.lane.0) == racer;
        let upto = done.steps.iter().position(|seen| key(seen) == wanted)?;
        let step = &done.steps[upto].step;
        let mut pattern = StepPattern::of(step);
        let earlier = done.steps[..upto].iter().filter(own);
        let like = earlier.filter(|seen| pattern.is_like(&seen.step)).count();
        pattern.occurrence = like as u32 + 1;
        Some(OrderLine {
            racer,
            step: pattern,
        })
    };
    let violation = done.judgement.violations.first();
    let broken = violation.map_or(oracle::SERIAL, |violation| violation.oracle.as_str());
    Schedule {
        name: format!("explored-{}", names(&schedule.racers).join("-")),
        order: director.executed().into_iter().filter_map(line).collect(),
        oracle: Some(broken.to_string()),
        ..schedule.clone()
    }
}

impl Explored {
    /// Whether nothing was left out.
    pub fn is_whole(&self) -> bool {
        self.coverage.is_whole() && !self.mixed && !self.side_by_side
    }

    /// `2 x reserve`, `withdraw(account checking) x withdraw(account savings)`.
    fn what(&self) -> String {
        let first = &self.racers[0];
        let twins =
            |racer: &RacerPlan| racer.operation == first.operation && racer.args == first.args;
        if self.racers.iter().all(twins) {
            return format!("{} x {}", self.racers.len(), first.operation);
        }
        let differ = |racer: &RacerPlan| {
            let mut others = self
                .racers
                .iter()
                .filter(|o| o.operation == racer.operation);
            others.any(|other| other.args != racer.args)
        };
        let name = |racer: &RacerPlan| match differ(racer) {
            true => {
                let args = racer
                    .args
                    .iter()
                    .map(|(name, value)| format!("{name} {value}"));
                format!(
                    "{}({})",
                    racer.operation,
                    args.collect::<Vec<_>>().join(", ")
                )
            }
            false => racer.operation.clone(),
        };
        let all: Vec<String> = self.racers.iter().map(name).collect();
        all.join(" x ")
    }

    /// What may be said of it.
    pub fn sentence(&self) -> String {
        let what = self.what();
        let what = match self.setup.is_near_limit() {
            true => format!("{what} (near the limit)"),
            false => what,
        };
        let Coverage {
            inequivalent,
            diverged,
            ..
        } = self.coverage;
        let violations = self.violations.k;
        let wrong = format!(
            "{violations} violation{}",
            if violations == 1 { "" } else { "s" }
        );
        if self.mixed {
            return format!(
                "{what}: {inequivalent} interleavings tried, {wrong}; steps of one racer pass the lane of another and are not told apart"
            );
        }
        if self.is_whole() {
            return format!(
                "all {inequivalent} inequivalent interleavings of {what} tried, {wrong}"
            );
        }
        let mut unsteady = match self.side_by_side {
            true => "; a racer makes several steps at once, and not every order of those was tried",
            false => "",
        }
        .to_string();
        if diverged > 0 {
            unsteady += &format!("; {diverged} runs did not go the way they were sent");
        }
        if self.coverage.is_whole() {
            return format!("{what}: {inequivalent} interleavings tried, {wrong}{unsteady}");
        }
        let about = self.estimate.max(inequivalent as f64).round();
        format!(
            "{what}: stopped after {inequivalent} of about {about} inequivalent interleavings, {wrong}{unsteady}"
        )
    }
}
