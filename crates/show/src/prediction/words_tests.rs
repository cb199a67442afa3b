use model::prediction::{Factors, Simulated};
use model::{Boundary, Rate};

use super::details;
use super::testkit::*;
use super::words::*;

#[test]
fn who_is_protected() {
    for (unprotected, guard, kept_out, wrong, expected) in [
        (1.0, None, 0, Some(5), false),
        (1.0, Some("a lock"), 0, Some(0), false),
        (1.0, Some("a lock"), 9, Some(0), true),
        (1.0, Some("a lock"), 9, None, true),
        (0.0, None, 0, None, true),
        (0.0, Some("a lock"), 0, None, true),
        // What goes wrong all the same is never hidden among what is protected.
        (0.0, Some("a lock"), 9, Some(1), false),
    ] {
        let boundary = Boundary {
            rate: wrong.map(|k| Rate { k, n: 100 }),
            guard: guard.map(Into::into),
            kept_out,
            factors: Factors {
                unprotected,
                ..factors(0.5, 0.5)
            },
            ..analyst().boundaries[0].clone()
        };
        assert_eq!(
            is_protected(&boundary),
            expected,
            "{unprotected} {guard:?} {kept_out} {wrong:?}"
        );
    }
}

#[test]
fn phrases() {
    let (hazards, storm, analyst) = (hazards(), storm(), analyst());
    let [first, second, third, locked] = hazards.boundaries.as_slice() else {
        unreachable!()
    };
    let retries = &storm.boundaries[0];
    for (said, expected) in [
        (meeting(first), "2 reserve on cache inv:42"),
        (meeting(second), "show, cancel on cache event:42"),
        (meeting(retries), "reserve"),
        (title(retries), "retry storm at inventory -> payments"),
        (frequency(first), "27.1 %"),
        (frequency(second), "0.0043 %"),
        (frequency(third), "0 %"),
        (frequency(retries), "312 times normal"),
        (frequency(&analyst.boundaries[0]), ""),
        (threshold(first), "> 12 in 500 ms: 1 %"),
        (threshold(second), "> 4100 in 500 ms: 0.05 %"),
        (threshold(retries), ""),
        (
            product(&first.factors),
            "0.27 = probability 0.27 x severity 1.0 x unprotected 1.0 x incidents 1.0",
        ),
        (
            guard(locked, true),
            "kept somebody out 48 210 times: SELECT ... FOR UPDATE of the row that is written",
        ),
        (
            guard(&analyst.boundaries[1], true),
            "never had to keep anybody out: advisory lock of another key",
        ),
        (
            guard(&analyst.boundaries[1], false),
            "advisory lock of another key",
        ),
        (
            basis(&hazards).join("; "),
            "1 200 000 requests in 6000 bursts simulated, 2.1 M a second; 7012 statements of 842 requests of 9 kinds read; rates are told for 200 requests in 500 ms",
        ),
        (summary(&hazards), "3 boundaries, 1 more is protected"),
        (summary(&storm), "1 boundary"),
        (summary(&protected()), "1 boundary, protected"),
        (
            summary(&nothing()),
            "nothing was found that could race or fail",
        ),
    ] {
        assert_eq!(said, expected);
    }
    let idle = Simulated {
        busy_us: 0,
        ..Simulated::default()
    };
    assert_eq!(simulated(&idle), "0 requests in 0 bursts simulated");
}

/// The formula beside the simulation: `(closed form, simulated of 1000)`.
#[test]
fn a_formula_that_is_far_off_is_pointed_out() {
    for (closed, k, expected) in [
        (0.10, 190, None),
        (0.10, 210, Some("2.1 times apart")),
        (0.43, 210, Some("2.0 times apart")),
        (0.0, 0, None),
        (0.0, 1, Some("far apart")),
        (f64::NAN, 1, None),
    ] {
        let boundary = Boundary {
            closed_form: Some(closed),
            rate: Some(Rate { k, n: 1000 }),
            ..analyst().boundaries[0].clone()
        };
        let facts = details(&boundary);
        let said = facts.iter().find(|(_, text)| text.contains("apart"));
        let said = said.map(|(_, text)| text.split(':').next().unwrap());
        assert_eq!(said, expected, "{closed} and {k}");
    }
}
