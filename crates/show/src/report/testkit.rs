//! Runs for the tests of the page.

use model::{
    Access, Attempt, ConnectionId, Effect, EventKind, Judgement, LaneId, Outcome, Protocol, Rate,
    Reply, ReplyKind, Step, Transaction, TrialHistory, Violation, WireId,
};
use serde_json::{Value, json};

pub fn started(command: &str, system: &str, variant: Option<&str>) -> EventKind {
    EventKind::RunStarted {
        run: "20261121-114207-7f3a".into(),
        command: command.into(),
        version: "0.1.0".into(),
        system: system.into(),
        variant: variant.map(Into::into),
        spec: Some(("heisen.yaml".into(), "1f9a".into())),
        seed: 7,
        started: "2026-11-21T11:42:07Z".into(),
    }
}

pub fn wires() -> Vec<EventKind> {
    let wires = [
        (0, 0, "inventory -> db"),
        (1, 0, "inventory -> cache"),
        (2, 1, "inventory -> db"),
    ];
    let open = wires.map(|(wire, lane, edge)| EventKind::WireOpened {
        wire: WireId(wire),
        lane: LaneId(lane),
        edge: edge.into(),
        address: format!("127.0.0.1:{}", 7000 + wire),
    });
    open.to_vec()
}

pub fn wires_closed() -> Vec<EventKind> {
    let closed = [
        (0, 4, 12_480, 8_100_000, 12),
        (1, 2, 3120, 412_000, 0),
        (2, 4, 12_002, 7_900_000, 0),
    ];
    let closed = closed.map(
        |(wire, connections, steps, bytes, odd)| EventKind::WireClosed {
            wire: WireId(wire),
            connections,
            steps,
            bytes,
            not_understood: odd,
            first_not_understood: (odd > 0).then(|| "COPY data is passed as it is".into()),
            failed: 0,
            first_failed: None,
        },
    );
    closed.to_vec()
}

pub fn step(
    trial: u64,
    racer: &str,
    text: &str,
    reply: (ReplyKind, &str),
    times: (u64, u64),
) -> EventKind {
    let mut words = text.split(' ');
    let (target, verb) = (words.next().unwrap(), words.next().unwrap());
    let sql = target == "db";
    let resource = if sql { "events" } else { "inv:42" };
    EventKind::StepDone {
        phase: "forced".into(),
        trial,
        racer: Some(racer.into()),
        step: Box::new(Step {
            wire: WireId(0),
            lane: LaneId(u16::from(racer != "A")),
            target: target.into(),
            connection: ConnectionId(1),
            ordinal: 0,
            protocol: if sql {
                Protocol::Postgres
            } else {
                Protocol::Redis
            },
            verb: verb.into(),
            shape: text.into(),
            text: text.split_once(' ').unwrap().1.into(),
            parameters: if sql {
                vec![Some("42".into()), None]
            } else {
                Vec::new()
            },
            effects: vec![Effect::of(Access::Read, resource)],
            transaction: Transaction::None,
            isolation: None,
            commits: Vec::new(),
            noise: verb == "HELLO",
            session: None,
        }),
        reply: Reply {
            kind: reply.0,
            value: reply.1.into(),
            rows: None,
            code: None,
        },
        asked_us: times.0,
        held_us: times.1,
        replied_us: times.0 + times.1 + 300,
    }
}

pub fn attempt(racer: &str, took_us: u64, outcome: Outcome) -> Attempt {
    Attempt {
        racer: racer.into(),
        operation: "reserve".into(),
        lane: LaneId(u16::from(racer != "A")),
        sent_us: 100,
        ended_us: 100 + took_us,
        outcome,
    }
}

pub fn answered(status: u16, body: &str) -> Outcome {
    Outcome::Answered {
        status,
        location: None,
        body: body.into(),
    }
}

pub fn judged(
    phase: &str,
    trial: u64,
    attempts: Vec<Attempt>,
    saw: &[(&str, &str)],
    enforced: Option<bool>,
) -> EventKind {
    let said = |(oracle, saw): &(&str, &str)| Violation {
        oracle: (*oracle).into(),
        saw: (*saw).into(),
    };
    EventKind::TrialJudged {
        phase: phase.into(),
        history: TrialHistory {
            state: vec![],
            trial,
            attempts,
            observations: Vec::new(),
        },
        judgement: Judgement {
            violations: saw.iter().map(said).collect(),
            undecided: Vec::new(),
        },
        enforced,
        took_us: 1600,
    }
}

pub fn begun(phase: &str, trials: u64) -> EventKind {
    EventKind::PhaseStarted {
        phase: phase.into(),
        trials: Some(trials),
    }
}

pub fn phase_end(
    phase: &str,
    k: u64,
    n: u64,
    interval: (f64, f64),
    enforced: Option<u64>,
    took_ms: u64,
) -> EventKind {
    EventKind::PhaseEnded {
        phase: phase.into(),
        violations: Rate { k, n },
        interval,
        enforced: enforced.map(|k| Rate { k, n }),
        took_ms,
    }
}

pub fn ended(verdict: &str, document: Value, wall_ms: u64) -> EventKind {
    EventKind::RunEnded {
        verdict: verdict.into(),
        document,
        wall_ms,
    }
}

/// The baseline phases every replay begins with.
pub fn baselines() -> Vec<EventKind> {
    vec![
        begun("natural, direct", 1000),
        judged(
            "natural, direct",
            0,
            vec![attempt("A", 9000, answered(201, "{}"))],
            &[],
            None,
        ),
        phase_end("natural, direct", 3, 1000, (0.0010, 0.0087), None, 1213),
        begun("natural, idle wires", 1000),
        phase_end(
            "natural, idle wires",
            22,
            1000,
            (0.0146, 0.0331),
            None,
            1266,
        ),
    ]
}

