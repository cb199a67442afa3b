//! Predictions for the tests of terminal, page and document.

use model::prediction::{
    Advice, CurvePoint, Factors, GraphEdge, Load, RecordedTraffic, Sensitivity, Simulated,
    Threshold,
};
use model::suspect::Label;
use model::{Boundary, Hazard, Prediction, Rate};
use serde_json::json;

/// A boundary of which no more is known than its place and its kind.
pub fn boundary(rank: u32, edge: &str, operations: &[&str], on: &str, hazard: Hazard) -> Boundary {
    let (from, to) = edge.split_once(" -> ").unwrap_or((edge, ""));
    Boundary {
        rank,
        edge: edge.into(),
        operations: operations.iter().map(|name| (*name).into()).collect(),
        resource: on.into(),
        factors: factors(0.5, 1.0),
        ..Boundary::new(from, to, hazard)
    }
}

pub fn factors(probability: f64, severity: f64) -> Factors {
    Factors {
        probability,
        severity,
        unprotected: 1.0,
        incident: 1.0,
    }
}

fn edge(from: &str, to: &str, protocol: &str, volatility: f64) -> GraphEdge {
    GraphEdge {
        from: from.into(),
        to: to.into(),
        protocol: protocol.into(),
        volatility,
    }
}

fn curve(points: &[(u64, u64)], n: u64) -> Vec<CurvePoint> {
    let points = points.iter().map(|(requests, k)| CurvePoint {
        requests: *requests,
        rate: Rate { k: *k, n },
    });
    points.collect()
}

fn oversell() -> Boundary {
    Boundary {
        args: vec![vec![("event".into(), json!(42))]; 2],
        rate: Some(Rate { k: 325_200, n: 1_200_000 }),
        interval: Some((0.2702, 0.2718)),
        closed_form: Some(0.1042),
        window_us: Some(1210.4),
        over_limit: Some(Rate { k: 412, n: 6000 }),
        threshold: Some(Threshold { requests: 12, window_ms: 500, share: 0.01 }),
        curve: curve(
            &[(2, 9), (5, 41), (10, 84), (20, 198), (50, 610), (100, 1391), (200, 2710), (500, 5480)],
            10_000,
        ),
        factors: factors(0.271, 1.0),
        why: "reserve reads cache inv:42 and writes it 1.2 ms later; another reserve reads it in between, and both act on the same number of seats".into(),
        sensitivity: vec![
            Sensitivity {
                knob: "latency inside the window".into(),
                change: "x2".into(),
                rate: Rate { k: 440, n: 1000 },
                factor: 1.62,
            },
            Sensitivity {
                knob: "replicas of inventory".into(),
                change: "3 -> 6".into(),
                rate: Rate { k: 273, n: 1000 },
                factor: 1.007,
            },
        ],
        advice: Some(Advice {
            target: "cache".into(),
            step: "cache GET inv:42".into(),
            delay_us: 5000,
            rate: Rate { k: 811, n: 1000 },
            sentence: "delay replies of cache GET inv:42 by 5 ms: 81.1 % of requests then race".into(),
        }),
        ..boundary(1, "inventory -> cache", &["reserve", "reserve"], "cache inv:42", Hazard::Race(Label::CheckThenAct))
    }
}

fn stale() -> Boundary {
    Boundary {
        rate: Some(Rate {
            k: 51,
            n: 1_200_000,
        }),
        interval: Some((0.000_031_6, 0.000_055_9)),
        closed_form: Some(0.000_048),
        window_us: Some(310.0),
        threshold: Some(Threshold {
            requests: 4100,
            window_ms: 500,
            share: 0.000_5,
        }),
        curve: curve(
            &[(100, 2), (200, 4), (300, 7), (400, 11), (500, 13)],
            100_000,
        ),
        factors: factors(0.000_042_5, 0.4),
        why: "show fills cache event:42 from what it read before cancel wrote and emptied it"
            .into(),
        ..boundary(
            2,
            "inventory -> db",
            &["show", "cancel"],
            "cache event:42",
            Hazard::StaleRead,
        )
    }
}

