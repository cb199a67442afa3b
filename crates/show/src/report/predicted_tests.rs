use model::{Event, EventKind, Prediction};
use serde_json::json;

use super::report;
use super::testkit::{ended, started};
use crate::prediction::testkit::*;
use crate::text::{WIDTH, cells};

/// However much there is, nobody scrolls through more.
const LINES_MAX: usize = 200;

fn page(verdict: &str, prediction: Prediction, width: usize) -> String {
    let kinds = vec![
        started("predict", "ticketrush", Some("racy")),
        EventKind::PhaseStarted {
            phase: "simulating".into(),
            trials: Some(6000),
        },
        EventKind::Warning {
            message: "`payments` has no pool in the spec; any number of calls was taken".into(),
        },
        EventKind::Predicted {
            prediction: Box::new(prediction),
        },
        ended(
            verdict,
            json!({ "again": ["heisen", "predict", "heisen.yaml", "--seed", "7"] }),
            1420,
        ),
    ];
    report(events(kinds), width)
}

fn events(kinds: Vec<EventKind>) -> impl Iterator<Item = Event> {
    let kinds = kinds.into_iter().zip(0..);
    kinds.map(|(kind, at_us)| Event { at_us, kind })
}

#[test]
fn three_hazards() {
    insta::assert_snapshot!(page("PREDICTED", hazards(), 100));
}

#[test]
fn three_hazards_on_a_narrow_terminal() {
    insta::assert_snapshot!(page("PREDICTED", hazards(), WIDTH));
}

#[test]
fn a_retry_storm() {
    insta::assert_snapshot!(page("PREDICTED", storm(), WIDTH));
}

#[test]
fn recorded_traffic_alone() {
    insta::assert_snapshot!(page("PREDICTED", analyst(), WIDTH));
}

#[test]
fn everything_is_protected() {
    insta::assert_snapshot!(page("NOTHING PREDICTED", protected(), WIDTH));
}

#[test]
fn nothing_was_found() {
    insta::assert_snapshot!(page("NOTHING PREDICTED", nothing(), WIDTH));
}

#[test]
fn a_simulation_that_did_not_end() {
    let kinds = vec![
        started("predict", "ticketrush", None),
        EventKind::PhaseStarted {
            phase: "simulating".into(),
            trials: Some(6000),
        },
    ];
    let page = report(events(kinds), WIDTH);
    assert_eq!(
        page.lines().next(),
        Some("DID NOT END  last seen 1 us after its start, in `simulating`")
    );
    assert!(!page.contains("trials"), "{page}");
}

#[test]
fn long_lists_are_cut_and_counted() {
    let mut prediction = hazards();
    let [first, _, _, locked] = &prediction.boundaries[..] else {
        unreachable!()
    };
    let (first, locked) = (vec![first.clone(); 17], vec![locked.clone(); 9]);
    prediction.boundaries = [first, locked].concat();
    prediction.notes = (0..9).map(|at| format!("note {at}")).collect();
    let page = page("PREDICTED", prediction, WIDTH);
    let counts: Vec<&str> = page
        .lines()
        .filter(|line| line.trim_start().starts_with("and "))
        .map(str::trim)
        .collect();
    assert_eq!(
        counts,
        ["and 7 more", "and 3 more", "and 5 more in the evidence"]
    );
}

#[test]
fn no_line_is_wider_than_the_page_or_obeyed_by_a_terminal() {
    for width in [60, WIDTH, 100, 160] {
        for prediction in [hazards(), storm(), analyst(), hostile()] {
            let page = page("PREDICTED", prediction, width);
            let to_copy = |line: &&str| line.starts_with("evidence  ") || line.contains(" heisen ");
            for line in page.lines().filter(|line| !to_copy(line)) {
                let cells = cells(line);
                assert!(cells <= width, "{cells} of {width} cells: {line}");
                assert!(!line.contains(char::is_control), "{line:?}");
            }
            assert!(page.lines().count() < LINES_MAX, "{page}");
        }
    }
}
