use model::{
    Access, Attempt, ConnectionId, Effect, Judgement, LaneId, Outcome, Protocol, Reply, ReplyKind,
    Step, Transaction, TrialHistory, Violation, WireId,
};

use super::*;
use crate::report::gather::StepLine;
use crate::style::Style;

pub fn effect(access: Access, resource: &str, part: &[(&str, &str)]) -> Effect {
    let part = part.iter();
    Effect {
        part: part
            .map(|(column, value)| ((*column).into(), (*value).into()))
            .collect(),
        ..Effect::of(access, resource)
    }
}

/// `db UPDATE t SET ...`: target and text.
pub fn step(racer: &str, text: &str, effects: Vec<Effect>) -> Step {
    let (target, text) = text.split_once(' ').unwrap();
    let verb = text.split_whitespace().next().unwrap();
    let lane = u16::from(racer.as_bytes()[0] - b'A');
    Step {
        wire: WireId(lane),
        lane: LaneId(lane),
        target: target.into(),
        connection: ConnectionId(0),
        ordinal: 0,
        protocol: match target {
            "db" => Protocol::Postgres,
            "cache" => Protocol::Redis,
            _ => Protocol::Http,
        },
        verb: verb.into(),
        shape: text.into(),
        text: text.into(),
        parameters: Vec::new(),
        effects,
        transaction: match verb {
            "BEGIN" => Transaction::Begin,
            "COMMIT" => Transaction::Commit,
            "ROLLBACK" => Transaction::Rollback,
            _ => Transaction::None,
        },
        isolation: None,
        commits: Vec::new(),
        noise: false,
        session: None,
    }
}

pub fn reply(value: &str) -> Reply {
    let kind = match value {
        "nil" | "0 rows" => ReplyKind::Empty,
        value if value.starts_with("404") => ReplyKind::Empty,
        value if value.starts_with("ERR") => ReplyKind::Error,
        _ => ReplyKind::Ok,
    };
    let told = value.split_once(" rows: ").map_or(value, |(rows, _)| rows);
    let told = told.split(": ").next().unwrap();
    let last = told.split(' ').find_map(|word| word.parse().ok());
    let is_tag = ["UPDATE", "INSERT", "DELETE"]
        .iter()
        .any(|tag| value.starts_with(tag));
    let rows = match is_tag {
        true => told.rsplit(' ').next().unwrap().parse().ok(),
        false if value.contains(" rows") => last,
        // A tag by itself: BEGIN, COMMIT.
        false if value.bytes().all(|byte| byte.is_ascii_uppercase()) => None,
        false => Some(1),
    };
    Reply {
        rows,
        ..Reply::of(kind, value)
    }
}

/// A trial of racers A, B, ... whose steps follow one another.
struct Trial(Vec<StepLine>);

impl Trial {
    fn then(mut self, racer: &str, text: &str, effects: Vec<Effect>, value: &str) -> Trial {
        let at_us = 1000 * self.0.len() as u64;
        let mut step = step(racer, text, effects);
        let is_open = self.0.iter().rev().find(|line| line.step.lane == step.lane);
        let inside = is_open.is_some_and(|line| {
            matches!(
                line.step.transaction,
                Transaction::Begin | Transaction::Inside
            )
        });
        if inside && step.transaction == Transaction::None {
            step.transaction = Transaction::Inside;
        }
        self.0.push(StepLine {
            racer: Some(racer.into()),
            step: Box::new(step),
            reply: reply(value),
            asked_us: at_us,
            held_us: 0,
            replied_us: at_us + 500,
        });
        self
    }

    /// Holds the last step back: it came up long before it went up.
    fn held(mut self, held_us: u64) -> Trial {
        let last = self.0.last_mut().unwrap();
        last.asked_us -= held_us;
        last.held_us = held_us;
        self
    }

