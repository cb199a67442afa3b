//! Lanes in which more happens than one step after another: threads side by side, a client that
//! tries again, a pool of one connection, work after the answer, a heartbeat. Their races are forced like any
//! other, what cannot be forced is named, and nothing hangs.

use crate::rig::{heisen, run};

use super::mended::holds;
use super::{Isolation, fixture, is_sure, isolate, replay};

const TIMES: u64 = 5;

fn isolated(path: &str, options: &[&str]) -> Isolation {
    let times = TIMES.to_string();
    let options = [&["--times", &times, "--explore", "6"], options].concat();
    isolate(&path.replace('/', "-"), &fixture(path), &options)
}

/// The race for this resource is found and happens in every trial of its order.
#[track_caller]
fn is_forced(isolation: &Isolation, label: &str, resource: &str) {
    isolation.says(1, "CONFIRMED");
    is_sure(&isolation.document, TIMES);
    let confirmed = isolation.with("CONFIRMED");
    let found = confirmed
        .iter()
        .find(|suspect| suspect["label"] == label && suspect["resource"] == resource);
    assert!(
        found.is_some_and(|s| s["k"] == s["n"]),
        "{}",
        isolation.shown()
    );
}

#[track_caller]
fn says_of_exploring(isolation: &Isolation, exhausted: bool, words: &str) {
    let explored = &isolation.document["explored"];
    assert_eq!(explored["exhausted"], exhausted, "{explored}");
    let sentences = explored["sentences"].to_string();
    assert!(sentences.contains(words), "{sentences}");
}

const SIDE_BY_SIDE: &str = "a racer makes several steps at once";

#[test]
fn a_race_is_forced_beside_what_its_lane_does_at_the_same_time() {
    let isolation = isolated("side-by-side", &["--variant", "racy"]);
    is_forced(&isolation, "lost update", "cache visitors");
    is_forced(&isolation, "lost update", "db gate");
    says_of_exploring(&isolation, false, SIDE_BY_SIDE);
}

#[test]
fn what_the_stores_add_up_holds_from_several_threads() {
    let isolation = isolated("side-by-side", &["--variant", "fixed"]);
    holds(&isolation);
    // That all was tried would be too much said: which thread comes first is not chosen.
    says_of_exploring(&isolation, false, SIDE_BY_SIDE);
}

#[test]
fn a_client_that_tries_again_with_what_it_read_first_loses_an_update() {
    let isolation = isolated("stubborn", &["--variant", "racy"]);
    is_forced(&isolation, "check-then-act", "db shelf");
    let guard = &isolation.with("CONFIRMED")[0]["guard"];
    assert_eq!(guard, "a conditional UPDATE");
}

#[test]
fn a_client_that_tries_again_from_the_start_is_protected() {
    let isolation = isolated("stubborn", &["--variant", "fixed"]);
    holds(&isolation);
    let protected = isolation.with("PROTECTED");
    assert_eq!(protected.len(), 1, "{}", isolation.shown());
    let evidence = protected[0]["evidence"].as_str().unwrap();
    assert!(evidence.contains("changed no row"), "{evidence}");
    says_of_exploring(&isolation, true, "all ");
}

#[test]
fn a_pool_of_one_connection_in_each_lane_hides_no_race() {
    let isolation = isolated("one-connection", &[]);
    is_forced(&isolation, "lost update", "db counter");
    says_of_exploring(&isolation, true, "all ");
}

/// One racer is held while it has the connection for which the other one queues.
#[test]
fn who_queues_for_a_pool_that_both_lanes_share_is_named() {
    let isolation = isolated("one-connection/shared.yaml", &[]);
    holds(&isolation);
    let infeasible = isolation.with("INFEASIBLE");
    assert_eq!(infeasible.len(), isolation.suspects().len());
    for suspect in infeasible {
        let evidence = suspect["evidence"].as_str().unwrap();
        assert!(evidence.contains("did not come in its turn"), "{evidence}");
        assert!(
            evidence.contains("pass another lane than its own"),
            "{evidence}"
        );
    }
    says_of_exploring(&isolation, false, "are not told apart");
}

#[test]
fn work_after_the_answer_is_forced_like_any_other() {
    let isolation = isolated("later", &["--variant", "racy"]);
    is_forced(&isolation, "lost update", "cache letters");
    let why = isolation.document["why"].as_str().unwrap();
    assert!(why.contains("after it has answered"), "{why}");
    says_of_exploring(&isolation, true, "all ");
    // How long to wait for it stands in the catch.
    let (code, document) = replay("later", &isolation.catch(), &["--times", "5"]);
    assert_eq!(code, Some(1), "{document}");
    is_sure(&document, TIMES);
}

#[test]
fn what_a_service_does_of_its_own_accord_is_named_and_nobodys_step() {
    let isolation = isolated("later", &["--variant", "watched"]);
    is_forced(&isolation, "lost update", "cache letters");
    assert_eq!(isolation.suspects().len(), 1, "{}", isolation.shown());
    says_of_exploring(&isolation, true, "all ");
    let report = run(heisen(&isolation.folder).arg("report"));
    assert!(report.out.contains("`cache SET alive`"), "{}", report.out);
}

#[test]
fn what_redis_adds_up_after_the_answer_holds() {
    let isolation = isolated("later", &["--variant", "fixed"]);
    holds(&isolation);
    says_of_exploring(&isolation, true, "all 2 ");
}
