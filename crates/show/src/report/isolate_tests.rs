//! Pages of real isolations, from the events that matter of each.

use model::EventKind;
use serde_json::{Value, json};

use super::*;
use crate::text::{WIDTH, cells};

const RUNS: [(&str, &str); 5] = [
    ("ticketrush", include_str!("runs/ticketrush-racy.jsonl")),
    ("twin-token", include_str!("runs/twin-token-racy.jsonl")),
    ("cart-stale", include_str!("runs/cart-stale-racy.jsonl")),
    ("transfer", include_str!("runs/transfer-racy.jsonl")),
    ("transfer fixed", include_str!("runs/transfer-fixed.jsonl")),
];

fn events(name: &str) -> Vec<Event> {
    let (_, text) = RUNS.into_iter().find(|(known, _)| *known == name).unwrap();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn page(name: &str, width: usize) -> String {
    report(events(name).into_iter(), width)
}

#[test]
fn a_cached_count() {
    insta::assert_snapshot!(page("ticketrush", WIDTH));
}

#[test]
fn a_cached_count_on_a_wide_terminal() {
    insta::assert_snapshot!(page("ticketrush", 120));
}

#[test]
fn a_service_behind_another() {
    insta::assert_snapshot!(page("twin-token", WIDTH));
}

#[test]
fn a_stale_cache() {
    insta::assert_snapshot!(page("cart-stale", WIDTH));
}

#[test]
fn a_write_skew() {
    insta::assert_snapshot!(page("transfer", WIDTH));
}

#[test]
fn a_fixed_variant() {
    insta::assert_snapshot!(page("transfer fixed", WIDTH));
}

#[test]
fn pages_are_short_and_commands_alone_are_wide() {
    for (name, _) in RUNS {
        for width in [50, 60, 80, 100, 120, 160] {
            let page = page(name, width);
            if width >= WIDTH {
                assert!(
                    page.lines().count() <= 46,
                    "{name}: {}",
                    page.lines().count()
                );
            }
            let body = page
                .lines()
                .take_while(|line| !line.starts_with("evidence"));
            for line in body {
                assert!(cells(line) <= width, "{} of {width}: {line}", cells(line));
            }
        }
    }
}

/// The events with more keys in the document at the end.
fn with_keys(name: &str, keys: Value) -> Vec<Event> {
    let mut events = events(name);
    for event in &mut events {
        if let EventKind::RunEnded { document, .. } = &mut event.kind {
            let own = document.as_object_mut().unwrap();
            own.extend(keys.as_object().unwrap().clone());
        }
    }
    events
}

#[test]
fn what_was_looked_at_further() {
    let keys = json!({
        "explored": {
            "interleavings": 37, "exhausted": true, "violations": 12, "estimate": null,
            "sentence": "all 37 interleavings of the steps that meet were run, and 12 of them break an oracle",
        },
        "what_if": [
            { "operation": "reserve", "step": "cache DECR inv:42", "fault": "cut", "verdict": "CONFIRMED",
              "saw": "no-oversell: 11 orders for 10 seats" },
            { "operation": "reserve", "step": "cache DECR inv:42", "fault": "delay", "verdict": "BENIGN", "saw": "" },
            { "operation": "reserve", "step": "db COMMIT", "fault": "cut", "verdict": "BENIGN", "saw": "" },
            { "operation": "reserve", "step": "cache DECR inv:42", "fault": "late reply", "verdict": "once", "saw": "" },
            { "operation": "reserve", "step": "payments POST /charges", "fault": "malformed body", "verdict": "STUCK AFTER", "saw": "" },
            { "operation": "reserve", "step": "payments POST /charges", "fault": "wrong shape", "verdict": "WRONG ANSWER", "saw": "" },
            { "operation": "reserve", "step": "payments POST /charges", "fault": "killed", "verdict": "once", "saw": "" },
        ],
    });
    let page = report(with_keys("ticketrush", keys).into_iter(), WIDTH);
    assert!(page.contains("3 of 7 faults went wrong"), "{page}");
    let (_, after) = page.split_once("\nall 37").unwrap();
    insta::assert_snapshot!(after.split_once("\nwires").unwrap().0);
}

#[test]
fn the_order_of_the_document_comes_first() {
    let order = json!({ "order": [["A", "cache GET inv:42"], [1, "cache DECR inv:42"], ["A", "db INSERT orders"]] });
    let page = report(with_keys("ticketrush", order).into_iter(), WIDTH);
    assert!(
        page.contains("and A's `db INSERT orders` (1 row)"),
        "{page}"
    );
}

#[test]
fn what_is_settled_anew_counts_once() {
    let mut events = with_keys("ticketrush", json!({}));
    let settled = |event: &Event| matches!(event.kind, EventKind::SuspectSettled { .. });
    let at = events.iter().position(settled).unwrap();
    let mut again = events[at].clone();
    if let EventKind::SuspectSettled { settled } = &mut again.kind {
        settled.verdict = model::SuspectVerdict::Benign;
    }
    let count = events.iter().filter(|event| settled(event)).count();
    events.insert(at + 1, again);
    let page = report(events.into_iter(), WIDTH);
    let (_, rows) = page.split_once("verdict").unwrap();
    assert!(rows.contains("S1  BENIGN"), "{page}");
    assert!(page.contains(&format!("{count} suspects: ")), "{page}");
}

#[test]
fn a_run_that_was_killed_tells_its_suspects() {
    let kinds = |event: &Event| {
        matches!(
            event.kind,
            EventKind::RunStarted { .. } | EventKind::SuspectSettled { .. }
        )
    };
    let page = report(events("transfer").into_iter().filter(kinds), WIDTH);
    let first = page.lines().next().unwrap();
    assert!(first.ends_with(", 2 of 11 suspects confirmed"), "{first}");
    assert!(page.contains("S2  CONFIRMED"), "{page}");
}

#[test]
fn the_racing_pair_is_painted() {
    let look = Look {
        width: WIDTH,
        style: Style::new(crate::ColorChoice::Always, false, None, None),
        evidence: None,
    };
    let page = report_with(events("ticketrush").into_iter(), &look);
    let marked = page
        .lines()
        .filter(|line| line.starts_with("\x1b[1;31m> \x1b[0m\x1b[1m"));
    assert_eq!(marked.count(), 2, "{page}");
}
