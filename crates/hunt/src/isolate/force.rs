//! Forcing one suspect: each of its orders, a few times, until an oracle breaks or nothing is
//! left to try; then the verdict with its evidence.

use std::time::Duration;

use lab::Lab;
use model::{EventKind, Label, Rate, Schedule, Settled, Suspect, SuspectVerdict, oracle};

use crate::context::Context;
use crate::error::HuntError;
use crate::evidence;
use crate::isolate::ground::Ground;
use crate::isolate::serial::Serial;
use crate::phase;
use crate::trial::{Control, TrialDone};

/// Trials of an order that has not broken anything.
const TRIES: u64 = 5;

/// Trials of an order that has.
const CONFIRMING: u64 = 20;

/// After so many trials, an order that breaks an oracle in fewer than this share of them is not
/// what breaks it.
const DOUBTFUL: u64 = 8;
pub(crate) const SURE: f64 = 0.95;

/// A suspect that was tried.
#[derive(Debug)]
pub(crate) struct Tried {
    pub settled: Settled,
    /// The order that broke an oracle, and the first such trial.
    pub found: Option<(Schedule, Box<TrialDone>)>,
    /// What kept a racer out in trials of its orders that broke nothing.
    pub kept_out: Option<String>,
    /// Trials in which an oracle broke and this suspect is not to blame.
    pub beside: u64,
    /// Forced trials, and how long they took together.
    pub trials: u64,
    pub took: Duration,
}

impl Tried {
    /// Steps of this operation count as those of another racer: an order that was not had for that
    /// reason says nothing of the system.
    pub fn note_mixed(&mut self, operation: &str) {
        let Settled {
            verdict, evidence, ..
        } = &mut self.settled;
        if *verdict == SuspectVerdict::Infeasible {
            let between = if evidence.is_empty() { "" } else { "; " };
            *evidence += &format!("{between}steps of {operation} pass another lane than its own");
        }
    }
}

/// What the trials of one suspect showed.
#[derive(Default)]
struct Tally {
    /// What the order that is being tried would be.
    label: Option<Label>,
    /// All trials.
    trials: u64,
    /// Those of the order that is being tried.
    violations: Rate,
    enforced: u64,
    undecided: u64,
    /// Violations that are not this order's doing, in all trials.
    beside: u64,
    protected: u64,
    evidence: Option<String>,
    kept_out: Option<String>,
    unclear: Option<String>,
    missing: Option<String>,
    first: Option<u64>,
    took_us: Vec<u64>,
}

/// Forces a suspect.
pub(crate) async fn run<L: Lab>(
    ground: &mut Ground<'_, L>,
    suspect: Suspect,
    serial: usize,
) -> Result<Tried, HuntError> {
    let mut tally = Tally::default();
    let mut found = None;
    let orders = suspect.orders.clone();
    let mut suspect = suspect;
    for order in &orders {
        tally.begin(order.label);
        let name = name(&suspect, order.label);
        let schedule = ground.schedule(&name, &suspect.racers, &suspect.setup, &order.lines);
        let racers = ground.racers(&schedule)?;
        let mut tries = TRIES;
        let mut number = 0;
        while number < tries && !ground.context.is_over() {
            // One trial that waits out whatever may expire is enough to know whether that helps.
            let patient = number == 0 || found.is_some();
            let control = Control::Forced { patient };
            let trial = ground.trial(&schedule, &racers, serial, control, tally.trials);
            let done = trial.await?;
            ground.typical.learn(&done);
            let wrong = tally.take(&schedule, &done);
            tell(&suspect, &schedule, &done, tally.trials, ground.context);
            if wrong && found.is_none() {
                tries = CONFIRMING;
                suspect.label = match is_deadlock(&done) {
                    true => Label::LockOrder,
                    false => order.label,
                };
                found = Some((schedule.clone(), Box::new(done)));
            }
            number += 1;
            // What decides it is another order: more trials would say no more.
            if number >= DOUBTFUL && tally.violations.k > 0 && tally.violations.share() < SURE {
                break;
            }
        }
        if found.is_some() {
            break;
        }
    }
    let trials = tally.trials;
    let took = Duration::from_micros(tally.took_us.iter().sum());
    Ok(Tried {
        kept_out: tally.kept_out.clone(),
        beside: tally.beside,
        settled: tally.settle(suspect, ground.known(serial)),
        found,
        trials,
        took,
    })
}

