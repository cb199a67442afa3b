//! The hand-written schedules on the targets: the race is forced where there is one, and never
//! seen where it was mended.

use serde_json::Value;

use crate::rig::{Folder, events, heisen, root, run};

fn replay(
    name: &str,
    schedule: &str,
    variant: &str,
    times: u64,
    natural: u64,
) -> (Option<i32>, Value) {
    let folder = Folder::new(&format!("replay-{name}-{variant}"));
    let (times, natural) = (times.to_string(), natural.to_string());
    let mut command = heisen(&folder);
    command.arg("replay").arg(root().join(schedule));
    command.args([
        "--variant",
        variant,
        "--times",
        &times,
        "--natural",
        &natural,
    ]);
    let said = run(command.args(["--seed", "7", "--json", "-"]));
    let document = said.json();
    if document["verdict"] == "REPRODUCED" {
        let steps = events(&folder, "step_done");
        assert!(
            steps.iter().any(|step| step["held_us"].as_u64() > Some(0)),
            "something was held"
        );
    }
    (said.code, document)
}

const OVERSELL: &str = "targets/ticketrush/schedules/oversell.yaml";
const NULL_TOKEN: &str = "targets/twin-token/schedules/null-token.yaml";

#[track_caller]
fn is_forced(document: &Value, times: u64) {
    let k = document["k"].as_u64().unwrap();
    assert_eq!(document["n"], times);
    assert!(k * 100 >= times * 99, "{k} of {times}");
    assert_eq!(document["verdict"], "REPRODUCED");
}

#[test]
fn ticketrush_oversells_when_forced() {
    let (code, document) = replay("ticketrush", OVERSELL, "racy", 300, 50);
    is_forced(&document, 300);
    assert_eq!(code, Some(1));
    for kind in ["direct", "proxied"] {
        let baseline = &document["baseline"][kind];
        assert_eq!(baseline["n"], 50);
        assert_eq!(baseline["interval"].as_array().map(Vec::len), Some(2));
    }
    for key in [
        "command", "version", "seed", "spec", "started", "wall_ms", "verdict", "run", "catch",
    ] {
        assert!(!document[key].is_null(), "{key}");
    }
    assert_eq!(document["seed"], 7);
}

#[test]
fn random_delays_are_a_baseline_of_their_own() {
    let folder = Folder::new("replay-delays");
    let mut command = heisen(&folder);
    command.arg("replay").arg(root().join(OVERSELL));
    command.args(["--variant", "racy", "--times", "5", "--natural", "10"]);
    command.args(["--spread", "0s", "--delays", "5ms"]);
    let document = run(command.args(["--seed", "7", "--json", "-"])).json();
    let delayed = &document["baseline"]["delayed"];
    assert_eq!(delayed["n"], 10);
    for phase in [&document["baseline"]["direct"], delayed, &document] {
        let wrong = phase["k"].as_u64() > Some(0);
        assert_eq!(phase["first_violation"].is_u64(), wrong, "{phase}");
        assert_eq!(phase["first_violation_ms"].is_f64(), wrong, "{phase}");
    }
    let judged = events(&folder, "trial_judged");
    let enforced = judged.iter().filter(|trial| !trial["enforced"].is_null());
    assert_eq!(enforced.count(), 5, "only an order can be enforced");
    let delayed_steps = events(&folder, "step_done");
    let delayed_steps = delayed_steps
        .iter()
        .filter(|step| step["phase"] == "random delays");
    assert!(
        delayed_steps
            .clone()
            .any(|step| step["held_us"].as_u64() > Some(0))
    );
}

#[test]
fn delays_without_natural_trials_are_wrong_arguments() {
    let folder = Folder::new("replay-delays-none");
    let mut command = heisen(&folder);
    command.arg("replay").arg(root().join(OVERSELL));
    let said = run(command.args(["--natural", "0", "--delays", "5ms"]));
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("--natural"), "{}", said.err);
}

#[test]
fn twin_token_makes_a_token_of_null_when_forced() {
    let (code, document) = replay("twin-token", NULL_TOKEN, "racy", 100, 20);
    is_forced(&document, 100);
    assert_eq!(code, Some(1));
}

#[test]
fn the_fixed_twin_token_never_does() {
    let (code, document) = replay("twin-token", NULL_TOKEN, "fixed", 100, 0);
    assert_eq!(
        (document["k"].as_u64(), document["undecided"].as_u64(), code),
        (Some(0), Some(0), Some(0))
    );
}

fn never_oversells(variant: &str) {
    let (code, document) = replay("ticketrush", OVERSELL, variant, 300, 0);
    assert_eq!(document["n"], 300);
    assert_eq!(
        (document["k"].as_u64(), document["undecided"].as_u64()),
        (Some(0), Some(0)),
        "{document}"
    );
    assert_eq!(code, Some(0));
}

#[test]
fn redlock_never_oversells() {
    never_oversells("redlock");
}

#[test]
fn row_lock_never_oversells() {
    never_oversells("row-lock");
}

#[test]
fn optimistic_never_oversells() {
    never_oversells("optimistic");
}

#[test]
fn atomic_never_oversells() {
    never_oversells("atomic");
}

#[test]
fn partitioned_never_oversells() {
    never_oversells("partitioned");
}
