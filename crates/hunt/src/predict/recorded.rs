//! Recorded traffic for the analyst: logs of stores, and our own evidence. Each statement is described
//! by the codec that would see it on a wire.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use model::prediction::GraphEdge;
use model::{
    ConnectionId, Event, EventKind, LaneId, Prediction, Protocol, Reply, ReplyKind, SeenStep,
    WireId,
};
use predict::analyst::{self, Analysis, RecordedRequest};
use predict::log::{self, Format, Log, Said, Spoken};
use predict::suspect::Unique;
use store::Recorded;
use wire::session::Place;
use wire::text::{Describer, Language, unique};

use super::shapes;
use crate::error::HuntError;

/// Recorded traffic, read.
#[derive(Debug, Default)]
pub struct Traffic {
    requests: Vec<RecordedRequest>,
    unique: Vec<Unique>,
    /// What was wrong, how often, and the first line that was.
    skipped: Vec<(String, u64, u64)>,
    notes: Vec<String>,
}

/// How SQLite files begin: our own evidence.
const EVIDENCE: &[u8] = b"SQLite format 3\0";

impl Traffic {
    /// Reads logs and evidence, one after another.
    pub fn read(files: &[PathBuf], format: Option<Format>) -> Result<Traffic, HuntError> {
        let mut traffic = Traffic::default();
        for path in files {
            let told = |why: &dyn std::fmt::Display| {
                HuntError::Lacking(format!("{}: {why}", path.display()))
            };
            let text = std::fs::read(path).map_err(|error| told(&error))?;
            if text.starts_with(EVIDENCE) {
                traffic.take_evidence(path)?;
                continue;
            }
            let log = log::read(&text, format).map_err(|error| told(&error))?;
            traffic.take_log(&log, path);
        }
        Ok(traffic)
    }

    /// What its requests tell.
    pub fn analyse(mut self, known: Vec<Unique>) -> Prediction {
        self.unique.extend(known);
        let Analysis {
            boundaries,
            mut recorded,
            notes,
            ..
        } = analyst::analyse(self.requests, &self.unique);
        recorded.skipped = self.skipped;
        let mut prediction = Prediction {
            graph: graph(&boundaries),
            boundaries,
            recorded: Some(recorded),
            notes: self.notes,
            ..Prediction::default()
        };
        prediction.notes.extend(notes);
        prediction
    }

    fn take_log(&mut self, log: &Log, path: &Path) {
        let split = log::requests(log);
        let name = |note: &String| format!("{}: {note}", path.display());
        self.notes.extend(log.notes.iter().map(name));
        self.notes.extend(split.notes.iter().map(name));
        let reasons = log.skipped.reasons().iter();
        self.skipped
            .extend(reasons.map(|(why, times, line)| ((*why).to_string(), *times, *line)));
        let mut sessions = Sessions::starting(log);
        // In the order of the log, because a session remembers what was said before.
        let described: Vec<SeenStep> = log
            .said
            .iter()
            .map(|said| sessions.describe(said))
            .collect();
        self.unique.extend(sessions.unique);
        for request in split.requests {
            let steps = request.said.iter().filter_map(|at| described.get(*at));
            self.requests.push(RecordedRequest {
                name: request.name,
                steps: steps.cloned().collect(),
                ..RecordedRequest::default()
            });
        }
    }

    /// Steps of trials, which tell their values; and what wires recorded, which tell shapes only.
    fn take_evidence(&mut self, path: &Path) -> Result<(), HuntError> {
        let told = |error: store::StoreError| HuntError::Lacking(error.to_string());
        let recorded = Recorded::open(path).map_err(told)?;
        let mut trials = Trials::default();
        for event in recorded.events() {
            trials.take(event.map_err(told)?);
        }
        self.requests.append(&mut trials.requests);
        for wire in recorded.recorded_wires().map_err(told)? {
            let shapes = recorded.shapes(wire).map_err(told)?;
            let records = recorded.recording(wire).map_while(Result::ok);
            let target = trials.targets.get(&wire).cloned();
            let log = shapes::as_log(
                &target.unwrap_or_else(|| "db".to_string()),
                &shapes,
                records,
            );
            self.take_log(&log, path);
        }
        if self.requests.is_empty() {
            return Err(HuntError::Lacking(format!(
                "{}: this run has kept no steps; runs of isolate and replay keep some, and `heisen proxy --record` keeps all",
                path.display()
            )));
        }
        Ok(())
    }
}

/// Steps of trials as requests.
#[derive(Default)]
struct Trials {
    requests: Vec<RecordedRequest>,
    /// Whom each wire leads to.
    targets: HashMap<WireId, String>,
    /// Of each racer: its steps so far, and how long they were held in all.
    open: BTreeMap<String, (Vec<SeenStep>, u64)>,
    /// The arguments that operations were learned with, and all values of their requests.
    given: HashMap<String, (Vec<String>, Vec<String>)>,
    trial: (String, u64),
    /// Times of a trial count from its beginning; those of the run go on.
    base_us: u64,
}

