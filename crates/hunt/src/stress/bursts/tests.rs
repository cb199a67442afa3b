//! What is sent in bursts, and how rounds are counted.

use drive::engine::Sent;
use model::{Access, Body, Judgement, Operation, Outcome, Template, TrialHistory};

use super::rounds::arguments;
use super::tally::Round;
use super::*;
use crate::stress::contention::testkit::touch;

fn operation(args: &[(&str, &[&str])]) -> Operation {
    let value = |value: &&str| Value::from(*value);
    let arg =
        |(name, values): &(&str, &[&str])| (name.to_string(), values.iter().map(value).collect());
    Operation {
        name: "reserve".into(),
        method: "POST".into(),
        service: "inventory".into(),
        path: Template::parse("/").unwrap(),
        headers: vec![],
        body: Body::Empty,
        args: args.iter().map(arg).collect(),
        accepted: vec![],
        refused: vec![],
        steps: vec![],
        limit: None,
    }
}

#[test]
fn values_are_taken_in_turn_by_those_that_meet() {
    let taken = |args: &[(&str, &[&str])], lanes: usize| -> Vec<String> {
        let operation = operation(args);
        let of = |place| arguments(&operation, place, lanes);
        let text = |(_, value): &(String, Value)| value.as_str().unwrap().to_string();
        let joined = |place| of(place).iter().map(text).collect::<String>();
        (0..8).map(joined).collect()
    };
    let (one, two): ([&str; 1], [&str; 2]) = (["a"], ["a", "b"]);
    for (args, lanes, expected) in [
        (&[("x", &one[..])][..], 3, "a a a a a a a a"),
        (&[("x", &two[..])], 3, "a a a b b b a a"),
        (&[("x", &two[..])], 1, "a a b b a a b b"),
        (&[("x", &two), ("y", &two)], 2, "aa aa ba ba ab ab bb bb"),
        (&[("x", &one), ("y", &two)], 2, "aa aa ab ab aa aa ab ab"),
    ] {
        assert_eq!(taken(args, lanes).join(" "), expected, "{args:?} {lanes}");
    }
    assert_eq!(arguments(&operation(&[("x", &[])]), 5, 3), vec![]);
}

fn round(outcomes: &[Outcome], violations: usize, undecided: usize) -> Round {
    let says = |_| Violation {
        oracle: "no-oversell".into(),
        saw: "11 of 10".into(),
    };
    let sent = |(number, outcome): (usize, &Outcome)| Sent {
        number,
        lane: 0,
        due: Duration::from_micros(1_000),
        sent: Duration::from_micros(1_200),
        left: Duration::from_micros(1_210),
        ended: Duration::from_micros(3_000),
        outcome: outcome.clone(),
    };
    Round {
        sent: outcomes.iter().enumerate().map(sent).collect(),
        history: TrialHistory::default(),
        judgement: Judgement {
            violations: (0..violations).map(says).collect(),
            undecided: (0..undecided).map(says).collect(),
        },
        took: Duration::ZERO,
    }
}

#[test]
fn rounds_are_counted_and_not_their_violations() {
    let operation = operation(&[]);
    let answered = Outcome::Answered {
        status: 201,
        location: None,
        body: String::new(),
    };
    let cut = Outcome::Unknown(model::UnknownWhy::Cut);
    let mut tally = Tally::new();
    for round in [
        round(&[answered.clone(), answered.clone()], 0, 0),
        round(&[answered.clone(), cut], 2, 1),
        round(&[answered.clone(), answered], 0, 3),
    ] {
        tally.count(&operation, &round);
    }
    let phase = BurstPhase {
        name: "bursts".into(),
        wiring: Wiring::Direct,
        window: Duration::from_millis(5),
        faults: vec![],
    };
    let plan = BurstPlan {
        operation: "reserve".into(),
        args: vec![],
        requests: 2,
        rounds: 3,
        setup: Setup::reset(),
        mix: Mix::Across,
        phases: vec![phase.clone()],
        aimed: None,
        audit: None,
    };
    let document = document(&plan, &phase, &tally);
    for (key, expected) in [
        ("requests", json!(6)),
        ("violations", json!(1)),
        ("rounds", json!(3)),
        ("undecided", json!(1)),
        ("errors", json!({ "cut": 1 })),
        ("burst", json!({ "requests": 2, "window_ms": 5.0 })),
    ] {
        assert_eq!(document[key], expected, "{key}");
    }
    assert_eq!(document["latency_us"]["max"], 2_000, "from when it was due");
    assert_eq!(document["lateness_us"]["p50"], 200);
    assert_eq!((tally.violations.len(), tally.undecided.len()), (2, 4));
}

#[test]
fn work_is_begun_with_the_first_step_that_each_makes_once() {
    let step = |key: &str, asked_us: u64| {
        let mut touch = touch(0, Access::Read, key, asked_us);
        touch.step.shape = key.to_string();
        touch
    };
    let mut tally = Tally::new();
    tally.begun(&[step("b", 1)], 1);
    tally.learn(&[step("a", 0), step("a", 1), step("b", 2), step("c", 3)]);
    // As many as there are requests; then one of them made it twice, or not at all.
    tally.begun(
        &[step("b", 70), step("a", 5), step("b", 20), step("c", 900)],
        2,
    );
    tally.begun(&[step("b", 20), step("b", 500)], 1);
    tally.begun(&[step("b", 20)], 2);
    assert_eq!((tally.begun_us.len(), tally.begun_us.max()), (1, 50));
}
