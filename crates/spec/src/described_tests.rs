//! What a system that need not run is described by, read; and that hostile descriptions are told of.

use std::path::Path;
use std::time::Duration;

use model::{
    Act, BackendSource, Breaker, Demand, DemandShape, DescribedStep, Distribution, Latency, Link,
    Outage, OutageKind, Persona, Retry, System, Template,
};

use super::*;

const DESCRIBED: &str = include_str!("good/described.yaml");

fn read(variant: Option<&str>) -> System {
    match parse(DESCRIBED, Path::new("src/good/described.yaml"), variant) {
        Ok(system) => system,
        Err(errors) => panic!("{}", render(&errors, false)),
    }
}

fn fixed(us: u64) -> Latency {
    Latency::Drawn(Distribution::Fixed(us))
}

fn ask(target: &str, command: &str) -> DescribedStep {
    let act = Act::Ask {
        target: target.to_string(),
        command: Template::parse(command).unwrap(),
    };
    plain(act)
}

fn plain(act: Act) -> DescribedStep {
    DescribedStep {
        act,
        takes: None,
        decides: false,
        on_miss: false,
        background: false,
    }
}

#[test]
fn services_and_backends_may_be_described_only() {
    let system = read(None);
    let source = |name| system.backend(name).unwrap().source.clone();
    assert_eq!(source("db"), BackendSource::Described);
    assert_eq!(
        source("store"),
        BackendSource::Provide { setup: Vec::new() }
    );
    let service = |name| system.service(name).unwrap();
    assert!(service("inventory").run.is_empty() && !service("door").run.is_empty());
    assert_eq!(service("inventory").slots, Some(8));
    assert_eq!(
        (service("worker").slots, service("worker").replicas),
        (None, 2)
    );
    assert_eq!(system.only_described(), Some("inventory"));
}

#[test]
fn steps_are_read() {
    let system = read(None);
    let reserve = system.operation("reserve").unwrap();
    assert_eq!(reserve.limit, Some(10));
    let expected = [
        ask("inventory", "LOCK turn:${event}"),
        DescribedStep {
            decides: true,
            ..ask("cache", "GET inv:${event}")
        },
        plain(Act::Work(fixed(300))),
        DescribedStep {
            on_miss: true,
            ..ask("cache", "SET inv:${event} 0")
        },
        DescribedStep {
            takes: Some(Latency::Drawn(Distribution::Lognormal {
                median_us: 600,
                sigma: 0.5,
            })),
            ..ask(
                "db",
                "UPDATE events SET sold = sold + 1 WHERE id = ${event}",
            )
        },
        ask("payment", "POST /charge/${event}"),
        ask("inventory", "UNLOCK turn:${event}"),
        DescribedStep {
            background: true,
            ..ask(
                "db",
                "INSERT INTO orders (id, event, at) VALUES ('${uuid}', ${event}, ${now})",
            )
        },
        ask("mail", "POST /send"),
    ];
    assert_eq!(reserve.steps, expected);
    assert!(system.operation("poll").unwrap().steps.is_empty());
}

#[test]
fn a_variant_replaces_steps_and_limit() {
    let atomic = read(Some("atomic"));
    let reserve = atomic.operation("reserve").unwrap();
    assert_eq!((reserve.limit, reserve.steps.len()), (Some(20), 1));
    assert_eq!(atomic.service("inventory").unwrap().slots, Some(16));
    let unsaid = read(Some("unsaid"));
    let reserve = unsaid.operation("reserve").unwrap();
    assert_eq!((reserve.limit, reserve.steps.len()), (Some(10), 0));
    let racy = read(Some("racy"));
    assert_eq!(racy.operations, read(None).operations);
}

#[test]
fn links_and_outages_are_read() {
    let system = read(None);
    let link = |from: &str, to: &str| Link {
        from: from.to_string(),
        to: to.to_string(),
        latency: None,
        pool: None,
        timeout: None,
        retry: None,
        breaker: None,
    };
    let expected = [
        Link {
            latency: Some(fixed(2_000)),
            ..link("clients", "inventory")
        },
        Link {
            latency: Some(Latency::Drawn(Distribution::Lognormal {
                median_us: 400,
                sigma: 0.5,
            })),
            pool: Some(20),
            timeout: Some(Duration::from_secs(2)),
            retry: Some(Retry {
                times: Some(3),
                wait: Duration::from_millis(100),
                factor: 1.5,
                cap: Some(Duration::from_secs(16)),
                jitter: true,
            }),
            breaker: Some(Breaker {
                failures: 3,
                open: Duration::from_secs(30),
            }),
            ..link("inventory", "cache")
        },
        Link {
            latency: Some(Latency::Measured(vec![200, 300])),
            retry: Some(Retry {
                times: None,
                wait: Duration::ZERO,
                factor: 1.0,
                cap: None,
                jitter: false,
            }),
            ..link("inventory", "db")
        },
        link("worker", "store"),
    ];
    assert_eq!(system.links, expected);
    let outage = |target: &str, from, lasts, kind| Outage {
        target: target.to_string(),
        from: Duration::from_secs(from),
        lasts: Duration::from_secs(lasts),
        kind,
    };
    let expected = [
        outage("store", 60, 30, OutageKind::Refuse),
        outage("payment", 0, 3_600, OutageKind::Hang),
    ];
    assert_eq!(system.outages, expected);
}

