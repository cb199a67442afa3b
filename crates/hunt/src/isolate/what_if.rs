//! `heisen isolate --what-if`: at every step of every operation each fault that can befall it, the
//! client's retry, and then the question what has become of the system.

use std::sync::Arc;
use std::time::{Duration, Instant};

use check::serial::{self, Reference, SerialRun};
use drive::{Client, PreparedRequest};
use lab::Lab;
use model::{
    Aftermath, Attempt, Distribution, EventKind, Fault, LaneId, Outcome, Protocol, RacerPlan,
    Setup, StateSeen, WhatIf,
};
use predict::suspect::Learned;
use predict::template::TemplateStep;
use wire::http::encode;

use crate::directors::{Faulty, Mishap};
use crate::error::HuntError;
use crate::isolate::ground::Ground;
use crate::judging;
use crate::stage::Stage;
use crate::trial;

/// A client waits so many typical requests for its answer, but no less than this.
const PATIENCE_FACTOR: u32 = 20;
const PATIENCE_MIN: Duration = Duration::from_millis(400);

/// A late reply comes so long after the client has gone.
const LATE: Duration = Duration::from_millis(200);

/// A system is at rest when wires saw nothing for so long; waited for at most the other.
const QUIET: Duration = Duration::from_millis(30);
const QUIET_MAX: Duration = Duration::from_secs(3);

/// Patience with the retry and with the request after it: the fault is over by then.
const AFTERWARDS: Duration = Duration::from_secs(8);

/// How often the trial looks at what its director wants.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A fault by its name.
struct Kind {
    name: &'static str,
    mishap: Mishap,
}

