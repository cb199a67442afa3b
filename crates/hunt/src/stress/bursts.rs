//! `heisen stress --burst`: rounds of reset, burst, oracles. Load that goes on for minutes breaks an
//! oracle once at most; each burst can break it anew, so what is counted has a rate. Nobody is held:
//! this is what a system does by itself under the load that is predicted for it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use drive::engine::{self, Burster, Due, Keeps, Release, Sent};
use drive::load::{Figures, Times};
use drive::{Draws, Filling};
use lab::Lab;
use model::{
    Attempt, EventKind, Judgement, LaneId, Operation, Outcome, Rate, Setup, TrialHistory, Violation,
};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::error::HuntError;
use crate::judging::Oracles;
use crate::phase::stop_if_died;
use crate::stage::{Stage, Wiring};
use crate::stress::{self, Stressed, figures};
use crate::trial::{self, PATIENCE};

/// The phase that rounds belong to.
const PHASE: &str = "bursts";

/// A burst has at most so many requests: each can need a connection of its own.
pub const REQUESTS_MAX: u64 = 10_000;

/// A burst's window is at most so long.
pub const WINDOW_MAX: Duration = Duration::from_secs(60);

/// A burst within a shorter window is sent from so many threads: one needs some microseconds for each.
const THREADS: usize = 2;
const WINDOW_OF_THREADS: Duration = Duration::from_millis(10);

/// After the last answer, work that goes on in the background is given so long; where a violation is
/// seen then, or the spec describes such work, `trial::LATE` more.
const MOMENT: Duration = Duration::from_millis(60);

/// Attempts are kept as evidence for so many rounds, and for so many more in which something was
/// wrong.
const ATTEMPTS_KEPT_ROUNDS: u64 = 3;
const ATTEMPTS_KEPT_VIOLATIONS: u64 = 20;

/// So many violations of all rounds are handed on, and as many that nobody could decide.
const VIOLATIONS_KEPT_MAX: usize = 100;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct BurstPlan {
    /// The operation.
    pub operation: String,
    /// Requests in each burst, at most [`REQUESTS_MAX`].
    pub requests: u64,
    /// They are sent at times drawn evenly over this, at most [`WINDOW_MAX`].
    pub window: Duration,
    /// Bursts, each from an equal state.
    pub rounds: u64,
    /// Whether wires stand in the way.
    pub wiring: Wiring,
    /// The state that each begins with.
    pub setup: Setup,
}

/// Runs bursts on a stage that is open and not raised. Lowers it at the end.
pub async fn run<L: Lab>(
    stage: &mut Stage<L>,
    plan: &BurstPlan,
    context: &Context,
) -> Result<Stressed, HuntError> {
    let operation = stress::operation(stage, &plan.operation)?;
    if stage.system.invariants.is_empty() {
        context.warn("the spec has no invariants: no burst can be seen to break anything");
    }
    stage.raise(plan.wiring).await?;
    let lanes = stress::addresses(stage, &operation)?;
    let threads = match plan.window < WINDOW_OF_THREADS {
        true => THREADS,
        false => 1,
    };
    let burster = Burster::new(&lanes, Keeps::Bodies, PATIENCE, threads);
    let rounds = Rounds {
        plan,
        operation,
        lanes,
        burster: Arc::new(Mutex::new(burster.map_err(stress::no_generator)?)),
        context,
    };
    context.emit(EventKind::PhaseStarted {
        phase: PHASE.to_string(),
        trials: Some(plan.rounds),
    });
    let began = Instant::now();
    let tally = rounds.run(stage).await?;
    context.emit(EventKind::PhaseEnded {
        phase: PHASE.to_string(),
        violations: tally.wrong,
        interval: tally.wrong.interval(),
        enforced: None,
        took_ms: began.elapsed().as_millis() as u64,
    });
    stage.lower().await?;
    let document = document(plan, &tally);
    context.emit(EventKind::LoadMeasured {
        figures: Value::Object(document.clone()),
    });
    Ok(Stressed {
        violations: tally.violations,
        undecided: tally.undecided,
        document,
        interrupted: context.interrupt.is_set(),
        asked: tally.wrong.n > 0,
    })
}

