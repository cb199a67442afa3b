//! Good specs and schedules, the targets' own, and input that is nothing of the kind.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use model::{
    BackendSource, Body, Expect, OrderLine, Probe, Protocol, Ready, Setup, StepPattern, System,
    Template,
};

use super::*;

/// A spec with one of everything.
const GOOD: &str = include_str!("good/heisen.yaml");
const GOOD_PATH: &str = "src/good/heisen.yaml";

/// The good spec, read.
pub fn good() -> System {
    read(GOOD, None)
}

fn read(text: &str, variant: Option<&str>) -> System {
    match parse(text, Path::new(GOOD_PATH), variant) {
        Ok(system) => system,
        Err(errors) => panic!("{}", render(&errors, false)),
    }
}

#[test]
fn everything_is_read() {
    let system = good();
    assert_eq!(system.name, "shop");
    assert_eq!(system.folder, PathBuf::from("src/good"));
    assert_eq!(system.digest, digest(GOOD));
    assert_eq!(system.variant.as_deref(), Some("racy"));
    let sources: Vec<_> = system
        .backends
        .iter()
        .map(|backend| (backend.protocol, backend.source.clone()))
        .collect();
    assert_eq!(
        sources,
        [
            (
                Protocol::Postgres,
                BackendSource::Provide {
                    setup: vec!["schema.sql".into(), "more.sql".into()]
                }
            ),
            (
                Protocol::Redis,
                BackendSource::At("redis://127.0.0.1:6379/0".into())
            ),
            (Protocol::Http, BackendSource::Stub("mappings/".into())),
            (
                Protocol::Tcp,
                BackendSource::At("tcp://127.0.0.1:7000".into())
            ),
        ]
    );
    let shop = system.service("shop").unwrap();
    assert_eq!(shop.run.len(), 6);
    assert_eq!(shop.run[5], Template::plain("two words"));
    assert_eq!(
        (shop.replicas, shop.ready.clone()),
        (3, Ready::Http("/healthz".into()))
    );
    assert_eq!(shop.limits.cpu.unwrap().0, 250);
    assert_eq!(shop.limits.memory.unwrap().0, 128 << 20);
    let stock = system.service("stock").unwrap();
    assert_eq!((stock.replicas, stock.ready.clone()), (2, Ready::Port));
    assert_eq!(stock.env[0], ("WORKERS".to_string(), Template::plain("08")));
    assert_eq!(system.edges().len(), 5);
    assert_eq!(system.traffic.demands.len(), 1);
    assert_eq!(
        system.incidents[0].edge,
        ("shop".to_string(), "cache".to_string())
    );
    assert_eq!(system.incidents[0].date.as_deref(), Some("2026-03-01"));
}

#[test]
fn operations_are_read() {
    let system = good();
    let buy = system.operation("buy").unwrap();
    assert_eq!(
        (buy.method.as_str(), buy.service.as_str()),
        ("POST", "shop")
    );
    assert_eq!(
        buy.body,
        Body::Json(
            serde_json::json!({ "order": "${uuid}", "at": ["${now}", 1.5, null], "event": "${event}" })
        )
    );
    assert_eq!(
        buy.args[0],
        (
            "event".to_string(),
            vec![42.into(), "x".into(), serde_json::json!({ "a": [1] })]
        )
    );
    assert_eq!(
        (buy.accepted.clone(), buy.refused.clone()),
        (vec![201], vec![409, 422])
    );
    let form = system.operation("pay").unwrap();
    assert!(matches!(&form.body, Body::Form(fields) if fields.len() == 2));
    assert_eq!(form.args[0].1, [serde_json::json!(7)]);
    assert!(matches!(
        system.operation("note").unwrap().body,
        Body::Text(_)
    ));
    assert_eq!(
        system.operation("note").unwrap().headers[0].0,
        "Content-Type"
    );
}

#[test]
fn invariants_are_read() {
    let system = good();
    let expects: Vec<_> = system
        .invariants
        .iter()
        .map(|invariant| invariant.expect.clone())
        .collect();
    assert_eq!(
        expects,
        [
            Expect::True,
            Expect::AtLeast(0.0),
            Expect::AtMost(1.0),
            Expect::NotStartsWith("null".into())
        ]
    );
    assert_eq!(system.invariants[2].pointer.as_deref(), Some("/count"));
    assert_eq!(
        system.invariants[3].probe,
        Probe::Responses {
            operation: "buy".into()
        }
    );
}

