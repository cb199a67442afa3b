//! Runs: their evidence, their repetition, and what is left when heisen is killed.

use std::time::{Duration, Instant};

use crate::rig::{Folder, Running, Stores, heisen, root, run};

#[test]
fn the_report_can_be_printed_again() {
    let folder = Folder::new("report");
    let schedule = root().join("targets/twin-token/schedules/null-token.yaml");
    let mut command = heisen(&folder);
    let first = run(command.arg("replay").arg(schedule).args([
        "--times",
        "5",
        "--natural",
        "5",
        "--quiet",
    ]));
    assert_eq!(first.code, Some(1), "{}", first.err);
    let again = run(heisen(&folder).arg("report"));
    assert_eq!(first.out, again.out);
    assert!(again.out.starts_with("REPRODUCED"), "{}", again.out);
    let listed = run(heisen(&folder).arg("runs"));
    assert!(listed.out.contains("twin-token"), "{}", listed.out);
}

#[test]
fn a_budget_ends_a_run_that_would_go_on() {
    let folder = Folder::new("budget");
    let schedule = root().join("targets/twin-token/schedules/null-token.yaml");
    let endless = "1000000000";
    let mut command = heisen(&folder);
    command.arg("replay").arg(schedule);
    command.args(["--times", endless, "--natural", endless]);
    let said = run(command.args(["--budget", "5s", "--json", "-"]));
    let document = said.json();
    // On a machine that needs the whole budget to start the system nothing was forced.
    assert!(matches!(said.code, Some(1 | 5)), "{document}");
}

#[test]
fn stress_finds_what_load_alone_breaks_and_says_how_fast_it_was() {
    let folder = Folder::new("stress");
    let mut command = heisen(&folder);
    command
        .args(["stress", "reserve", "--spec"])
        .arg(root().join("targets/ticketrush"));
    let said = run(command.args([
        "--variant",
        "atomic",
        "-n",
        "200",
        "-c",
        "20",
        "--json",
        "-",
    ]));
    assert_eq!(said.code, Some(0), "{}", said.err);
    let document = said.json();
    assert_eq!(document["requests"], 200);
    assert_eq!(document["violations"], 0);
    for quantile in ["p50", "p90", "p99", "p999", "max"] {
        assert!(
            document["latency_us"][quantile].as_u64() > Some(0),
            "{quantile}"
        );
    }
}

/// Everything of a run that can be seen from outside: processes that carry its mark.
fn marked(run: &str) -> Vec<String> {
    let mark = format!("HEISEN_RUN={run}");
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return vec![];
    };
    entries
        .flatten()
        .filter(|entry| {
            let environ = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            environ
                .split(|byte| *byte == 0)
                .any(|word| word == mark.as_bytes())
        })
        .map(|entry| entry.path().display().to_string())
        .collect()
}

#[test]
fn nothing_outlives_a_killed_heisen() {
    let stores = Stores::up("killed");
    let runs = store::runs(&stores.folder.0.join(".heisen")).unwrap();
    let id = runs[0].id.clone();
    assert!(!marked(&id).is_empty(), "something runs");
    stores.up.signal("KILL");
    let began = Instant::now();
    // A process that ends gives back its memory, and the mark in it, before its sockets.
    let answers = || std::net::TcpStream::connect(&stores.postgres).is_ok();
    while !marked(&id).is_empty() || answers() {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "left behind: {:?}",
            marked(&id)
        );
        std::thread::yield_now();
    }
    let report = run(heisen(&stores.folder).arg("report"));
    assert_eq!(report.code, Some(0), "{}", report.err);
    assert!(report.out.starts_with("DID NOT END"), "{}", report.out);
}

#[test]
fn a_proxy_carries_and_counts() {
    let stores = Stores::up("proxy");
    let folder = Folder::new("proxy-of-it");
    let proxy = Running::start(heisen(&folder).args([
        "proxy",
        "redis",
        &stores.redis,
        "--quiet",
        "--record",
    ]));
    let port = proxy
        .first_line
        .split([':', ' '])
        .nth(1)
        .unwrap()
        .to_string();
    let said = run(std::process::Command::new("redis-cli").args(["-p", &port, "INCR", "n"]));
    assert_eq!(said.out.trim(), "1");
    proxy.signal("INT");
    let (code, report) = proxy.wait();
    assert_eq!(code, Some(0), "{report}");
    stores.down();
}
