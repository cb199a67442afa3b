use model::{EventKind, Outcome, Rate, UnknownWhy, Violation, WireId};
use serde_json::json;

use super::testkit::*;
use super::*;
use crate::text::{WIDTH, cells};

fn page(kinds: Vec<EventKind>) -> String {
    page_in(kinds, WIDTH)
}

fn page_in(kinds: Vec<EventKind>, width: usize) -> String {
    report(events(kinds), width)
}

fn events(kinds: Vec<EventKind>) -> impl Iterator<Item = Event> {
    kinds.into_iter().zip(0..).map(|(kind, place)| Event {
        at_us: place * 1_234_567,
        kind,
    })
}

#[test]
fn a_replay_that_reproduced() {
    insta::assert_snapshot!(page(reproduced()));
}

#[test]
fn a_fixed_variant_whose_order_cannot_be_had() {
    insta::assert_snapshot!(page(infeasible()));
}

#[test]
fn a_replay_that_did_not_reproduce() {
    let mut kinds = vec![started("replay", "ticketrush", Some("atomic"))];
    kinds.extend(baselines());
    kinds.push(begun("forced", 200));
    kinds.push(judged("forced", 0, Vec::new(), &[], Some(true)));
    kinds.push(phase_end("forced", 0, 200, (0.0, 0.0188), Some(200), 900));
    kinds.push(ended(
        "NOT REPRODUCED",
        json!({ "again": ["heisen", "replay", "my catches/oversell.yaml", "--seed", "7"] }),
        2100,
    ));
    insta::assert_snapshot!(page(kinds));
}

#[test]
fn a_run_killed_in_the_middle() {
    let mut kinds = vec![started("replay", "ticketrush", Some("racy"))];
    kinds.extend(wires());
    kinds.extend(baselines());
    kinds.push(begun("forced", 300));
    kinds.extend((0..3).map(|trial| {
        let attempts = vec![attempt("A", 14_100, answered(201, "{}"))];
        judged(
            "forced",
            trial,
            attempts,
            &[("no-oversell", "11 orders for 10 seats")],
            Some(trial != 1),
        )
    }));
    insta::assert_snapshot!(page(kinds));
}

#[test]
fn a_run_with_unknown_outcomes() {
    let mut kinds = vec![started("replay", "twin-token", None)];
    kinds.push(begun("forced", 40));
    for trial in 0..40u64 {
        let outcome = match trial % 4 {
            0 => Outcome::Unknown(UnknownWhy::TimedOut),
            1 => Outcome::Unknown(UnknownWhy::Cut),
            2 => Outcome::NotSent {
                why: "connection refused".into(),
            },
            _ => answered(502, "<html>\x1b[31mbad gateway</html>"),
        };
        let attempts = vec![
            attempt("A", 2_000_000, outcome),
            attempt("B", 3000, answered(200, "ok")),
        ];
        let saw = [
            ("one-token", "2 tokens for one customer"),
            ("serial equivalence", "as in no order"),
        ];
        let mut kind = judged(
            "forced",
            trial,
            attempts,
            if trial == 4 { &saw } else { &[] },
            Some(true),
        );
        if let EventKind::TrialJudged { judgement, .. } = &mut kind
            && trial % 4 == 0
        {
            let saw = "a request of A may still take effect".into();
            judgement.undecided.push(Violation {
                oracle: "serial equivalence".into(),
                saw,
            });
        }
        kinds.push(kind);
    }
    kinds.push(phase_end(
        "forced",
        1,
        40,
        (0.0044, 0.1288),
        Some(40),
        82_000,
    ));
    kinds.extend(wires_closed().into_iter().map(|mut kind| {
        if let EventKind::WireClosed {
            wire,
            failed,
            first_failed,
            ..
        } = &mut kind
            && *wire == WireId(0)
        {
            *failed = 12;
            *first_failed = Some("connection reset by peer".into());
        }
        kind
    }));
    let why = "exit status 1; last lines of its log:\nTraceback (most recent call last):\n  File \"registration.py\", line 31, in register\nKeyError: 'token'";
    kinds.push(EventKind::ReplicaDied {
        what: "registration 2".into(),
        why: why.into(),
    });
    kinds.extend((0..7).map(|i| EventKind::Warning {
        message: format!("wire {i} has no room for more connections; raise the limit of open files with `ulimit -n 4096` and run again"),
    }));
    kinds.push(ended("INCONCLUSIVE", json!({}), 85_000));
    insta::assert_snapshot!(page(kinds));
}