#[test]
fn variants_merge_and_replace() {
    let fixed = read(GOOD, Some("fixed"));
    assert_eq!(fixed.variant.as_deref(), Some("fixed"));
    let shop = fixed.service("shop").unwrap();
    assert_eq!((shop.replicas, shop.run.len()), (2, 3));
    let keys: Vec<&str> = shop.env.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "DATABASE_URL",
            "CACHE_HOST",
            "CACHE_PORT",
            "BANK",
            "FEED",
            "STOCK_URL",
            "PEERS"
        ]
    );
    assert_eq!(shop.env[3].1, Template::plain("none"));
    assert_eq!(shop.limits.memory, None);
    assert_eq!(
        (
            fixed.reset.len(),
            fixed.near_limit.len(),
            fixed.invariants.len()
        ),
        (1, 0, 1)
    );
    assert_eq!(good().reset.len(), 2);
    assert_eq!(good().near_limit.len(), 2);
    // A variant with nothing in it is the system itself.
    let mut plain = read(GOOD, Some("plain"));
    plain.variant = good().variant;
    assert_eq!(plain, good());
}

#[test]
fn a_spec_may_be_small() {
    let text = "system: s\nservices: { a: { run: x } }\noperations: { o: { request: GET a / } }\n";
    let system = read(text, None);
    assert_eq!(
        (
            system.variant.clone(),
            system.variants.len(),
            system.lanes()
        ),
        (None, 0, 2)
    );
    assert!(parse(text, Path::new("heisen.yaml"), None).unwrap().folder == Path::new("."));
}

#[test]
fn lines_may_end_in_any_way_and_anchors_are_followed() {
    assert_eq!(
        read(&GOOD.replace('\n', "\r\n"), None).services,
        good().services
    );
    assert_eq!(
        read(&format!("\u{feff}{GOOD}"), None).services,
        good().services
    );
    let text = "system: s\nservices:\n  a: &one { run: x, env: { B: \"${b.url}\" } }\n  b: *one\noperations: { o: { request: GET a / } }\n";
    let system = read(text, None);
    assert_eq!(system.services[0].run, system.services[1].run);
}

#[test]
fn schedules_are_read() {
    let text = "schedule: s\nsetup: near_limit\nracers:\n  A: { operation: buy, args: { event: 7 } }\n  B: { operation: pay }\n\
                order:\n  - A: cache GET inv:42\n  - B: \"db update stock #2\"\n  - A: stock POST /take\noracle: no-oversell\n";
    let schedule = parse_schedule(text, Path::new("s.yaml"), &good()).unwrap();
    assert_eq!(
        (schedule.name.as_str(), schedule.setup.near_limit),
        ("s", true)
    );
    assert_eq!(schedule.racers[0].args, [("event".to_string(), 7.into())]);
    let step = StepPattern::parse("db update stock #2").unwrap();
    assert_eq!(schedule.order[1], OrderLine { racer: 1, step });
    assert_eq!(schedule.oracle.as_deref(), Some("no-oversell"));
    let short = parse_schedule(
        "schedule: s\nracers: { A: { operation: buy } }\n",
        Path::new("s.yaml"),
        &good(),
    );
    assert_eq!(short.unwrap().setup, Setup::reset());
}

/// The targets that come with heisen load in every variant, and so do their schedules.
#[test]
fn targets_load() {
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../targets");
    let mut schedules = 0;
    for folder in std::fs::read_dir(&targets).unwrap() {
        let folder = folder.unwrap().path();
        let Ok(path) = find(Some(&folder)) else {
            continue;
        };
        let loaded = |variant| {
            load(&path, variant).unwrap_or_else(|errors| panic!("{}", render(&errors, false)))
        };
        let system = loaded(None);
        for variant in &system.variants {
            let system = loaded(Some(&variant.name));
            assert!(system.folder.is_absolute());
            for file in std::fs::read_dir(folder.join("schedules"))
                .into_iter()
                .flatten()
            {
                let file = file.unwrap().path();
                load_schedule(&file, &system)
                    .unwrap_or_else(|errors| panic!("{}", render(&errors, false)));
                schedules += 1;
            }
        }
    }
    assert!(schedules > 0, "no target has a schedule");
}