#[test]
fn demands_are_read() {
    let traffic = read(None).traffic;
    assert_eq!(traffic.agents, Some(10_000));
    let personas = [
        (Persona::SteadyBuyer, 0.9),
        (Persona::DoubleClicker, 0.05),
        (Persona::Bot, 0.05),
    ];
    assert_eq!(traffic.personas, personas);
    let demand = |operation: &str, shape, keys, skew| Demand {
        operation: operation.to_string(),
        shape,
        keys,
        skew,
    };
    let clients = |clients, think| DemandShape::Clients {
        clients,
        think: fixed(think),
    };
    let after = |operation: &str, redelivery: Option<u64>| DemandShape::After {
        operation: operation.to_string(),
        redelivery: redelivery.map(Duration::from_secs),
    };
    let burst = DemandShape::Burst {
        requests: 200,
        window: Duration::from_millis(500),
    };
    let expected = [
        demand("reserve", burst, 100, 0.9),
        demand("poll", clients(400, 10_000_000), 1, 0.0),
        demand("refund", clients(1, 0), 1, 0.0),
        demand("handle", after("reserve", Some(30)), 1, 0.0),
        demand("charge", after("handle", None), 1, 0.0),
    ];
    assert_eq!(traffic.demands, expected);
}

/// The described spec cut short, with a mark put in or a line lost: most are wrong, none panics.
#[test]
fn damaged_descriptions_never_panic() {
    let marks = [
        "(", ")", "->", "${", ", ", ": ", "-1", "é", "\0", "1e99", "'", "]",
    ];
    let places = DESCRIBED.char_indices().map(|(at, _)| at).step_by(53);
    let mut texts = Vec::new();
    for (index, at) in places.enumerate() {
        let (before, after) = DESCRIBED.split_at(at);
        texts.push(before.to_string());
        texts.push(format!("{before}{}{after}", marks[index % marks.len()]));
    }
    let lines: Vec<&str> = DESCRIBED.lines().collect();
    for lost in 0..lines.len() {
        let mut rest = lines.clone();
        rest.remove(lost);
        texts.push(rest.join("\n"));
    }
    for text in texts {
        if let Err(errors) = parse(&text, Path::new("x/heisen.yaml"), Some("atomic")) {
            assert!(!errors.problems().is_empty());
            assert!(render(&errors, false).contains("error: "));
        }
    }
}

#[test]
fn steps_are_counted() {
    let spec = |count: usize| {
        let steps = "{ work: 1ms }, ".repeat(count);
        let text = format!(
            "system: s\nservices: {{ a: {{}} }}\noperations: {{ o: {{ request: GET a /, steps: [{steps}] }} }}\n"
        );
        parse(&text, Path::new("heisen.yaml"), None)
    };
    assert_eq!(spec(200).unwrap().operations[0].steps.len(), 200);
    assert_eq!(
        spec(201).unwrap_err().problems()[0].message(),
        "operation `o` has 201 steps; at most 200 can be had"
    );
}

/// Calls without end, in one long chain and all with all: told of, in bounded messages.
#[test]
fn many_calls_are_bounded() {
    let spec =
        |operations: &str| format!("system: s\nservices: {{ a: {{}} }}\noperations:\n{operations}");
    let operation = |index: usize, calls: &str| {
        format!("  o{index}: {{ request: GET a /{index}, steps: [{calls}] }}\n")
    };
    let call = |index: usize| format!("{{ a: GET /{index} }}");
    let read = |text: String| parse(&text, Path::new("heisen.yaml"), None);
    let chain = |last: usize| -> String {
        (0..1_000)
            .map(|index| operation(index, &call(if index == 999 { last } else { index + 1 })))
            .collect()
    };
    let errors = read(spec(&chain(0))).unwrap_err();
    let message = errors.problems()[0].message();
    assert!(message.starts_with("operations call each other in a circle: o0 -> o1 -> o2 -> "));
    assert!(message.len() < 500, "{}", message.len());
    assert!(
        read(spec(&chain(1_000)))
            .unwrap_err()
            .to_string()
            .contains("GET /1000")
    );
    let all: String = (0..60)
        .map(|index| operation(index, &(0..60).map(call).collect::<Vec<_>>().join(", ")))
        .collect();
    let errors = read(spec(&all)).unwrap_err();
    assert_eq!(errors.problems().len(), PROBLEMS_MAX);
    let down: String = (0..60)
        .map(|index| operation(index, &(0..index).map(call).collect::<Vec<_>>().join(", ")))
        .collect();
    assert_eq!(read(spec(&down)).unwrap().operations.len(), 60);
}