/// What all rounds share.
struct Rounds<'a> {
    plan: &'a BurstPlan,
    operation: Operation,
    lanes: Vec<SocketAddr>,
    burster: Arc<Mutex<Burster>>,
    context: &'a Context,
}

/// What came of a round.
struct Round {
    sent: Vec<Sent>,
    history: TrialHistory,
    judgement: Judgement,
    took: Duration,
}

/// What all rounds came to.
struct Tally {
    figures: Figures,
    skew_us: Times,
    wrong: Rate,
    undecided_rounds: u64,
    violations: Vec<Violation>,
    undecided: Vec<Violation>,
}

impl Rounds<'_> {
    async fn run<L: Lab>(&self, stage: &mut Stage<L>) -> Result<Tally, HuntError> {
        let mut tally = Tally::new();
        for number in 0..self.plan.rounds {
            if self.context.is_over() {
                break;
            }
            let Some(round) = self.round(stage, number).await? else {
                break;
            };
            stop_if_died(stage)?;
            tally.count(&self.operation, &round);
            self.tell(number, &tally, round);
        }
        Ok(tally)
    }

    /// Nothing when the user stops it.
    async fn round<L: Lab>(
        &self,
        stage: &mut Stage<L>,
        number: u64,
    ) -> Result<Option<Round>, HuntError> {
        let began = Instant::now();
        trial::prepare_state(stage, &self.plan.setup).await?;
        let burst = self.burst(number)?;
        let release = match self.plan.window.is_zero() {
            true => Release::LastByte,
            false => Release::Whole,
        };
        let burster = Arc::clone(&self.burster);
        let sent = stress::beside(self.context, move |watch| {
            let mut burster = burster.lock().unwrap_or_else(PoisonError::into_inner);
            burster.send(&burst, release, watch)
        });
        let sent = sent.await?;
        if self.context.interrupt.is_set() {
            return Ok(None);
        }
        let mut history = TrialHistory {
            trial: number,
            attempts: sent.iter().map(|sent| self.attempt(sent)).collect(),
            ..TrialHistory::default()
        };
        let judgement = self.judge(stage, &mut history).await;
        Ok(Some(Round {
            sent,
            history,
            judgement,
            took: began.elapsed(),
        }))
    }

    /// The requests of a round: what, when, and down which lane. Lanes take turns, so that those
    /// next to each other meet in what lanes share.
    fn burst(&self, number: u64) -> Result<Vec<Due>, HuntError> {
        let (plan, seed) = (self.plan, self.context.seed);
        let mut draws = Draws::new(seed, "burst times", number);
        let times = engine::times(plan.requests, plan.window, &mut draws);
        let mut draws = Draws::new(seed, "burst requests", number);
        let lanes = self.lanes.len();
        let due = |(place, at): (usize, Duration)| {
            let mut filling = Filling {
                args: &arguments(&self.operation, place, lanes),
                draws: &mut draws,
                now_ms: (self.context.now_ms)(),
            };
            let lane = place % lanes;
            let request = drive::prepare(&self.operation, &mut filling)?;
            Ok(Due {
                at,
                lane,
                request: request.to_wire(&self.lanes[lane].to_string()),
                to_head: request.method == "HEAD",
            })
        };
        times.into_iter().enumerate().map(due).collect()
    }

    fn attempt(&self, sent: &Sent) -> Attempt {
        Attempt {
            racer: format!("request {}", sent.number + 1),
            operation: self.operation.name.clone(),
            lane: LaneId((sent.number % self.lanes.len()) as u16),
            sent_us: sent.sent.as_micros() as u64,
            ended_us: sent.ended.as_micros() as u64,
            outcome: sent.outcome.clone(),
        }
    }

    /// What the oracles say once all is done. Work that is only late is no race: what seems wrong is
    /// looked at once more.
    async fn judge<L: Lab>(&self, stage: &mut Stage<L>, history: &mut TrialHistory) -> Judgement {
        let oracles = Oracles {
            only: None,
            invariants: true,
            reference: None,
            wrong_alone: &[],
        };
        tokio::time::sleep(MOMENT).await;
        if self.operation.steps.iter().any(|step| step.background) {
            tokio::time::sleep(trial::LATE).await;
        }
        oracles.observe(stage, history).await;
        let judgement = oracles.judge(&stage.system, history, &[]);
        if judgement.violations.is_empty() {
            return judgement;
        }
        tokio::time::sleep(trial::LATE).await;
        oracles.observe(stage, history).await;
        oracles.judge(&stage.system, history, &[])
    }

    fn tell(&self, number: u64, tally: &Tally, round: Round) {
        let wrong = !round.judgement.violations.is_empty();
        let mut history = round.history;
        let is_kept =
            number < ATTEMPTS_KEPT_ROUNDS || (wrong && tally.wrong.k <= ATTEMPTS_KEPT_VIOLATIONS);
        if !is_kept {
            // Those whose outcome nobody knows are told in any case.
            let is_unknown =
                |attempt: &Attempt| !matches!(attempt.outcome, Outcome::Answered { .. });
            history.attempts.retain(is_unknown);
        }
        self.context.emit(EventKind::TrialJudged {
            phase: PHASE.to_string(),
            history,
            judgement: round.judgement,
            enforced: None,
            took_us: round.took.as_micros() as u64,
        });
    }
}

