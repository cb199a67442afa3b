//! One trial: reset -> run -> history -> judgement.

use std::sync::Arc;
use std::time::{Duration, Instant};

use drive::{Client, Draws, Filling, PreparedRequest};
use lab::Lab;
use model::{Attempt, Judgement, LaneId, Outcome, Schedule, SeenStep, Setup, System, TrialHistory};

use crate::blocked;
use crate::context::Context;
use crate::directors::{Delays, Ordered, Progress, Steering};
use crate::error::HuntError;
use crate::judging::Oracles;
use crate::stage::Stage;

/// A racer's client waits so long for its answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// How often a trial looks whether its order is stuck.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Work after an answer that was not seen, or not to its end, is given so much longer before a
/// violation is believed.
pub(crate) const LATE: Duration = Duration::from_millis(250);

/// Who decides at the gates during a trial.
#[derive(Clone)]
pub(crate) enum Control {
    /// Nobody: wires are idle.
    Free,
    /// Everything passes and is written down.
    Watched,
    /// Each step that touches shared state is delayed by a drawn time, at most so long.
    Delayed { most: Duration },
    /// The order is enforced; the patient wait for locks to expire.
    Forced { patient: bool },
    /// A director made for this very trial.
    Given(Arc<dyn Steering>),
}

/// What a trial is to do.
#[derive(Clone)]
pub(crate) struct TrialPlan<'a> {
    /// Its racers, setup and order.
    pub schedule: &'a Schedule,
    pub control: Control,
    /// Each racer starts at a drawn time within this span.
    pub spread: Duration,
    /// With nothing moving for so long while a step is held, the order counts as impossible.
    pub stuck: Duration,
    pub oracles: &'a Oracles<'a>,
}

/// What came of a trial.
#[derive(Debug)]
pub(crate) struct TrialDone {
    pub history: TrialHistory,
    pub judgement: Judgement,
    pub progress: Option<Progress>,
    pub steps: Vec<SeenStep>,
    pub took: Duration,
}

impl TrialDone {
    /// Whether one racer was seen keeping the other out.
    pub fn is_blocked(&self) -> bool {
        let progress = self.progress.as_ref();
        progress.is_some_and(|progress| progress.blocked.is_some())
    }

    /// Whether the order happened as written.
    pub fn is_enforced(&self) -> bool {
        self.progress.as_ref().is_some_and(Progress::is_enforced)
    }
}

/// The racers' clients, and those of what is made before; connections are kept from trial to trial.
pub(crate) struct Racers {
    pub clients: Vec<Client>,
    before: Vec<Client>,
}

impl Racers {
    /// One racer, in any lane.
    pub(crate) fn in_lane<L: Lab>(
        stage: &Stage<L>,
        plan: &model::RacerPlan,
        lane: LaneId,
    ) -> Option<Racers> {
        let operation = stage.system.operation(&plan.operation)?;
        let client = stage.client(&operation.service, lane, PATIENCE)?;
        Some(Racers {
            clients: vec![client],
            before: Vec::new(),
        })
    }