#[test]
fn a_stress_run() {
    let figures = json!({
        "requests": 20_000,
        "requests_per_second": 1998.24,
        "latency_us": { "p50": 1210, "p90": 3400, "p99": 12_040, "p999": 40_100, "max": 1_088_000 },
        "burst_skew_us": { "p50": 12, "max": 80 },
        "errors": { "503": 7, "timed-out": 12, "connection refused": 3 },
        "violations": 3, "rate": 0.00015, "interval": [0.00003, 0.00044],
    });
    let kinds = vec![
        started("stress", "http://127.0.0.1:8080", None),
        EventKind::PhaseStarted {
            phase: "open load".into(),
            trials: None,
        },
        EventKind::LoadMeasured { figures },
        ended("VIOLATED", json!({}), 10_040),
    ];
    insta::assert_snapshot!(page(kinds));
}

#[test]
fn load_on_any_server() {
    let times =
        |us: u64| json!({ "p50": us, "p90": us * 2, "p99": us * 3, "p999": us * 4, "max": us * 5 });
    let page_of = |load: serde_json::Value, kept_up: bool| {
        let figures = json!({
            "requests": 50_000, "requests_per_second": 4998.2, "errors": {},
            "latency_us": times(90), "lateness_us": times(8), "waiting_us": times(40_000),
            "load": load,
            "generator": { "used_us_per_request": 11.25, "busy": 0.41, "kept_up": kept_up },
        });
        page(vec![
            started("stress", "http://127.0.0.1:8080", None),
            EventKind::LoadMeasured { figures },
            ended("MEASURED", json!({}), 10_040),
        ])
    };
    let even = json!({ "pace": "even", "per_second": 5000.0, "connections": 50 });
    insta::assert_snapshot!(page_of(even, true));
    let random = json!({ "pace": "random", "per_second": 5000.0, "connections": 1 });
    let behind = page_of(random, false);
    let behind: Vec<&str> = behind.split_whitespace().collect();
    let behind = behind.join(" ");
    for words in ["at random, over 1 connection", "and did not keep up"] {
        assert!(behind.contains(words), "{behind}");
    }
    let closed = json!({ "pace": "closed", "per_second": null, "connections": 50 });
    let closed = page_of(closed, true);
    assert!(!closed.contains("sent late by"), "{closed}");
    let http2 = page_of(
        json!({ "pace": "closed", "connections": 4, "protocol": "h2", "tls": true, "streams": 25 }),
        true,
    );
    let words = "4 connections (HTTP/2 over TLS, 25 streams on each)";
    assert!(http2.contains(words), "{http2}");
}

/// A run of bursts: so many wrong of so many, its window, and what its latency table shows.
fn bursts(wrong: Rate, window_ms: f64) -> Vec<EventKind> {
    let figures = json!({
        "requests": 4000,
        "requests_per_second": 78.1,
        "latency_us": { "p50": 1210, "p90": 3400, "p99": 12_040, "p999": 40_100, "max": 1_088_000 },
        "lateness_us": { "p50": 90, "p90": 140, "p99": 410, "p999": 800, "max": 1200 },
        "errors": {},
        "violations": wrong.k, "rounds": wrong.n,
        "rate": wrong.share(), "interval": [wrong.interval().0, wrong.interval().1],
        "burst": { "requests": 40, "window_ms": window_ms },
    });
    let saw = [("no-oversell", "11 of 10 seats are sold")];
    vec![
        started("stress", "ticketrush", Some("racy")),
        begun("bursts", 100),
        judged("bursts", 3, Vec::new(), &saw, None),
        phase_end("bursts", wrong.k, wrong.n, wrong.interval(), None, 61_000),
        EventKind::LoadMeasured { figures },
        ended("VIOLATED", json!({}), 64_040),
    ]
}

