//! Bursts on the ticket shop: so many requests within so little that nobody could sell ten seats
//! once each without looking, and nobody does who looks.

use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::rig::{Folder, Said, events, heisen, root, run, said, try_events};

fn bursts(folder: &Folder, variant: &str, words: &[&str]) -> Said {
    let mut command = heisen(folder);
    command.args(["stress", "reserve", "--spec"]);
    command.arg(root().join("targets/ticketrush"));
    run(command.args(["--variant", variant]).args(words))
}

/// Every key of the document that scripts rely on.
#[track_caller]
fn is_whole(document: &Value, requests: u64, window_ms: f64, rounds: u64) {
    assert_eq!(document["burst"]["requests"], requests);
    assert_eq!(document["burst"]["window_ms"], window_ms);
    assert_eq!(document["rounds"], rounds);
    assert_eq!(document["requests"], requests * rounds);
    assert!(document["requests_per_second"].as_f64() > Some(0.0));
    assert_eq!(document["interval"].as_array().map(Vec::len), Some(2));
    for times in ["latency_us", "lateness_us"] {
        for quantile in ["p50", "p90", "p99", "p999", "max"] {
            let time = document[times][quantile].as_u64();
            assert!(time > Some(0), "{times} {quantile}");
        }
    }
}

/// Ten seats, and sixty requests within less than the first of them needs to be through: far more
/// than ten have read that there is a seat before the tenth is written.
#[test]
fn a_burst_breaks_what_races() {
    let folder = Folder::new("bursts-racy");
    let words = ["--burst", "60", "--window", "5ms", "--rounds", "10"];
    let seed = ["--seed", "7", "--json", "-"];
    let said = bursts(&folder, "racy", &[&words[..], &seed].concat());
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let document = said.json();
    is_whole(&document, 60, 5.0, 10);
    assert_eq!(document["verdict"], "VIOLATED");
    let k = document["violations"].as_u64().unwrap();
    assert!((1..=10).contains(&k), "{document}");
    assert_eq!(document["rate"], k as f64 / 10.0);

    let judged = events(&folder, "trial_judged");
    assert!(judged.iter().all(|round| round["phase"] == "bursts"));
    let is_wrong = |round: &&Value| round["judgement"]["violations"] != serde_json::json!([]);
    assert_eq!(judged.len(), 10);
    assert_eq!(judged.iter().filter(is_wrong).count() as u64, k);
    let attempts = judged[0]["history"]["attempts"].as_array().unwrap();
    let mut lanes: Vec<u64> = attempts.iter().flat_map(|a| a["lane"].as_u64()).collect();
    assert_eq!(&lanes[..4], [0, 1, 2, 0], "lanes take turns");
    lanes.sort_unstable();
    lanes.dedup();
    assert_eq!((attempts.len(), lanes), (60, vec![0, 1, 2]));

    let report = run(heisen(&folder).arg("report")).out;
    let words: Vec<&str> = report.split_whitespace().collect();
    let report = words.join(" ");
    for sentence in [
        format!("an oracle was broken in {k} of 10 bursts, "),
        "of 60 requests in 5 ms each".to_string(),
        format!("bursts {k} of 10"),
    ] {
        assert!(report.contains(&sentence), "{sentence}\n{report}");
    }
}

#[test]
fn a_burst_does_not_break_what_was_mended() {
    let folder = Folder::new("bursts-atomic");
    let words = ["--burst", "60", "--window", "5ms", "--rounds", "10"];
    let said = bursts(
        &folder,
        "atomic",
        &[&words[..], &["--direct", "--json", "-"]].concat(),
    );
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let document = said.json();
    is_whole(&document, 60, 5.0, 10);
    assert_eq!(document["verdict"], "NO VIOLATION SEEN");
    assert_eq!(
        (&document["violations"], &document["rate"]),
        (&0.into(), &0.0.into())
    );
}

#[test]
fn a_burst_without_a_number_is_what_the_spec_describes() {
    let folder = Folder::new("bursts-described");
    let words = ["--burst", "--rounds", "1", "--direct", "--json", "-"];
    let document = bursts(&folder, "atomic", &words).json();
    is_whole(&document, 200, 500.0, 1);
    // The spec says nothing of the other operation.
    let mut command = heisen(&folder);
    command.args(["stress", "show", "--spec"]);
    command.arg(root().join("targets/ticketrush"));
    let said = run(command.arg("--burst"));
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("no burst of show"), "{}", said.err);
    assert!(said.err.contains("--burst N"), "{}", said.err);
}

