//! A phase: the same plan, trial after trial, until enough were run or the budget is spent.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lab::Lab;
use model::{EventKind, Rate, Reply, ReplyKind, Schedule, SeenStep};

use crate::context::Context;
use crate::directors::Progress;
use crate::error::HuntError;
use crate::evidence;
use crate::judging::Oracles;
use crate::stage::Stage;
use crate::trial::{self, Control, Racers, TrialDone, TrialPlan};

/// Steps are kept as evidence for so many trials of a phase, and for so many more in which
/// something was wrong.
const STEPS_KEPT_TRIALS: u64 = 3;
const STEPS_KEPT_VIOLATIONS: u64 = 20;

/// Before anything was learned of a trial's length, an order counts as impossible after this.
const STUCK_FIRST: Duration = Duration::from_millis(600);

/// An order never counts as impossible sooner, however short trials are: a busy machine can keep
/// a racer from moving for a while.
const STUCK_MIN: Duration = Duration::from_millis(150);

/// A trial so many times as long as the typical one is stuck.
const STUCK_FACTOR: u32 = 20;

/// What a phase is to do.
#[derive(Clone)]
pub(crate) struct PhasePlan<'a> {
    pub name: &'a str,
    pub schedule: &'a Schedule,
    pub control: Control,
    pub oracles: Oracles<'a>,
    pub spread: Duration,
    pub trials: u64,
    /// No trial begins later.
    pub until: Option<Instant>,
}

/// A replica that ended by itself ends the run: what follows would say nothing of the system.
pub(crate) fn stop_if_died<L: Lab>(stage: &mut Stage<L>) -> Result<(), HuntError> {
    if stage.report_deaths() {
        return Err(HuntError::State(
            "a replica ended during the trial; see above".to_string(),
        ));
    }
    Ok(())
}

impl PhasePlan<'_> {
    fn is_forced(&self) -> bool {
        matches!(self.control, Control::Forced { .. })
    }

    /// Whether its trials are as long as others; delays make them longer.
    fn teaches(&self) -> bool {
        !matches!(self.control, Control::Delayed { .. })
    }
}

/// What a phase counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct PhaseDone {
    pub forced: check::Forced,
    /// The first trial that was wrong, counted from one, and when in the phase it was over.
    pub first_violation: Option<(u64, Duration)>,
    /// How often each line of the order was the first that was not done.
    pub missing: BTreeMap<usize, u64>,
    /// Trials whose order was given up.
    pub given_up: u64,
    /// What kept a racer out, as it was first seen.
    pub evidence: Option<String>,
    pub took: Duration,
    pub interrupted: bool,
}

/// Runs a phase.
pub(crate) async fn run<L: Lab>(
    stage: &mut Stage<L>,
    plan: PhasePlan<'_>,
    typical: &mut Typical,
    context: &Context,
) -> Result<PhaseDone, HuntError> {
    context.emit(EventKind::PhaseStarted {
        phase: plan.name.to_string(),
        trials: Some(plan.trials),
    });
    let racers = Racers::new(stage, plan.schedule)?;
    let began = Instant::now();
    let mut done = PhaseDone::default();
    let mut control = plan.control.clone();
    for number in 0..plan.trials {
        if context.is_over() || plan.until.is_some_and(|until| Instant::now() >= until) {
            done.interrupted = context.interrupt.is_set();
            break;
        }
        let trial = TrialPlan {
            schedule: plan.schedule,
            control: control.clone(),
            spread: plan.spread,
            oracles: &plan.oracles,
            stuck: typical.stuck(),
        };
        let result = tokio::select! {
            result = trial::run(stage, &racers, &trial, number, context) => result?,
            () = context.interrupt.wait() => {
                stage.conductor().rest();
                done.interrupted = true;
                break;
            }
        };
        // A lock that kept a racer out although its expiry was waited for will do so again.
        if result.is_blocked() && matches!(control, Control::Forced { patient: true }) {
            control = Control::Forced { patient: false };
        }
        if plan.teaches() {
            typical.learn(&result);
        }
        done.count(number, began.elapsed(), plan.schedule, &result);
        stop_if_died(stage)?;
        tell(&plan, number, &done, result, context);
    }
    done.took = began.elapsed();
    context.emit(EventKind::PhaseEnded {
        phase: plan.name.to_string(),
        violations: done.forced.violations,
        interval: done.forced.violations.interval(),
        enforced: plan.is_forced().then_some(done.forced.enforced),
        took_ms: done.took.as_millis() as u64,
    });
    Ok(done)
}