fn deadlock() -> Boundary {
    Boundary {
        rate: Some(Rate { k: 0, n: 1_200_000 }),
        interval: Some((0.0, 0.000_003_2)),
        curve: curve(&[(200, 0), (2000, 3), (20_000, 160)], 100_000),
        factors: Factors {
            incident: 2.0,
            ..factors(0.000_001_2, 0.7)
        },
        why: "transfer locks accounts 1 and 2 in the order it is told them".into(),
        ..boundary(
            3,
            "payments -> db",
            &["transfer", "refund"],
            "db accounts",
            Hazard::Deadlock,
        )
    }
}

fn locked(rank: u32) -> Boundary {
    Boundary {
        rate: Some(Rate { k: 0, n: 1_200_000 }),
        interval: Some((0.0, 0.000_003_2)),
        factors: Factors {
            unprotected: 0.0,
            ..factors(0.1, 0.9)
        },
        guard: Some("SELECT ... FOR UPDATE of the row that is written".into()),
        kept_out: 48_210,
        why: "pay reads the balance and writes it".into(),
        ..boundary(
            rank,
            "payments -> db",
            &["pay", "pay"],
            "db accounts",
            Hazard::Race(Label::LostUpdate),
        )
    }
}

/// Three hazards with curves, a fourth that is protected, and traffic that was read.
pub fn hazards() -> Prediction {
    Prediction {
        boundaries: vec![oversell(), stale(), deadlock(), locked(4)],
        graph: vec![
            edge("clients", "gateway", "http", 0.0),
            edge("gateway", "inventory", "http", 0.0),
            edge("gateway", "payments", "http", 0.0),
            edge("inventory", "payments", "http", 0.0),
            edge("inventory", "cache", "redis", 0.271),
            edge("inventory", "db", "postgres", 0.000_017),
            edge("payments", "db", "postgres", 0.000_001_7),
        ],
        simulated: Some(Simulated {
            requests: 1_200_000,
            rounds: 6000,
            requests_in_all: 9_870_000,
            busy_us: 4_700_000,
        }),
        recorded: Some(RecordedTraffic {
            statements: 7012,
            requests: 842,
            kinds: 9,
            obscure: vec![
                ("CALL refresh_totals($1)".into(), 14),
                ("EVALSHA 9f1c 1 inv:42".into(), 1),
            ],
            skipped: vec![("no statement and no command".into(), 3, 17)],
        }),
        load: Some(Load {
            requests: 200,
            window_ms: 500,
        }),
        notes: vec![
            "`inventory -> db` has no latency in the spec; 1 ms was taken".into(),
            "edges to `mail` were not simulated: nothing says what it does".into(),
        ],
    }
}

/// What is no share of requests.
pub fn storm() -> Prediction {
    let retries = Boundary {
        figure: Some("312 times normal".into()),
        factors: factors(1.0, 0.8),
        why: "all callers of payments wait 100 ms after a failure and come again together".into(),
        ..boundary(
            1,
            "inventory -> payments",
            &["reserve"],
            "",
            Hazard::RetryStorm,
        )
    };
    Prediction {
        boundaries: vec![retries],
        graph: vec![
            edge("clients", "inventory", "http", 0.0),
            edge("inventory", "payments", "http", 0.8),
            edge("payments", "inventory", "http", 0.0),
            edge("payments", "payments", "http", 0.02),
        ],
        simulated: Some(Simulated {
            requests: 40_000,
            rounds: 200,
            requests_in_all: 40_000,
            busy_us: 31_000,
        }),
        load: Some(Load {
            requests: 200,
            window_ms: 1000,
        }),
        ..Prediction::default()
    }
}