/// What can befall a step of this protocol.
fn kinds(protocol: Protocol, patience: Duration) -> Vec<Kind> {
    let kind = |name, mishap| Kind { name, mishap };
    let late = Distribution::Fixed((patience + LATE).as_micros() as u64);
    let answer = |status, body: &str| {
        let headers = [("Content-Type", "application/json")];
        Fault::Answer(encode::response(status, &headers, body.as_bytes()))
    };
    let mut all = vec![
        kind("reset before", Mishap::Before(Fault::Reset)),
        kind("reset after", Mishap::After(Fault::Reset)),
        kind("late reply", Mishap::After(Fault::Delay(late))),
    ];
    if protocol == Protocol::Http {
        all.extend([
            kind(
                "503",
                Mishap::Before(answer(503, r#"{"error":"unavailable"}"#)),
            ),
            kind(
                "429",
                Mishap::Before(answer(429, r#"{"error":"too many requests"}"#)),
            ),
            kind("malformed body", Mishap::After(answer(200, r#"{"id": "#))),
            kind(
                "wrong shape",
                Mishap::After(answer(200, r#"[{"unexpected": true}]"#)),
            ),
        ]);
    }
    all.push(kind("killed", Mishap::Kill));
    all
}

/// What the operation does when nothing fails: the ground to compare with.
struct Usual {
    racer: RacerPlan,
    reference: Reference,
    /// Its answers when all is well.
    alone: Vec<Attempt>,
    patience: Duration,
}

/// Asks the question of every step of every operation. Answers are added one by one: they stand,
/// however it ends.
pub(crate) async fn run<L: Lab>(
    ground: &mut Ground<'_, L>,
    learned: &[Learned],
    rows: &mut Vec<WhatIf>,
) -> Result<(), HuntError> {
    let mut asked: Vec<&str> = Vec::new();
    for learned in learned {
        // Other arguments would make the same steps.
        if asked.contains(&learned.operation.as_str()) {
            continue;
        }
        asked.push(&learned.operation);
        let usual = usual(ground, learned).await?;
        for step in worth_asking(&learned.template.steps) {
            for kind in kinds(step.step.protocol, usual.patience) {
                if ground.context.is_over() {
                    return Ok(());
                }
                let (outcome, saw) = ask(ground, &usual, step, &kind).await?;
                let row = WhatIf {
                    operation: learned.operation.clone(),
                    step: step.pattern.to_string(),
                    fault: kind.name.to_string(),
                    outcome,
                    saw,
                };
                ground.context.emit(EventKind::Asked {
                    what_if: row.clone(),
                });
                rows.push(row);
            }
        }
    }
    Ok(())
}

/// Each kind of statement once: a page that reads twenty settings fails at each in the same way.
fn worth_asking(steps: &[TemplateStep]) -> impl Iterator<Item = &TemplateStep> {
    steps.iter().enumerate().filter_map(|(at, step)| {
        let same = |other: &TemplateStep| {
            other.step.target == step.step.target
                && other.step.shape == step.step.shape
                && other.step.effects == step.step.effects
        };
        let reads = step
            .footprint
            .deeds
            .iter()
            .all(|deed| !deed.shows && !deed.locks);
        (!reads || !steps[..at].iter().any(same)).then_some(step)
    })
}

async fn usual<L: Lab>(ground: &mut Ground<'_, L>, learned: &Learned) -> Result<Usual, HuntError> {
    let racer = |name: &str| RacerPlan {
        name: name.to_string(),
        operation: learned.operation.clone(),
        args: learned.args.clone(),
    };
    let twins = [racer("A"), racer("B")];
    let at = ground.serial(&twins, &Setup::reset()).await?;
    let mut runs = ground.known(at).reference.runs().to_vec();
    let alone: Vec<Attempt> = runs
        .iter()
        .filter(|run| run.order.len() == 1)
        .flat_map(|run| run.attempts.clone())
        .collect();
    let typical = alone.iter().map(Attempt::latency_us).max().unwrap_or(0);
    // The same request once more, as an impatient client sends it: an operation that notices may
    // leave a trace of that. One that does not is done twice, and that is no once.
    let again = again(ground, &twins[0]).await?;
    if !Reference::new(&twins, runs.clone()).leaves(&again.state, &[0, 1]) {
        runs.push(again);
    }
    Ok(Usual {
        reference: Reference::new(&twins, runs),
        racer: twins[0].clone(),
        alone,
        patience: (Duration::from_micros(typical) * PATIENCE_FACTOR).max(PATIENCE_MIN),
    })
}

async fn again<L: Lab>(
    ground: &mut Ground<'_, L>,
    racer: &RacerPlan,
) -> Result<SerialRun, HuntError> {
    let (request, client) = prepared(ground, racer, AFTERWARDS).await?;
    let began = Instant::now();
    let mut attempts = Vec::new();
    for _ in 0..2 {
        attempts.push(trial::attempt(racer, 0, &client, &request[0], began).await);
    }
    Ok(SerialRun {
        order: vec![0, 0],
        attempts,
        state: judging::whole_state(ground.stage).await,
    })
}

/// A reset state, the racer's request and another one like it, and a client.
async fn prepared<L: Lab>(
    ground: &mut Ground<'_, L>,
    racer: &RacerPlan,
    patience: Duration,
) -> Result<(Vec<PreparedRequest>, Client), HuntError> {
    trial::prepare_state(ground.stage, &Setup::reset()).await?;
    let twins = [racer.clone(), racer.clone()];
    let schedule = ground.schedule("what if", &twins, &Setup::reset(), &[]);
    let requests = trial::requests(&ground.stage.system, &schedule, 0, ground.context)?;
    let client = client(ground.stage, &racer.operation, 0, patience)?;
    Ok((requests, client))
}

fn client<L: Lab>(
    stage: &Stage<L>,
    operation: &str,
    lane: u16,
    patience: Duration,
) -> Result<Client, HuntError> {
    let service = stage
        .system
        .operation(operation)
        .map(|o| o.service.as_str());
    service
        .and_then(|service| stage.client(service, LaneId(lane), patience))
        .ok_or_else(|| HuntError::Lacking(format!("operation `{operation}` has no service")))
}

async fn ask<L: Lab>(
    ground: &mut Ground<'_, L>,
    usual: &Usual,
    step: &TemplateStep,
    kind: &Kind,
) -> Result<(Aftermath, String), HuntError> {
    let racer = &usual.racer;
    let (requests, first) = prepared(ground, racer, usual.patience).await?;
    let director = Arc::new(Faulty::new(step.pattern.clone(), kind.mishap.clone()));
    let conductor = ground.stage.conductor();
    conductor.hand_to(director.clone());
    let began = Instant::now();
    let told = {
        let attempt = trial::attempt(racer, 0, &first, &requests[0], began);
        tokio::pin!(attempt);
        loop {
            tokio::select! {
                told = &mut attempt => break told,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if director.wants_a_kill() {
                ground.stage.kill(&racer.operation, LaneId(0)).await?;
                director.killed();
            }
        }
    };
    let happened = director.has_happened();
    until_quiet(&director).await;
    if kind.mishap == Mishap::Kill && happened {
        ground.stage.revive(&racer.operation, LaneId(0)).await?;
    }
    let lanes = ground.stage.system.lanes().max(1);
    let retry = client(ground.stage, &racer.operation, 1 % lanes, AFTERWARDS)?;
    let last = match is_final(&told) {
        true => told.clone(),
        false => trial::attempt(racer, 1, &retry, &requests[0], began).await,
    };
    until_quiet(&director).await;
    let state = judging::whole_state(ground.stage).await;
    let next = client(ground.stage, &racer.operation, 0, AFTERWARDS)?;
    let next = trial::attempt(racer, 0, &next, &requests[1], began).await;
    conductor.rest();
    if !happened {
        return Ok((Aftermath::NotReached, String::new()));
    }
    Ok(conclude(ground, usual, &told, &last, &state, &next))
}

/// Waits until wires have seen nothing for a while.
async fn until_quiet(director: &Faulty) {
    let began = Instant::now();
    while !director.is_quiet(QUIET) && began.elapsed() < QUIET_MAX {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether a client is content with an answer: it tries again after none, and after 5xx and 429.
fn is_final(attempt: &Attempt) -> bool {
    attempt
        .status()
        .is_some_and(|status| status < 500 && status != 429)
}

fn conclude<L: Lab>(
    ground: &Ground<'_, L>,
    usual: &Usual,
    told: &Attempt,
    last: &Attempt,
    state: &[StateSeen],
    next: &Attempt,
) -> (Aftermath, String) {
    let system = &ground.stage.system;
    let accepted = |attempt: &Attempt| {
        let operation = system.operation(&attempt.operation);
        let status = attempt.status();
        status.is_some_and(|status| operation.is_none_or(|o| o.is_accepted(status)))
    };
    let mut saw = format!("client: {}", serial::told(told));
    if told != last {
        saw = format!("{saw}, then {}", serial::told(last));
    }
    let is = |order: &[usize]| usual.reference.leaves(state, order);
    let alone: Vec<&Attempt> = usual.alone.iter().collect();
    if !matches!(last.outcome, Outcome::Answered { .. }) {
        return (Aftermath::Hangs, saw);
    }
    if let Some(broken) = serial::broken(last, &alone).filter(|_| accepted(last)) {
        return (Aftermath::WrongAnswer, broken.saw);
    }
    let outcome = match () {
        () if is(&[0]) || is(&[0, 0]) => Aftermath::Once,
        () if is(&[]) && accepted(last) => Aftermath::Lost,
        () if is(&[]) => Aftermath::NotDone,
        () if is(&[0, 1]) => Aftermath::Twice,
        () => {
            let (what, expected) = usual.reference.unlike(state, &[0]).unwrap_or_default();
            saw = format!("{saw}; {what}, and not {expected}");
            Aftermath::HalfDone
        }
    };
    if !outcome.is_wrong() && !is_final(next) {
        let saw = format!("{saw}; the next request: {}", serial::told(next));
        return (Aftermath::StuckAfter, saw);
    }
    (outcome, saw)
}
