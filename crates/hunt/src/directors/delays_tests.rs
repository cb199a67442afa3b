use model::{ConnectionId, ReplyKind};

use super::*;
use crate::testkit;

const MOST: Duration = Duration::from_millis(10);

fn step(lane: u16, connection: u32, ordinal: u64) -> Step {
    Step {
        connection: ConnectionId(connection),
        ..testkit::step(lane, ordinal, "GET", "k")
    }
}

fn delay_us(ruling: &Ruling) -> u64 {
    match ruling {
        Ruling::Fault(Fault::Delay(Distribution::Fixed(us))) => *us,
        other => panic!("no delay: {other:?}"),
    }
}

/// The delays of so many steps of two lanes, in turn.
fn delays(seed: u64, trial: u64, steps: u64) -> Vec<u64> {
    let director = Delays::new(MOST, seed, trial);
    let both = (0..steps).flat_map(|ordinal| [step(0, 0, ordinal), step(1, 0, ordinal)]);
    both.map(|step| delay_us(&director.before_up(&step)))
        .collect()
}

#[test]
fn the_same_seed_and_trial_give_the_same_delays() {
    assert_eq!(delays(7, 3, 20), delays(7, 3, 20));
    assert_ne!(delays(7, 3, 20), delays(7, 4, 20));
    assert_ne!(delays(7, 3, 20), delays(8, 3, 20));
}

#[test]
fn neither_the_other_lane_nor_the_connection_changes_a_delay() {
    let expected: Vec<u64> = delays(7, 3, 20).into_iter().step_by(2).collect();
    let alone = Delays::new(MOST, 7, 3);
    let again: Vec<u64> = (0..20)
        .map(|number| delay_us(&alone.before_up(&step(0, 5, number + 100))))
        .collect();
    assert_eq!(again, expected);
}

#[test]
fn delays_fill_their_range() {
    let all = delays(1, 0, 2_000);
    let most = MOST.as_micros() as u64;
    assert!(all.iter().all(|us| *us <= most));
    let mean = all.iter().sum::<u64>() as f64 / all.len() as f64;
    assert!((mean / most as f64 - 0.5).abs() < 0.03, "mean {mean}");
}

#[test]
fn what_touches_nothing_shared_passes_at_once() {
    let director = Delays::new(MOST, 7, 3);
    let mut ping = step(0, 0, 0);
    ping.effects.clear();
    assert!(matches!(director.before_up(&ping), Ruling::Pass));
    let mut noise = step(0, 0, 1);
    noise.noise = true;
    assert!(matches!(director.before_up(&noise), Ruling::Pass));
    // They drew nothing either.
    let first = delay_us(&director.before_up(&step(0, 0, 2)));
    assert_eq!(first, delays(7, 3, 1)[0]);
}

#[test]
fn steps_are_logged_with_their_delays() {
    let director = Delays::new(MOST, 7, 3);
    let delay = delay_us(&director.before_up(&step(0, 0, 0)));
    let reply = Reply::of(ReplyKind::Ok, "1");
    let ruling = director.before_down(&step(0, 0, 0), &reply);
    assert!(matches!(ruling, Ruling::Pass));
    director.before_up(&step(1, 0, 0));
    director.cut(&step(1, 0, 0));
    let log = director.take_log();
    assert_eq!(log[0].passed_us - log[0].asked_us, delay);
    assert_eq!(log[0].reply.as_ref(), Some(&reply));
    let cut = log[1].reply.as_ref().map(|reply| reply.kind);
    assert_eq!(cut, Some(ReplyKind::Cut));
    assert!(director.take_log().is_empty());
}
