use model::Spacing;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

fn rate(per_second: f64, seconds: u32) -> Part {
    Part::Rate {
        per_second,
        spacing: Spacing::Even,
        lasts: seconds * SECOND,
    }
}

fn random(per_second: f64, seconds: u32) -> Part {
    Part::Rate {
        per_second,
        spacing: Spacing::Random,
        lasts: seconds * SECOND,
    }
}

fn ramp_rate(per_second: f64, seconds: u32) -> Part {
    Part::RampRate {
        per_second,
        lasts: seconds * SECOND,
    }
}

fn users(users: u64, seconds: u32) -> Part {
    Part::Users {
        users,
        lasts: seconds * SECOND,
    }
}

fn ramp_users(users: u64, seconds: u32) -> Part {
    Part::RampUsers {
        users,
        lasts: seconds * SECOND,
    }
}

fn pause(seconds: u32) -> Part {
    Part::Pause {
        lasts: seconds * SECOND,
    }
}

fn plan(profile: &[Part]) -> Plan {
    Plan::with(profile, Vec::new(), 7)
}

/// All arrivals, from so many workers, by number.
fn all(plan: &Plan, workers: u64) -> Vec<Arrival> {
    let mut all: Vec<Arrival> = Vec::new();
    for worker in 0..workers {
        let own: Vec<Arrival> = plan.schedule(worker, workers).collect();
        assert!(own.is_sorted_by_key(|arrival| arrival.due));
        assert!(own.iter().all(|arrival| arrival.number % workers == worker));
        all.extend(own);
    }
    all.sort_by_key(|arrival| arrival.number);
    assert!(
        all.iter()
            .enumerate()
            .all(|(at, arrival)| arrival.number == at as u64)
    );
    assert!(all.is_sorted_by_key(|arrival| arrival.due));
    all
}

#[test]
fn even_rates_are_combs() {
    let due: Vec<Duration> = all(&plan(&[rate(200.0, 3)]), 1)
        .iter()
        .map(|a| a.due)
        .collect();
    let comb: Vec<Duration> = (0..600).map(|n| n * 5 * MS).collect();
    assert_eq!(due, comb);
}

#[test]
fn as_many_come_as_the_integral_of_the_rate() {
    let steps = Part::Steps {
        per_second: vec![100.0, 200.0, 400.0],
        each: 5 * SECOND,
    };
    for (profile, expected) in [
        (vec![rate(1_000.0 / 3.0, 30)], 10_000),
        (vec![ramp_rate(500.0, 10)], 2_500),
        (vec![rate(500.0, 1), ramp_rate(0.0, 10)], 3_000),
        (vec![steps], 3_500),
        // Three halves come to one and a half, and what is begun is finished in the next part.
        (vec![rate(0.5, 1), rate(0.5, 1), rate(0.5, 1)], 2),
        // 3 times 0.1 is no 0.3 in binary.
        (vec![rate(0.1, 10), rate(0.1, 10), rate(0.1, 10)], 3),
        (vec![rate(2.0, 1), pause(1), users(5, 1), rate(2.0, 1)], 4),
        (vec![ramp_rate(0.0, 5)], 0),
        (vec![pause(1)], 0),
        (vec![], 0),
    ] {
        let plan = plan(&profile);
        assert_eq!(all(&plan, 1).len(), expected, "{profile:?}");
        assert_eq!(plan.arrivals(), expected as f64, "{profile:?}");
    }
}

#[test]
fn ramps_are_even_in_the_integral() {
    // n = 25 t^2 going up; 12 500 - 25 (10 - t)^2 on the way down from there.
    let plan = plan(&[ramp_rate(500.0, 10), ramp_rate(0.0, 10)]);
    let due = all(&plan, 1);
    assert_eq!(due.len(), 5_000);
    for arrival in due {
        let n = arrival.number as f64;
        let expected = match n < 2_500.0 {
            true => (n / 25.0).sqrt(),
            false => 20.0 - ((5_000.0 - n) / 25.0).sqrt(),
        };
        let apart = (arrival.due.as_secs_f64() - expected).abs();
        assert!(apart < 2e-9, "{n}: {apart}");
    }
}

#[test]
fn a_comb_goes_on_over_boundaries() {
    // The third begins 0.5 into the second part, whose rate is another.
    let due: Vec<Duration> = all(&plan(&[rate(1.5, 1), rate(10.0, 1)]), 1)
        .iter()
        .take(4)
        .map(|arrival| arrival.due)
        .collect();
    assert_eq!(due[0], Duration::ZERO);
    assert_eq!(due[2..4], [SECOND + 50 * MS, SECOND + 150 * MS]);
    // After a pause another begins, at once.
    let due = all(&plan(&[rate(1.5, 1), pause(1), rate(10.0, 1)]), 1);
    assert_eq!((due[2].number, due[2].due), (2, 2 * SECOND));
}

#[test]
fn rounding_does_not_add_up() {
    let day = Part::Rate {
        per_second: 1.0 / 3.0,
        spacing: Spacing::Even,
        lasts: 86_400 * SECOND,
    };
    let last = plan(&[day]).schedule(0, 1).last().unwrap();
    assert_eq!((last.number, last.due), (28_799, 86_397 * SECOND));
    // Each second of a random rate is a part of its own.
    let wide = Part::RateBetween {
        low_per_second: 100.0,
        high_per_second: 100.0,
        lasts: 1_000 * SECOND,
    };
    let due = all(&plan(&[wide]), 1);
    assert_eq!(due.len(), 100_000);
    assert!(
        due.iter()
            .all(|arrival| arrival.due == arrival.number as u32 * 10 * MS)
    );
}