#[test]
fn interrupted_bursts_tell_the_rounds_so_far() {
    let folder = Folder::new("bursts-interrupted");
    let mut command = heisen(&folder);
    command.args(["stress", "reserve", "--spec"]);
    command.arg(root().join("targets/ticketrush"));
    command.args(["--variant", "atomic", "--burst", "5", "--window", "1ms"]);
    command.args(["--rounds", "1000000000", "--json", "-"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let began = Instant::now();
    while try_events(&folder, "trial_judged").is_none_or(|judged| judged.len() < 3) {
        assert!(began.elapsed().as_secs() < 60, "no burst was judged");
        std::thread::yield_now();
    }
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let said = said(&child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(130), "{}{}", said.out, said.err);
    let document = said.json();
    let rounds = document["rounds"].as_u64().unwrap();
    assert!(rounds >= 3, "{document}");
    assert_eq!(document["requests"], rounds * 5);
}

#[test]
fn a_budget_ends_bursts_and_the_rounds_so_far_are_told() {
    let folder = Folder::new("bursts-budget");
    let words = ["--burst", "5", "--window", "1ms", "--rounds", "1000000000"];
    let said = bursts(
        &folder,
        "atomic",
        &[&words[..], &["--budget", "5s", "--json", "-"]].concat(),
    );
    let document = said.json();
    let rounds = document["rounds"].as_u64().unwrap();
    assert_eq!(document["requests"], rounds * 5);
    // On a machine that needs the whole budget to start the system no oracle was asked.
    let expected = if rounds == 0 { Some(5) } else { Some(0) };
    assert_eq!(said.code, expected, "{document}");
}

/// As many requests at once find each other, and spread out hardly ever do: both are shown, with how
/// many really were inside the window.
#[test]
fn what_is_aimed_is_compared_with_what_is_spread_out() {
    let folder = Folder::new("bursts-aimed");
    let words = ["--suspect", "1", "--burst", "40", "--window", "0s"];
    let more = ["--spread", "400ms", "--rounds", "6", "--json", "-"];
    let said = bursts(&folder, "racy", &[&words[..], &more].concat());
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let document = said.json();
    is_whole(&document, 40, 0.0, 6);
    let aimed = &document["aimed"];
    assert_eq!(
        (&aimed["rank"], &aimed["resource"], &aimed["hazard"]),
        (&1.into(), &"cache inv:42".into(), &"check-then-act".into())
    );
    assert!(aimed["predicted"].as_f64() > Some(0.9), "{aimed}");
    assert_eq!(aimed["measured"], document["rate"]);
    assert!(document["burst_skew_us"]["p50"].as_u64() > Some(0));
    assert!(document["begun_within_us"]["p50"].as_u64() > Some(0));
    let place = &document["contention"]["places"][0];
    assert_eq!(place["at"], "cache inv:42");
    // Ten seats: whoever makes the eleventh order was inside with others.
    assert!(place["inside_max"].as_u64() >= Some(2), "{place}");
    let phases = document["phases"].as_array().unwrap();
    let told: Vec<_> = phases
        .iter()
        .map(|one| (&one["phase"], &one["rounds"]))
        .collect();
    let (spread, bursts) = ("spread over 400 ms".into(), "bursts".into());
    assert_eq!(told, [(&spread, &6.into()), (&bursts, &6.into())]);
    assert_eq!(phases[1]["violations"], document["violations"]);
    let report = run(heisen(&folder).arg("report")).out;
    for sentence in [
        "aimed at",
        "at cache inv:42;",
        "side by side",
        "spread over 400 ms",
    ] {
        assert!(report.contains(sentence), "{sentence}\n{report}");
    }
}

#[test]
fn wires_and_their_faults_stand_side_by_side() {
    let folder = Folder::new("bursts-wire");
    let words = [
        "--burst", "6", "--window", "1ms", "--rounds", "2", "--twins",
    ];
    let more = ["--wire", "cache:latency=30ms", "--json", "-"];
    let document = bursts(&folder, "atomic", &[&words[..], &more].concat()).json();
    let phases = document["phases"].as_array().unwrap();
    let names: Vec<_> = phases
        .iter()
        .map(|one| one["phase"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "bursts, direct",
            "bursts, idle wires",
            "bursts, cache:latency=30ms"
        ]
    );
    assert_eq!(phases[0]["contention"], Value::Null, "nobody looks there");
    assert_eq!(phases[1]["contention"]["watched"], 2);
    // Who sells a seat tells the cache, and that takes so long now.
    assert!(phases[2]["latency_us"]["max"].as_u64() >= Some(30_000));

    let twins = |judged: &Value| -> Vec<(u64, Value)> {
        let attempts = judged["history"]["attempts"].as_array().unwrap();
        let of = |one: &Value| (one["lane"].as_u64().unwrap(), one["outcome"].clone());
        attempts.iter().map(of).collect()
    };
    let judged = events(&folder, "trial_judged");
    assert_eq!(judged.len(), 6);
    let lanes: Vec<u64> = twins(&judged[0]).iter().map(|(lane, _)| *lane).collect();
    assert_eq!(lanes, [0, 1, 2, 0, 1, 2]);
}

/// One request at a time: nothing was shown by its going well.
#[test]
fn who_met_nobody_is_told_so() {
    let folder = Folder::new("bursts-alone");
    let words = [
        "--burst", "1", "--window", "0s", "--rounds", "2", "--json", "-",
    ];
    let said = bursts(&folder, "racy", &words);
    assert_eq!(said.code, Some(5), "{}{}", said.out, said.err);
    let document = said.json();
    assert_eq!(document["verdict"], "INCONCLUSIVE");
    assert_eq!(document["contention"]["met_nobody"], true);
    let report = run(heisen(&folder).arg("report")).out;
    assert!(report.contains("nobody met anybody"), "{report}");
}

#[test]
fn what_cannot_be_aimed_at_is_2() {
    let folder = Folder::new("bursts-nowhere");
    let no_suspect = bursts(&folder, "racy", &["--suspect", "99"]);
    let no_wire = bursts(
        &folder,
        "racy",
        &["--burst", "2", "--window", "0s", "--wire", "cach:drop"],
    );
    for (said, why) in [
        (no_suspect, "there is no suspect 99"),
        (no_wire, "there is no backend or service `cach`"),
    ] {
        assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
        assert!(said.err.contains(why), "{}", said.err);
    }
}
