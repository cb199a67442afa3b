//! Learning: each operation runs alone a few times, and its steps are written down.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use drive::PreparedRequest;
use lab::Lab;
use model::{Attempt, EventKind, LaneId, Operation, RacerPlan, Schedule, SeenStep, Setup};
use predict::suspect::Learned;
use predict::template::{self, SoloRun};
use serde_json::Value;

use crate::conductor::OwnStep;
use crate::context::Context;
use crate::error::HuntError;
use crate::isolate::own;
use crate::judging::Oracles;
use crate::stage::{Stage, Wiring};
use crate::trial::{self, Control, Racers, TrialPlan};

/// Runs of each operation that are compared, after one that opens the connections.
const RUNS: u64 = 3;

/// Values of one argument that are tried.
const VALUES_MAX: usize = 2;

/// Work that goes on after an answer is waited for this many times as long as it took, within these
/// bounds: a busy machine can keep a thread from starting for a while.
const SETTLE_FACTOR: u32 = 3;
const SETTLE_MIN: Duration = Duration::from_millis(150);
const SETTLE_MAX: Duration = Duration::from_millis(500);

/// After an answer in learning, this long is watched for more.
const WATCHED_AFTER: Duration = Duration::from_millis(60);

/// What was learned of all operations.
#[derive(Debug, Default)]
pub(crate) struct Lessons {
    /// Each operation with each choice of arguments.
    pub learned: Vec<Learned>,
    /// What to wait for after answers of the operations that go on in the background.
    pub settling: HashMap<String, Duration>,
    /// What services do without any request.
    pub own: HashSet<OwnStep>,
    /// Operations some of whose steps pass another lane than their own.
    pub mixed: Vec<String>,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Lessons {
    /// An operation of these racers some of whose steps pass another lane than their own.
    pub(crate) fn mixed_in(&self, racers: &[RacerPlan]) -> Option<&String> {
        let is_theirs = |mixed: &&String| racers.iter().any(|racer| racer.operation == **mixed);
        self.mixed.iter().find(is_theirs)
    }

    /// Where the spec does not say which state is to be compared, what operations change is.
    pub(crate) fn complete<L: Lab>(&self, stage: &mut Stage<L>, context: &Context) {
        if !stage.system.state.is_empty() {
            return;
        }
        stage.system.state = predict::state::worth_comparing(&self.learned);
        let questions: Vec<String> = stage
            .system
            .state
            .iter()
            .map(|question| format!("{}: {}", question.target, question.command))
            .collect();
        context.warn(match questions.is_empty() {
            true => "the spec has no `state:`, and nothing was seen to change that could be asked for: only answers are compared".to_string(),
            false => format!("the spec has no `state:`; compared is what operations change: {}", questions.join("; ")),
        });
    }
}

/// Learns which state to compare, where the spec does not say, through wires that are up for that.
pub(crate) async fn state<L: Lab>(
    stage: &mut Stage<L>,
    setup: &Setup,
    context: &Context,
) -> Result<(), HuntError> {
    stage.raise(Wiring::Wired).await?;
    let lessons = run(stage, setup, context).await?;
    lessons.complete(stage, context);
    stage.lower().await
}

/// Learns all operations of the system.
pub(crate) async fn run<L: Lab>(
    stage: &mut Stage<L>,
    setup: &Setup,
    context: &Context,
) -> Result<Lessons, HuntError> {
    let mut lessons = Lessons {
        own: own::learn(stage, setup, context).await?,
        ..Lessons::default()
    };
    for operation in stage.system.operations.clone() {
        for args in choices(&operation) {
            if context.is_over() {
                return Ok(lessons);
            }
            let racer = RacerPlan {
                name: "A".to_string(),
                operation: operation.name.clone(),
                args,
            };
            learn(stage, racer, setup, context, &mut lessons).await?;
        }
    }
    Ok(lessons)
}

/// The default arguments, then each further value of each argument by itself.
fn choices(operation: &Operation) -> Vec<Vec<(String, Value)>> {
    let default = operation.default_args();
    let mut all = vec![default.clone()];
    for (at, (_, values)) in operation.args.iter().enumerate() {
        for value in values.iter().take(VALUES_MAX).skip(1) {
            let mut args = default.clone();
            if let Some(arg) = args.get_mut(at) {
                arg.1 = value.clone();
                all.push(args);
            }
        }
    }
    all
}

/// How an operation is run by itself.
pub(crate) struct Alone {
    schedule: Schedule,
    racers: Racers,
}

/// One run of it.
pub(crate) struct Solo {
    /// What was seen.
    pub run: SoloRun,
    /// Its request and answer.
    pub attempt: Attempt,
}

/// Nobody judges what is only learned from.
const NO_ORACLES: Oracles<'static> = Oracles {
    only: None,
    invariants: false,
    reference: None,
    wrong_alone: &[],
};

impl Alone {
    pub(crate) fn new<L: Lab>(
        stage: &Stage<L>,
        racer: RacerPlan,
        setup: &Setup,
        settle: Duration,
    ) -> Result<Alone, HuntError> {
        let schedule = Schedule {
            name: "alone".to_string(),
            setup: setup.clone(),
            racers: vec![racer],
            order: Vec::new(),
            oracle: None,
            settle,
        };
        Ok(Alone {
            racers: Racers::new(stage, &schedule)?,
            schedule,
        })
    }

