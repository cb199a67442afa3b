//! Folders and events for the tests of this crate.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use model::{
    Attempt, ConnectionId, Event, EventKind, Judgement, LaneId, LoadSecond, Observation, Outcome,
    Protocol, Rate, Reply, ReplyKind, Step, Transaction, TrialHistory, UnknownWhy, Violation,
    WireId,
};
use serde_json::json;

use crate::Evidence;

/// A folder of its own for each test, gone with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("heisen-store-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn warning(at_us: u64, message: &str) -> Event {
    Event {
        at_us,
        kind: EventKind::Warning {
            message: message.to_string(),
        },
    }
}

pub(crate) fn started(run: &str) -> Event {
    started_at(run, "2026-11-21T11:42:00Z")
}

pub(crate) fn started_at(run: &str, started: &str) -> Event {
    Event {
        at_us: 0,
        kind: EventKind::RunStarted {
            run: run.to_string(),
            command: "replay".to_string(),
            version: "0.1.0".to_string(),
            system: "ticketrush".to_string(),
            variant: Some("racy".to_string()),
            spec: Some(("heisen.yaml".to_string(), "1f9a".to_string())),
            seed: u64::MAX,
            started: started.to_string(),
        },
    }
}

pub(crate) fn ended(verdict: &str) -> Event {
    let document = json!({ "verdict": verdict });
    let kind = EventKind::RunEnded {
        verdict: verdict.to_string(),
        document,
        wall_ms: 6400,
    };
    Event {
        at_us: 6_400_000,
        kind,
    }
}

/// A small run on the disk.
pub(crate) fn write_run(folder: &Path, id: &str, at: &str, verdict: Option<&str>) -> PathBuf {
    let mut evidence = Evidence::create(folder, id).unwrap();
    evidence.record(&started_at(id, at));
    if let Some(verdict) = verdict {
        evidence.record(&ended(verdict));
    }
    evidence.finish().unwrap()
}

fn step() -> Step {
    Step {
        wire: WireId(1),
        lane: LaneId(0),
        target: "cache".to_string(),
        connection: ConnectionId(2),
        ordinal: 5,
        protocol: Protocol::Redis,
        verb: "GET".to_string(),
        shape: "GET ?".to_string(),
        text: "GET inv:42".to_string(),
        parameters: vec![Some("inv:42".to_string()), None],
        effects: vec![model::Effect::of(model::Access::Read, "inv:42")],
        transaction: Transaction::None,
        isolation: None,
        commits: Vec::new(),
        noise: false,
        session: None,
    }
}

pub(crate) fn judged() -> Event {
    let attempt = |racer: &str, outcome| Attempt {
        racer: racer.to_string(),
        operation: "reserve".to_string(),
        lane: LaneId(0),
        sent_us: 100,
        ended_us: 14_200,
        outcome,
    };
    let history = TrialHistory {
        state: vec![],
        trial: 3,
        attempts: vec![
            attempt(
                "A",
                Outcome::Answered {
                    status: 201,
                    location: None,
                    body: "{\"order\":\"é\"}".to_string(),
                },
            ),
            attempt("B", Outcome::Unknown(UnknownWhy::TimedOut)),
            attempt(
                "C",
                Outcome::NotSent {
                    why: "connection refused".to_string(),
                },
            ),
        ],
        observations: vec![Observation {
            invariant: "no-oversell".to_string(),
            value: Ok(Some("f".to_string())),
        }],
    };
    let said = |saw: &str| Violation {
        oracle: "no-oversell".to_string(),
        saw: saw.to_string(),
    };
    let judgement = Judgement {
        violations: vec![said("11 of 10 sold")],
        undecided: vec![said("no answer")],
    };
    let kind = EventKind::TrialJudged {
        phase: "forced".to_string(),
        history,
        judgement,
        enforced: Some(true),
        took_us: 15_000,
    };
    Event {
        at_us: 1_000_000,
        kind,
    }
}

