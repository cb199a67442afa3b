//! What is a race and what is none: bugs of one request after another, right refusals, and one
//! request that is guarded in one place and not in the other.

use crate::rig::{heisen, run};

use super::{fixture, isolate};

#[test]
fn a_bug_that_needs_no_race_is_called_sequential() {
    let options = ["--times", "5", "--explore", "10"];
    let isolation = isolate("overdraft", &fixture("overdraft"), &options);
    isolation.says(1, "SEQUENTIAL");
    assert!(isolation.with("CONFIRMED").is_empty());
    assert!(!isolation.with("SEQUENTIAL").is_empty());
    assert!(isolation.document["catch"].is_null());
    let sequential = isolation.document["sequential"].as_array().unwrap();
    let named = sequential.iter().any(|v| v["oracle"] == "never-overdrawn");
    assert!(named, "{}", isolation.shown());
}

#[test]
fn each_resource_of_one_request_has_its_own_verdict() {
    let options = ["--times", "5", "--explore", "0"];
    let isolation = isolate("two-stores", &fixture("two-stores"), &options);
    isolation.says(1, "CONFIRMED");
    let verdicts: Vec<_> = isolation
        .suspects()
        .iter()
        .map(|s| (s["resource"].as_str(), s["verdict"].as_str()))
        .collect();
    assert_eq!(
        verdicts,
        [
            (Some("cache buyers"), Some("CONFIRMED")),
            (Some("db till"), Some("PROTECTED"))
        ],
        "{}",
        isolation.shown()
    );
    let protected = &isolation.with("PROTECTED")[0];
    let evidence = protected["evidence"].as_str().unwrap();
    assert!(evidence.contains("pg_blocking_pids"), "{evidence}");
    assert_eq!(protected["guard"], "a row lock on db till");
}

#[test]
fn a_declared_refusal_is_no_violation() {
    let isolation = isolate("declared", &fixture("try-lock"), &["--explore", "10"]);
    isolation.says(0, "NO VIOLATION");
    assert_eq!(
        isolation.with("PROTECTED").len(),
        1,
        "{}",
        isolation.shown()
    );
    let evidence = isolation.with("PROTECTED")[0]["evidence"].clone();
    assert!(evidence.as_str().unwrap().contains("taken"), "{evidence}");
}

#[test]
fn an_undeclared_refusal_is_to_be_declared() {
    let spec = fixture("try-lock/undeclared.yaml");
    let isolation = isolate("undeclared", &spec, &["--explore", "10"]);
    isolation.says(5, "INCONCLUSIVE");
    let report = run(heisen(&isolation.folder).arg("report"));
    let words = report.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("add it to `refused:`"), "{}", report.out);
}
