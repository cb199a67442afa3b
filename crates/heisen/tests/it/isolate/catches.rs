//! What is kept of a race: the same whenever it is found, and of use until it is mended.

use super::{isolate, replay};

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
