//! Redis and caches: what is atomic, what a lock key keeps out, and when a cache is stale.

use super::super::testkit::{Told, burst, fixed, model, rounds, tally};
use ::model::DemandShape;

const DECR_ALONE: &[&str] = &["cache DECR inv:{event}"];
const GET_SET: &[&str] = &["cache GET inv:{event}", "cache SET inv:{event}"];
const LOCKED: &[&str] = &[
    "cache SETNX lock:{event}",
    "cache GET inv:{event}",
    "cache SET inv:{event}",
    "cache EVAL lock:{event}",
];
/// The work takes longer than the lock lasts.
const EXPIRES: &[&str] = &[
    "cache SETNX lock:{event} PX 10",
    "cache GET inv:{event}",
    "cache SET inv:{event} after=20ms",
    "cache EVAL lock:{event}",
];
const EXPIRES_LATE: &[&str] = &[
    "cache SETNX lock:{event} PX 100",
    "cache GET inv:{event}",
    "cache SET inv:{event} after=20ms",
    "cache EVAL lock:{event}",
];

#[test]
fn commands_are_atomic_and_locks_keep_out_as_long_as_they_last() {
    for (lines, raced, waited) in [
        (DECR_ALONE, false, false),
        (GET_SET, true, false),
        (LOCKED, false, true),
        (EXPIRES, true, true),
        (EXPIRES_LATE, false, true),
    ] {
        let tally = tally(&model(&[("reserve", lines)], 30, 3));
        assert_eq!(tally.raced() > 0, raced, "{lines:?}");
        assert_eq!(tally.waited() > 0, waited, "{lines:?}");
        assert_eq!(tally.operations[0].done, 30 * 200, "{lines:?}");
    }
}

#[test]
fn a_lock_that_nobody_else_wants_keeps_nobody_out() {
    let fresh: &[&str] = &[
        "cache SETNX lock: fresh",
        "cache GET x",
        "cache EVAL lock: fresh",
    ];
    assert_eq!(tally(&model(&[("reserve", fresh)], 30, 3)).waited(), 0);
}

/// A request that was too slow comes back and deletes the lock of another: with it a third one is
/// let in. A script that looks whose it is does not.
#[test]
fn who_deletes_the_lock_of_another_lets_a_third_one_in() {
    let told = |gives: &'static str| {
        [
            "cache SETNX lock:{event} PX 20",
            "cache GET inv:{event}",
            "cache SET inv:{event} after=10ms",
            gives,
        ]
    };
    let slow = |gives: &'static str| {
        [
            "cache SETNX lock:{event} PX 20",
            "cache GET other:{event}",
            "cache SET other:{event} after=25ms",
            gives,
        ]
    };
    let raced = |give: &'static str| {
        let (quick, slow) = (told(give), slow(give));
        let all: [Told<'_>; 2] = [("quick", &quick), ("slow", &slow)];
        let model = model(&all, 20, 1).within(20, 500);
        let tally = tally(&model);
        let of_quick = tally.windows.iter().zip(windows(&model));
        of_quick
            .filter(|(_, own)| *own)
            .map(|(window, _)| window.raced)
            .sum::<u64>()
    };
    assert_eq!(raced("cache EVAL lock:{event}"), 0);
    assert!(raced("cache DEL lock:{event} lock") > 0);
}

/// Windows of the first operation with itself.
fn windows(model: &super::super::Model) -> Vec<bool> {
    let program = super::super::program::Program::of(model);
    let all = program.windows.iter();
    all.map(|w| (w.window.one, w.window.other) == (0, 0))
        .collect()
}

/// A mutex in a service is one in each replica.
#[test]
fn a_lock_of_a_service_keeps_out_within_a_replica_only() {
    let own: &[&str] = &[
        "inventory LOCK mutex takes=0ms",
        "cache GET inv:{event}",
        "cache SET inv:{event}",
        "inventory UNLOCK mutex takes=0ms",
    ];
    let mut model = model(&[("reserve", own)], 100, 1);
    assert!(tally(&model).raced() > 0);
    model.services[0].replicas = 1;
    let one = tally(&model);
    assert_eq!((one.raced(), one.waited() > 0), (0, true));
}

