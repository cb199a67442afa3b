use model::oracle::SERIAL;
use model::{
    Attempt, Judgement, LaneId, Outcome, RacerPlan, StateSeen, System, TrialHistory, UnknownWhy,
};
use serde_json::{Value, json};

use super::*;

fn system(refused: &[u16]) -> System {
    let operation = model::Operation {
        name: "buy".into(),
        method: "POST".into(),
        service: "shop".into(),
        path: model::Template::plain("/"),
        headers: vec![],
        body: model::Body::Empty,
        args: vec![],
        accepted: vec![],
        refused: refused.to_vec(),
        steps: vec![],
        limit: None,
    };
    System {
        name: "s".into(),
        folder: ".".into(),
        digest: String::new(),
        backends: vec![],
        services: vec![],
        operations: vec![operation],
        reset: vec![],
        near_limit: vec![],
        state: vec![],
        invariants: vec![],
        variants: vec![],
        variant: None,
        traffic: model::Traffic::default(),
        incidents: vec![],
        links: vec![],
        outages: vec![],
        loads: vec![],
    }
}

fn racer(name: &str) -> RacerPlan {
    RacerPlan {
        name: name.into(),
        operation: "buy".into(),
        args: vec![],
    }
}

fn attempt(name: &str, status: u16, body: &str) -> Attempt {
    Attempt {
        racer: name.into(),
        operation: "buy".into(),
        lane: LaneId(0),
        sent_us: 0,
        ended_us: 1,
        outcome: Outcome::Answered {
            status,
            location: None,
            body: body.into(),
        },
    }
}

fn state(value: Value) -> Vec<StateSeen> {
    vec![StateSeen {
        target: "db".into(),
        command: "SELECT sold".into(),
        value: Ok(value),
    }]
}

fn serial(order: &[usize], answers: &[(u16, &str)], left: Value) -> SerialRun {
    let attempts = order
        .iter()
        .zip(answers)
        .map(|(racer, (status, body))| attempt(["A", "B", "C"][*racer], *status, body))
        .collect();
    SerialRun {
        order: order.to_vec(),
        attempts,
        state: state(left),
    }
}

fn trial(answers: &[(u16, &str)], left: Value) -> TrialHistory {
    let attempts = answers
        .iter()
        .zip(["A", "B", "C"])
        .map(|((status, body), name)| attempt(name, *status, body))
        .collect();
    TrialHistory {
        attempts,
        state: state(left),
        ..TrialHistory::default()
    }
}

