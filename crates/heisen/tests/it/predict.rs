//! Predictions: of the specs that describe systems, of the running ticket shop, and what the other
//! commands make of them.

use serde_json::Value;

use crate::rig::{Folder, Said, heisen, root, run};

fn predict(folder: &Folder, spec: &str, words: &[&str]) -> Said {
    let mut command = heisen(folder);
    command.arg("predict").arg(root().join(spec));
    run(command.args(["--seed", "1", "--json", "-"]).args(words))
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

/// The boundary of this hazard.
#[track_caller]
fn of<'a>(document: &'a Value, label: &str) -> &'a Value {
    let all = document["boundaries"].as_array().unwrap();
    let mut found = all.iter().filter(|boundary| boundary["label"] == label);
    found
        .next()
        .unwrap_or_else(|| panic!("no {label} in {document}"))
}

#[test]
fn the_ticket_shop_races_for_the_cached_count() {
    let folder = Folder::new("predict-racy");
    let said = predict(&folder, "targets/ticketrush", &[]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let document = said.json();
    assert_eq!(document["command"], "predict");
    assert_eq!(document["verdict"], "HAZARDS PREDICTED");
    let first = &document["boundaries"][0];
    assert_eq!(first["rank"], 1);
    assert_eq!(first["edge"], "inventory -> cache");
    assert_eq!(first["operation"], "reserve");
    assert_eq!(first["resource"], "cache inv:42");
    assert_eq!(first["label"], "check-then-act");
    let rate = number(&first["rate"]);
    assert!(number(&first["interval"][0]) < rate && rate < number(&first["interval"][1]));
    let ratio = rate / number(&first["closed_form"]);
    assert!((0.8..1.2).contains(&ratio), "{ratio} of the closed form");
    // By hand: 199 others in half a second, for one of a hundred events, in a window of 680 us.
    let by_hand = 1.0 - (-199.0 / 0.5 / 100.0 * 680e-6f64).exp();
    assert!(
        (0.8..1.2).contains(&(rate / by_hand)),
        "{rate} for {by_hand}"
    );
    let threshold = &first["threshold"];
    assert!((500..1000).contains(&threshold["requests"].as_u64().unwrap()));
    assert_eq!(threshold["window_ms"], 500);
    let curve = first["curve"].as_array().unwrap();
    let rates: Vec<f64> = curve.iter().map(|point| number(&point["rate"])).collect();
    assert!(rates.len() > 5 && rates.first() < rates.last());
    let inside = first["sensitivity"].as_array().unwrap().iter();
    let mut inside = inside.filter(|knob| knob["knob"] == "latency inside the window");
    let factor = number(&inside.next().unwrap()["factor"]);
    assert!(
        (1.6..2.4).contains(&factor),
        "twice the window, {factor} times the rate"
    );
    assert_eq!(first["advice"]["step"], "cache DECR inv:42");
    assert!(document["simulated_requests"].as_u64() > Some(400_000));
    let graph = document["graph"].as_array().unwrap();
    let spoken: Vec<&str> = graph
        .iter()
        .filter_map(|e| e["protocol"].as_str())
        .collect();
    assert_eq!(spoken, ["http", "redis", "postgres"]);
}

#[test]
fn what_is_mended_never_races_and_says_why() {
    for (variant, why) in [
        ("redlock", "the lock `cache lock:event:42`"),
        ("row-lock", "a row lock on db events"),
        ("optimistic", "a conditional UPDATE"),
        ("partitioned", "the lock `inventory turn:42`"),
        ("atomic", "`db UPDATE events` decides and acts in one step"),
    ] {
        let folder = Folder::new(&format!("predict-{variant}"));
        let said = predict(&folder, "targets/ticketrush", &["--variant", variant]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        let document = said.json();
        let races = ["check-then-act", "lost update", "read skew", "write skew"];
        for boundary in document["boundaries"].as_array().unwrap() {
            let label = boundary["label"].as_str().unwrap();
            if races.contains(&label) {
                assert_eq!(boundary["k"], 0, "{variant}: {boundary}");
            }
        }
        let guarded = of(&document, "check-then-act");
        assert_eq!(guarded["guard"], why, "{variant}");
        assert_eq!(guarded["volatility"], 0.0, "{variant}");
        assert_eq!(guarded["over_limit"]["k"], 0, "{variant}");
    }
}

#[test]
fn one_seed_gives_the_same_bytes_in_any_number_of_threads() {
    let told = |threads: &str| {
        let folder = Folder::new(&format!("predict-threads-{threads}"));
        let words = ["--threads", threads, "--requests", "20000"];
        let mut document = predict(&folder, "targets/ticketrush", &words).json();
        let fields = document.as_object_mut().unwrap();
        for of_the_run in ["wall_ms", "started", "run", "requests_per_second", "again"] {
            fields.remove(of_the_run);
        }
        fields["simulated"]
            .as_object_mut()
            .unwrap()
            .remove("busy_us");
        document.to_string()
    };
    let one = told("1");
    assert_eq!(told("2"), one);
    assert_eq!(told("5"), one);
}

#[test]
fn retries_at_a_fixed_interval_come_back_together_and_jitter_spreads_them() {
    let storm = |variant: &str| {
        let folder = Folder::new(&format!("predict-storm-{variant}"));
        let words = ["--variant", variant];
        let document = predict(&folder, "targets/models/retry-storm.yaml", &words).json();
        let figure = of(&document, "retry storm")["figure"]
            .as_str()
            .unwrap()
            .to_string();
        let times = figure.split(' ').next().unwrap().parse::<f64>().unwrap();
        (times, document)
    };
    let (together, document) = storm("fixed-interval");
    assert!(together > 200.0, "{together} times normal");
    assert_eq!(document["boundaries"][0]["label"], "retry storm");
    let (spread, _) = storm("full-jitter");
    assert!(spread < 2.0, "{spread} times normal");
}

#[test]
fn a_slow_dependency_takes_all_workers_unless_callers_give_up() {
    let exhausted = |variant: &str| {
        let folder = Folder::new(&format!("predict-cascade-{variant}"));
        let words = ["--variant", variant];
        let document = predict(&folder, "targets/models/cascade.yaml", &words).json();
        let all = document["boundaries"].as_array().unwrap();
        let mut found = all.iter().filter(|b| b["label"] == "pool exhaustion");
        found
            .next()
            .map_or(0.0, |boundary| number(&boundary["rate"]))
    };
    assert!(exhausted("patient") > 0.1);
    assert_eq!(exhausted("breaker"), 0.0);
}

#[test]
fn a_prediction_has_a_page_a_threshold_and_words_for_what_it_lacks() {
    let folder = Folder::new("predict-page");
    let crossed = predict(&folder, "targets/ticketrush", &["--fail-above", "0.1%"]);
    assert_eq!(crossed.code, Some(6), "{}", crossed.err);
    let page = folder.0.join("page.html");
    let said = run(heisen(&folder).args(["report", "--page"]).arg(&page));
    assert_eq!(said.code, Some(0), "{}", said.err);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains("<svg"));
    assert!(html.contains("inv:42") && !html.contains("<script"));
    let said = run(heisen(&folder).args(["report", "latest"]));
    assert!(
        said.out.contains("closed form") && said.out.contains("threshold"),
        "{}",
        said.out
    );

    let spec = root().join("targets/twin-token");
    let said = run(heisen(&folder).arg("predict").arg(spec));
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(
        said.err.contains("--learn") && said.err.contains("--log"),
        "{}",
        said.err
    );
    let said = run(heisen(&folder).args(["report", "--page", "x.html"]));
    assert!(said.err.contains("predicted nothing"), "{}", said.err);
    let said = run(heisen(&folder)
        .args(["isolate", "--aim", "nothing"])
        .arg(root().join("targets/twin-token")));
    assert_eq!(said.code, Some(2), "{}", said.err);
}

#[test]
fn what_the_running_shop_does_is_learned_and_aimed_at() {
    let folder = Folder::new("predict-learn");
    let said = predict(&folder, "targets/ticketrush", &["--learn"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let document = said.json();
    let first = &document["boundaries"][0];
    assert_eq!(first["resource"], "cache inv:42", "{document}");
    assert_eq!(first["label"], "check-then-act");
    assert!(number(&first["window_us"]) > 20.0);
    assert!(number(&first["rate"]) > 0.0);

    let spec = root().join("targets/ticketrush");
    let words = [
        "--times",
        "5",
        "--natural",
        "0",
        "--explore",
        "0",
        "--json",
        "-",
        "--aim",
    ];
    let said = run(heisen(&folder).arg("isolate").arg(&spec).args(words));
    assert_eq!(said.code, Some(1), "{}", said.err);
    let document = said.json();
    assert_eq!(document["suspects"][0]["resource"], "cache inv:42");
    assert_eq!(document["suspects"][0]["verdict"], "CONFIRMED");

    let mut stress = heisen(&folder);
    stress.args([
        "stress", "--rounds", "1", "--window", "20ms", "--aim", "--json", "-", "--spec",
    ]);
    let document = run(stress.arg(&spec)).json();
    assert!(
        document["burst"]["requests"].as_u64() > Some(100),
        "{document}"
    );
    assert_eq!(document["rounds"], 1);
}
