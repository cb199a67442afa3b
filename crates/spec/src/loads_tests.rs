//! Loads: one of everything, and what is taken when nothing is said.

use std::path::Path;
use std::time::Duration;

use model::{
    Auth, Comparison, Feed, FeedSource, Latency, LoadPlan, Measure, Part, Pick, ScenarioStep,
    Spacing, Taken, Template, Threshold, Values,
};
use serde_json::json;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn loads() -> Vec<LoadPlan> {
    let text = include_str!("good/loads.yaml");
    match parse(text, Path::new("src/good/loads.yaml"), None) {
        Ok(system) => system.loads,
        Err(errors) => panic!("{}", render(&errors, false)),
    }
}

#[test]
fn profiles_are_read() {
    let rate = |spacing| Part::Rate {
        per_second: 200.0,
        spacing,
        lasts: 30 * SECOND,
    };
    let expected = [
        Part::RampUsers {
            users: 50,
            lasts: 10 * SECOND,
        },
        Part::Users {
            users: 50,
            lasts: 30 * SECOND,
        },
        Part::Pause { lasts: 5 * SECOND },
        rate(Spacing::Even),
        rate(Spacing::Random),
        Part::RateBetween {
            low_per_second: 100.0,
            high_per_second: 300.0,
            lasts: 10 * SECOND,
        },
        Part::RampRate {
            per_second: 500.0,
            lasts: 10 * SECOND,
        },
        Part::RampUsers {
            users: 0,
            lasts: SECOND,
        },
        Part::Steps {
            per_second: vec![100.0, 200.0, 0.5],
            each: 5 * SECOND,
        },
        Part::Recorded {
            file: "data/arrivals.csv".into(),
        },
        Part::Iterations {
            runs: 1000,
            users: 10,
        },
    ];
    assert_eq!(loads()[0].profile, expected);
}

#[test]
fn scenarios_are_read() {
    let sale = &loads()[0];
    let buyer = &sale.scenarios[0];
    assert_eq!((buyer.name.as_str(), buyer.weight), ("buyer", 3));
    let ask = |operation: &str| ScenarioStep::Ask {
        operation: operation.into(),
        args: vec![],
        takes: vec![],
    };
    assert_eq!(
        buyer.steps[0],
        ScenarioStep::Ask {
            operation: "login".into(),
            args: vec![],
            takes: vec![
                ("token".into(), Taken::Pointer("/token".into())),
                ("session".into(), Taken::Header("x-session".into())),
                ("from".into(), Taken::Between("<a>".into(), "</a>".into())),
            ],
        }
    );
    assert!(matches!(
        buyer.steps[2],
        ScenarioStep::Think(Latency::Drawn(_))
    ));
    assert_eq!(
        buyer.steps[3..],
        [
            ScenarioStep::Ask {
                operation: "reserve".into(),
                args: vec![("event".into(), json!(42))],
                takes: vec![("order".into(), Taken::Pointer("/order/id".into()))],
            },
            ScenarioStep::Meet {
                users: 20,
                patience: SECOND,
            },
            ask("pay"),
            ask("show"),
        ]
    );
    let feed = |source, pick| Feed { source, pick };
    let list = |values: &[serde_json::Value]| Values::List(values.to_vec());
    let colours = vec![
        ("colour".into(), list(&[json!("red"), json!("green")])),
        ("size".into(), list(&[json!(1), json!(2.5)])),
    ];
    assert_eq!(
        buyer.feeds,
        [
            feed(FeedSource::Csv("data/users.csv".into()), Pick::Circular),
            feed(FeedSource::Json("data/users.json".into()), Pick::Random),
            feed(
                FeedSource::Values(vec![("event".into(), Values::Range(1, 1000))]),
                Pick::Zipf(1.1)
            ),
            feed(FeedSource::Values(colours), Pick::First),
            feed(
                FeedSource::Values(vec![("one".into(), list(&[json!(7)]))]),
                Pick::Circular
            ),
        ]
    );
    assert_eq!((buyer.redirects, buyer.headers.len()), (5, 2));
    let token = Template::parse("${token}").unwrap();
    assert_eq!(buyer.auth, Some(Auth::Bearer(token)));
    let guest = Template::parse("guest:${replica}").unwrap();
    assert_eq!(sale.scenarios[1].auth, Some(Auth::Basic(guest)));
}

#[test]
fn the_rest_is_read_or_left_out() {
    let [sale, small] = loads().try_into().unwrap();
    assert_eq!((sale.connections, sale.warm_up), (200, 2 * SECOND));
    assert_eq!((sale.set_up.len(), sale.clean_up.len()), (1, 1));
    assert_eq!(sale.thresholds.len(), 6);
    let last = Threshold {
        measure: Measure::Errors,
        of: None,
        comparison: Comparison::Below,
        limit: 0.5,
        abort: true,
    };
    assert_eq!(sale.thresholds[5], last);
    assert_eq!(sale.thresholds[1].of.as_deref(), Some("reserve"));
    assert_eq!((small.connections, small.warm_up), (100, Duration::ZERO));
    let browser = &small.scenarios[0];
    assert_eq!((browser.weight, browser.redirects), (1, 0));
    assert!(browser.auth.is_none() && small.thresholds.is_empty());
}

#[test]
fn lines_may_be_lost_or_moved() {
    let lines: Vec<&str> = include_str!("good/loads.yaml").lines().collect();
    for lost in 0..lines.len() {
        let mut rest = lines.clone();
        let line = rest.remove(lost);
        crate::tests::never_panics(&rest.join("\n"));
        let moved = format!("  {line}");
        rest.insert(lost, &moved);
        crate::tests::never_panics(&rest.join("\n"));
    }
}

/// What the documentation shows can be read.
#[test]
fn the_documented_load_is_right() {
    let text = include_str!("../../../docs/loads.md");
    let blocks = text.split("```yaml\n").skip(1);
    let yaml: String = blocks
        .filter_map(|block| block.split("```").next())
        .collect();
    let spec = include_str!("good/loads.yaml");
    let (head, _) = spec.split_once("loads:\n").unwrap();
    let path = Path::new("src/good/data/documented.yaml");
    if let Err(errors) = parse(&format!("{head}{yaml}"), path, None) {
        panic!("{}", render(&errors, false));
    }
}