/// The last seat: whoever comes first gets it.
fn last_seat() -> Reference {
    let one_after_another = |order: &[usize]| {
        serial(
            order,
            &[
                (201, r#"{"id":1,"left":0}"#),
                (409, r#"{"error":"sold out"}"#),
            ],
            json!([{"sold": "10"}]),
        )
    };
    let alone = |racer| {
        serial(
            &[racer],
            &[(201, r#"{"id":1,"left":0}"#)],
            json!([{"sold": "10"}]),
        )
    };
    let runs = vec![
        one_after_another(&[0, 1]),
        one_after_another(&[1, 0]),
        alone(0),
        alone(1),
    ];
    Reference::new(&[racer("A"), racer("B")], runs)
}

fn oracles(judgement: &Judgement) -> Vec<&str> {
    let violations = judgement.violations.iter();
    violations
        .map(|violation| violation.oracle.as_str())
        .collect()
}

#[test]
fn every_order_counts_and_each_racer_may_be_left_out() {
    let all = orders(2);
    assert_eq!(all, [vec![0, 1], vec![1, 0], vec![0], vec![1], vec![]]);
    assert_eq!(orders(3).iter().filter(|order| order.len() == 3).count(), 6);
}

#[test]
fn an_outcome_of_some_order_is_right() {
    let reference = last_seat();
    for answers in [
        [
            (201, r#"{"id":7,"left":0}"#),
            (409, r#"{"error":"sold out"}"#),
        ],
        [
            (409, r#"{"error":"sold out"}"#),
            (201, r#"{"id":7,"left":0}"#),
        ],
    ] {
        let judgement = reference.judge(&system(&[]), &trial(&answers, json!([{"sold": "10"}])));
        assert_eq!(judgement, Judgement::default(), "{answers:?}");
    }
}

#[test]
fn two_who_both_get_the_last_one_are_wrong() {
    let both = [
        (201, r#"{"id":1,"left":0}"#),
        (201, r#"{"id":2,"left":-1}"#),
    ];
    let judgement = last_seat().judge(&system(&[409]), &trial(&both, json!([{"sold": "11"}])));
    assert_eq!(oracles(&judgement), [SERIAL]);
    let saw = &judgement.violations[0].saw;
    assert!(saw.contains("one after another: 201"), "{saw}");
}

#[test]
fn a_state_that_no_order_leaves_is_wrong() {
    let right = [
        (201, r#"{"id":1,"left":0}"#),
        (409, r#"{"error":"sold out"}"#),
    ];
    let judgement = last_seat().judge(&system(&[409]), &trial(&right, json!([{"sold": "9"}])));
    assert_eq!(oracles(&judgement), [SERIAL]);
    assert_eq!(
        judgement.violations[0].saw,
        r#"db `SELECT sold` gives [{"sold":"9"}]; one after another [{"sold":"10"}]"#
    );
}

/// Two who both fit: the second may be told to come back.
fn enough_for_both() -> Reference {
    let both = |order: &[usize]| serial(order, &[(201, "{}"), (201, "{}")], json!([{"sold": "2"}]));
    let alone = |racer| serial(&[racer], &[(201, "{}")], json!([{"sold": "1"}]));
    let runs = vec![both(&[0, 1]), both(&[1, 0]), alone(0), alone(1)];
    Reference::new(&[racer("A"), racer("B")], runs)
}

#[test]
fn a_declared_refusal_is_as_if_it_had_not_run() {
    let refused = [(201, "{}"), (409, r#"{"error":"busy"}"#)];
    let clean = trial(&refused, json!([{"sold": "1"}]));
    let left_something = trial(&refused, json!([{"sold": "3"}]));
    let reference = enough_for_both();
    assert_eq!(
        reference.judge(&system(&[409]), &clean),
        Judgement::default()
    );
    assert_eq!(
        oracles(&reference.judge(&system(&[409]), &left_something)),
        [SERIAL]
    );
    // Nobody said that 409 is right here: no false alarm, and no clean bill either.
    let undeclared = reference.judge(&system(&[]), &clean);
    assert!(undeclared.violations.is_empty());
    assert_eq!(undeclared.undecided.len(), 1);
}

#[test]
fn an_unknown_outcome_may_be_either() {
    let reference = enough_for_both();
    for (sold, expected) in [("1", 0), ("2", 0), ("3", 1)] {
        let mut history = trial(&[(201, "{}"), (201, "{}")], json!([{"sold": sold}]));
        history.attempts[1].outcome = Outcome::Unknown(UnknownWhy::TimedOut);
        let judgement = reference.judge(&system(&[]), &history);
        assert_eq!(judgement.violations.len(), expected, "{sold}");
    }
}

#[test]
fn ids_tokens_and_times_may_differ_but_not_their_pattern() {
    let body = |id: u32, uuid: &str, at: &str| {
        format!(r#"{{"id":{id},"order":"{uuid}","at":"{at}","sum":5}}"#)
    };
    let (one, two) = (
        "0a1b2c3d-0000-4000-8000-00000000000a",
        "0a1b2c3d-0000-4000-8000-00000000000b",
    );
    let at = "2026-03-01T12:00:00Z";
    let run = |order: &[usize]| {
        serial(
            order,
            &[(201, &body(1, one, at)), (201, &body(2, two, at))],
            json!([{"order_id": "1"}, {"order_id": "2"}]),
        )
    };
    let runs = vec![run(&[0, 1]), run(&[1, 0])];
    let reference = Reference::new(&[racer("A"), racer("B")], runs);
    let later = "2027-01-01 08:00:00+00";
    let fresh = trial(
        &[(201, &body(9, two, later)), (201, &body(7, one, later))],
        json!([{"order_id": "70"}, {"order_id": "90"}]),
    );
    assert_eq!(reference.judge(&system(&[]), &fresh), Judgement::default());
    let twins = trial(
        &[(201, &body(7, one, later)), (201, &body(7, one, later))],
        json!([{"order_id": "70"}, {"order_id": "90"}]),
    );
    assert_eq!(oracles(&reference.judge(&system(&[]), &twins)), [SERIAL]);
}

#[test]
fn what_varies_by_itself_says_nothing() {
    let run = |order: &[usize], noise: u32| {
        serial(
            order,
            &[(200, "{}"), (200, "{}")],
            json!([{"sold": "2", "load": noise}]),
        )
    };
    let runs = vec![
        run(&[0, 1], 1),
        run(&[0, 1], 2),
        run(&[1, 0], 3),
        run(&[1, 0], 4),
    ];
    let reference = Reference::new(&[racer("A"), racer("B")], runs);
    assert_eq!(reference.varying(), 1);
    let history = |sold: &str| {
        trial(
            &[(200, "{}"), (200, "{}")],
            json!([{"sold": sold, "load": 77}]),
        )
    };
    assert_eq!(
        reference.judge(&system(&[]), &history("2")),
        Judgement::default()
    );
    assert_eq!(
        oracles(&reference.judge(&system(&[]), &history("1"))),
        [SERIAL]
    );
}

#[test]
fn wrong_answers_are_named() {
    let reference = enough_for_both();
    for (status, body, oracle) in [
        (500, "oops", "server-error"),
        (200, r#"{"error":"no"}"#, "fake-success"),
    ] {
        let history = trial(&[(201, "{}"), (status, body)], json!([{"sold": "9"}]));
        assert_eq!(
            oracles(&reference.judge(&system(&[]), &history)),
            [oracle, SERIAL]
        );
    }
    let runs = vec![serial(
        &[0],
        &[(201, r#"{"token":{"of":1}}"#)],
        json!([{"sold": "1"}]),
    )];
    let reference = Reference::new(&[racer("A")], runs);
    let history = trial(&[(201, r#"{"token":{"of":null}}"#)], json!([{"sold": "1"}]));
    let judgement = reference.judge(&system(&[]), &history);
    assert_eq!(oracles(&judgement), ["null-value", SERIAL]);
    assert!(judgement.violations[0].saw.contains("/token/of is null"));
}

#[test]
fn rows_without_an_order_are_a_set() {
    let rows = |a: &str, b: &str| json!([{"id": "1", "who": a}, {"id": "2", "who": b}]);
    let runs = vec![serial(&[0], &[(200, "{}")], rows("ada", "bob"))];
    let reference = Reference::new(&[racer("A")], runs);
    let history = trial(&[(200, "{}")], rows("bob", "ada"));
    assert_eq!(
        reference.judge(&system(&[]), &history),
        Judgement::default()
    );
}