/// `lost-update-cache-inv-42`.
fn name(suspect: &Suspect, label: Label) -> String {
    let text = format!("{} {}", label.as_str(), suspect.resource).to_lowercase();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

fn is_deadlock(done: &TrialDone) -> bool {
    let mut violations = done.judgement.violations.iter();
    violations.any(|violation| violation.oracle == oracle::DEADLOCK)
}

impl Tally {
    /// Another order: its rate and its first violation are its own.
    fn begin(&mut self, label: Label) {
        self.violations = Rate::default();
        self.label = Some(label);
    }

    /// Counts a trial; says whether an oracle broke under the order.
    fn take(&mut self, schedule: &Schedule, done: &TrialDone) -> bool {
        let broken = !done.judgement.violations.is_empty();
        let enforced = done.is_enforced();
        // A deadlock keeps its own order from being carried out, and only it shows an order of locks
        // to be wrong.
        let deadlock = is_deadlock(done);
        let wrong = deadlock || broken && enforced && self.label != Some(Label::LockOrder);
        self.trials += 1;
        self.violations.count(wrong);
        self.enforced += u64::from(enforced);
        self.beside += u64::from(broken && !wrong);
        self.undecided += u64::from(!broken && !done.judgement.undecided.is_empty());
        self.took_us.push(done.took.as_micros() as u64);
        if wrong {
            if self.first.is_none() {
                self.first = Some(self.violations.n);
                let saw = done.judgement.violations.first();
                self.evidence = saw.map(|violation| violation.saw.clone());
            }
            return true;
        }
        let Some(progress) = &done.progress else {
            return false;
        };
        let kept_out = evidence::kept_out(schedule, done);
        self.protected += u64::from(kept_out.is_some());
        self.kept_out = self.kept_out.take().or(kept_out);
        if let Some(undecided) = done.judgement.undecided.first() {
            self.unclear.get_or_insert_with(|| undecided.saw.clone());
        }
        if let Some(line) = progress.missing.and_then(|at| schedule.order.get(at)) {
            let name = &schedule.racers[line.racer].name;
            self.missing = Some(format!("`{name}: {}` did not come in its turn", line.step));
        }
        false
    }

    fn settle(mut self, suspect: Suspect, serial: &Serial) -> Settled {
        self.took_us.sort_unstable();
        let trials = self.trials;
        let (verdict, evidence) = if self.violations.k > 0 {
            (SuspectVerdict::Confirmed, self.evidence)
        } else if trials == 0 {
            let why = "the budget was spent before it was tried".to_string();
            (SuspectVerdict::Inconclusive, Some(why))
        } else if let Some(wrong) = serial.wrong.first() {
            let why = format!("one after another too: {}: {}", wrong.oracle, wrong.saw);
            (SuspectVerdict::Sequential, Some(why))
        } else if self.undecided * 2 > trials {
            (SuspectVerdict::Inconclusive, self.unclear)
        } else if self.protected > 0 {
            (SuspectVerdict::Protected, self.kept_out.clone())
        } else if self.beside > 0 {
            (SuspectVerdict::Inconclusive, self.missing)
        } else if self.enforced > 0 {
            let why = format!(
                "the order held in {} of {trials}, and so did every oracle",
                self.enforced
            );
            (SuspectVerdict::Benign, Some(why))
        } else {
            (SuspectVerdict::Infeasible, self.missing)
        };
        let mut evidence = evidence.unwrap_or_default();
        if self.beside > 0 && verdict != SuspectVerdict::Confirmed {
            let (between, k) = (if evidence.is_empty() { "" } else { "; " }, self.beside);
            evidence = format!(
                "{evidence}{between}in {k} of {trials} trials an oracle broke by another race"
            );
        }
        Settled {
            suspect,
            verdict,
            violations: match self.violations.k {
                0 => Rate { k: 0, n: trials },
                _ => self.violations,
            },
            trials_to_first: self.first,
            evidence,
            trial_us: self
                .took_us
                .get(self.took_us.len() / 2)
                .copied()
                .unwrap_or(0),
            catch: None,
        }
    }
}

/// The steps of a suspect's first trials are evidence.
fn tell(suspect: &Suspect, schedule: &Schedule, done: &TrialDone, n: u64, context: &Context) {
    const KEPT: u64 = 2;
    let wrong = !done.judgement.violations.is_empty();
    let phase = format!("suspect {}", suspect.id);
    if n <= KEPT || wrong && n <= TRIES {
        phase::tell_steps(&phase, n - 1, schedule, done.steps.clone(), context);
    }
    context.emit(EventKind::TrialJudged {
        phase,
        history: done.history.clone(),
        judgement: done.judgement.clone(),
        enforced: Some(done.is_enforced()),
        took_us: done.took.as_micros() as u64,
    });
}
