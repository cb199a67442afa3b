//! Rounds of bursts in one phase: reset, burst, oracles, again and again.

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use drive::engine::{self, Burster, Due, Release, Sent};
use drive::{Draws, Filling, PreparedRequest};
use lab::Lab;
use model::{
    Attempt, BackendSource, EventKind, Judgement, LaneId, Operation, Outcome, Protocol,
    StateCommand, TrialHistory,
};
use serde_json::Value;

use super::diary::Diary;
use super::tally::{Round, Tally};
use super::{BurstPhase, BurstPlan, Mix};
use crate::context::Context;
use crate::directors::Watcher;
use crate::error::HuntError;
use crate::judging::Oracles;
use crate::phase::stop_if_died;
use crate::stage::{Stage, Wiring};
use crate::stress;
use crate::trial;

/// After the last answer, work that goes on in the background is given so long; where a violation is
/// seen then, or the spec describes such work, `trial::LATE` more.
const MOMENT: Duration = Duration::from_millis(60);

/// Attempts are kept as evidence for so many rounds, and for so many more in which something was
/// wrong.
const ATTEMPTS_KEPT_ROUNDS: u64 = 3;
const ATTEMPTS_KEPT_VIOLATIONS: u64 = 20;

/// While a burst runs, stores are asked so often who waits for a lock.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What all rounds of a phase share.
pub(super) struct Rounds<'a> {
    pub plan: &'a BurstPlan,
    pub phase: &'a BurstPhase,
    pub operation: Operation,
    pub lanes: Vec<SocketAddr>,
    pub burster: Arc<Mutex<Burster>>,
    pub context: &'a Context,
}

