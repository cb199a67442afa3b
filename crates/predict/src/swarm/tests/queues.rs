//! Messages that come of what was done: how often they are handled, and who prevents the second time.

use std::time::Duration;

use super::super::testkit::{model, ms, rounds, service};
use super::super::{Model, tally::Tally};
use ::model::DemandShape;

/// `charge` comes of each `order`, and takes 30 ms in a service of its own.
fn charged(charge: &[&str], redelivery: Option<Duration>) -> Model {
    let order: &[&str] = &["db INSERT orders fresh"];
    let mut model = model(&[("order", order), ("charge", charge)], 100, 10).asked(
        "charge",
        DemandShape::After {
            operation: "order".into(),
            redelivery,
        },
    );
    model.services.push(service("billing", 2));
    model.services[1].slots = Some(3);
    model.operations[1].service = "billing".into();
    model
}

const PLAIN: &[&str] = &["db INSERT charges fresh takes=30ms"];
const ONCE: &[&str] = &["db INSERT charges fresh takes=30ms once"];

fn handled(charge: &[&str], redelivery_ms: Option<u64>) -> Tally {
    rounds(&charged(charge, redelivery_ms.map(ms)), 20)
}

#[test]
fn each_done_operation_is_handled_once_where_nothing_is_handed_out_again() {
    let tally = handled(PLAIN, None);
    let charge = tally.operations[1];
    assert_eq!(tally.operations[0].done, 2_000);
    assert_eq!(
        (charge.intents, charge.done, charge.doubled),
        (2_000, 2_000, 0)
    );
}

#[test]
fn what_is_refused_is_followed_by_nothing() {
    let mut model = charged(PLAIN, None);
    model.operations[0].exchanges[0].decides = true;
    model.operations[0].limit = Some(0);
    let tally = rounds(&model, 5);
    let expected = match tally.operations[0].refused {
        0 => 500,
        _ => 0,
    };
    assert_eq!(tally.operations[1].requests, expected);
}

#[test]
fn consumers_compete_for_messages_and_work_side_by_side() {
    // 100 messages at once, 30 ms each, on 2 replicas of 3 workers: 17 turns of 30 ms.
    let model = charged(PLAIN, None).asked("order", super::super::testkit::burst(100, 0));
    let mut fewer = model.clone();
    fewer.services[1].replicas = 1;
    for (model, waits) in [(model, 94), (fewer, 97)] {
        let tally = rounds(&model, 1);
        assert_eq!(tally.services[1].no_slot, waits);
        assert_eq!(tally.operations[1].done, 100);
    }
}

#[test]
fn what_is_handed_out_again_too_early_is_done_twice() {
    let early = handled(PLAIN, Some(20)).operations[1];
    assert!(early.doubled > 1_900, "{early:?}");
    // The waiting line is never so long.
    let late = handled(PLAIN, Some(5_000)).operations[1];
    assert_eq!((late.done, late.doubled), (2_000, 0));
}

#[test]
fn a_message_is_handed_out_at_most_five_times() {
    // It is never handled in time, and nobody else is waited for.
    let slow: &[&str] = &["db INSERT charges fresh takes=5000ms"];
    let mut model = charged(slow, Some(ms(10)));
    model.services[1].slots = None;
    let charge = rounds(&model, 5).operations[1];
    assert_eq!((charge.intents, charge.requests), (500, 2_500));
}

#[test]
fn a_store_that_takes_it_once_prevents_the_second_time() {
    let once = handled(ONCE, Some(20)).operations[1];
    assert_eq!((once.done, once.doubled), (2_000, 0));
    assert!(once.turned_away > 1_900, "{once:?}");
    let kept = once.requests - once.done - once.turned_away;
    assert_eq!(kept, 0);
}
