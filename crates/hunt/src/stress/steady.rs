//! Load that goes on: a plan with its parts and scenarios, down all lanes in turn; the oracles are asked
//! once, when it is over.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use drive::engine::{self, Load, Pace, Transport, Users, Watch};
use drive::load::{Figures, Until};
use drive::profile::Plan;
use lab::Lab;
use model::{
    EventKind, LaneId, LoadPlan, Observation, Operation, Part, Rate, Setup, StateCommand,
    Threshold, TrialHistory, Violation,
};
use serde_json::{Map, Value, json};

use super::audit::{Audit, Audited, quoted};
use super::contention::Contention;
use super::figures::{applied, busy, measured, planned, too_slow};
use super::scenarios::Scenarios;
use super::thresholds::{self, Held};
use super::watching::{learn, watched};
use super::{Stressed, close, seconds};
use crate::context::Context;
use crate::error::HuntError;
use crate::judging;
use crate::stage::{Stage, Wiring};
use crate::trial::{self, PATIENCE};

/// What a load run is asked to do.
#[derive(Debug, Clone)]
pub struct StressPlan {
    /// Who comes when, and what they do.
    pub load: LoadPlan,
    /// How load is applied, where the command line says it and no spec.
    pub pace: Option<Pace>,
    /// When it ends, if the plan does not before.
    pub until: Until,
    /// Whether wires stand in the way.
    pub wiring: Wiring,
    /// The state it starts from.
    pub setup: Setup,
    /// Where each request is written down.
    pub audit: Option<Arc<Audit>>,
}

/// One thread asks faster than a system answers whose wires are in this process.
const WORKERS: u32 = 1;

/// Runs load on a stage that is open and not raised. Lowers it at the end.
pub async fn run<L: Lab>(
    stage: &mut Stage<L>,
    plan: &StressPlan,
    context: &Context,
) -> Result<Stressed, HuntError> {
    stage.raise(plan.wiring).await?;
    let on = Arc::new(OnLanes::new(stage, plan, context)?);
    let mut contention = Contention::default();
    if plan.wiring == Wiring::Wired {
        begin(stage, plan).await?;
        learn(stage, &on, &mut contention, context).await?;
    }
    begin(stage, plan).await?;
    context.emit(EventKind::PhaseStarted {
        phase: "load".to_string(),
        trials: plan.until.requests,
    });
    let places = on.places;
    let done = watched(stage, plan, &on, &mut contention, context).await?;
    close(plan.audit.as_deref(), context);
    let judged = judge(stage, &done).await;
    tell_state(stage, &plan.load.clean_up).await?;
    let interrupted = context.interrupt.is_set();
    stage.report_deaths();
    stage.lower().await?;
    let broken = Rate {
        k: u64::from(judged.count > 0),
        n: 1,
    };
    context.emit(EventKind::PhaseEnded {
        phase: "load".to_string(),
        violations: broken,
        interval: broken.interval(),
        enforced: None,
        took_ms: done.all.elapsed.as_millis() as u64,
    });
    let held = done.held(&plan.load.thresholds, judged.count);
    let mut document = document(&done, judged.count, broken);
    if let Some(contention) = contention.document(None) {
        document.insert("contention".to_string(), contention.into());
    }
    document.extend(match plan.pace {
        Some(pace) => applied(pace, places, WORKERS, &done.all),
        None => planned(&plan.load, places, WORKERS, &done.all),
    });
    if !held.is_empty() {
        let told: Vec<Value> = held.iter().map(Held::document).collect();
        document.insert("thresholds".to_string(), told.into());
    }
    warn(plan, places, &done, context);
    context.emit(EventKind::LoadMeasured {
        figures: Value::Object(document.clone()),
    });
    let judgement = judged.judgement;
    context.emit(EventKind::TrialJudged {
        phase: "load".to_string(),
        history: judged.history,
        judgement: judgement.clone(),
        enforced: None,
        took_us: done.all.elapsed.as_micros() as u64,
    });
    Ok(Stressed {
        violations: judgement.violations,
        undecided: judgement.undecided,
        document,
        interrupted,
        asked: true,
        met_nobody: contention.met_nobody(),
        crossed: held.iter().any(Held::is_crossed),
    })
}

/// So many runs are made one after the other, to learn which steps look at what they set.
const LEARNED_RUNS_MAX: u64 = 20;

/// And for no longer than this: users may think for minutes.
const LEARNING_MAX: Duration = Duration::from_secs(2);

/// Brings the state to where the load begins.
async fn begin<L: Lab>(stage: &mut Stage<L>, plan: &StressPlan) -> Result<(), HuntError> {
    trial::prepare_state(stage, &plan.setup).await?;
    tell_state(stage, &plan.load.set_up).await
}