#[test]
fn specs_are_found() {
    let good = Path::new("src/good");
    assert_eq!(find(Some(good)).unwrap(), good.join("heisen.yaml"));
    assert_eq!(
        find(Some(&good.join("schema.sql"))).unwrap(),
        good.join("schema.sql")
    );
    let said = [Some(Path::new("src")), Some(Path::new("nowhere")), None]
        .map(|argument| render(&find(argument).unwrap_err(), false));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn files_that_are_no_text_are_refused() {
    let folder = std::env::temp_dir().join(format!("heisen-spec-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("x.yaml");
    for (bytes, expected) in [
        (
            b"system: \xff\xfe".to_vec(),
            "is no text: byte 8 is not UTF-8",
        ),
        (
            vec![b'#'; TEXT_BYTES_MAX + 1],
            "is larger than the 1048576 bytes that are read",
        ),
    ] {
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(
            load(&file, None).unwrap_err().problems()[0].message(),
            expected
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(
        load(&file, None)
            .unwrap_err()
            .to_string()
            .contains("cannot be read")
    );
}

/// The good spec, read once.
static SYSTEM: LazyLock<System> = LazyLock::new(good);

/// Whatever is read, the answer is a system or a list of problems, and all of them can be shown.
pub fn never_panics(text: &str) {
    for result in [
        parse(text, Path::new("x/heisen.yaml"), Some("fixed")).map(|_| ()),
        parse_schedule(text, Path::new("s.yaml"), &SYSTEM).map(|_| ()),
    ] {
        if let Err(errors) = result {
            assert!(!errors.problems().is_empty());
            assert!(errors.problems().len() <= PROBLEMS_MAX);
            assert!(render(&errors, false).contains("error: "));
        }
    }
}

#[test]
fn nasty_texts_never_panic() {
    let laughs = (1..=9).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_string(), |text, n| {
        let last = n - 1;
        format!("{text}a{n}: &a{n} [*a{last},*a{last},*a{last},*a{last},*a{last},*a{last},*a{last},*a{last}]\n")
    });
    let texts = [
        String::new(),
        "\0".into(),
        "\u{feff}".into(),
        "---".into(),
        "...".into(),
        "%YAML 9.9\n---\na: 1".into(),
        "!!binary x".into(),
        "system: !!int x".into(),
        "? {a: b}\n: c".into(),
        "? ? ? a".into(),
        "&a *a".into(),
        "a: &a [*a]".into(),
        "<<: *x".into(),
        "<<: [1, 2]".into(),
        "null: null\n~: ~".into(),
        "[".repeat(10_000),
        "{a: ".repeat(10_000),
        "- ".repeat(10_000),
        "a:\n".repeat(3_000),
        (0..2_000)
            .map(|n| format!("{}a:\n", " ".repeat(n)))
            .collect(),
        laughs,
        "system: 'ä\u{301}🔑'\n🔑: ${🔑\n".into(),
        "system: s\nservices: {a: {run: \"${ä\"}}\noperations: {ö: {request: 'GET a /${ß'}}\n"
            .into(),
        "services: 1e999\nsystem: .nan\noperations: -.inf\n".into(),
        "system: 1_000\nservices: 0o7\noperations: 0x\n".into(),
        "system: |\n  a\n b\n".into(),
        "a: \"\\uD800\"\n".into(),
        "a\u{85}b\u{2028}c: 1\r\r\n\t".into(),
        "x".repeat(TEXT_BYTES_MAX + 1),
        format!("system: {}", "x".repeat(TEXT_BYTES_MAX - 8)),
        (0..12_000).map(|n| format!("k{n}: 1\n")).collect(),
        "a: 1\n".repeat(3_000),
    ];
    texts.iter().for_each(|text| never_panics(text));
}

/// The good spec cut short, with a byte changed or a line lost or moved: most are wrong, none panics.
#[test]
fn damaged_specs_never_panic() {
    let marks = [
        "\t", "\"", "${", "}", ": ", "- ", "&x ", "*x ", "|\n", "é", "\0", "#",
    ];
    let places: Vec<usize> = GOOD.char_indices().map(|(at, _)| at).step_by(97).collect();
    for (index, at) in places.iter().enumerate() {
        let (before, after) = GOOD.split_at(*at);
        never_panics(before);
        never_panics(&format!("{before}{}{after}", marks[index % marks.len()]));
    }
    let lines: Vec<&str> = GOOD.lines().collect();
    for lost in 0..lines.len() {
        let mut rest = lines.clone();
        let line = rest.remove(lost);
        never_panics(&rest.join("\n"));
        let moved = format!("  {line}");
        rest.insert(lost, &moved);
        never_panics(&rest.join("\n"));
    }
}
