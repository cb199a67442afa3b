//! The events of a run, folded into what the page needs. However long the run was, what is kept
//! here is bounded: counts, the first few of everything, and one trial in full.

use model::{
    Attempt, Event, EventKind, Judgement, Outcome, Prediction, Rate, Reply, Settled, Step,
    TrialHistory, UnknownWhy, Violation, WireId,
};
use serde_json::Value;

/// Steps kept of one trial.
const STEPS_KEPT_MAX: usize = 512;

/// Different notes of a kind that are kept; the rest are counted.
const NOTES_KEPT_MAX: usize = 32;

/// Wires and phases kept.
const ROWS_KEPT_MAX: usize = 1024;

/// Trials of a suspect go by this name and its id.
pub const SUSPECT_PHASE: &str = "suspect ";

/// Trials that explore interleavings go by this name and their racers.
const EXPLORE_PHASE: &str = "explore ";

/// What is simulated goes by this name. It has no trials, and no figures of its own.
pub const SIMULATING_PHASE: &str = "simulating";

/// Steady load goes by this name. What is planned of it are requests.
pub const LOAD_PHASE: &str = "load";

/// Whether trials of this name only search. They make no phase of their own: what they come to
/// is told of the suspect, or of the search as a whole.
pub fn is_search(phase: &str) -> bool {
    phase.starts_with(SUSPECT_PHASE) || phase.starts_with(EXPLORE_PHASE)
}

/// What the page is written from.
#[derive(Debug, Default)]
pub struct Gathered {
    pub run: Option<RunStart>,
    pub phases: Vec<Phase>,
    pub settled: Vec<Settled>,
    pub learned: Vec<Learned>,
    pub story: Option<Story>,
    pub oracles: Notes,
    pub undecided: Notes,
    pub attempts: u64,
    pub timed_out: u64,
    pub cut: u64,
    pub garbled: u64,
    pub not_sent: Notes,
    pub warnings: Notes,
    pub died: Notes,
    pub failed: Notes,
    pub wires: Vec<Wire>,
    pub load: Option<Value>,
    pub prediction: Option<Box<Prediction>>,
    pub end: Option<RunEnd>,
    pub last_us: u64,
    pub events: u64,
    steps: Vec<StepLine>,
    steps_trial: (String, u64),
}

#[derive(Debug)]
pub struct RunStart {
    pub run: String,
    pub command: String,
    pub system: String,
    pub variant: Option<String>,
    pub seed: u64,
}

#[derive(Debug)]
pub struct RunEnd {
    pub verdict: String,
    pub document: Value,
    pub wall_ms: u64,
}

/// One phase; its figures are counted until its end tells them.
#[derive(Debug, Default)]
pub struct Phase {
    pub name: String,
    pub planned: Option<u64>,
    pub violations: Rate,
    pub enforced: Option<Rate>,
    pub interval: Option<(f64, f64)>,
    pub took_ms: Option<u64>,
}

/// One trial, told in full.
#[derive(Debug)]
pub struct Story {
    pub phase: String,
    pub history: TrialHistory,
    pub judgement: Judgement,
    pub enforced: Option<bool>,
    pub steps: Vec<StepLine>,
}

#[derive(Debug)]
pub struct StepLine {
    pub racer: Option<String>,
    pub step: Box<Step>,
    pub reply: Reply,
    pub asked_us: u64,
    pub held_us: u64,
    pub replied_us: u64,
}

/// What an operation does alone.
#[derive(Debug)]
pub struct Learned {
    pub operation: String,
    pub steps: usize,
    pub set_aside: Vec<String>,
    pub obscure: u64,
}

#[derive(Debug)]
pub struct Wire {
    pub wire: WireId,
    pub lane: u16,
    pub edge: String,
    pub carried: Option<Carried>,
}

#[derive(Debug)]
pub struct Carried {
    pub connections: u64,
    pub steps: u64,
    pub bytes: u64,
    pub not_understood: u64,
    pub why: Option<String>,
}

/// Notes with how often each was made.
#[derive(Debug, Default)]
pub struct Notes {
    pub all: Vec<(String, u64)>,
    pub others: u64,
}

impl Notes {
    pub fn add(&mut self, text: &str) {
        self.add_times(text, 1);
    }

