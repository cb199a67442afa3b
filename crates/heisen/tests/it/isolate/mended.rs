//! Every mended variant: nothing is found under the very orders that break the racy one, and what
//! protects is named.

use super::{Isolation, isolate};

fn isolated(target: &str, variant: &str, explore: &str) -> Isolation {
    let options = [
        "--variant",
        variant,
        "--no-invariants",
        "--explore",
        explore,
    ];
    let spec = format!("targets/{target}");
    isolate(&format!("{target}-{variant}"), &spec, &options)
}

/// Nothing was found, and every suspect was tried.
#[track_caller]
pub(super) fn holds(isolation: &Isolation) {
    isolation.says(0, "NO VIOLATION");
    assert_eq!(isolation.explored("violations"), 0, "{}", isolation.shown());
    assert!(
        isolation.explored("executions") > 0,
        "{}",
        isolation.shown()
    );
    assert!(isolation.document["catch"].is_null());
    for suspect in isolation.suspects() {
        let verdict = suspect["verdict"].as_str().unwrap();
        let is_settled = ["PROTECTED", "BENIGN", "INFEASIBLE"].contains(&verdict);
        assert!(is_settled, "{}", isolation.shown());
        assert_eq!(suspect["k"], 0, "{}", isolation.shown());
    }
}

/// It holds, and some suspect is protected by what `evidence` tells of.
#[track_caller]
fn is_protected(isolation: &Isolation, evidence: &str) {
    holds(isolation);
    let protected = isolation.with("PROTECTED");
    let mut texts = protected.iter().filter_map(|s| s["evidence"].as_str());
    assert!(
        texts.any(|text| text.contains(evidence)),
        "{}",
        isolation.shown()
    );
}

const ROW_LOCK: &str = "waits for a lock that";
const LOCK_TAKEN: &str = "found it taken";

#[test]
fn redlock_is_found_taken() {
    is_protected(&isolated("ticketrush", "redlock", "5"), LOCK_TAKEN);
}

#[test]
fn row_lock_makes_the_other_buyer_wait() {
    is_protected(&isolated("ticketrush", "row-lock", "5"), ROW_LOCK);
}

#[test]
fn optimistic_holds() {
    is_protected(&isolated("ticketrush", "optimistic", "5"), ROW_LOCK);
}

#[test]
fn atomic_holds() {
    is_protected(&isolated("ticketrush", "atomic", "5"), ROW_LOCK);
}

#[test]
fn partitioned_holds() {
    holds(&isolated("ticketrush", "partitioned", "5"));
}

#[test]
fn the_fixed_transfer_is_serialized_by_the_store() {
    is_protected(&isolated("transfer", "fixed", "5"), "(40001)");
}

#[test]
fn the_fixed_cart_stale_holds() {
    is_protected(&isolated("cart-stale", "fixed", "5"), ROW_LOCK);
}

#[test]
fn the_fixed_wide_transaction_takes_its_locks_in_one_order() {
    is_protected(&isolated("wide-transaction", "fixed", "5"), ROW_LOCK);
}

#[test]
fn the_fixed_handmade_lock_survives_its_expiry() {
    is_protected(&isolated("handmade-lock", "fixed", "5"), LOCK_TAKEN);
}

#[test]
fn the_fixed_coupon_locks_what_it_looks_at() {
    is_protected(&isolated("coupon", "fixed", "1"), ROW_LOCK);
}
