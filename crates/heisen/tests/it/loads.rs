//! Loads of a spec: parts, scenarios and thresholds, on the ticket shop.

use std::fs;

use serde_json::Value;

use crate::rig::{Folder, Said, events, heisen, root, run};

fn load(folder: &Folder, spec: &str, words: &[&str]) -> Said {
    let mut command = heisen(folder);
    command.args(["stress", "--spec", spec]);
    run(command.args(words))
}

fn shop() -> String {
    root().join("targets/ticketrush").display().to_string()
}

#[test]
fn users_look_and_then_buy() {
    let folder = Folder::new("loads-sale");
    let words = ["--load", "sale", "--variant", "atomic", "--json", "-"];
    let said = load(&folder, &shop(), &words);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let document = said.json();
    let (shows, reserves) = (
        document["operations"]["show"]["requests"].as_u64().unwrap(),
        document["operations"]["reserve"]["requests"]
            .as_u64()
            .unwrap(),
    );
    assert_eq!(document["requests"], shows + reserves);
    // The open part alone begins 400 runs, of which 300 buy; whoever buys has looked.
    assert!(reserves >= 300 && shows > reserves, "{shows} {reserves}");
    let held: Vec<_> = document["thresholds"].as_array().unwrap().iter().collect();
    assert_eq!(held.len(), 3);
    assert_eq!(held[2]["threshold"], "violations = 0");
    assert!(held.iter().all(|one| one["holds"] == true), "{document}");
    // Who looks with one request and buys with the next has no window within a request.
    assert_eq!(document["contention"]["places"], Value::Array(vec![]));
    assert_eq!(document["contention"]["met_nobody"], false);
    let seconds = events(&folder, "load_second");
    let told: u64 = seconds
        .iter()
        .filter_map(|second| second["second"]["all"]["requests"].as_u64())
        .sum();
    assert_eq!(told, shows + reserves);
}

/// The shop's spec with another load.
fn spec_with(folder: &Folder, load: &str) -> String {
    let shop = root().join("targets/ticketrush");
    let text = fs::read_to_string(shop.join("heisen.yaml")).unwrap();
    let schema = shop.join("schema.sql").display().to_string();
    let text = text.replace("setup: schema.sql", &format!("setup: {schema}"));
    let path = folder.write("heisen.yaml", &format!("{text}{load}"));
    path.display().to_string()
}

/// No answer takes less than a microsecond, so this ends after its first second.
#[test]
fn a_threshold_that_is_crossed_ends_the_load_and_is_6() {
    let folder = Folder::new("loads-abort");
    let spec = spec_with(
        &folder,
        r#"
  strict:
    profile: [{ users: 2, for: 10m }]
    scenarios: { looker: { steps: [show] } }
    set_up: [{ cache: "SET marked yes" }]
    clean_up: [{ cache: "DEL marked" }]
    thresholds: [{ when: "p50 < 1us", abort: true }, "errors < 1 %"]
"#,
    );
    let said = load(&folder, &spec, &["--load", "strict", "--json", "-"]);
    assert_eq!(said.code, Some(6), "{}{}", said.out, said.err);
    let document = said.json();
    assert_eq!(document["verdict"], "THRESHOLD CROSSED");
    assert!(document["requests"].as_u64() > Some(0));
    let holds: Vec<&Value> = document["thresholds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["holds"])
        .collect();
    assert_eq!(holds, [false, true]);
    let report = run(heisen(&folder).arg("report")).out;
    for sentence in ["load was ended early", "p50 < 1us", "crossed"] {
        assert!(report.contains(sentence), "{sentence}\n{report}");
    }
}

#[test]
fn a_load_that_is_not_there_is_2_and_the_others_are_named() {
    let folder = Folder::new("loads-none");
    let said = load(&folder, &shop(), &["--load", "sael"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(
        said.err.contains("no load `sael`; it has sale"),
        "{}",
        said.err
    );
}

#[test]
fn a_spec_in_the_place_of_an_operation_is_2_and_says_where_it_belongs() {
    let folder = Folder::new("stress-spec");
    let said = run(heisen(&folder).args(["stress", "targets/ticketrush"]));
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(
        said.err
            .contains("give a spec as --spec targets/ticketrush"),
        "{}",
        said.err
    );
}

/// However short a load is, it is told whether anybody met.
#[test]
fn a_load_by_one_user_met_nobody() {
    let folder = Folder::new("loads-alone");
    let words = [
        "reserve",
        "-c",
        "1",
        "-n",
        "3",
        "--variant",
        "racy",
        "--json",
        "-",
    ];
    let said = load(&folder, &shop(), &words);
    assert_eq!(said.code, Some(5), "{}{}", said.out, said.err);
    let document = said.json();
    assert_eq!(document["verdict"], "INCONCLUSIVE");
    assert_eq!(document["contention"]["met_nobody"], true);
}