    pub fn add_times(&mut self, text: &str, more: u64) {
        if let Some((_, times)) = self.all.iter_mut().find(|(known, _)| known == text) {
            *times = times.saturating_add(more);
        } else if self.all.len() < NOTES_KEPT_MAX {
            self.all.push((text.to_string(), more));
        } else {
            self.others = self.others.saturating_add(more);
        }
    }

    pub fn total(&self) -> u64 {
        let known = self.all.iter().map(|(_, times)| *times);
        known.fold(self.others, u64::saturating_add)
    }
}

impl Gathered {
    pub fn from_events(events: impl Iterator<Item = Event>) -> Gathered {
        let mut gathered = Gathered::default();
        for event in events {
            gathered.events += 1;
            gathered.last_us = gathered.last_us.max(event.at_us);
            gathered.take(event.kind);
        }
        gathered
    }

    fn take(&mut self, kind: EventKind) {
        match kind {
            EventKind::RunStarted {
                run,
                command,
                system,
                variant,
                seed,
                ..
            } => {
                self.run = Some(RunStart {
                    run,
                    command,
                    system,
                    variant,
                    seed,
                });
            }
            EventKind::PhaseStarted { phase, trials } => {
                self.steps.clear();
                self.begin(phase, trials);
            }
            EventKind::StepDone {
                phase,
                trial,
                racer,
                step,
                reply,
                asked_us,
                held_us,
                replied_us,
            } => {
                self.stepped(
                    (phase, trial),
                    StepLine {
                        racer,
                        step,
                        reply,
                        asked_us,
                        held_us,
                        replied_us,
                    },
                );
            }
            EventKind::TrialJudged {
                phase,
                history,
                judgement,
                enforced,
                ..
            } => {
                self.judged(phase, history, judgement, enforced);
            }
            EventKind::PhaseEnded {
                phase,
                violations,
                interval,
                enforced,
                took_ms,
            } => {
                let known = self.phase(&phase);
                known.violations = violations;
                known.enforced = enforced.or(known.enforced);
                known.interval = Some(interval);
                known.took_ms = Some(took_ms);
            }
            other => self.take_other(other),
        }
    }

    /// Steps come before the judgement of their trial, which decides whether they are told.
    fn stepped(&mut self, trial: (String, u64), line: StepLine) {
        if trial != self.steps_trial {
            self.steps.clear();
            self.steps_trial = trial;
        }
        if self.steps.len() < STEPS_KEPT_MAX {
            self.steps.push(line);
        }
    }

    /// One that turns out to be another's doing is settled anew.
    fn take_settled(&mut self, settled: Settled) {
        let mut known = self.settled.iter();
        let at = known.position(|known| known.suspect.id == settled.suspect.id);
        match at {
            Some(at) => self.settled[at] = settled,
            None if self.settled.len() < ROWS_KEPT_MAX => self.settled.push(settled),
            None => {}
        }
    }

    /// What happens around the trials.
    fn take_other(&mut self, kind: EventKind) {
        match kind {
            EventKind::WireOpened {
                wire, lane, edge, ..
            } if self.wires.len() < ROWS_KEPT_MAX => {
                let lane = lane.0.saturating_add(1);
                self.wires.push(Wire {
                    wire,
                    lane,
                    edge,
                    carried: None,
                });
            }
            EventKind::WireClosed {
                wire,
                connections,
                steps,
                bytes,
                not_understood,
                first_not_understood: why,
                failed,
                first_failed,
            } => {
                let mut place = format!("wire {}", wire.0);
                if let Some(known) = self.wires.iter_mut().rev().find(|known| known.wire == wire) {
                    place = format!("{} in lane {}", known.edge, known.lane);
                    known.carried = Some(Carried {
                        connections,
                        steps,
                        bytes,
                        not_understood,
                        why,
                    });
                }
                if let Some(why) = first_failed {
                    self.failed.add_times(&format!("{place}: {why}"), failed);
                }
            }
            EventKind::SuspectSettled { settled } => self.take_settled(*settled),
            EventKind::OperationLearned {
                operation,
                steps,
                set_aside,
                obscure,
                ..
            } if self.learned.len() < ROWS_KEPT_MAX => self.learned.push(Learned {
                operation,
                steps: steps.len(),
                set_aside: set_aside.into_iter().map(|(step, _)| step).collect(),
                obscure,
            }),
            EventKind::ReplicaDied { what, why } => self.died.add(&format!("{what}: {why}")),
            EventKind::Warning { message } => self.warnings.add(&message),
            EventKind::RunEnded {
                verdict,
                document,
                wall_ms,
            } => {
                self.end = Some(RunEnd {
                    verdict,
                    document,
                    wall_ms,
                });
            }
            EventKind::Predicted { prediction } => self.prediction = Some(prediction),
            EventKind::LoadMeasured { figures } => self.load = Some(figures),
            _ => {}
        }
    }

