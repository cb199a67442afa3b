//! `heisen predict --log` on what PostgreSQL really wrote while the targets ran (`logs/`, shortened):
//! the racy pair comes first, and of a fixed variant nothing is told that is not protected.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::rig::{Folder, Said, heisen, root, run};

fn recorded(name: &str) -> PathBuf {
    root().join("crates/heisen/tests/it/logs").join(name)
}

fn predict(folder: &Folder, spec: Option<&Path>, log: &Path, more: &[&str]) -> Said {
    let mut command = heisen(folder);
    command.args(["predict", "--quiet", "--json", "-"]);
    if let Some(spec) = spec {
        command.arg(spec);
    }
    run(command.args(more).arg("--log").arg(log))
}

/// `label resource (guard)` of what the log alone tells, the simulated left out.
fn told(document: &Value) -> Vec<String> {
    let all = document["boundaries"].as_array().unwrap();
    let of_log = all.iter().filter(|one| {
        let edge = one["edge"].as_str().unwrap_or_default();
        edge.starts_with("requests -> ")
    });
    of_log
        .map(|one| {
            let word = |name: &str| one[name].as_str().unwrap_or_default().to_string();
            let guard = one["guard"].as_str().map(|guard| format!(" ({guard})"));
            format!(
                "{} {}{}",
                word("label"),
                word("resource"),
                guard.unwrap_or_default()
            )
        })
        .collect()
}

#[track_caller]
fn check(name: &str, spec: Option<&str>, expected: &[&str]) -> Value {
    let folder = Folder::new(&format!("logs-{name}-{}", spec.is_some()));
    let spec = spec.map(|target| root().join("targets").join(target));
    let said = predict(&folder, spec.as_deref(), &recorded(name), &[]);
    let document = said.json();
    assert_eq!(told(&document), expected, "{}", said.err);
    document
}

#[test]
fn a_voucher_whose_lock_comes_late_is_first() {
    let document = check(
        "coupon-racy.log",
        Some("coupon"),
        &[
            "lost update db shop_voucher",
            "check-then-act db shop_voucher",
            "lost update db shop_customer (read again under a row lock on db shop_customer)",
            "double insert db shop_visit (the unique constraint on shop_visit (customer_id))",
        ],
    );
    let operation = &document["boundaries"][0]["operation"];
    assert_eq!(operation, "UPDATE shop_voucher, INSERT shop_redemption");
    check(
        "coupon-racy.log",
        None,
        &[
            "lost update db shop_voucher",
            "double insert db shop_visit",
            "check-then-act db shop_voucher",
            "lost update db shop_customer (read again under a row lock on db shop_customer)",
        ],
    );
}

#[test]
fn a_voucher_whose_look_locks_is_protected() {
    check(
        "coupon-fixed.log",
        Some("coupon"),
        &[
            "lost update db shop_customer (read again under a row lock on db shop_customer)",
            "lost update db shop_voucher (a row lock on db shop_voucher)",
            "double insert db shop_visit (the unique constraint on shop_visit (customer_id))",
            "check-then-act db shop_voucher (a row lock on db shop_voucher)",
        ],
    );
}

#[test]
fn tickets_that_are_counted_after_a_look() {
    for (name, expected) in [
        ("ticketrush-racy.log", &["check-then-act db events"][..]),
        (
            "ticketrush-row-lock.log",
            &["check-then-act db events (read again under a row lock on db events)"],
        ),
        (
            "ticketrush-optimistic.log",
            &["check-then-act db events (a conditional UPDATE)"],
        ),
        ("ticketrush-atomic.log", &[]),
    ] {
        check(name, None, expected);
    }
}

/// The wires' own words of tickets that are counted in a cache, as lines of JSON.
#[test]
fn tickets_that_are_counted_in_a_cache() {
    let folder = Folder::new("logs-cache");
    let mut lines = String::new();
    for nth in 0..12 {
        let event = [42, 1, 2][nth % 3];
        for (at, command) in [
            (0, format!("GET inv:{event}")),
            (400, format!("DECR inv:{event}")),
        ] {
            let time = 1_714_557_600_000_000_u64 + nth as u64 * 100_000 + at;
            lines.push_str(&format!(
                "{{\"time\": {time}, \"request\": \"r{nth}\", \"command\": \"{command}\"}}\n"
            ));
        }
    }
    let log = folder.write("cache.jsonl", &lines);
    let document = predict(&folder, None, &log, &[]).json();
    assert_eq!(told(&document), ["check-then-act cache inv:*"]);
}

