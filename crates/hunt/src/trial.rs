//! One trial: reset -> run -> history -> judgement.

use std::sync::Arc;
use std::time::{Duration, Instant};

use drive::{Client, Draws, Filling, PreparedRequest};
use lab::Lab;
use model::{
    Attempt, Judgement, LaneId, Observation, Outcome, Probe, Schedule, SeenStep, Setup, System,
    TrialHistory,
};

use crate::context::Context;
use crate::directors::{Ordered, Progress};
use crate::error::HuntError;
use crate::stage::Stage;

/// A racer's client waits so long for its answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// How often a trial looks whether its order is stuck.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What a trial is to do.
#[derive(Debug, Clone)]
pub(crate) struct TrialPlan<'a> {
    /// Its racers, setup and oracle; the order too, when it is enforced.
    pub schedule: &'a Schedule,
    /// Enforce the order at the gates.
    pub forced: bool,
    /// Each racer starts at a drawn time within this span.
    pub spread: Duration,
    /// With nothing moving for so long while a step is held, the order counts as impossible.
    pub stuck: Duration,
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

/// The racers' clients; connections are kept from trial to trial.
pub(crate) struct Racers {
    clients: Vec<Client>,
}

impl Racers {
    pub(crate) fn new<L: Lab>(stage: &Stage<L>, schedule: &Schedule) -> Result<Racers, HuntError> {
        let client = |(lane, racer): (usize, &model::RacerPlan)| {
            let operation = stage.system.operation(&racer.operation)?;
            stage.client(&operation.service, LaneId(lane as u16), PATIENCE)
        };
        let clients: Option<Vec<Client>> = schedule.racers.iter().enumerate().map(client).collect();
        let clients = clients.ok_or_else(|| {
            HuntError::Lacking(format!(
                "schedule {}: a racer's operation has no service",
                schedule.name
            ))
        })?;
        Ok(Racers { clients })
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
    prepare_state(stage, plan.schedule.setup).await?;
    let requests = requests(&stage.system, plan.schedule, number, context)?;
    let director = plan.forced.then(|| Arc::new(Ordered::new(plan.schedule)));
    let conductor = stage.conductor();
    if let Some(director) = &director {
        conductor.hand_to(director.clone());
    }
    let attempts = race(
        racers,
        &requests,
        plan,
        number,
        context,
        director.as_deref(),
    )
    .await;
    conductor.rest();
    let system = stage.system.clone();
    let observations = observe(stage, &system, plan.schedule.oracle.as_deref()).await;
    let history = TrialHistory {
        state: Vec::new(),
        trial: number,
        attempts,
        observations,
    };
    let judgement = check::judge(&system, &history, plan.schedule.oracle.as_deref());
    Ok(TrialDone {
        history,
        judgement,
        progress: director.as_ref().map(|director| director.progress()),
        steps: director
            .map(|director| director.take_log())
            .unwrap_or_default(),
        took: began.elapsed(),
    })
}

/// Brings the state to where a trial begins.
pub(crate) async fn prepare_state<L: Lab>(
    stage: &mut Stage<L>,
    setup: Setup,
) -> Result<(), HuntError> {
    let mut commands = stage.system.reset.clone();
    if setup == Setup::NearLimit {
        commands.extend(stage.system.near_limit.iter().cloned());
    }
    stage
        .state()
        .run(&commands)
        .await
        .map_err(|error| HuntError::State(error.to_string()))
}

fn requests(
    system: &System,
    schedule: &Schedule,
    number: u64,
    context: &Context,
) -> Result<Vec<PreparedRequest>, HuntError> {
    let mut draws = Draws::new(context.seed, "requests", number);
    let now_ms = (context.now_ms)();
    schedule
        .racers
        .iter()
        .map(|racer| {
            let operation = system.operation(&racer.operation).ok_or_else(|| {
                HuntError::Lacking(format!("there is no operation `{}`", racer.operation))
            })?;
            let mut filling = Filling {
                args: &racer.args,
                draws: &mut draws,
                now_ms,
            };
            Ok(drive::prepare(operation, &mut filling)?)
        })
        .collect()
}

/// Lets all racers go and waits for every outcome, seeing to it that no hold lasts in vain.
async fn race(
    racers: &Racers,
    requests: &[PreparedRequest],
    plan: &TrialPlan<'_>,
    number: u64,
    context: &Context,
    director: Option<&Ordered>,
) -> Vec<Attempt> {
    let began = Instant::now();
    let mut draws = Draws::new(context.seed, "offsets", number);
    let micros = |since: Instant| since.duration_since(began).as_micros() as u64;
    let mut running = Vec::new();
    for (lane, (request, client)) in requests.iter().zip(&racers.clients).enumerate() {
        let offset = Duration::from_micros(draws.below(plan.spread.as_micros() as u64 + 1));
        let racer = &plan.schedule.racers[lane];
        running.push(Box::pin(async move {
            if !offset.is_zero() {
                tokio::time::sleep(offset).await;
            }
            let sent = Instant::now();
            let outcome: Outcome = client.send(request).await;
            if let Some(director) = director {
                director.racer_ended(lane);
            }
            Attempt {
                racer: racer.name.clone(),
                operation: racer.operation.clone(),
                lane: LaneId(lane as u16),
                sent_us: micros(sent),
                ended_us: micros(Instant::now()),
                outcome,
            }
        }));
    }
    let watch = async {
        let Some(director) = director else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            director.look(Instant::now(), plan.stuck);
        }
    };
    tokio::select! {
        attempts = all(running) => attempts,
        () = watch => Vec::new(),
    }
}

/// Waits for all, side by side in one task, and keeps their order.
async fn all<T>(mut running: Vec<std::pin::Pin<Box<impl Future<Output = T>>>>) -> Vec<T> {
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

/// Asks what the invariants want to know of the state at rest.
pub(crate) async fn observe<L: Lab>(
    stage: &mut Stage<L>,
    system: &System,
    oracle: Option<&str>,
) -> Vec<Observation> {
    let mut observations = Vec::new();
    for invariant in &system.invariants {
        let Probe::State(command) = &invariant.probe else {
            continue;
        };
        if oracle.is_some_and(|name| name != invariant.name) {
            continue;
        }
        let value = stage.state().ask(command).await;
        observations.push(Observation {
            invariant: invariant.name.clone(),
            value,
        });
    }
    observations
}
