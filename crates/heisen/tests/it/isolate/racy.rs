//! Every racy target: the race is found by its kind, within a few trials, and what is kept of it
//! fails again in another process.

use super::{Isolation, is_sure, isolate, replay};

/// A race of a target, and how often it is forced.
struct Race {
    target: &'static str,
    label: &'static str,
    resource: &'static str,
    times: u64,
    options: &'static [&'static str],
    /// What only looks guilty, because the race goes on beside it.
    innocent: &'static [&'static str],
}

const RACE: Race = Race {
    target: "",
    label: "",
    resource: "",
    times: 50,
    options: &[],
    innocent: &[],
};

impl Race {
    #[track_caller]
    fn is_caught(&self) {
        let isolation = self.isolated();
        isolation.says(1, "CONFIRMED");
        self.is_confirmed(&isolation);
        is_sure(&isolation.document, self.times);
        let catch = isolation.catch();
        let text = std::fs::read_to_string(&catch).unwrap();
        assert!(text.lines().count() <= 40, "{text}");
        let times = self.times.to_string();
        let (code, document) = replay(self.target, &catch, &["--times", &times]);
        assert_eq!(code, Some(1), "{document}");
        is_sure(&document, self.times);
        for suspect in isolation.with("CONFIRMED") {
            let resource = suspect["resource"].as_str().unwrap();
            let is_innocent = self.innocent.contains(&resource);
            assert!(!is_innocent, "{resource}\n{}", isolation.shown());
        }
    }

    fn isolated(&self) -> Isolation {
        let times = self.times.to_string();
        let mut options = vec!["--variant", "racy", "--no-invariants", "--times", &times];
        // Suspects alone must find it.
        options.extend(["--explore", "0"]);
        options.extend(self.options);
        let spec = format!("targets/{}", self.target);
        isolate(&format!("racy-{}", self.target), &spec, &options)
    }

    #[track_caller]
    fn is_confirmed(&self, isolation: &Isolation) {
        let confirmed = isolation.with("CONFIRMED");
        let found = confirmed
            .iter()
            .find(|s| s["label"] == self.label && s["resource"] == self.resource);
        let Some(found) = found else {
            panic!(
                "no {} of {}\n{}",
                self.label,
                self.resource,
                isolation.shown()
            )
        };
        let first = found["trials_to_first"].as_u64();
        assert!(first.is_some_and(|n| n <= 5), "{}", isolation.shown());
        assert_ne!(found["evidence"], "", "{found}");
        assert!(found["catch"].is_string(), "{found}");
    }
}

#[test]
fn ticketrush_checks_a_count_that_changes_before_it_acts() {
    Race {
        target: "ticketrush",
        label: "check-then-act",
        resource: "cache inv:42",
        ..RACE
    }
    .is_caught();
}

#[test]
fn twin_token_creates_one_customer_twice() {
    Race {
        target: "twin-token",
        label: "double insert",
        resource: "customers /customers",
        ..RACE
    }
    .is_caught();
}

#[test]
fn transfer_is_skewed_by_two_withdrawals_from_different_accounts() {
    Race {
        target: "transfer",
        label: "write skew",
        resource: "db accounts",
        ..RACE
    }
    .is_caught();
}

#[test]
fn cart_stale_fills_its_cache_with_what_was_changed_meanwhile() {
    Race {
        target: "cart-stale",
        label: "stale cache fill",
        resource: "db carts",
        ..RACE
    }
    .is_caught();
}

/// Its trials wait until the lock expires.
#[test]
fn handmade_lock_loses_an_update_to_the_expiry_of_its_lock() {
    Race {
        target: "handmade-lock",
        label: "lost update",
        resource: "cache stock:7",
        times: 20,
        ..RACE
    }
    .is_caught();
}

/// Its trials wait until PostgreSQL looks for deadlocks.
#[test]
fn wide_transaction_takes_its_locks_in_both_orders() {
    Race {
        target: "wide-transaction",
        label: "lock order",
        resource: "db accounts",
        times: 10,
        ..RACE
    }
    .is_caught();
}

#[test]
fn coupon_redeems_what_it_looked_at_before_it_had_the_lock() {
    Race {
        target: "coupon",
        label: "check-then-act",
        resource: "db shop_voucher",
        times: 10,
        innocent: &["db django_session", "db shop_visit", "db shop_auditentry"],
        ..RACE
    }
    .is_caught();
}

#[test]
fn racers_that_start_far_apart_are_forced_as_surely() {
    let race = Race {
        target: "ticketrush",
        label: "check-then-act",
        resource: "cache inv:42",
        times: 20,
        options: &["--spread", "300ms"],
        ..RACE
    };
    let isolation = race.isolated();
    isolation.says(1, "CONFIRMED");
    race.is_confirmed(&isolation);
    is_sure(&isolation.document, race.times);
}
