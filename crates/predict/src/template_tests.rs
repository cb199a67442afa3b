use model::{Access, ConnectionId, Effect, LaneId, Protocol, Reply, Transaction, WireId};

use super::*;

fn seen(ordinal: u64, verb: &str, resource: &str, parameters: &[&str], reply: &str) -> SeenStep {
    let access = match verb {
        "GET" => Access::Read,
        _ => Access::Write,
    };
    let noise = verb == "PING";
    SeenStep {
        step: Step {
            wire: WireId(0),
            lane: LaneId(0),
            target: "cache".into(),
            connection: ConnectionId(0),
            ordinal,
            protocol: Protocol::Redis,
            verb: verb.into(),
            shape: format!("{verb} ?"),
            text: format!("{verb} {resource}"),
            parameters: parameters.iter().map(|p| Some((*p).to_string())).collect(),
            effects: if noise {
                vec![]
            } else {
                vec![Effect::of(access, resource)]
            },
            transaction: Transaction::None,
            noise,
            isolation: None,
            commits: Vec::new(),
            session: None,
        },
        reply: Some(Reply::of(ReplyKind::Ok, reply)),
        asked_us: ordinal * 100,
        passed_us: ordinal * 100,
        replied_us: ordinal * 100 + 50,
    }
}

fn run(token: &str, stock: &str, left: &str) -> SoloRun {
    SoloRun {
        values: vec!["42".into(), "ada".into()],
        steps: vec![
            seen(0, "PING", "", &[], "PONG"),
            seen(1, "GET", "inv:42", &[], stock),
            seen(2, "SET", &format!("hold:{token}:42"), &["ada"], "OK"),
            seen(3, "SET", "inv:42", &[left], "OK"),
            seen(4, "GET", "inv:42", &[], left),
            seen(9, "SET", "log", &[token], "OK"),
        ],
        answered_us: 600,
    }
}

fn names(template: &Template) -> Vec<String> {
    let steps = template.steps.iter();
    steps.map(|step| step.pattern.to_string()).collect()
}

#[test]
fn steps_have_names_that_hold_in_every_run() {
    let template = learn(&[run("ab12", "10", "9"), run("cd34", "10", "9")]);
    assert_eq!(
        names(&template),
        [
            "cache GET inv:42",
            "cache SET hold:*:42",
            "cache SET inv:42",
            "cache GET inv:42 #2",
            "cache SET log"
        ]
    );
    assert_eq!(template.set_aside, [("cache PING".to_string(), 1)]);
    assert!(template.steps.iter().all(|step| step.always));
}

#[test]
fn names_are_counted_as_a_director_counts_them() {
    let mut first = run("a", "10", "9");
    first.steps[2] = seen(2, "SET", "inv:1", &[], "OK");
    let mut second = first.clone();
    second.steps[2] = seen(2, "SET", "inv:2", &[], "OK");
    // `inv:*` is also what `inv:42` is like.
    let template = learn(&[first, second]);
    assert_eq!(template.steps[1].pattern.to_string(), "cache SET inv:*");
    assert_eq!(template.steps[2].pattern.to_string(), "cache SET inv:42");
}

#[test]
fn values_are_traced() {
    let template = learn(&[run("ab12", "10", "9"), run("cd34", "10", "9")]);
    let origins: Vec<&[Origin]> = template
        .steps
        .iter()
        .map(|s| s.origins.as_slice())
        .collect();
    assert_eq!(origins[1], [Origin::Request]);
    assert_eq!(origins[2], [Origin::Computed(0)]);
    assert_eq!(origins[4], [Origin::Drawn]);
}

#[test]
fn what_comes_after_the_answer_is_told() {
    let template = learn(&[run("a", "10", "9")]);
    let late: Vec<bool> = template
        .steps
        .iter()
        .map(|step| step.after_answer)
        .collect();
    assert_eq!(late, [false, false, false, false, true]);
}

#[test]
fn a_step_that_is_not_always_made_is_told() {
    let mut shorter = run("b", "10", "9");
    shorter.steps.pop();
    let template = learn(&[run("a", "10", "9"), shorter]);
    assert!(!template.steps[4].always && template.steps[3].always);
}