    /// Racer n runs in lane n; what is made before, in the first.
    pub(crate) fn new<L: Lab>(stage: &Stage<L>, schedule: &Schedule) -> Result<Racers, HuntError> {
        let client = |lane: usize, operation: &str| {
            let known = stage.system.operation(operation);
            let client =
                known.and_then(|known| stage.client(&known.service, LaneId(lane as u16), PATIENCE));
            client.ok_or_else(|| {
                HuntError::Lacking(format!("operation `{operation}` has no service"))
            })
        };
        let racers = schedule.operations().enumerate();
        let before = schedule.setup.before.iter();
        Ok(Racers {
            clients: racers
                .map(|(lane, operation)| client(lane, operation))
                .collect::<Result<_, _>>()?,
            before: before
                .map(|earlier| client(0, &earlier.operation))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Runs one trial.
pub(crate) async fn run<L: Lab>(
    stage: &mut Stage<L>,
    racers: &Racers,
    plan: &TrialPlan<'_>,
    number: u64,
    context: &Context,
) -> Result<TrialDone, HuntError> {
    let began = Instant::now();
    prepare(stage, racers, plan.schedule, number, context).await?;
    let requests = requests(&stage.system, plan.schedule, number, context)?;
    let director = director(plan, number, context);
    let conductor = stage.conductor();
    if let Some(director) = &director {
        conductor.hand_to(director.clone());
    }
    let starts = Starts::drawn(plan, number, context);
    let attempts = race(stage, racers, &requests, plan, &starts, director.as_deref()).await;
    if let Some(director) = &director {
        director.over();
    }
    conductor.rest();
    let steps = director.as_ref().map(|director| director.take_log());
    let steps = steps.unwrap_or_default();
    let mut history = TrialHistory {
        trial: number,
        attempts,
        ..TrialHistory::default()
    };
    plan.oracles.observe(stage, &mut history).await;
    let mut judgement = plan.oracles.judge(&stage.system, &history, &steps);
    // Work that is only later than it was alone is no race: what seems wrong is looked at once more.
    let is_doubtful = !plan.schedule.settle.is_zero() && !judgement.violations.is_empty();
    if is_doubtful && is_any_behind(&history.attempts, &steps) {
        tokio::time::sleep(LATE).await;
        plan.oracles.observe(stage, &mut history).await;
        judgement = plan.oracles.judge(&stage.system, &history, &steps);
    }
    Ok(TrialDone {
        history,
        judgement,
        progress: director.as_ref().map(|director| director.progress()),
        steps,
        took: began.elapsed(),
    })
}

fn director(plan: &TrialPlan<'_>, number: u64, context: &Context) -> Option<Arc<dyn Steering>> {
    match &plan.control {
        Control::Free => None,
        Control::Given(director) => Some(director.clone()),
        Control::Watched => {
            let unordered = Schedule {
                order: Vec::new(),
                ..plan.schedule.clone()
            };
            Some(Arc::new(Ordered::new(&unordered)))
        }
        Control::Delayed { most } => Some(Arc::new(Delays::new(*most, context.seed, number))),
        Control::Forced { patient } => Some(Arc::new(Ordered::with(plan.schedule, *patient))),
    }
}

/// Brings the system to where a trial of this schedule begins.
pub(crate) async fn prepare<L: Lab>(
    stage: &mut Stage<L>,
    racers: &Racers,
    schedule: &Schedule,
    number: u64,
    context: &Context,
) -> Result<(), HuntError> {
    prepare_state(stage, &schedule.setup).await?;
    let mut draws = Draws::new(context.seed, "before", number);
    let earlier = schedule.setup.before.iter().zip(&racers.before);
    for (earlier, client) in earlier {
        for _ in 0..earlier.times {
            let request = request(
                &stage.system,
                &earlier.operation,
                &earlier.args,
                &mut draws,
                context,
            )?;
            let outcome = client.send(&request).await;
            if !matches!(outcome, Outcome::Answered { .. }) {
                return Err(HuntError::State(format!(
                    "{}, made before the racers start, got no answer",
                    earlier.operation
                )));
            }
        }
        settle(schedule).await;
    }
    Ok(())
}

/// Waits for work that goes on in the background.
pub(crate) async fn settle(schedule: &Schedule) {
    if !schedule.settle.is_zero() {
        tokio::time::sleep(schedule.settle).await;
    }
}

/// Brings the state to where a trial begins.
pub(crate) async fn prepare_state<L: Lab>(
    stage: &mut Stage<L>,
    setup: &Setup,
) -> Result<(), HuntError> {
    let mut commands = stage.system.reset.clone();
    if setup.near_limit {
        commands.extend(stage.system.near_limit.iter().cloned());
    }
    stage
        .state()
        .run(&commands)
        .await
        .map_err(|error| HuntError::State(error.to_string()))
}

pub(crate) fn requests(
    system: &System,
    schedule: &Schedule,
    number: u64,
    context: &Context,
) -> Result<Vec<PreparedRequest>, HuntError> {
    let mut draws = Draws::new(context.seed, "requests", number);
    let racers = schedule.racers.iter();
    racers
        .map(|racer| request(system, &racer.operation, &racer.args, &mut draws, context))
        .collect()
}

fn request(
    system: &System,
    operation: &str,
    args: &[(String, serde_json::Value)],
    draws: &mut Draws,
    context: &Context,
) -> Result<PreparedRequest, HuntError> {
    let known = system.operation(operation);
    let known =
        known.ok_or_else(|| HuntError::Lacking(format!("there is no operation `{operation}`")))?;
    let mut filling = Filling {
        args,
        draws,
        now_ms: (context.now_ms)(),
    };
    Ok(drive::prepare(known, &mut filling)?)
}

/// When each racer starts, after the trial's beginning.
struct Starts(Vec<Duration>);

impl Starts {
    fn drawn(plan: &TrialPlan<'_>, number: u64, context: &Context) -> Starts {
        let mut draws = Draws::new(context.seed, "offsets", number);
        let span_us = plan.spread.as_micros() as u64 + 1;
        let draw = |_| Duration::from_micros(draws.below(span_us));
        Starts(plan.schedule.racers.iter().map(draw).collect())
    }
}

/// Lets all racers go and waits for every outcome and for what goes on after it, seeing to it that
/// no hold lasts in vain.
async fn race<L: Lab>(
    stage: &mut Stage<L>,
    racers: &Racers,
    requests: &[PreparedRequest],
    plan: &TrialPlan<'_>,
    starts: &Starts,
    director: Option<&dyn Steering>,
) -> Vec<Attempt> {
    let began = Instant::now();
    let mut running = Vec::new();
    for (lane, (request, client)) in requests.iter().zip(&racers.clients).enumerate() {
        let start = starts.0[lane];
        let racer = &plan.schedule.racers[lane];
        running.push(Box::pin(async move {
            if !start.is_zero() {
                tokio::time::sleep(start).await;
            }
            if let Some(director) = director {
                director.racer_started(lane);
            }
            let attempt = attempt(racer, lane, client, request, began).await;
            let is_held = || director.is_some_and(|director| director.holds(lane));
            rest(plan.schedule.settle, is_held).await;
            if let Some(director) = director {
                director.racer_ended(lane);
            }
            attempt
        }));
    }
    let watch = async {
        let Some(director) = director else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            director.look(Instant::now(), plan.stuck);
            blocked::ask(stage, plan.schedule, director).await;
        }
    };
    tokio::select! {
        attempts = all(running) => attempts,
        () = watch => Vec::new(),
    }
}

/// Waits for what a racer does after its answer, which is part of its order as well. While a step of
/// it is held it cannot go on, so that time does not count.
async fn rest(settle: Duration, is_held: impl Fn() -> bool) {
    let answered = Instant::now();
    let (mut looked, mut free) = (answered, Duration::ZERO);
    while free < settle && answered.elapsed() < PATIENCE {
        tokio::time::sleep(LOOK_EVERY.min(settle - free)).await;
        if !is_held() {
            free += looked.elapsed();
        }
        looked = Instant::now();
    }
}

/// Whether some racer was not seen at work after its answer, or not at the end of it.
fn is_any_behind(attempts: &[Attempt], steps: &[SeenStep]) -> bool {
    attempts.iter().any(|attempt| {
        let mut own = steps.iter().filter(|seen| seen.step.lane == attempt.lane);
        let is_late = |seen: &SeenStep| seen.asked_us > attempt.ended_us;
        own.clone().any(|seen| seen.reply.is_none()) || !own.any(is_late)
    })
}

/// One request of a racer and its outcome.
pub(crate) async fn attempt(
    racer: &model::RacerPlan,
    lane: usize,
    client: &Client,
    request: &PreparedRequest,
    began: Instant,
) -> Attempt {
    let micros = |since: Instant| since.duration_since(began).as_micros() as u64;
    let sent = Instant::now();
    let outcome: Outcome = client.send(request).await;
    Attempt {
        racer: racer.name.clone(),
        operation: racer.operation.clone(),
        lane: LaneId(lane as u16),
        sent_us: micros(sent),
        ended_us: micros(Instant::now()),
        outcome,
    }
}

/// Waits for all, side by side in one task, and keeps their order.
pub(crate) async fn all<T>(
    mut running: Vec<std::pin::Pin<Box<impl Future<Output = T>>>>,
) -> Vec<T> {
    use std::task::Poll;
    let mut done: Vec<Option<T>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, done) in running.iter_mut().zip(&mut done) {
            if done.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(cx)
            {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[cfg(test)]
#[path = "trial_tests.rs"]
mod tests;