/// From recorded traffic alone: no rates.
pub fn analyst() -> Prediction {
    let lost = Boundary {
        window_us: Some(2400.0),
        factors: factors(0.01, 0.9),
        why: "checkout reads stock of one product and writes a value made from it".into(),
        ..boundary(
            1,
            "app -> db",
            &["checkout", "checkout"],
            "db products",
            Hazard::Race(Label::LostUpdate),
        )
    };
    let twice = Boundary {
        factors: factors(0.01, 0.6),
        guard: Some("advisory lock of another key".into()),
        why: "register finds no user of that name and makes one".into(),
        ..boundary(
            2,
            "app -> db",
            &["register", "register"],
            "db users",
            Hazard::Race(Label::DoubleInsert),
        )
    };
    let kept = Boundary {
        rate: None,
        interval: None,
        kept_out: 0,
        ..locked(3)
    };
    Prediction {
        boundaries: vec![lost, twice, kept],
        graph: vec![edge("app", "db", "postgres", 0.009)],
        recorded: hazards().recorded,
        notes: vec!["no times were recorded: every probability is taken as 0.01".into()],
        ..Prediction::default()
    }
}

/// Nothing is left bare.
pub fn protected() -> Prediction {
    Prediction {
        boundaries: vec![locked(1)],
        graph: vec![
            edge("clients", "payments", "http", 0.0),
            edge("payments", "db", "postgres", 0.0),
        ],
        ..Prediction {
            notes: Vec::new(),
            recorded: None,
            ..hazards()
        }
    }
}

/// Nothing was found.
pub fn nothing() -> Prediction {
    Prediction {
        notes: vec!["no operation of the spec has steps; describe them, or hand over recorded traffic with `--from`".into()],
        ..Prediction::default()
    }
}

/// Everything hostile, long and many.
pub fn hostile() -> Prediction {
    let long = "<script>alert(\"1\")</script>'&\u{1b}[2J\u{202e}\n座席".repeat(300);
    let mut prediction = hazards();
    let example = Boundary {
        rank: u32::MAX,
        edge: long.clone(),
        operations: vec![long.clone(); 9],
        args: vec![vec![(long.clone(), json!({ long.clone(): long.clone() })); 2]; 9],
        resource: long.clone(),
        figure: Some(long.clone()),
        closed_form: Some(f64::NAN),
        window_us: Some(f64::INFINITY),
        threshold: Some(Threshold {
            requests: u64::MAX,
            window_ms: u64::MAX,
            share: f64::NAN,
        }),
        interval: Some((f64::NEG_INFINITY, f64::NAN)),
        curve: (0..3000u64)
            .map(|at| CurvePoint {
                requests: at.wrapping_mul(u64::MAX / 7),
                rate: Rate {
                    k: u64::MAX,
                    n: at % 3,
                },
            })
            .collect(),
        factors: Factors {
            probability: f64::NAN,
            severity: 1e300,
            unprotected: 1e300,
            incident: -1.0,
        },
        guard: Some(long.clone()),
        kept_out: 0,
        why: long.clone(),
        sensitivity: vec![
            Sensitivity {
                knob: long.clone(),
                change: long.clone(),
                rate: Rate { k: 1, n: 0 },
                factor: f64::INFINITY
            };
            30
        ],
        ..oversell()
    };
    prediction.boundaries = vec![example; 14];
    prediction.boundaries[0].rate = None;
    prediction.boundaries[1].rate = Some(Rate { k: u64::MAX, n: 1 });
    prediction.boundaries.extend((0..60).map(|rank| Boundary {
        guard: Some(long.clone()),
        ..locked(rank)
    }));
    prediction.graph = (0..200u64)
        .map(|at| {
            edge(
                &format!("{} {long}", at * 7 % 31),
                &format!("{} {long}", at * 5 % 37),
                &long,
                f64::NAN,
            )
        })
        .collect();
    prediction.notes = vec![long.clone(); 60];
    if let Some(recorded) = &mut prediction.recorded {
        recorded.obscure = vec![(long.clone(), u64::MAX); 60];
        recorded.skipped = vec![(long, u64::MAX, u64::MAX); 60];
    }
    prediction
}