async fn tell_state<L: Lab>(
    stage: &mut Stage<L>,
    commands: &[StateCommand],
) -> Result<(), HuntError> {
    let told = stage.state().run(commands).await;
    told.map_err(|error| HuntError::State(error.to_string()))
}

fn warn(plan: &StressPlan, places: u32, done: &Done, context: &Context) {
    let pace = plan.pace.unwrap_or(Pace::Closed);
    let busy = busy(places, WORKERS, &done.all);
    if let Some(warning) = too_slow(pace, busy, &done.all) {
        context.warn(warning);
    }
    for (what, times) in &done.lacking {
        context.warn(format!(
            "{times} answers had nothing to take at `{what}`: their users went no further, and they count as errors"
        ));
    }
    if let Some(crossed) = &done.aborted {
        context.warn(format!("load was ended early: {crossed} did not hold"));
    }
}

/// What oracles say when all is over.
struct Judged {
    history: TrialHistory,
    judgement: model::Judgement,
    count: u64,
}

async fn judge<L: Lab>(stage: &mut Stage<L>, done: &Done) -> Judged {
    let system = stage.system.clone();
    let observations: Vec<Observation> = judging::observations(stage, &system, None).await;
    let history = TrialHistory {
        state: Vec::new(),
        trial: 0,
        attempts: Vec::new(),
        observations,
    };
    let mut judgement = check::judge(&system, &history, None);
    let count = judgement.violations.len() as u64 + done.wrong_count;
    judgement.violations.extend(done.wrong.iter().cloned());
    Judged {
        history,
        judgement,
        count,
    }
}

/// A load on the lanes of a raised system.
pub(super) struct OnLanes {
    load: LoadPlan,
    plan: Plan,
    transport: Transport,
    pub scenarios: Scenarios,
    until: Until,
    places: u32,
    audit: Option<Arc<Audit>>,
    context: Context,
}

/// What came of it.
pub(super) struct Done {
    /// By operation, and all together.
    each: Vec<Figures>,
    all: Figures,
    operations: Vec<String>,
    wrong: Vec<Violation>,
    wrong_count: u64,
    lacking: Vec<(String, u64)>,
    /// The threshold that ended it.
    aborted: Option<String>,
}

impl Done {
    fn held(&self, thresholds: &[Threshold], violations: u64) -> Vec<Held> {
        thresholds::held(
            thresholds,
            &self.operations,
            &self.each,
            self.all.elapsed,
            Some(violations),
        )
    }
}

impl OnLanes {
    fn new<L: Lab>(
        stage: &Stage<L>,
        plan: &StressPlan,
        context: &Context,
    ) -> Result<OnLanes, HuntError> {
        let lacking = |error: String| HuntError::Lacking(error);
        let system = &stage.system;
        let laid_out = Plan::of(&plan.load.profile, &system.folder, context.seed)
            .map_err(|error| lacking(error.to_string()))?;
        let mut lanes = |operation: &Operation| lanes(stage, operation);
        let scenarios =
            Scenarios::new(system, &plan.load, context.seed, context.now_ms, &mut lanes)
                .map_err(|error| lacking(error.to_string()))?;
        if scenarios.services.is_empty() || scenarios.services.iter().any(Vec::is_empty) {
            return Err(lacking("a service that is asked does not run".to_string()));
        }
        let open = match laid_out.is_open() {
            true => u64::from(plan.load.connections),
            false => 0,
        };
        let planned = match laid_out.iterations() {
            None => laid_out.lasts(),
            Some(_) => Duration::MAX,
        };
        Ok(OnLanes {
            places: laid_out.users_max().max(open).clamp(1, u64::from(u32::MAX)) as u32,
            load: plan.load.clone(),
            plan: laid_out,
            transport: Transport::default(),
            scenarios,
            until: Until {
                elapsed: context.left(plan.until.elapsed).min(planned),
                ..plan.until
            },
            audit: plan.audit.clone(),
            context: context.clone(),
        })
    }

    /// One run after the other, by one user.
    pub fn alone(&self, watch: &Watch) -> std::io::Result<()> {
        let runs = self.load.scenarios.iter().map(|scenario| scenario.weight);
        let runs = runs.sum::<u64>().clamp(1, LEARNED_RUNS_MAX);
        let plan = Plan::with(&[Part::Iterations { runs, users: 1 }], Vec::new(), 0);
        let until = Until {
            elapsed: self.until.elapsed.min(LEARNING_MAX),
            requests: None,
        };
        let load = Load {
            connections: 1,
            plan: &plan,
            ..self.load(&self.scenarios, until)
        };
        engine::apply(&load, watch, &mut |_| {}).map(|_| ())
    }