impl Trials {
    fn take(&mut self, event: Event) {
        match event.kind {
            EventKind::WireOpened { wire, edge, .. } => {
                let target = edge.rsplit(" -> ").next().unwrap_or_default().to_string();
                self.targets.insert(wire, target);
            }
            EventKind::OperationLearned {
                operation,
                args,
                values: made_of,
                ..
            } => {
                let (arguments, values) = self.given.entry(operation).or_default();
                arguments.extend(args.iter().map(|(_, value)| super::text(value)));
                values.extend(made_of);
            }
            EventKind::StepDone {
                phase,
                trial,
                racer: Some(racer),
                step,
                reply,
                asked_us,
                held_us,
                replied_us,
                ..
            } => {
                if self.trial != (phase.clone(), trial) {
                    self.open.clear();
                    self.trial = (phase, trial);
                    self.base_us = event.at_us;
                }
                // How long gates held it says nothing of the system.
                let (steps, held_before_us) = self.open.entry(racer).or_default();
                let at = |us: u64| self.base_us + us.saturating_sub(*held_before_us);
                let asked_us = at(asked_us);
                *held_before_us += held_us;
                steps.push(SeenStep {
                    step: *step,
                    reply: Some(reply),
                    asked_us,
                    passed_us: asked_us,
                    replied_us: self.base_us + replied_us.saturating_sub(*held_before_us),
                });
            }
            EventKind::TrialJudged { phase, history, .. }
                if self.trial.0 == phase && self.trial.1 == history.trial =>
            {
                for attempt in &history.attempts {
                    if let Some((steps, _)) = self.open.remove(&attempt.racer) {
                        let given = self.given.get(&attempt.operation);
                        let (arguments, values) = given.cloned().unwrap_or_default();
                        self.requests.push(RecordedRequest {
                            name: Some(attempt.operation.clone()),
                            arguments,
                            values,
                            steps,
                        });
                    }
                }
            }
            _ => {}
        }
    }
}

/// The sessions of a log.
struct Sessions {
    describers: HashMap<(String, Language), (Describer, u32, u64)>,
    /// The log's first time.
    first_us: i64,
    wires: Vec<String>,
    unique: Vec<Unique>,
}

impl Sessions {
    fn starting(log: &Log) -> Sessions {
        let times = log.said.iter().filter_map(|said| said.at_us);
        Sessions {
            describers: HashMap::new(),
            first_us: times.min().unwrap_or(0),
            wires: Vec::new(),
            unique: Vec::new(),
        }
    }

    fn describe(&mut self, said: &Said) -> SeenStep {
        let language = language(said.language);
        let known = self.describers.len() as u32;
        let key = (format!("{}/{}", said.target, said.session), language);
        let (describer, connection, ordinal) = self
            .describers
            .entry(key)
            .or_insert_with(|| (Describer::new(language), known, 0));
        let draft = describer.describe(&said.text, &said.parameters);
        *ordinal += 1;
        let (connection, ordinal) = (*connection, *ordinal);
        if is_definition(&draft.verb) {
            let found = unique(&said.text, language).into_iter();
            self.unique.extend(found.map(|unique| Unique {
                table: unique.table,
                columns: unique.columns,
            }));
        }
        let at = said.at_us.map_or(0, |at| at.saturating_sub(self.first_us));
        let asked_us = u64::try_from(at).unwrap_or(0);
        let wire = WireId(self.wire_of(&said.target));
        SeenStep {
            step: draft.at(Place {
                wire,
                lane: LaneId(0),
                target: &said.target,
                protocol: protocol(said.language),
                connection: ConnectionId(connection),
                ordinal,
            }),
            reply: reply(said),
            asked_us,
            passed_us: asked_us,
            replied_us: asked_us + said.took_us.unwrap_or(0),
        }
    }

    fn wire_of(&mut self, target: &str) -> u16 {
        let at = self.wires.iter().position(|known| known == target);
        let at = at.unwrap_or_else(|| {
            self.wires.push(target.to_string());
            self.wires.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }
}

fn is_definition(verb: &str) -> bool {
    ["CREATE", "ALTER"]
        .iter()
        .any(|word| verb.starts_with(word))
}

fn language(spoken: Spoken) -> Language {
    match spoken {
        Spoken::Postgres => Language::Postgres,
        Spoken::MySql => Language::MySql,
        Spoken::Redis => Language::Redis,
        Spoken::Http => Language::Http,
    }
}

/// MySQL's statements touch rows as PostgreSQL's do.
fn protocol(spoken: Spoken) -> Protocol {
    match spoken {
        Spoken::Postgres | Spoken::MySql => Protocol::Postgres,
        Spoken::Redis => Protocol::Redis,
        Spoken::Http => Protocol::Http,
    }
}

fn reply(said: &Said) -> Option<Reply> {
    if let Some(why) = &said.failed {
        return Some(Reply::of(ReplyKind::Error, why));
    }
    let rows = said.rows?;
    let kind = match rows {
        0 => ReplyKind::Empty,
        _ => ReplyKind::Ok,
    };
    Some(Reply {
        rows: Some(rows),
        ..Reply::of(kind, &format!("{rows} rows"))
    })
}

/// The edges that boundaries stand at.
fn graph(boundaries: &[model::Boundary]) -> Vec<GraphEdge> {
    let mut edges: Vec<GraphEdge> = Vec::new();
    for boundary in boundaries {
        let Some((from, to)) = boundary.edge.split_once(" -> ") else {
            continue;
        };
        let volatility = boundary.factors.volatility();
        match edges
            .iter_mut()
            .find(|edge| edge.from == from && edge.to == to)
        {
            Some(edge) => edge.volatility = edge.volatility.max(volatility),
            None => edges.push(GraphEdge {
                from: from.to_string(),
                to: to.to_string(),
                protocol: String::new(),
                volatility,
            }),
        }
    }
    edges
}