    fn plan(&self) -> TrialPlan<'_> {
        TrialPlan {
            schedule: &self.schedule,
            control: Control::Watched,
            spread: Duration::ZERO,
            stuck: Duration::MAX,
            oracles: &NO_ORACLES,
        }
    }

    /// Runs it once; none when no request was made.
    pub(crate) async fn run<L: Lab>(
        &self,
        stage: &mut Stage<L>,
        number: u64,
        context: &Context,
    ) -> Result<Option<Solo>, HuntError> {
        let request = trial::requests(&stage.system, &self.schedule, number, context)?;
        let done = trial::run(stage, &self.racers, &self.plan(), number, context).await?;
        Ok(done
            .history
            .attempts
            .into_iter()
            .next()
            .map(|attempt| Solo {
                run: SoloRun {
                    values: request.first().map(values).unwrap_or_default(),
                    steps: done.steps,
                    answered_us: attempt.ended_us,
                },
                attempt,
            }))
    }
}

async fn learn<L: Lab>(
    stage: &mut Stage<L>,
    racer: RacerPlan,
    setup: &Setup,
    context: &Context,
    lessons: &mut Lessons,
) -> Result<(), HuntError> {
    let alone = Alone::new(stage, racer.clone(), setup, WATCHED_AFTER)?;
    let mut runs = Vec::new();
    for number in 0..=RUNS {
        if let Some(solo) = alone.run(stage, number, context).await? {
            runs.push(solo.run);
        }
    }
    if runs.len() < 2 {
        return Ok(());
    }
    let plan = alone.plan();
    if let Some(note) = note_foreign_lanes(stage, &plan, context).await? {
        lessons.mixed.push(racer.operation.clone());
        lessons.notes.push(note);
    }
    if let Some(settle) = settle(&runs[1..]) {
        let known = lessons.settling.entry(racer.operation.clone());
        let known = known.or_default();
        *known = settle.max(*known);
    }
    let mut template = template::learn(&runs[1..]);
    // The first run opened the connections: what that took is shown, and belongs to no operation.
    for (what, times) in template::learn(&runs[..1]).set_aside {
        if !template.set_aside.iter().any(|(known, _)| *known == what) {
            template.set_aside.push((what, times));
        }
    }
    context.emit(EventKind::OperationLearned {
        operation: racer.operation.clone(),
        args: racer.args.clone(),
        values: runs[0].values.clone(),
        steps: template
            .steps
            .iter()
            .map(|step| step.pattern.to_string())
            .collect(),
        set_aside: template.set_aside.clone(),
        obscure: template.obscure,
    });
    lessons.learned.push(Learned {
        operation: racer.operation,
        args: racer.args,
        template,
    });
    Ok(())
}

/// What a request is made of, as text.
fn values(request: &PreparedRequest) -> Vec<String> {
    let mut values: Vec<String> = request
        .path
        .split(['/', '?', '&', '='])
        .map(str::to_string)
        .collect();
    match serde_json::from_slice::<Value>(&request.body) {
        Ok(json) => scalars(&json, &mut values),
        Err(_) => {
            let text = String::from_utf8_lossy(&request.body);
            values.extend(text.split(['&', '=']).map(str::to_string));
        }
    }
    values.retain(|value| !value.is_empty());
    values
}

fn scalars(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Number(number) => found.push(number.to_string()),
        Value::Array(all) => all.iter().for_each(|value| scalars(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| scalars(value, found)),
        Value::Bool(_) | Value::Null => {}
    }
}

/// How long to wait after an answer for work that goes on in the background, if any does.
fn settle(runs: &[SoloRun]) -> Option<Duration> {
    let late = |run: &SoloRun| {
        let ends = run.steps.iter().map(|seen| seen.replied_us);
        ends.max().unwrap_or(0).saturating_sub(run.answered_us)
    };
    let longest_us = runs.iter().map(late).max().unwrap_or(0);
    // Less is the time an answer takes from the service to the client.
    const ORDINARY_US: u64 = 2_000;
    let settle = Duration::from_millis(longest_us.div_ceil(1_000)) * SETTLE_FACTOR;
    (longest_us > ORDINARY_US).then(|| settle.clamp(SETTLE_MIN, SETTLE_MAX))
}

/// A request of lane 2 whose steps are seen in another lane cannot be told from that lane's.
async fn note_foreign_lanes<L: Lab>(
    stage: &mut Stage<L>,
    plan: &TrialPlan<'_>,
    context: &Context,
) -> Result<Option<String>, HuntError> {
    const SECOND: LaneId = LaneId(1);
    let racer = &plan.schedule.racers[0];
    let own = stage.system.operation(&racer.operation);
    let replicas = own.and_then(|operation| stage.system.service(&operation.service));
    if replicas.is_none_or(|service| service.replicas < 2) {
        return Ok(None);
    }
    let Some(racers) = Racers::in_lane(stage, racer, SECOND) else {
        return Ok(None);
    };
    let done = trial::run(stage, &racers, plan, RUNS + 1, context).await?;
    let is_foreign = |seen: &&SeenStep| seen.step.lane != SECOND && seen.step.is_shared();
    let foreign = done.steps.iter().filter(is_foreign).count();
    Ok((foreign > 0).then(|| {
        format!(
            "a {} in lane 2 makes {foreign} of its steps in other lanes: they count as those of the racer there, so its own orders cannot be forced",
            racer.operation
        )
    }))
}
