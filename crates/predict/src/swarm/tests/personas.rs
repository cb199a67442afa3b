//! Personas: what kinds of agents do that others do not.

use super::super::Model;
use super::super::demands::Demands;
use super::super::dice::Dice;
use super::super::testkit::{model, rounds, tally};
use ::model::Persona;

const SLOW: &[&str] = &["db INSERT orders fresh takes=1500ms"];
const QUICK: &[&str] = &["db INSERT orders fresh"];
const ONCE: &[&str] = &["db INSERT orders fresh once"];
const RACY: &[&str] = &["cache GET inv:{event}", "cache SET inv:{event}"];

fn order(lines: &[&str]) -> Model {
    model(&[("order", lines)], 50, 10)
}

#[test]
fn one_intent_takes_effect_twice_for_those_who_send_it_twice() {
    for (persona, lines, doubled) in [
        (Persona::SteadyBuyer, QUICK, 0.0),
        (Persona::DoubleClicker, QUICK, 1.0),
        (Persona::DoubleClicker, ONCE, 0.0),
        (Persona::ImpatientRetrier, QUICK, 0.0),
        (Persona::ImpatientRetrier, SLOW, 1.0),
        (Persona::FlashCrowd, QUICK, 0.0),
        (Persona::Bot, QUICK, 0.0),
        (Persona::BackgroundJob, QUICK, 0.0),
    ] {
        let counted = rounds(&order(lines).all(persona), 10).operations[0];
        let share = counted.doubled as f64 / counted.intents.max(1) as f64;
        assert_eq!(share, doubled, "{persona:?} {lines:?}");
    }
}

#[test]
fn as_many_are_done_twice_as_there_are_double_clickers() {
    let mut model = order(QUICK);
    model.traffic.personas = vec![(Persona::DoubleClicker, 0.2), (Persona::SteadyBuyer, 0.8)];
    let counted = tally(&model).operations[0];
    let share = counted.doubled as f64 / 10_000.0;
    assert!((share - 0.2).abs() < 0.02, "{share}");
    assert_eq!(counted.requests, 10_000 + counted.doubled);
}

#[test]
fn a_bot_asks_for_the_hottest_again_and_again() {
    let model = model(&[("reserve", RACY)], 50, 1_000);
    let bots = tally(&model.clone().all(Persona::Bot));
    let steady = tally(&model.all(Persona::SteadyBuyer));
    assert_eq!(
        bots.operations[0].requests,
        5 * steady.operations[0].requests
    );
    assert!(
        bots.raced() > 50 * steady.raced().max(1),
        "{} {}",
        bots.raced(),
        steady.raced()
    );
}

/// What comes in a tenth of the window comes ten times as close.
#[test]
fn a_flash_crowd_races_about_ten_times_as_often() {
    let model = model(&[("reserve", RACY)], 40, 20);
    let rate = |persona| tally(&model.clone().all(persona)).raced() as f64;
    let factor = rate(Persona::FlashCrowd) / rate(Persona::SteadyBuyer);
    assert!((7.0..13.0).contains(&factor), "{factor}");
}

#[test]
fn a_background_job_comes_evenly() {
    for (requests, window_ms, expected_ns) in [
        (4, 1_000, vec![0, 250_000_000, 500_000_000, 750_000_000]),
        (1, 1_000, vec![0]),
        (0, 1_000, vec![]),
        (3, 0, vec![0, 0, 0]),
    ] {
        let model = order(QUICK)
            .within(requests, window_ms)
            .all(Persona::BackgroundJob);
        let mut all = Vec::new();
        Demands::of(&model).arrivals(7, &mut Dice::of_round(1, 1), &mut all);
        let offsets: Vec<u64> = all.iter().map(|arrival| arrival.at - 7).collect();
        assert_eq!(offsets, expected_ns);
    }
}

/// A user of a million is somebody else.
#[test]
fn values_that_are_too_many_for_a_place_each_stay_different() {
    let hot = tally(&model(&[("reserve", RACY)], 200, 1)).raced();
    let many = tally(&model(&[("reserve", RACY)], 200, 1_000_000)).raced();
    assert!(hot > 1_000, "{hot}");
    assert!(many < 5, "{many}");
}