impl Rounds<'_> {
    pub(super) async fn run<L: Lab>(
        &self,
        stage: &mut Stage<L>,
        diary: &mut Diary<'_>,
    ) -> Result<Tally, HuntError> {
        let mut tally = Tally::new();
        self.learn(stage, &mut tally).await?;
        diary.begin_phase();
        for number in 0..self.plan.rounds {
            if self.context.is_over() {
                break;
            }
            let Some(round) = self.round(stage, number, &mut tally).await? else {
                break;
            };
            stop_if_died(stage)?;
            tally.count(&self.operation, &round);
            diary.take(number, &self.phase.name, &self.operation, &round);
            self.tell(number, &tally, round);
        }
        Ok(tally)
    }

    /// Makes one request by itself, through wires: whoever looks at what it sets can be met there.
    async fn learn<L: Lab>(
        &self,
        stage: &mut Stage<L>,
        tally: &mut Tally,
    ) -> Result<(), HuntError> {
        let Some(watcher) = self.watcher() else {
            return Ok(());
        };
        trial::prepare_state(stage, &self.plan.setup).await?;
        stage.conductor().hand_to(watcher.clone());
        let alone = self.burst(0)?.into_iter().take(1).collect();
        let sent = self.send(stage, alone, false, tally).await;
        tokio::time::sleep(MOMENT).await;
        stage.conductor().rest();
        tally.learn(&watcher.take().0);
        sent.map(|_| ())
    }

    /// Nothing when the user stops it.
    async fn round<L: Lab>(
        &self,
        stage: &mut Stage<L>,
        number: u64,
        tally: &mut Tally,
    ) -> Result<Option<Round>, HuntError> {
        let began = Instant::now();
        trial::prepare_state(stage, &self.plan.setup).await?;
        let burst = self.burst(number)?;
        let watcher = self.watcher();
        if let Some(watcher) = &watcher {
            stage.conductor().hand_to(watcher.clone());
        }
        let sent = self.send(stage, burst, watcher.is_some(), tally).await;
        let (burst_began, sent) = sent?;
        if self.context.interrupt.is_set() {
            stage.conductor().rest();
            return Ok(None);
        }
        let mut history = TrialHistory {
            trial: number,
            attempts: sent.iter().map(|sent| self.attempt(sent)).collect(),
            ..TrialHistory::default()
        };
        let judgement = self.judge(stage, &mut history).await;
        stage.conductor().rest();
        if let Some(watcher) = watcher {
            let before = burst_began.saturating_duration_since(watcher.began());
            tally.watch(&watcher, before, &history.attempts);
        }
        Ok(Some(Round {
            sent,
            history,
            judgement,
            took: began.elapsed(),
        }))
    }

    /// Who writes down what passes the wires, where there are any.
    fn watcher(&self) -> Option<Arc<Watcher>> {
        let is_wired = self.phase.wiring == Wiring::Wired;
        is_wired.then(|| Arc::new(Watcher::new(&self.phase.faults)))
    }

    /// Sends a burst, and looks who waits for locks meanwhile.
    async fn send<L: Lab>(
        &self,
        stage: &mut Stage<L>,
        burst: Vec<Due>,
        looks: bool,
        tally: &mut Tally,
    ) -> Result<(Instant, Vec<Sent>), HuntError> {
        let release = match self.phase.window.is_zero() {
            true => Release::LastByte,
            false => Release::Whole,
        };
        let burster = Arc::clone(&self.burster);
        let is_over = Cell::new(false);
        let sending = async {
            let sent = stress::beside(self.context, move |watch| {
                let mut burster = burster.lock().unwrap_or_else(PoisonError::into_inner);
                let sent = burster.send(&burst, release, watch)?;
                Ok((burster.began(), sent))
            });
            let sent = sent.await;
            is_over.set(true);
            sent
        };
        let looking = async {
            let questions = questions(stage);
            while looks && !questions.is_empty() && !is_over.get() {
                let waiters = stage.state().ask_all(&questions).await;
                let counts = waiters.iter().flatten().flatten();
                tally
                    .contention
                    .lock_waiters(counts.flat_map(|count| count.parse::<u64>()).sum());
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::join!(sending, looking).0
    }

    /// The requests of a round: what, when, and down which lane.
    fn burst(&self, number: u64) -> Result<Vec<Due>, HuntError> {
        let (plan, seed) = (self.plan, self.context.seed);
        let mut draws = Draws::new(seed, "burst times", number);
        let times = engine::times(plan.requests, self.phase.window, &mut draws);
        let mut draws = Draws::new(seed, "burst requests", number);
        let lanes = self.lanes.len();
        let mut burst: Vec<Due> = Vec::with_capacity(times.len());
        let mut last: Option<(Duration, PreparedRequest)> = None;
        for (place, at) in times.into_iter().enumerate() {
            let twin = last
                .take()
                .filter(|_| plan.mix == Mix::Twins && place % 2 == 1);
            let (at, request) = match twin {
                Some(twin) => twin,
                None => (at, self.request(place, &mut draws)?),
            };
            let lane = match plan.mix {
                // Those next to each other meet in what lanes share.
                Mix::Across | Mix::Twins => place % lanes,
                Mix::OneLane => 0,
            };
            burst.push(Due {
                at,
                lane,
                request: request.to_wire(&self.lanes[lane].to_string()),
                to_head: request.method == "HEAD",
            });
            last = Some((at, request));
        }
        Ok(burst)
    }

    fn request(&self, place: usize, draws: &mut Draws) -> Result<PreparedRequest, HuntError> {
        let lanes = match self.plan.mix {
            Mix::OneLane => 1,
            Mix::Across | Mix::Twins => self.lanes.len(),
        };
        let mut args = self.plan.args.clone();
        args.extend(arguments(&self.operation, place, lanes));
        let mut filling = Filling {
            args: &args,
            draws,
            now_ms: (self.context.now_ms)(),
        };
        Ok(drive::prepare(&self.operation, &mut filling)?)
    }

    fn attempt(&self, sent: &Sent) -> Attempt {
        Attempt {
            racer: format!("request {}", sent.number + 1),
            operation: self.operation.name.clone(),
            lane: LaneId(sent.lane as u16),
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
            phase: self.phase.name.clone(),
            history,
            judgement: round.judgement,
            enforced: None,
            took_us: round.took.as_micros() as u64,
        });
    }
}

/// The arguments of a burst's nth request: the spec's values in turn, every choice of them. Requests
/// that go down the lanes next to each other have the same, so that they meet.
pub(super) fn arguments(operation: &Operation, place: usize, lanes: usize) -> Vec<(String, Value)> {
    let mut turn = place / lanes.max(2);
    let args = operation.args.iter().filter_map(|(name, values)| {
        let value = values.get(turn.checked_rem(values.len())?)?;
        turn /= values.len();
        Some((name.clone(), value.clone()))
    });
    args.collect()
}

/// How many sessions of each database wait for a lock.
fn questions<L: Lab>(stage: &Stage<L>) -> Vec<StateCommand> {
    let backends = stage.system.backends.iter();
    let databases = backends.filter(|backend| {
        backend.protocol == Protocol::Postgres
            && !matches!(backend.source, BackendSource::Described)
    });
    databases
        .map(|backend| StateCommand {
            target: backend.name.clone(),
            command: "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                .to_string(),
        })
        .collect()
}
