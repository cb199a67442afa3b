//! What else an isolation can be asked for.

use serde_json::Value;

use super::mended::holds;
use super::{is_sure, isolate};
use crate::rig::{Folder, heisen, root, run};

const TWIN_TOKEN: &str = "targets/twin-token";

#[test]
fn what_if_meets_every_step_with_every_fault() {
    let options = ["--variant", "racy", "--no-invariants", "--what-if"];
    let isolation = isolate("what-if", TWIN_TOKEN, &options);
    isolation.says(1, "WRONG AFTER A FAULT");
    let rows = isolation.document["what_if"].as_array().unwrap();
    let faults = [
        "reset before",
        "reset after",
        "late reply",
        "503",
        "429",
        "malformed body",
        "wrong shape",
        "killed",
    ];
    for step in ["customers GET /customers", "customers POST /customers"] {
        let asked: Vec<&str> = rows
            .iter()
            .filter(|row| row["step"] == step)
            .map(|row| row["fault"].as_str().unwrap())
            .collect();
        assert_eq!(asked, faults, "{step}");
    }
    let verdict = |step: &str, fault: &str| {
        let mut rows = rows.iter();
        let row = rows.find(|row| row["step"] == step && row["fault"] == fault);
        row.unwrap()["verdict"].clone()
    };
    // A customer who was made without the answer being heard is there when the client asks again.
    assert_eq!(verdict("customers POST /customers", "reset after"), "once");
    assert_eq!(verdict("customers GET /customers", "503"), "once");
    // The directory's odd `null` is not the only answer that makes a token for nobody.
    let wrong = verdict("customers POST /customers", "wrong shape");
    assert_eq!(wrong, "WRONG ANSWER");
}

#[test]
fn an_operation_that_is_applied_twice_by_a_retry_is_told() {
    let options = ["--what-if"];
    let isolation = isolate("what-if-twice", &super::fixture("overdraft"), &options);
    let rows = isolation.document["what_if"].as_array().unwrap();
    let twice: Vec<&Value> = rows
        .iter()
        .filter(|row| row["verdict"] == "TWICE")
        .collect();
    assert!(
        twice.iter().any(|row| row["fault"] == "reset after"),
        "{rows:?}"
    );
    assert_eq!(isolation.code, Some(1));
}

#[test]
fn all_variants_are_run_and_told_in_one_document() {
    let folder = Folder::new("isolate-all-variants");
    let mut command = heisen(&folder);
    command.arg("isolate").arg(root().join(TWIN_TOKEN)).args([
        "--all-variants",
        "--no-invariants",
        "--natural",
        "0",
        "--times",
        "10",
        "--seed",
        "7",
        "--quiet",
        "--json",
        "all.json",
    ]);
    let said = run(&mut command);
    assert_eq!(said.code, Some(1), "{}", said.err);
    let text = std::fs::read_to_string(folder.0.join("all.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["variants"]["racy"]["verdict"], "CONFIRMED");
    assert_eq!(document["variants"]["fixed"]["verdict"], "NO VIOLATION");
    for word in ["racy", "CONFIRMED", "fixed", "NO VIOLATION", "all 4"] {
        assert!(said.out.contains(word), "{word}: {}", said.out);
    }
}

#[test]
fn two_worlds_find_what_one_finds() {
    let options = [
        "--variant",
        "racy",
        "--no-invariants",
        "--worlds",
        "2",
        "--times",
        "20",
    ];
    let isolation = isolate("worlds", "targets/ticketrush", &options);
    isolation.says(1, "CONFIRMED");
    is_sure(&isolation.document, 20);
    assert_eq!(isolation.document["explored"]["exhausted"], true);
    assert_eq!(isolation.explored("interleavings"), 20);
}

#[test]
fn three_racers_are_explored_whole() {
    let options = ["--variant", "atomic", "--no-invariants", "--racers", "3"];
    let isolation = isolate("three", "targets/ticketrush", &options);
    holds(&isolation);
    assert_eq!(isolation.document["explored"]["exhausted"], true);
    assert!(
        isolation.explored("interleavings") > 20,
        "{}",
        isolation.shown()
    );
}

#[test]
fn every_sampling_strategy_meets_the_race() {
    for strategy in ["random", "surw", "pct", "pos", "portfolio"] {
        let options = [
            "--variant",
            "racy",
            "--no-invariants",
            "--strategy",
            strategy,
            "--explore",
            "25",
            "--times",
            "1",
        ];
        let isolation = isolate(&format!("by-{strategy}"), TWIN_TOKEN, &options);
        let explored = &isolation.document["explored"];
        assert_eq!(explored["executions"], 25, "{strategy}: {explored}");
        assert!(
            isolation.explored("violations") > 0,
            "{strategy}: {explored}"
        );
    }
}

#[test]
fn without_declared_state_what_operations_change_is_compared() {
    let folder = Folder::new("isolate-undeclared-state");
    let target = root().join("targets/ticketrush");
    let spec = std::fs::read_to_string(target.join("heisen.yaml")).unwrap();
    let (before, rest) = spec.split_once("\nstate:\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    folder.write("heisen.yaml", &format!("{before}\n{after}"));
    std::fs::copy(target.join("schema.sql"), folder.0.join("schema.sql")).unwrap();
    let mut command = heisen(&folder);
    command.args([
        "isolate",
        "--variant",
        "racy",
        "--no-invariants",
        "--explore",
        "0",
    ]);
    command.args(["--times", "20", "--natural", "0", "--seed", "7", "--quiet"]);
    let said = run(command.args(["--json", "-"]));
    let document = said.json();
    assert_eq!(document["verdict"], "CONFIRMED", "{document}");
    let report = run(heisen(&folder).arg("report"));
    let told = "cache: GET inv:42; db: SELECT * FROM orders; db: SELECT * FROM events";
    let words = report.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(told), "{}", report.out);
    let mut command = heisen(&folder);
    command
        .arg("replay")
        .arg(document["catch"].as_str().unwrap());
    let replayed = run(command.args(["--times", "20", "--natural", "0", "--quiet", "--json", "-"]));
    is_sure(&replayed.json(), 20);
}
