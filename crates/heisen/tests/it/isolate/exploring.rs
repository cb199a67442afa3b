//! Exploring: every inequivalent interleaving once, as far as it is allowed to go.

use super::mended::holds;
use super::{isolate, isolate_with_seed};

#[test]
fn the_fixed_twin_token_is_explored_whole_whatever_the_seed() {
    let interleavings = ["7", "8"].map(|seed| {
        let options = ["--variant", "fixed", "--no-invariants"];
        let name = format!("explore-fixed-{seed}");
        let isolation = isolate_with_seed(&name, "targets/twin-token", seed, &options);
        holds(&isolation);
        let explored = &isolation.document["explored"];
        assert_eq!(explored["exhausted"], true, "{explored}");
        let sentences = explored["sentences"].to_string();
        assert!(sentences.contains("all "), "{sentences}");
        isolation.explored("interleavings")
    });
    assert!(interleavings[0] > 1, "{interleavings:?}");
    assert_eq!(interleavings[0], interleavings[1]);
}

#[test]
fn what_was_left_out_is_said() {
    let options = [
        "--variant",
        "racy",
        "--no-invariants",
        "--explore",
        "3",
        "--times",
        "5",
    ];
    let isolation = isolate("explore-3", "targets/ticketrush", &options);
    let explored = &isolation.document["explored"];
    assert_eq!(explored["exhausted"], false, "{explored}");
    let sentences = explored["sentences"].as_array().unwrap();
    let stopped = sentences
        .iter()
        .filter_map(|sentence| sentence.as_str())
        .find(|sentence| sentence.contains("stopped after"));
    assert!(
        stopped.is_some_and(|sentence| sentence.contains("reserve")),
        "{explored}"
    );
}