    fn pictured(self, order: &[(&str, &str)], width: usize) -> Vec<String> {
        let mut racers: Vec<String> = self
            .0
            .iter()
            .filter_map(|line| line.racer.clone())
            .collect();
        racers.sort();
        racers.dedup();
        let attempts = racers.iter().map(|racer| Attempt {
            racer: racer.clone(),
            operation: "reserve".into(),
            lane: LaneId(0),
            sent_us: 0,
            ended_us: 9,
            outcome: Outcome::Answered {
                status: 201,
                location: None,
                body: "{\"left\": 0}".into(),
            },
        });
        let story = Story {
            phase: "forced".into(),
            history: TrialHistory {
                attempts: attempts.collect(),
                ..TrialHistory::default()
            },
            judgement: Judgement {
                violations: vec![Violation {
                    oracle: "no-oversell".into(),
                    saw: "SELECT true is f".into(),
                }],
                undecided: Vec::new(),
            },
            enforced: Some(true),
            steps: self.0,
        };
        let order = order
            .iter()
            .map(|(racer, step)| ((*racer).to_string(), StepPattern::parse(step).unwrap()));
        let background = Background {
            plans: Vec::new(),
            orders: vec![order.collect()],
            label: Some(Label::CheckThenAct),
        };
        let look = Look {
            width,
            style: Style::PLAIN,
            evidence: None,
        };
        lines(&story, &background, &look)
    }
}

fn reads(resource: &str) -> Vec<Effect> {
    vec![effect(Access::Read, resource, &[])]
}

fn sets(resource: &str) -> Vec<Effect> {
    vec![effect(Access::Atomic, resource, &[])]
}

const SOLD: &str = "db SELECT sold FROM events WHERE id = 42";
const SELL: &str = "db UPDATE events SET sold = sold + 1 WHERE id = 42";

#[test]
fn transactions_publish_at_their_commit_or_never() {
    let trial = Trial(Vec::new())
        .then("A", "db BEGIN", vec![], "BEGIN")
        .then("A", SOLD, reads("events"), "9")
        .then("B", "db BEGIN", vec![], "BEGIN")
        .then("B", SOLD, reads("events"), "9")
        .then("B", SELL, sets("events"), "UPDATE 1")
        .then("B", "db COMMIT", vec![], "COMMIT")
        .then("A", SELL, sets("events"), "UPDATE 1")
        .held(2600)
        .then("A", "db ROLLBACK", vec![], "ROLLBACK");
    let order = [
        ("A", "db SELECT events"),
        ("B", "db COMMIT"),
        ("A", "db UPDATE events"),
    ];
    insta::assert_snapshot!(trial.pictured(&order, 80).join("\n"));
}

#[test]
fn a_long_request_still_fits() {
    let mut trial = Trial(Vec::new());
    for racer in ["A", "B"] {
        trial = trial.then(racer, "db BEGIN", vec![], "BEGIN");
    }
    for at in 0..140 {
        let table = format!("audit_{at}");
        let text = format!("db SELECT a FROM {table}");
        trial = trial.then(["A", "B"][at % 2], &text, reads(&table), "1");
    }
    for at in 0..40 {
        trial = trial.then(["A", "B"][at % 2], SOLD, reads("events"), "9");
    }
    for racer in ["A", "B"] {
        trial = trial.then(racer, SELL, sets("events"), "UPDATE 1");
        trial = trial.then(racer, "db COMMIT", vec![], "COMMIT");
    }
    let order = [
        ("A", "db SELECT events"),
        ("B", "db SELECT events"),
        ("A", "db UPDATE events"),
    ];
    let lines = trial.pictured(&order, 80);
    let picture = lines.iter().position(String::is_empty).unwrap();
    assert!(picture <= LINES_MAX, "{picture} lines");
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn three_racers_and_long_values_keep_every_width() {
    let value = "{\"order\": \"25e66862-7a06-4ea1-a405-c68a1c384d9f\", \"note\": \"".to_string()
        + &"座席 and more ".repeat(20)
        + "\"}";
    for width in [24, 40, 60, 80, 100, 120, 200] {
        let mut trial = Trial(Vec::new());
        for racer in ["A", "B", "C"] {
            let key = "a:rather:long:key:of:a:hash:map";
            trial = trial.then(racer, &format!("cache GET {key}"), reads(key), &value);
            trial = trial
                .then(racer, &format!("cache SET {key} x"), sets(key), "OK")
                .held(400);
            trial = trial.then(racer, "shop POST /orders {}", sets("/orders"), &value);
        }
        let lines = trial.pictured(&[], width);
        assert!(!lines.is_empty());
        for line in lines {
            assert!(cells(&line) <= width, "{} of {width}: {line}", cells(&line));
        }
    }
}

#[test]
fn without_contention_there_is_no_picture() {
    let trial = Trial(Vec::new())
        .then("A", "cache GET a", reads("a"), "1")
        .then("B", "cache GET a", reads("a"), "1")
        .then("A", "cache SET b 1", sets("b"), "OK");
    assert!(trial.pictured(&[], 80).is_empty());
}