/// The arguments of a burst's nth request: the spec's values in turn, every choice of them. Requests
/// that go down the lanes next to each other have the same, so that they meet.
fn arguments(operation: &Operation, place: usize, lanes: usize) -> Vec<(String, Value)> {
    let mut turn = place / lanes.max(2);
    let args = operation.args.iter().filter_map(|(name, values)| {
        let value = values.get(turn.checked_rem(values.len())?)?;
        turn /= values.len();
        Some((name.clone(), value.clone()))
    });
    args.collect()
}

impl Tally {
    fn new() -> Tally {
        let figures = Figures::default();
        Tally {
            skew_us: figures.latency_us.clone(),
            figures,
            wrong: Rate::default(),
            undecided_rounds: 0,
            violations: Vec::new(),
            undecided: Vec::new(),
        }
    }

    fn count(&mut self, operation: &Operation, round: &Round) {
        let judgement = &round.judgement;
        let wrong = !judgement.violations.is_empty();
        self.wrong.count(wrong);
        self.undecided_rounds += u64::from(!wrong && !judgement.undecided.is_empty());
        keep(&mut self.violations, &judgement.violations);
        keep(&mut self.undecided, &judgement.undecided);
        for sent in &round.sent {
            let expected = stress::is_expected(operation, &sent.outcome);
            self.figures.count_sent(sent.late(), false);
            self.figures
                .count_outcome(&sent.outcome, expected, sent.took());
        }
        self.skew_us
            .saturating_record(engine::skew(&round.sent).as_micros().max(1) as u64);
        let last = round.sent.iter().map(|sent| sent.ended).max();
        self.figures.elapsed += last.unwrap_or_default();
    }
}

fn keep(kept: &mut Vec<Violation>, more: &[Violation]) {
    let room = VIOLATIONS_KEPT_MAX.saturating_sub(kept.len());
    kept.extend(more.iter().take(room).cloned());
}

