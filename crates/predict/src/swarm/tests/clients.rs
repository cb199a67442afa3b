//! Callers: workers, connections, time-outs, retries, breakers, outages, calls within calls.

use super::super::testkit::{burst, fixed, link, model, ms, outage, retry, rounds};
use super::super::{Model, tally::Tally};
use ::model::{Breaker, DemandShape, Link, OutageKind, Persona, Retry};

/// Requests of so long come at random, at so many a second, for 20 s.
fn served(takes_us: u64, requests: u64) -> Model {
    let line = format!("cache DECR inv:{{event}} takes={takes_us}us");
    let mut model = model(&[("reserve", &[&line])], 1, 1).within(requests * 20, 20_000);
    model.services[0].replicas = 1;
    model
}

fn share(part: u64, all: u64) -> f64 {
    part as f64 / all as f64
}

/// Whoever comes at random finds one worker busy as often as it is: rate x time.
#[test]
fn one_worker_is_found_busy_as_often_as_it_works() {
    for (takes_us, expected) in [(1_000, 0.1), (5_000, 0.5), (8_000, 0.8)] {
        let mut model = served(takes_us, 100);
        model.services[0].slots = Some(1);
        let tally = rounds(&model, 10);
        let busy = share(tally.services[0].no_slot, tally.services[0].requests);
        assert!((busy - expected).abs() < 0.04, "{takes_us}: {busy}");
    }
}

/// The mean wait of M/D/1: rate x time^2 / 2(1 - rate x time), here for a row that is locked for 5 ms.
#[test]
fn who_waits_for_a_row_waits_as_long_as_queueing_says() {
    let lines: &[&str] = &[
        "cache GET seen:{event} takes=0ms",
        "db BEGIN takes=0ms",
        "db+ LOCK events{event} takes=0ms",
        "db COMMIT after=5ms takes=0ms",
        "cache SET seen:{event} takes=0ms",
    ];
    for (rate, service_s) in [(60.0, 0.005), (120.0, 0.005)] {
        let requests = (rate * 20.0) as u64;
        let model = model(&[("reserve", lines)], 1, 1).within(requests, 20_000);
        let tally = rounds(&model, 20);
        let window = &tally.windows[0];
        let mean_s = window.open_ns as f64 / window.closed as f64 / 1e9;
        let busy = rate * service_s;
        let expected = service_s + busy * service_s / (2.0 * (1.0 - busy));
        assert!(
            (mean_s / expected - 1.0).abs() < 0.05,
            "{mean_s} for {expected}"
        );
    }
}

/// Two connections carry 200 calls of 10 ms a second. Erlang's formula says how many of those that
/// come at random find both in use: C(2, 0.2) = 0.018, C(2, 1) = 0.333; it is a little less for calls
/// that all take as long.
#[test]
fn a_pool_fills_when_more_comes_than_it_carries() {
    for (rate, low, high) in [(20, 0.01, 0.03), (100, 0.25, 0.36), (400, 0.95, 1.0)] {
        let mut model = served(10_000, rate);
        model.links.push(Link {
            pool: Some(2),
            ..link("inventory", "cache")
        });
        let tally = rounds(&model, 5);
        let waits = share(tally.links[0].no_connection, tally.links[0].calls);
        assert!((low..=high).contains(&waits), "{rate} a second: {waits}");
        let all = rate * 20 * 5;
        assert_eq!(tally.operations[0].done, all, "all are served in the end");
    }
}

#[test]
fn a_transaction_keeps_its_connection_and_other_calls_do_not() {
    let lines: &[&str] = &[
        "db BEGIN",
        "cache DECR a",
        "db+ INCR events{event} after=50ms",
        "db COMMIT",
    ];
    let pooled = |target: &str| {
        let mut model = model(&[("reserve", lines)], 1, 100).within(10, 20);
        model.services[0].replicas = 1;
        model.links.push(Link {
            pool: Some(5),
            ..link("inventory", target)
        });
        rounds(&model, 10).links[0].no_connection
    };
    // Ten within 20 ms, and each has its connection for 50 ms and more; or for 0.8 ms.
    assert_eq!((pooled("db"), pooled("cache")), (50, 0));
}

