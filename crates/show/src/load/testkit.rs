//! Load for tests: seconds with a stall, errors, and answers that were wrong.

use model::{Event, EventKind, LoadFigures, LoadSecond, Percentiles};

/// Figures around a median.
pub fn figures(requests: u64, p50: u64, errors: &[(&str, u64)]) -> LoadFigures {
    let errors: std::collections::BTreeMap<String, u64> = errors
        .iter()
        .map(|(class, times)| (class.to_string(), *times))
        .collect();
    let cut = errors
        .iter()
        .filter(|(class, _)| !class.starts_with("status"));
    let cut: u64 = cut.map(|(_, times)| times).sum();
    let answered = requests - cut.min(requests);
    let latency_us = match answered {
        0 => Percentiles::default(),
        _ => Percentiles {
            mean: p50 as f64 * 1.2,
            p50,
            p90: p50 * 2,
            p95: p50 * 3,
            p99: p50 * 5,
            p999: p50 * 9,
            max: p50 * 12,
        },
    };
    LoadFigures {
        requests,
        answered,
        errors,
        latency_us,
        lateness_p99_us: 80,
    }
}

/// The event of a second.
pub fn second(number: u64, all: LoadFigures, violations: Option<u64>) -> Event {
    let second = LoadSecond {
        second: number,
        lasted_us: 1_000_000,
        all,
        operations: Vec::new(),
        violations,
    };
    Event {
        at_us: 400_000 + (number + 1) * 1_000_000,
        kind: EventKind::LoadSecond {
            second: Box::new(second),
        },
    }
}

/// A quarter of a minute in which the target stalls at 6, and answers wrongly from 9 on.
pub fn seconds(count: u64) -> Vec<Event> {
    let of = |number: u64| {
        let all = match number % 20 {
            6 => figures(900, 90_000, &[("status 503", 40), ("timed out", 3)]),
            7 => figures(12, 0, &[("cut", 12)]),
            at => figures(4_900 + at * 10, 400 + at, &[]),
        };
        second(number, all, Some(number.saturating_sub(8) * 2))
    };
    (0..count).map(of).collect()
}

/// Two operations, one with a name nobody should have.
pub fn two_operations() -> Event {
    let mut event = second(0, figures(30, 500, &[("status 500", 2)]), None);
    if let EventKind::LoadSecond { second } = &mut event.kind {
        second.operations = vec![
            ("reserve".into(), figures(10, 300, &[])),
            (
                "a \"b\",\n<i>c\\".into(),
                figures(20, 900, &[("status 500", 2)]),
            ),
        ];
    }
    event
}