    /// Says what was measured, and which answers were wrong. Tells of each second.
    pub fn apply(&self, watch: &Watch) -> std::io::Result<Done> {
        let scenarios = &self.scenarios;
        let names: Vec<String> = scenarios
            .operations
            .iter()
            .map(|operation| operation.name.clone())
            .collect();
        if !self.load.warm_up.is_zero() {
            let elapsed = self.load.warm_up.min(self.until.elapsed);
            let until = Until {
                elapsed,
                requests: None,
            };
            engine::apply(&self.load(scenarios, until), watch, &mut |_| {})?;
        }
        let lanes: Vec<usize> = scenarios.services.iter().map(Vec::len).collect();
        let quoted: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        let audited = self.audit.as_ref();
        let audited = audited.map(|audit| Audited::new(scenarios, audit, &quoted, &lanes));
        let users = audited.as_ref().map_or(scenarios as &dyn Users, |all| all);
        let mut so_far = SoFar::new(self, &names);
        let each = engine::apply(&self.load(users, self.until), watch, &mut |second| {
            so_far.take(second, watch);
        })?;
        let mut all = seconds::sum(&each);
        all.elapsed = each.iter().map(|of| of.elapsed).max().unwrap_or_default();
        Ok(Done {
            aborted: so_far.aborted,
            each,
            all,
            operations: names,
            wrong: scenarios.wrong.kept(),
            wrong_count: scenarios.wrong.count(),
            lacking: scenarios.lacking().into_iter().collect(),
        })
    }

    fn load<'a>(&'a self, users: &'a dyn Users, until: Until) -> Load<'a> {
        Load {
            services: &self.scenarios.services,
            transport: &self.transport,
            users,
            operations: self.scenarios.operations.len(),
            keeps: self.scenarios.keeps(),
            connections: self.places,
            plan: &self.plan,
            until,
            patience: PATIENCE,
            workers: WORKERS,
        }
    }
}

/// Load as it goes on: told of each second, and ended where a threshold says so.
struct SoFar<'a> {
    on: &'a OnLanes,
    names: &'a [String],
    aborting: Vec<Threshold>,
    each: Vec<Figures>,
    elapsed: Duration,
    aborted: Option<String>,
}

impl<'a> SoFar<'a> {
    fn new(on: &'a OnLanes, names: &'a [String]) -> SoFar<'a> {
        let aborting = on.load.thresholds.iter().filter(|one| one.abort);
        SoFar {
            on,
            names,
            aborting: aborting.cloned().collect(),
            each: names.iter().map(|_| Figures::default()).collect(),
            elapsed: Duration::ZERO,
            aborted: None,
        }
    }

    fn take(&mut self, second: &engine::Second, watch: &Watch) {
        let scenarios = &self.on.scenarios;
        let violations = scenarios.judges_answers().then(|| scenarios.wrong.count());
        if let Some(told) = seconds::told(second, self.names, violations) {
            self.on.context.emit(told);
        }
        if self.aborting.is_empty() {
            return;
        }
        for (all, more) in self.each.iter_mut().zip(&second.each) {
            all.add(more);
        }
        let lasted = second.each.iter().map(|of| of.elapsed).max();
        self.elapsed += lasted.unwrap_or_default();
        let held = thresholds::held(
            &self.aborting,
            self.names,
            &self.each,
            self.elapsed,
            violations,
        );
        if let Some(crossed) = held.iter().find(|held| held.is_crossed())
            && self.aborted.is_none()
        {
            self.aborted = Some(crossed.threshold.to_string());
            watch.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// Where the lanes of an operation's service listen.
pub(super) fn lanes<L: Lab>(stage: &Stage<L>, operation: &Operation) -> Vec<SocketAddr> {
    let service = stage.system.service(&operation.service);
    let lanes = 0..service.map_or(1, |service| service.replicas.max(1));
    lanes
        .filter_map(|lane| stage.address(&operation.service, LaneId(lane)))
        .collect()
}

fn document(done: &Done, violations: u64, broken: Rate) -> Map<String, Value> {
    let (low, high) = broken.interval();
    let mut document = measured(&done.all);
    document.extend(model::object(json!({
        "violations": violations,
        "rate": broken.share(),
        "interval": [low, high],
    })));
    if done.operations.len() > 1 {
        let each = done.operations.iter().zip(&done.each);
        let each: Map<String, Value> = each
            .map(|(name, figures)| (name.clone(), measured(figures).into()))
            .collect();
        document.insert("operations".to_string(), each.into());
    }
    document
}