pub fn oversell_steps(trial: u64) -> Vec<EventKind> {
    use ReplyKind::Ok;
    vec![
        step(trial, "A", "cache HELLO 3", (Ok, "OK"), (400, 0)),
        step(trial, "A", "cache GET inv:42", (Ok, "1"), (900, 0)),
        step(trial, "B", "cache GET inv:42", (Ok, "1"), (800, 600)),
        step(trial, "A", "cache SET inv:42 0", (Ok, "OK"), (1300, 12_100)),
        step(
            trial,
            "A",
            "db INSERT INTO orders (event, note) VALUES ($1, $2)",
            (Ok, "1 row"),
            (14_000, 0),
        ),
        step(trial, "B", "cache SET inv:42 0", (Ok, "OK"), (1900, 12_800)),
    ]
}

pub fn reproduced() -> Vec<EventKind> {
    let mut kinds = vec![started("replay", "ticketrush", Some("racy"))];
    kinds.extend(wires());
    kinds.extend(baselines());
    kinds.push(begun("forced", 300));
    kinds.extend(oversell_steps(0));
    let both = vec![
        attempt("A", 14_100, answered(201, "{\"order\":\"7f3a2c\"}")),
        attempt(
            "B",
            12_000,
            answered(201, "{\"order\":\"81bc09\",\n \"event\": 42}"),
        ),
    ];
    let saw = [(
        "no-oversell",
        "11 orders for 10 seats: `SELECT count(*) <= 10 FROM orders WHERE event = 42` said false",
    )];
    kinds.push(judged("forced", 0, both, &saw, Some(true)));
    kinds.push(phase_end("forced", 300, 300, (0.9878, 1.0), Some(300), 490));
    kinds.extend(wires_closed());
    kinds.push(ended(
        "REPRODUCED",
        json!({ "again": ["heisen", "replay", ".heisen/catches/oversell.yaml", "--seed", "7"] }),
        6412,
    ));
    kinds
}

pub fn infeasible() -> Vec<EventKind> {
    let mut kinds = vec![started("replay", "ticketrush", Some("row-lock"))];
    kinds.extend(wires());
    kinds.push(begun("forced", 200));
    kinds.extend([
        step(
            0,
            "A",
            "db SELECT sold FROM events WHERE id = $1 FOR UPDATE",
            (ReplyKind::Ok, "9"),
            (900, 0),
        ),
        step(
            0,
            "A",
            "db UPDATE events SET sold = 10 WHERE id = $1",
            (ReplyKind::Ok, "1 row"),
            (1900, 0),
        ),
        step(
            0,
            "B",
            "db SELECT sold FROM events WHERE id = $1 FOR UPDATE",
            (ReplyKind::Ok, "10"),
            (1000, 0),
        ),
    ]);
    let both = vec![
        attempt("A", 4100, answered(201, "{}")),
        attempt("B", 5000, answered(409, "sold out")),
    ];
    kinds.push(judged("forced", 0, both, &[], Some(false)));
    kinds.push(phase_end("forced", 0, 200, (0.0, 0.0188), Some(0), 900));
    kinds.extend(wires_closed());
    let document = json!({
        "again": ["heisen", "replay", "oversell.yaml", "--variant", "redlock", "--seed", "7"],
        "why": "B waited for A: PostgreSQL says B's SELECT was blocked by A's row lock in 200 of 200 trials",
    });
    kinds.push(ended("INFEASIBLE", document, 2100));
    kinds
}

/// Everything long and everything many.
pub fn flood() -> Vec<EventKind> {
    let long = "a rather long value that goes on ".repeat(40);
    let mut kinds = vec![started("replay", &long, Some(&long))];
    for phase in 0..30 {
        let name = format!("{long} {phase}");
        kinds.push(begun(&name, 1_000_000));
        kinds.push(phase_end(
            &name,
            999_999,
            1_000_000,
            (0.5, 0.6),
            Some(999_999),
            1,
        ));
    }
    kinds.push(begun("forced", 9));
    for place in 0..200 {
        let racer = if place % 2 == 0 { "A" } else { &long };
        kinds.push(step(
            0,
            racer,
            &format!("cache GET {long}"),
            (ReplyKind::Error, &long),
            (place, 99),
        ));
    }
    let attempts = (0..20)
        .map(|_| attempt(&long, 1, answered(200, &long)))
        .collect();
    let saw = [("座席", long.as_str()), (&long, &long), ("third", &long)];
    kinds.push(judged("forced", 0, attempts, &saw, Some(true)));
    kinds.extend((0..99).map(|i| EventKind::Warning {
        message: format!("{i} {long}"),
    }));
    for wire in 0..99 {
        let edge = format!("座席 {long}");
        kinds.push(EventKind::WireOpened {
            wire: WireId(wire),
            lane: LaneId(9),
            edge,
            address: long.clone(),
        });
        kinds.push(EventKind::WireClosed {
            wire: WireId(wire),
            connections: u64::MAX,
            steps: 1,
            bytes: 1,
            not_understood: 1,
            first_not_understood: Some(long.clone()),
            failed: u64::MAX,
            first_failed: Some(long.clone()),
        });
    }
    kinds.push(ended(&long, json!({ "why": long }), u64::MAX));
    kinds
}
