use model::{Event, Judgement, LoadFigures, TrialHistory};
use serde_json::json;

use super::*;
use crate::load::testkit::{figures, second, seconds, two_operations};
use crate::page::page_of;
use crate::page::style::SHEET;
use crate::page::tests::check_tags;

fn event(kind: EventKind) -> Event {
    Event { at_us: 0, kind }
}

fn started(system: &str) -> Event {
    event(EventKind::RunStarted {
        run: "20261121-114207-stress".into(),
        command: "stress".into(),
        version: "0.1.0".into(),
        system: system.into(),
        variant: Some("racy".into()),
        spec: None,
        seed: 7,
        started: "2026-11-21T11:42:07Z".into(),
    })
}

fn measured(violations: u64, errors: Value) -> Vec<Event> {
    let times = json!({ "mean": 9.0, "p50": 400, "p90": 900, "p95": 1200, "p99": 2000, "p999": 90_000, "max": 1_080_000 });
    let figures = json!({
        "requests": 64_512, "requests_per_second": 4300.8, "latency_us": times, "lateness_us": times,
        "errors": errors, "violations": violations, "rate": 1.0, "interval": [0.2, 1.0],
        "load": { "pace": "even", "per_second": 5000.0, "connections": 40 },
        "generator": { "used_us_per_request": 4.2, "busy": 0.021, "kept_up": true },
    });
    let violation = Violation {
        oracle: "no-oversell".into(),
        saw: "11 <of> 10".into(),
    };
    let judgement = Judgement {
        violations: vec![violation; violations as usize],
        undecided: Vec::new(),
    };
    let verdict = match violations {
        0 => "NO VIOLATION SEEN",
        _ => "VIOLATED",
    };
    vec![
        event(EventKind::LoadMeasured { figures }),
        event(EventKind::TrialJudged {
            phase: "load".into(),
            history: TrialHistory::default(),
            judgement,
            enforced: None,
            took_us: 1,
        }),
        event(EventKind::RunEnded {
            verdict: verdict.into(),
            document: Value::Null,
            wall_ms: 1,
        }),
    ]
}

fn page(parts: &[&[Event]]) -> String {
    page_of(parts.concat().into_iter())
        .unwrap()
        .replace(SHEET, "")
}

#[test]
fn load_with_a_stall_and_wrong_answers() {
    let errors = json!({ "cut": 12, "status 503": 40, "timed out": 3 });
    let events = [
        &[started("shop <b>")][..],
        &seconds(15),
        &measured(2, errors),
    ];
    insta::assert_snapshot!(page(&events));
}

#[test]
fn load_that_went_well() {
    let calm: Vec<Event> = (0..3)
        .map(|at| second(at, figures(50, 300, &[]), None))
        .collect();
    insta::assert_snapshot!(page(&[&[started("shop")], &calm, &measured(0, json!({}))]));
}

#[test]
fn what_stands_side_by_side_has_a_row_each() {
    let times =
        |p50: u64| json!({ "p50": p50, "p90": 900, "p99": 2000, "p999": 90_000, "max": 1_080_000 });
    let of = |p50, errors| json!({ "requests": 90, "errors": errors, "latency_us": times(p50) });
    let phase = |name: &str, violations: u64, alone: u64| {
        json!({
            "phase": name, "violations": violations, "rounds": 40, "rate": 0.1, "interval": [0.05, 0.2], "latency_us": times(7),
            "contention": { "places": [{ "inside": { "1": alone }, "windows": 20, "inside_max": 3 }] },
        })
    };
    let figures = json!({
        "operations": { "look": of(100, json!({})), "<buy>": of(300, json!({ "cut": 3 })) },
        "phases": [phase("spread over 1000 ms", 0, 19), phase("bursts", 4, 5)],
    });
    insta::assert_snapshot!(tables(&figures));
}

#[test]
fn any_load_makes_a_sound_page() {
    let silent = second(0, LoadFigures::default(), Some(0));
    for parts in [
        // Killed, without answers, bursts without seconds, three days, two operations.
        vec![started("x"), second(0, figures(1, 1, &[]), None)],
        vec![started("x"), silent],
        measured(500, json!({ "<i>\"": 3 })),
        seconds(259_200),
        vec![two_operations()],
        vec![
            started(&"</title><script>alert(1)</script>\u{0}".repeat(1000)),
            second(3, figures(5, 90, &[("<img src=x>", 1)]), Some(1)),
        ],
    ] {
        let page = page(&[&parts]);
        check_tags(&page);
        for banned in [
            "<script", "http://", "https://", "<img", "href=", "url(", "NaN", "inf", "<i>",
        ] {
            assert!(!page.contains(banned), "{banned}");
        }
        assert!(page.chars().all(|c| !c.is_control() || c == '\n'));
        assert!(page.len() < 200_000, "{} bytes", page.len());
    }
    assert_eq!(page_of([started("x")].into_iter()), None);
}

#[test]
fn a_month_has_as_many_points_as_there_is_room_for() {
    let mut points = Points::default();
    let mut requests = 0;
    for event in seconds(10_000) {
        if let EventKind::LoadSecond { second } = event.kind {
            requests += second.all.requests;
            points.take(&second);
        }
    }
    assert!(
        (150..=300).contains(&points.all.len()),
        "{}",
        points.all.len()
    );
    assert_eq!(points.seconds_each, 64);
    assert_eq!(
        points.all.iter().map(|point| point.requests).sum::<u64>(),
        requests
    );
    assert_eq!(points.errors["cut"], 12 * 500);
    assert_eq!(points.end_us(), 10_000_000_000);
    let is_worst =
        |point: &points::Point| point.latency_us == [90_000, 270_000, 450_000, 1_080_000];
    assert!(
        points.all[..150].iter().all(is_worst),
        "no stall is smoothed away"
    );
}