impl PhaseDone {
    fn count(&mut self, number: u64, elapsed: Duration, schedule: &Schedule, trial: &TrialDone) {
        let wrong = !trial.judgement.violations.is_empty();
        self.forced.violations.count(wrong);
        self.forced.enforced.count(trial.is_enforced());
        self.forced.undecided += u64::from(!wrong && !trial.judgement.undecided.is_empty());
        if let Some(progress) = &trial.progress {
            self.given_up += u64::from(progress.given_up);
            if let Some(line) = progress.missing {
                *self.missing.entry(line).or_default() += 1;
            }
        }
        if wrong {
            self.first_violation.get_or_insert((number + 1, elapsed));
        } else if let Some(evidence) = evidence::kept_out(schedule, trial) {
            self.forced.protected += 1;
            self.evidence.get_or_insert(evidence);
        }
    }

    /// The counts without the enforcement.
    pub(crate) fn violations(&self) -> Rate {
        self.forced.violations
    }
}

/// How long a trial typically takes that was not stuck. Natural trials teach it too: under an
/// order that cannot be had every trial is stuck.
#[derive(Default)]
pub(crate) struct Typical {
    trials: u32,
    total: Duration,
}

impl Typical {
    pub(crate) fn learn(&mut self, trial: &TrialDone) {
        if trial
            .progress
            .as_ref()
            .is_none_or(|progress| !progress.given_up)
        {
            self.trials += 1;
            self.total += trial.took;
        }
    }

    /// The mean length of a trial, if any was run.
    pub(crate) fn trial(&self) -> Duration {
        self.total / self.trials.max(1)
    }

    pub(crate) fn stuck(&self) -> Duration {
        if self.trials < 5 {
            return STUCK_FIRST;
        }
        (self.trial() * STUCK_FACTOR).clamp(STUCK_MIN, STUCK_FIRST)
    }
}

/// Writes the steps of a trial into the evidence.
pub(crate) fn tell_steps(
    phase: &str,
    trial: u64,
    schedule: &Schedule,
    steps: Vec<SeenStep>,
    context: &Context,
) {
    for seen in steps {
        let racer = schedule.racers.get(usize::from(seen.step.lane.0));
        context.emit(EventKind::StepDone {
            phase: phase.to_string(),
            trial,
            racer: racer.map(|racer| racer.name.clone()),
            reply: seen
                .reply
                .unwrap_or_else(|| Reply::of(ReplyKind::Cut, "none seen")),
            asked_us: seen.asked_us,
            held_us: seen.passed_us - seen.asked_us,
            replied_us: seen.replied_us,
            step: Box::new(seen.step),
        });
    }
}

fn tell(plan: &PhasePlan<'_>, number: u64, done: &PhaseDone, trial: TrialDone, context: &Context) {
    let wrong = !trial.judgement.violations.is_empty();
    let forced = trial.progress.as_ref().filter(|_| plan.is_forced());
    let kept =
        number < STEPS_KEPT_TRIALS || (wrong && done.violations().k <= STEPS_KEPT_VIOLATIONS);
    if kept {
        tell_steps(plan.name, number, plan.schedule, trial.steps, context);
    }
    context.emit(EventKind::TrialJudged {
        phase: plan.name.to_string(),
        history: trial.history,
        judgement: trial.judgement,
        // Without an order there is nothing to enforce, whoever directs.
        enforced: forced.map(Progress::is_enforced),
        took_us: trial.took.as_micros() as u64,
    });
}
