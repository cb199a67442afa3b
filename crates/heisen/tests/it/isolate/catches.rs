//! What is kept of a race: the same whenever it is found, and of use until it is mended.

use crate::rig::{Folder, heisen, root, run};

use super::{is_sure, isolate, replay};

const OPTIONS: [&str; 7] = [
    "--variant",
    "racy",
    "--no-invariants",
    "--times",
    "10",
    "--explore",
    "0",
];

#[test]
fn one_seed_makes_one_catch() {
    let [one, other] = ["one", "other"].map(|name| {
        let isolation = isolate(&format!("{name}-catch"), "targets/twin-token", &OPTIONS);
        let text = std::fs::read_to_string(isolation.catch()).unwrap();
        // How often it went wrong, and in what words, is not the schedule.
        let schedule = text.split("\nfound:\n").next().unwrap().to_string();
        assert_ne!(schedule, text);
        (schedule, isolation.document["order"].clone())
    });
    assert_eq!(one, other);
}

/// TicketRush with another spec: its text with `change` done to it.
fn ticketrush(folder: &Folder, change: impl FnOnce(String) -> String) -> String {
    let told = root().join("targets/ticketrush");
    std::fs::copy(told.join("schema.sql"), folder.0.join("schema.sql")).unwrap();
    let text = std::fs::read_to_string(told.join("heisen.yaml")).unwrap();
    let spec = folder.write("heisen.yaml", &change(text));
    spec.to_str().unwrap().to_string()
}

/// The spec of a system that goes away: this reset and all after it fail.
fn gone_after(resets: u32, spec: &str) -> String {
    let reset = "  - { cache: \"SET inv:42 10\" }\n";
    let script = format!(
        "if redis.call(''INCR'', ''resets'') >= {resets} then return redis.error_reply(''gone'') end"
    );
    let gone = format!("  - {{ cache: 'EVAL \"{script}\" 0' }}\n");
    spec.replacen(reset, &format!("{reset}{gone}"), 1)
}

#[test]
fn what_was_asked_is_told_when_the_system_goes_away() {
    let folder = Folder::new("isolate-asked");
    let spec = ticketrush(&folder, |text| gone_after(40, &text));
    let isolation = isolate("asked", &spec, &["--variant", "redlock", "--what-if"]);
    isolation.says(1, "WRONG AFTER A FAULT");
    let report = run(heisen(&isolation.folder).arg("report"));
    assert!(report.out.contains("not all was tried"), "{}", report.out);
}

#[test]
fn what_was_found_is_kept_when_the_system_goes_away() {
    let folder = Folder::new("isolate-gone");
    let spec = ticketrush(&folder, |text| gone_after(100, &text));
    let options = ["--variant", "racy", "--no-invariants", "--explore", "0"];
    let isolation = isolate("gone", &spec, &options);
    isolation.says(1, "CONFIRMED");
    assert!(isolation.catch().is_file(), "{}", isolation.shown());
    let report = run(heisen(&isolation.folder).arg("report"));
    assert!(report.out.contains("not all was tried"), "{}", report.out);
}

/// Ten seats: two buyers of ten oversell nothing, so what comes before them belongs to the race.
#[test]
fn where_the_limit_is_that_no_spec_tells_is_found_out_and_kept() {
    let folder = Folder::new("isolate-no-limit");
    let spec = ticketrush(&folder, |text| {
        let paragraphs = text.split("\n\n");
        let without = paragraphs.filter(|paragraph| !paragraph.contains("near_limit:"));
        without.collect::<Vec<_>>().join("\n\n")
    });
    let isolation = isolate("limit", &spec, &OPTIONS);
    isolation.says(1, "CONFIRMED");
    let catch = std::fs::read_to_string(isolation.catch()).unwrap();
    let before = "  - { operation: reserve, args: { event: 42 }, times: 9 }\n";
    assert!(catch.contains(before), "{catch}");
    let (code, document) = replay("limit", &isolation.catch(), &["--times", "10"]);
    assert_eq!(code, Some(1), "{document}");
    is_sure(&document, 10);
}

#[test]
fn a_catch_of_the_racy_variant_shows_that_another_one_is_mended() {
    let isolation = isolate("to-be-mended", "targets/twin-token", &OPTIONS);
    isolation.says(1, "CONFIRMED");
    let options = ["--times", "10", "--variant", "fixed"];
    let (code, document) = replay("mended-catch", &isolation.catch(), &options);
    assert_eq!(code, Some(0), "{document}");
    assert_eq!(document["k"], 0, "{document}");
    assert_eq!(document["verdict"], "NOT REPRODUCED", "{document}");
}

#[test]
fn a_catch_of_an_oversell_is_not_reproduced_by_a_row_lock() {
    let isolation = isolate("to-be-locked", "targets/ticketrush", &OPTIONS);
    isolation.says(1, "CONFIRMED");
    let options = ["--times", "10", "--variant", "row-lock"];
    let (code, document) = replay("locked-catch", &isolation.catch(), &options);
    assert_eq!(code, Some(0), "{document}");
    assert_eq!(document["k"], 0, "{document}");
}