#[test]
fn who_gives_up_tries_again_as_often_as_it_may() {
    for (times, calls) in [(0, 1), (1, 2), (3, 4)] {
        let mut model = served(50_000, 10).within(50, 1_000);
        model.links.push(Link {
            timeout: Some(ms(10)),
            retry: Some(retry(Some(times), 5)),
            ..link("inventory", "cache")
        });
        let tally = rounds(&model, 4);
        assert_eq!(tally.links[0].calls, 200 * calls);
        assert_eq!(tally.links[0].timed_out, 200 * calls);
        assert_eq!(tally.operations[0].failed, 200);
    }
}

/// The callee goes on when its caller has given up: what it does is done twice.
#[test]
fn a_caller_that_gives_up_leaves_the_called_one_at_work() {
    let lines: [(&str, &[&str]); 2] = [
        ("buy", &["inventory CALL reserve takes=0ms"]),
        ("reserve", &["cache DECR inv:{event} takes=30ms"]),
    ];
    let mut model = model(&lines, 1, 1).asked("buy", burst(10, 1_000));
    model.traffic.demands.truncate(1);
    model.links.push(Link {
        timeout: Some(ms(20)),
        retry: Some(retry(Some(1), 0)),
        ..link("inventory", "inventory")
    });
    let tally = rounds(&model, 10);
    assert_eq!(
        (tally.operations[0].failed, tally.operations[1].done),
        (100, 200)
    );
    model.links[0].timeout = Some(ms(40));
    let tally = rounds(&model, 10);
    assert_eq!(
        (tally.operations[0].done, tally.operations[1].done),
        (100, 100)
    );
}

#[test]
fn operations_that_ask_each_other_for_ever_fail() {
    let lines: [(&str, &[&str]); 1] = [("buy", &["inventory CALL buy takes=0ms"])];
    let tally = rounds(&model(&lines, 3, 1), 2);
    assert_eq!(tally.operations[0].failed, 6 * 33);
    assert_eq!(tally.rounds_cut, 0);
}

fn broken(requests: u64) -> Model {
    let mut model = served(1_000, 100).within(requests, 10_000);
    model
        .outages
        .push(outage("cache", 2_000, 3_000, OutageKind::Refuse));
    model.links.push(Link {
        breaker: Some(Breaker {
            failures: 5,
            open: ms(500),
        }),
        ..link("inventory", "cache")
    });
    model
}

/// In 3 s of outage five calls fail, then one in each half second; then all are made again.
#[test]
fn a_breaker_opens_after_failures_lets_one_through_and_closes() {
    let tally = rounds(&broken(1_000), 10);
    let link = &tally.links[0];
    let reached = tally.operations[0].failed - link.broken_off;
    // 5, and one for each of the six half seconds (their ends fall between calls).
    assert!((10 * 9..=10 * 11).contains(&reached), "{reached}");
    // Of the 300 calls in the outage the others are broken off, and those until the probe.
    assert!(
        (2_700..3_500).contains(&link.broken_off),
        "{}",
        link.broken_off
    );
    assert_eq!(
        tally.operations[0].done + tally.operations[0].failed,
        10_000
    );
    let mut never = broken(1_000);
    never.outages.clear();
    assert_eq!(rounds(&never, 10).links[0].broken_off, 0);
}

/// Calls of 400 ms come every 10 ms. The breaker is open for a second, and then for as long as the one
/// call that tries is under way.
#[test]
fn one_call_tries_and_the_others_wait_for_what_it_finds() {
    let mut model = broken(1_000).all(Persona::BackgroundJob);
    model.operations[0].exchanges[0].takes = fixed(400_000);
    model.outages = vec![outage("cache", 2_000, 100, OutageKind::Refuse)];
    if let Some(breaker) = &mut model.links[0].breaker {
        breaker.open = ms(1_000);
    }
    let broken_off = rounds(&model, 1).links[0].broken_off;
    assert!((135..=145).contains(&broken_off), "{broken_off}");
}