/// What isolate keeps of the trials of its suspects: few requests, all of them with one argument.
#[test]
fn runs_of_isolate_are_recorded_traffic() {
    for (variant, expected) in [
        ("racy", &["check-then-act cache inv:*"][..]),
        (
            "row-lock",
            &[
                "check-then-act cache inv:* (decided under a row lock on db events)",
                "check-then-act db events (a row lock on db events)",
            ],
        ),
        (
            "redlock",
            &["check-then-act db events (the lock `cache lock:event:*`)"],
        ),
        (
            "optimistic",
            &["check-then-act db events (a conditional UPDATE)"],
        ),
        ("atomic", &[]),
    ] {
        let folder = Folder::new(&format!("logs-isolate-{variant}"));
        let mut isolate = heisen(&folder);
        isolate
            .arg("isolate")
            .arg(root().join("targets/ticketrush"));
        isolate.args(["--variant", variant, "--times", "3", "--natural", "0"]);
        run(isolate.args(["--explore", "0", "--seed", "7", "--quiet"]));
        let runs = store::runs(&folder.0.join(".heisen")).unwrap();
        let document = predict(&folder, None, &runs[0].path, &[]).json();
        assert_eq!(told(&document), expected, "{variant}");
    }
}

#[test]
fn what_is_broken_in_a_log_is_counted() {
    let folder = Folder::new("logs-broken");
    let whole = std::fs::read_to_string(recorded("coupon-racy.log")).unwrap();
    let cut = folder.write("cut.log", &whole[..whole.len() - 100]);
    let said = predict(&folder, None, &cut, &[]);
    assert_eq!(told(&said.json())[0], "lost update db shop_voucher");
    // A blob at its end.
    let blob = folder.0.join("blob.log");
    let mut bytes = whole.clone().into_bytes();
    bytes.extend((0..200_000_u32).map(|nth| (nth.wrapping_mul(2_654_435_761) >> 24) as u8));
    std::fs::write(&blob, bytes).unwrap();
    let document = predict(&folder, None, &blob, &[]).json();
    assert_eq!(told(&document)[0], "lost update db shop_voucher");
    let skipped = document["recorded"]["skipped"].as_array().unwrap();
    assert!(!skipped.is_empty(), "{document}");
    // Every second line by another clock.
    let zones: String = whole
        .lines()
        .enumerate()
        .map(|(nth, line)| match nth % 2 {
            0 => format!("{line}\n"),
            _ => format!("{}\n", line.replacen(" UTC ", " CEST ", 1)),
        })
        .collect();
    let zones = folder.write("zones.log", &zones);
    let document = predict(&folder, None, &zones, &[]).json();
    let notes = document["notes"].to_string();
    assert!(notes.contains("times in several zones"), "{notes}");
    // Read as what it is not.
    let said = predict(
        &folder,
        None,
        &recorded("coupon-racy.log"),
        &["--format", "mysql"],
    );
    let document = said.json();
    assert_eq!(told(&document), [""; 0]);
    let notes = document["notes"].to_string();
    assert!(notes.contains("no statements in it"), "{notes}");
}

#[test]
fn what_is_no_log_is_2_and_named() {
    let folder = Folder::new("logs-none");
    folder.write("empty.log", "");
    std::fs::create_dir(folder.0.join("folder.log")).unwrap();
    let blob: Vec<u8> = (0..4000_u32).map(|nth| (nth * 7 % 256) as u8).collect();
    std::fs::write(folder.0.join("blob.log"), blob).unwrap();
    for name in ["empty.log", "folder.log", "blob.log", "nowhere.log"] {
        let said = predict(&folder, None, Path::new(name), &[]);
        assert_eq!(said.code, Some(2), "{name}: {}", said.err);
        assert!(said.err.contains(name), "{}", said.err);
    }
}