fn step_done() -> EventKind {
    EventKind::StepDone {
        phase: "forced".to_string(),
        trial: 3,
        racer: Some("A".to_string()),
        step: Box::new(step()),
        reply: Reply {
            kind: ReplyKind::Ok,
            value: "1".to_string(),
            rows: None,
            code: None,
        },
        asked_us: 900,
        held_us: 12_100,
        replied_us: 13_300,
    }
}

/// One event of each kind.
/// What only an isolation tells.
fn isolating() -> Vec<EventKind> {
    let text = |text: &str| text.to_string();
    vec![
        EventKind::OperationLearned {
            operation: text("reserve"),
            args: vec![(text("event"), json!(42))],
            values: vec![],
            steps: vec![text("cache GET inv:42")],
            set_aside: vec![(text("db BEGIN"), 3)],
            obscure: 0,
        },
        EventKind::Explored {
            sentence: text("all 14 inequivalent interleavings of 2 x reserve tried"),
        },
        EventKind::Asked {
            what_if: model::WhatIf {
                operation: text("reserve"),
                step: text("db COMMIT"),
                fault: text("reset after"),
                outcome: model::Aftermath::Twice,
                saw: text("client: no answer, then 201"),
            },
        },
        EventKind::SuspectSettled {
            settled: Box::new(settled()),
        },
    ]
}

fn settled() -> model::Settled {
    model::Settled {
        suspect: model::Suspect {
            id: "S1".to_string(),
            operations: vec!["reserve".to_string(), "reserve".to_string()],
            resource: "cache inv:42".to_string(),
            label: model::Label::CheckThenAct,
            why: "it looks and then acts".to_string(),
            guard: None,
            racers: vec![],
            setup: model::Setup::near_limit(),
            orders: vec![],
        },
        verdict: model::SuspectVerdict::Confirmed,
        violations: Rate { k: 20, n: 20 },
        trials_to_first: Some(1),
        evidence: "two got it".to_string(),
        trial_us: 7000,
        catch: None,
    }
}

pub(crate) fn one_of_each() -> Vec<Event> {
    let text = |text: &str| text.to_string();
    let wire = WireId(1);
    let kinds = vec![
        EventKind::Ready {
            what: text("db"),
            address: text("127.0.0.1:5433"),
            took_ms: 412,
        },
        EventKind::WireOpened {
            wire,
            lane: LaneId(0),
            edge: text("inventory -> cache"),
            address: text("127.0.0.1:7001"),
        },
        EventKind::PhaseStarted {
            phase: text("forced"),
            trials: Some(300),
        },
        step_done(),
        EventKind::ReplicaDied {
            what: text("inventory 2"),
            why: text("signal 9"),
        },
        EventKind::Warning {
            message: text("few\n\"file\" descriptors"),
        },
        EventKind::LoadSecond {
            second: Box::new(LoadSecond {
                second: 3,
                lasted_us: 1_000_000,
                violations: Some(2),
                ..LoadSecond::default()
            }),
        },
        EventKind::Offered {
            what: text("metrics"),
            address: text("http://127.0.0.1:9464/metrics"),
        },
        EventKind::LoadMeasured {
            figures: json!({ "requests": 12, "errors": {} }),
        },
        EventKind::PhaseEnded {
            phase: text("forced"),
            violations: Rate { k: 300, n: 300 },
            interval: (0.988, 1.0),
            enforced: Some(Rate { k: 300, n: 300 }),
            took_ms: 490,
        },
        EventKind::WireClosed {
            wire,
            connections: 4,
            steps: 3120,
            bytes: 1_200_000,
            not_understood: 1,
            first_not_understood: Some(text("a push message")),
            failed: 1,
            first_failed: Some(text("reset")),
        },
    ];
    let mut events = vec![started("one-of-each")];
    events.extend(
        kinds
            .into_iter()
            .chain(isolating())
            .zip(1..)
            .map(|(kind, at_us)| Event { at_us, kind }),
    );
    events.push(judged());
    events.push(ended("REPRODUCED"));
    events
}