fn document(plan: &BurstPlan, tally: &Tally) -> Map<String, Value> {
    let (rate, (low, high)) = (tally.wrong, tally.wrong.interval());
    let mut document = figures::measured(&tally.figures);
    document.extend(model::object(json!({
        "violations": rate.k,
        "rounds": rate.n,
        "undecided": tally.undecided_rounds,
        "rate": rate.share(),
        "interval": [low, high],
        "burst": { "requests": plan.requests, "window_ms": plan.window.as_secs_f64() * 1e3 },
    })));
    if plan.window.is_zero() {
        let skew_us = figures::percentiles(&tally.skew_us);
        document.insert("burst_skew_us".to_string(), skew_us);
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Body, Template};

    fn operation(args: &[(&str, &[&str])]) -> Operation {
        let value = |value: &&str| Value::from(*value);
        let arg = |(name, values): &(&str, &[&str])| {
            (name.to_string(), values.iter().map(value).collect())
        };
        Operation {
            name: "reserve".into(),
            method: "POST".into(),
            service: "inventory".into(),
            path: Template::parse("/").unwrap(),
            headers: vec![],
            body: Body::Empty,
            args: args.iter().map(arg).collect(),
            accepted: vec![],
            refused: vec![],
            steps: vec![],
            limit: None,
        }
    }

    #[test]
    fn values_are_taken_in_turn_by_those_that_meet() {
        let taken = |args: &[(&str, &[&str])], lanes: usize| -> Vec<String> {
            let operation = operation(args);
            let of = |place| arguments(&operation, place, lanes);
            let text = |(_, value): &(String, Value)| value.as_str().unwrap().to_string();
            let joined = |place| of(place).iter().map(text).collect::<String>();
            (0..8).map(joined).collect()
        };
        let (one, two): ([&str; 1], [&str; 2]) = (["a"], ["a", "b"]);
        for (args, lanes, expected) in [
            (&[("x", &one[..])][..], 3, "a a a a a a a a"),
            (&[("x", &two[..])], 3, "a a a b b b a a"),
            (&[("x", &two[..])], 1, "a a b b a a b b"),
            (&[("x", &two), ("y", &two)], 2, "aa aa ba ba ab ab bb bb"),
            (&[("x", &one), ("y", &two)], 2, "aa aa ab ab aa aa ab ab"),
        ] {
            assert_eq!(taken(args, lanes).join(" "), expected, "{args:?} {lanes}");
        }
        assert_eq!(arguments(&operation(&[("x", &[])]), 5, 3), vec![]);
    }

    fn round(outcomes: &[Outcome], violations: usize, undecided: usize) -> Round {
        let says = |_| Violation {
            oracle: "no-oversell".into(),
            saw: "11 of 10".into(),
        };
        let sent = |(number, outcome): (usize, &Outcome)| Sent {
            number,
            due: Duration::from_micros(1_000),
            sent: Duration::from_micros(1_200),
            left: Duration::from_micros(1_210),
            ended: Duration::from_micros(3_000),
            outcome: outcome.clone(),
        };
        Round {
            sent: outcomes.iter().enumerate().map(sent).collect(),
            history: TrialHistory::default(),
            judgement: Judgement {
                violations: (0..violations).map(says).collect(),
                undecided: (0..undecided).map(says).collect(),
            },
            took: Duration::ZERO,
        }
    }

    #[test]
    fn rounds_are_counted_and_not_their_violations() {
        let operation = operation(&[]);
        let answered = Outcome::Answered {
            status: 201,
            location: None,
            body: String::new(),
        };
        let cut = Outcome::Unknown(model::UnknownWhy::Cut);
        let mut tally = Tally::new();
        for round in [
            round(&[answered.clone(), answered.clone()], 0, 0),
            round(&[answered.clone(), cut], 2, 1),
            round(&[answered.clone(), answered], 0, 3),
        ] {
            tally.count(&operation, &round);
        }
        let plan = BurstPlan {
            operation: "reserve".into(),
            requests: 2,
            window: Duration::from_millis(5),
            rounds: 3,
            wiring: Wiring::Direct,
            setup: Setup::reset(),
        };
        let document = document(&plan, &tally);
        for (key, expected) in [
            ("requests", json!(6)),
            ("violations", json!(1)),
            ("rounds", json!(3)),
            ("undecided", json!(1)),
            ("errors", json!({ "cut": 1 })),
            ("burst", json!({ "requests": 2, "window_ms": 5.0 })),
        ] {
            assert_eq!(document[key], expected, "{key}");
        }
        assert_eq!(document["latency_us"]["max"], 2_000, "from when it was due");
        assert_eq!(document["lateness_us"]["p50"], 200);
        assert_eq!((tally.violations.len(), tally.undecided.len()), (2, 4));
    }
}