    /// A phase of a name that was there before is another phase.
    fn begin(&mut self, name: String, planned: Option<u64>) {
        if self.phases.len() < ROWS_KEPT_MAX {
            self.phases.push(Phase {
                name,
                planned,
                ..Phase::default()
            });
        }
    }

    fn phase(&mut self, name: &str) -> &mut Phase {
        // Searched from the end: the phase that runs is the one that is asked for.
        let at = self.phases.iter().rposition(|phase| phase.name == name);
        let at = at.unwrap_or_else(|| {
            self.begin(name.to_string(), None);
            self.phases.len() - 1
        });
        &mut self.phases[at]
    }

    fn judged(
        &mut self,
        phase: String,
        history: TrialHistory,
        judgement: Judgement,
        enforced: Option<bool>,
    ) {
        if !is_search(&phase) {
            self.phase(&phase).count(&judgement, enforced);
        }
        for attempt in &history.attempts {
            self.attempted(attempt);
        }
        for violation in &judgement.violations {
            self.oracles.add(&violation.oracle);
        }
        for Violation { oracle, saw } in &judgement.undecided {
            self.undecided.add(&format!("{oracle}: {saw}"));
        }
        let own = phase == self.steps_trial.0 && history.trial == self.steps_trial.1;
        let steps = if own {
            std::mem::take(&mut self.steps)
        } else {
            Vec::new()
        };
        let story = Story {
            phase,
            history,
            judgement,
            enforced,
            steps,
        };
        if story.worth() > self.story.as_ref().map_or(0, Story::worth) {
            self.story = Some(story);
        }
    }

    fn attempted(&mut self, attempt: &Attempt) {
        self.attempts += 1;
        match &attempt.outcome {
            Outcome::Answered { .. } => {}
            Outcome::Unknown(UnknownWhy::TimedOut) => self.timed_out += 1,
            Outcome::Unknown(UnknownWhy::Cut) => self.cut += 1,
            Outcome::Unknown(UnknownWhy::Garbled) => self.garbled += 1,
            Outcome::NotSent { why } => self.not_sent.add(why),
        }
    }

    /// Whether suspects were tried, one after the other.
    pub fn is_isolation(&self) -> bool {
        self.run
            .as_ref()
            .is_some_and(|run| run.command == "isolate")
    }

    /// A key of the machine-readable document, once the run has ended.
    pub fn document(&self, key: &str) -> Option<&Value> {
        let value = self.end.as_ref()?.document.get(key)?;
        (!value.is_null()).then_some(value)
    }

    /// Requests nobody knows the outcome of.
    pub fn unknown(&self) -> u64 {
        self.timed_out + self.cut + self.garbled
    }
}

impl Phase {
    /// Counts a trial, unless the phase has told its figures already.
    fn count(&mut self, judgement: &Judgement, enforced: Option<bool>) {
        if self.took_ms.is_some() {
            return;
        }
        self.violations.count(!judgement.violations.is_empty());
        if let Some(enforced) = enforced {
            self.enforced.get_or_insert_default().count(enforced);
        }
    }
}

impl Story {
    /// Whether an oracle broke.
    pub fn is_wrong(&self) -> bool {
        !self.judgement.violations.is_empty()
    }

    /// Which trial is told: a violation before none, a forced one before a natural one, one
    /// with its steps before one without, one of the smallest order before one of the search;
    /// the first among equals.
    fn worth(&self) -> u8 {
        let wrong = !self.judgement.violations.is_empty();
        let steps = !self.steps.is_empty();
        let forced = self.enforced == Some(true);
        let is_search = is_search(&self.phase);
        match (wrong, forced) {
            (true, true) => 6 + 2 * u8::from(steps) + u8::from(steps && !is_search),
            (true, false) => 4 + u8::from(steps),
            // Without a violation only a trial whose order failed is worth its steps: it shows
            // what the racers did instead.
            (false, false) if steps && self.enforced.is_some() => 2,
            (false, _) if steps => 1,
            (false, _) => 0,
        }
    }
}