#[test]
fn workers_share_and_change_nothing() {
    let between = Part::RateBetween {
        low_per_second: 50.0,
        high_per_second: 150.0,
        lasts: 3_500 * MS,
    };
    let recorded = Part::Recorded { file: "x".into() };
    let profile = [
        ramp_rate(300.0, 2),
        random(200.0, 5),
        pause(1),
        between,
        recorded,
        rate(10.0, 1),
    ];
    let times = vec![vec![0, 5, 5, 1_000_000_000]];
    let plan = |seed| Plan::with(&profile, times.clone(), seed);
    let alone = all(&plan(7), 1);
    for workers in [2, 3, 8, 100] {
        assert_eq!(all(&plan(7), workers), alone, "{workers}");
    }
    assert_ne!(all(&plan(8), 1), alone);
}

#[test]
fn random_ones_have_their_mean_and_their_spread() {
    let due = all(&plan(&[random(1_000.0, 20)]), 2);
    assert!(
        (due.len() as f64 / 20_000.0 - 1.0).abs() < 0.03,
        "{}",
        due.len()
    );
    let gaps: Vec<f64> = due
        .windows(2)
        .map(|pair| (pair[1].due - pair[0].due).as_secs_f64())
        .collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>();
    let deviation = (variance / gaps.len() as f64).sqrt();
    // Of exponential gaps both are the same.
    assert!((deviation / mean - 1.0).abs() < 0.05, "{deviation} {mean}");
    assert!(due.iter().all(|arrival| arrival.due <= 20 * SECOND));
}

#[test]
fn rates_between_two_stay_between_and_differ() {
    let between = Part::RateBetween {
        low_per_second: 100.0,
        high_per_second: 300.0,
        lasts: 20 * SECOND,
    };
    let mut seconds = [0_u32; 20];
    for arrival in all(&plan(&[between]), 1) {
        seconds[arrival.due.as_secs() as usize] += 1;
    }
    assert!(
        seconds.iter().all(|count| (99..=301).contains(count)),
        "{seconds:?}"
    );
    let (least, most) = (seconds.iter().min(), seconds.iter().max());
    assert!(most.unwrap() - least.unwrap() > 100, "{seconds:?}");
}

#[test]
fn users_come_and_go_evenly() {
    let plan = plan(&[
        ramp_users(50, 10),
        users(20, 5),
        ramp_users(0, 4),
        pause(1),
        ramp_users(4, 1),
        rate(1.0, 1),
        ramp_users(2, 2),
    ]);
    for (at_ms, expected) in [
        (0, 0),
        (199, 0),
        (200, 1),
        (5_000, 25),
        (9_999, 49),
        (10_000, 20),
        (15_000, 20),
        (15_199, 20),
        (15_200, 19),
        (17_000, 10),
        (18_999, 1),
        (19_000, 0),
        (20_500, 2),
        (21_500, 0),
        // After an open part nobody is there.
        (22_999, 0),
        (23_000, 1),
        (24_000, 0),
    ] {
        assert_eq!(plan.users(at_ms * MS), expected, "{at_ms}");
    }
    assert_eq!(plan.users_max(), 50);
    assert_eq!(plan.lasts(), 24 * SECOND);
    assert!(plan.is_open() && plan.iterations().is_none());
}

/// Who waits for each change sees each number, and nothing changes between.
#[test]
fn changes_are_told() {
    let plan = plan(&[ramp_users(7, 1), ramp_users(3, 1), pause(1), rate(5.0, 1)]);
    let (mut at, mut seen) = (Duration::ZERO, Vec::new());
    while let Some(next) = plan.next_change(at) {
        let phase = plan.phase(at);
        assert!(next > at);
        assert_eq!(plan.phase(next - Duration::from_nanos(1)), phase);
        seen.push(phase);
        at = next;
    }
    let ups = (0..7).map(Phase::Closed);
    let downs = (4..=7).rev().map(Phase::Closed);
    let expected: Vec<Phase> = ups
        .chain(downs)
        .chain([Phase::Pause, Phase::Open])
        .collect();
    assert_eq!(seen, expected);
    assert_eq!((at, plan.phase(at)), (4 * SECOND, Phase::Over));
}

#[test]
fn iterations_come_last() {
    let iterations = Part::Iterations { runs: 4, users: 10 };
    let plan = plan(&[users(3, 1), iterations]);
    let expected = Iterations {
        runs: 4,
        users: 4,
        begins: SECOND,
    };
    assert_eq!(plan.iterations(), Some(expected));
    assert_eq!(plan.phase(90 * SECOND), Phase::Closed(4));
    assert_eq!((plan.next_change(SECOND), plan.users_max()), (None, 4));
}

#[test]
fn shares_add_up() {
    for users in [0, 1, 7, 100] {
        for workers in [1, 2, 3, 8] {
            let shares: Vec<u64> = (0..workers)
                .map(|worker| share(users, worker, workers))
                .collect();
            assert_eq!(shares.iter().sum::<u64>(), users);
            assert!(shares[0] - shares[workers as usize - 1] <= 1);
        }
    }
}