#[test]
fn failures_that_are_not_in_a_row_open_nothing() {
    let mut model = broken(1_000);
    model.outages = (0..40)
        .map(|nth| outage("cache", nth * 250, 5, OutageKind::Refuse))
        .collect();
    let tally = rounds(&model, 4);
    assert!(tally.operations[0].failed > 40);
    assert!(tally.links[0].broken_off == 0);
}

#[test]
fn what_is_refused_fails_at_once_and_what_hangs_at_the_end() {
    for (kind, failed) in [(OutageKind::Refuse, 100), (OutageKind::Hang, 100)] {
        let mut model = served(1_000, 100).within(1_000, 10_000);
        model.outages.push(outage("cache", 2_000, 1_000, kind));
        let tally = rounds(&model, 10);
        let share = tally.operations[0].failed as f64 / 10.0;
        assert!((share - f64::from(failed)).abs() < 15.0, "{kind:?} {share}");
        // Who hangs can give up before the end of it.
        model.links.push(Link {
            timeout: Some(ms(100)),
            ..link("inventory", "cache")
        });
        let timed_out = rounds(&model, 10).links[0].timed_out;
        match kind {
            OutageKind::Refuse => assert_eq!(timed_out, 0),
            OutageKind::Hang => assert!(timed_out > 700, "{timed_out}"),
        }
    }
}

#[test]
fn calls_that_are_open_when_it_hangs_get_no_reply() {
    let mut model = served(400_000, 100).within(100, 1_000);
    model
        .outages
        .push(outage("cache", 1_000, 1_000, OutageKind::Hang));
    let tally = rounds(&model, 10);
    // Those that come to the cache within the outage: begun in the last 200 ms before it.
    let failed = tally.operations[0].failed as f64 / 10.0;
    assert!((failed - 20.0).abs() < 5.0, "{failed}");
}

#[test]
fn a_service_that_dies_takes_with_it_what_it_was_at_and_who_waits_in_line() {
    let mut model = served(100_000, 100).within(100, 1_000);
    model.services[0].slots = Some(1);
    model
        .outages
        .push(outage("inventory", 1_500, 1_000, OutageKind::Refuse));
    let tally = rounds(&model, 3);
    let counted = tally.operations[0];
    assert_eq!(counted.done + counted.failed, 300);
    // One after another, 100 ms each: 14 or 15 in 1.5 s.
    assert!((40..=45).contains(&counted.done), "{counted:?}");
}

/// 200 clients ask a service that is out for two seconds.
fn storm(retry: Retry) -> Tally {
    let mut model = served(1_000, 100).asked(
        "reserve",
        DemandShape::Clients {
            clients: 200,
            think: fixed(1_000_000),
        },
    );
    model
        .outages
        .push(outage("inventory", 5_000, 2_000, OutageKind::Refuse));
    model.links.push(Link {
        retry: Some(retry),
        ..link("clients", "inventory")
    });
    rounds(&model, 4)
}

#[test]
fn retries_with_jitter_do_not_come_back_together() {
    let together = retry(None, 700);
    let spread = Retry {
        jitter: true,
        ..together.clone()
    };
    // All that came in the last wait come within one more; with jitter half of the waits are over
    // before, so calls while it lasts are more.
    let calls = |tally: &Tally| tally.links[0].calls;
    let (fixed, jittered) = (storm(together), storm(spread));
    assert!(calls(&jittered) > calls(&fixed));
    let longer = storm(Retry {
        factor: 2.0,
        ..retry(None, 700)
    });
    assert!(calls(&longer) < calls(&fixed));
}