#[test]
fn a_run_of_bursts() {
    insta::assert_snapshot!(page(bursts(Rate { k: 12, n: 100 }, 500.0)));
}

#[test]
fn bursts_are_told_in_a_sentence() {
    for (wrong, window_ms, expected) in [
        (
            Rate { k: 12, n: 100 },
            500.0,
            "broken in 12 of 100 bursts, 12.0 % (7.0 .. 19.8), of 40 requests in 500 ms each",
        ),
        (
            Rate { k: 0, n: 20 },
            0.5,
            "broken in 0 of 20 bursts, 0 % (0 .. 16.1), of 40 requests in 500 us each",
        ),
        (
            Rate { k: 1, n: 1 },
            0.0,
            "broken in 1 of 1 burst, 100 % (20.7 .. 100), of 40 requests at once each",
        ),
    ] {
        let page = page_in(bursts(wrong, window_ms), 160);
        assert!(page.contains(expected), "{expected}\n{page}");
    }
}

#[test]
fn nothing_at_all() {
    assert_eq!(
        page(Vec::new()),
        "NO EVENTS  the run was over before anything was recorded\n"
    );
}

#[test]
fn no_line_is_wider_than_the_page() {
    for width in [60, 80, 100, 160] {
        for kinds in [reproduced(), infeasible(), flood()] {
            // Only paths and commands to copy are whole, however long.
            let page = page_in(kinds, width);
            let to_copy =
                |line: &&str| line.starts_with("evidence  ") || line.contains(" heisen re");
            for line in page.lines().filter(|line| !to_copy(line)) {
                assert!(
                    cells(line) <= width,
                    "{} of {width} cells: {line}",
                    cells(line)
                );
            }
        }
    }
}

#[test]
fn what_matters_fits_a_screen() {
    for (kinds, lines_max) in [(reproduced(), 24), (infeasible(), 24), (flood(), 24)] {
        let page = page(kinds);
        let details = ["went up\n", "what the racers did instead"].map(|text| page.find(text));
        let (before, _) = page.split_at(details.into_iter().flatten().min().unwrap());
        // The heading of the details is cut in two here.
        let before = before.lines().count() - 2;
        assert!(before <= lines_max, "{before} lines:\n{page}");
        assert!(page.lines().count() < 110, "{} lines", page.lines().count());
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let style = Style::new(crate::ColorChoice::Always, false, None, None);
    let look = Look {
        width: WIDTH,
        style,
        evidence: None,
    };
    for kinds in [reproduced(), flood()] {
        let colored = report_with(events(kinds.clone()), &look);
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once("\x1b[") {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        plain.push_str(rest);
        let trimmed = |text: &str| {
            text.lines()
                .map(str::trim_end)
                .map(str::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(trimmed(&plain), trimmed(&page(kinds)));
    }
    assert!(
        report_with(events(reproduced()), &look)
            .starts_with("\x1b[1;31mREPRODUCED\x1b[0m  300 of 300")
    );
}

#[test]
fn evidence_elsewhere_is_named_in_the_commands() {
    let evidence = Some(PathBuf::from("/tmp/my runs/runs/x.sqlite"));
    let look = Look {
        width: WIDTH,
        style: Style::PLAIN,
        evidence,
    };
    let page = report_with(events(reproduced()), &look);
    let end: Vec<&str> = page.lines().rev().take(3).collect();
    assert_eq!(
        end,
        [
            "          heisen report '/tmp/my runs/runs/x.sqlite'            # this page",
            "next      heisen replay .heisen/catches/oversell.yaml --seed 7  # the same again",
            "evidence  '/tmp/my runs/runs/x.sqlite'",
        ]
    );
}