const LOOK_UP: &[&str] = &[
    "cache GET event:{event}",
    "db SELECT events{event} on-miss",
    "cache SET event:{event} on-miss",
];
const DROPS_AFTER: &[&str] = &[
    "db BEGIN",
    "db+ UPDATE events{event}",
    "db COMMIT",
    "cache DEL event:{event} takes=0ms",
];
const DROPS_BEFORE: &[&str] = &[
    "db BEGIN",
    "db+ UPDATE events{event}",
    "cache DEL event:{event}",
    "db COMMIT after=10ms",
];
const DROPS_NOTHING: &[&str] = &["db BEGIN", "db+ UPDATE events{event}", "db COMMIT"];

fn stale_share(look_up: &[&str], change: &[&str], changes: u64) -> f64 {
    let model = model(&[("look-up", look_up), ("change", change)], 400, 2)
        .asked("change", burst(changes, 500));
    let tally = rounds(&model, 50);
    let reads: u64 = tally.families.iter().map(|f| f.cache_reads).sum();
    assert_eq!(reads, 400 * 50);
    tally.stale() as f64 / reads as f64
}

#[test]
fn a_cache_is_as_stale_as_its_writers_make_it() {
    assert_eq!(stale_share(LOOK_UP, DROPS_NOTHING, 0), 0.0, "nobody writes");
    let after = stale_share(LOOK_UP, DROPS_AFTER, 10);
    let before = stale_share(LOOK_UP, DROPS_BEFORE, 10);
    let never = stale_share(LOOK_UP, DROPS_NOTHING, 10);
    // From the COMMIT to the key's end: 0.4 ms of 100 ms between changes of one event.
    assert!(after < 0.02, "{after}");
    assert!(
        before > 5.0 * after && before < never,
        "{after} {before} {never}"
    );
    assert!(never > 0.5, "{never}");
}

#[test]
fn a_slow_filler_puts_old_things_into_the_cache() {
    let slow: &[&str] = &[
        "cache GET event:{event}",
        "db SELECT events{event} on-miss",
        "cache SET event:{event} on-miss after=20ms",
    ];
    let quick = stale_share(LOOK_UP, DROPS_AFTER, 10);
    let slow = stale_share(slow, DROPS_AFTER, 10);
    assert!(slow > 5.0 * quick, "{slow} {quick}");
}

#[test]
fn who_writes_through_knows_what_it_wrote() {
    let through: &[&str] = &[
        "db BEGIN",
        "db+ INCR events{event} takes=0ms",
        "db COMMIT takes=0ms",
        "cache SET event:{event} takes=0ms",
    ];
    // One request at a time: whoever looks next sees what was written last.
    let model = model(&[("look-up", LOOK_UP), ("through", through)], 1, 1)
        .asked("look-up", clients(1))
        .asked("through", clients(1));
    let tally = rounds(&model, 1);
    assert!(tally.operations[1].done > 1_000);
    let share = tally.stale() as f64 / tally.operations[0].done as f64;
    assert!(share < 0.1, "{share}");
}

fn clients(clients: u64) -> DemandShape {
    DemandShape::Clients {
        clients,
        think: fixed(20_000),
    }
}

/// Three exchanges of 800 us after a miss, one after a hit.
#[test]
fn what_is_done_on_a_miss_is_left_out_on_a_hit_and_expiry_makes_misses() {
    let expires = |lasts: &'static str| {
        [
            "cache GET event:{event}",
            "db SELECT events{event} on-miss",
            lasts,
        ]
    };
    let done = |lasts: &'static str| {
        let lines = expires(lasts);
        let model = model(&[("look-up", &lines)], 1, 1).asked(
            "look-up",
            DemandShape::Clients {
                clients: 1,
                think: fixed(0),
            },
        );
        rounds(&model, 1).operations[0].done as f64
    };
    // 60 s of 800 us each, without a miss but the first; or with one every 10 ms.
    let (never, often) = (
        done("cache SET event:{event} on-miss"),
        done("cache SET event:{event} on-miss PX 10"),
    );
    assert!((never - 75_000.0).abs() < 5.0, "{never}");
    // After a fill come 9.6 ms of hits: 12 of them, then one that misses within 2.4 ms.
    assert!((often / (60.0 / 0.012 * 13.0) - 1.0).abs() < 0.1, "{often}");
}
