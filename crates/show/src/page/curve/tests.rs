use model::Rate;

use super::interval::interval;
use super::scale::{Scale, digits_of};

#[test]
fn ticks_are_round() {
    let px = (0.0, 100.0);
    for (scale, expected) in [
        (Scale::linear(58.0, px), vec![0.0, 20.0, 40.0, 60.0]),
        (Scale::linear(0.9, px), vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (Scale::linear(0.0, px), vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (
            Scale::linear(f64::NAN, px),
            vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
        ),
        (
            Scale::spanning((100.0, 500.0), px),
            vec![0.0, 100.0, 200.0, 300.0, 400.0, 500.0],
        ),
        (
            Scale::spanning((2.0, 100.0), px),
            vec![2.0, 5.0, 10.0, 20.0, 50.0, 100.0],
        ),
        (
            Scale::spanning((1.0, 100_000.0), px),
            vec![1.0, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0],
        ),
        (
            Scale::spanning((0.0, 10.0), px),
            vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0],
        ),
    ] {
        let ticks = scale.ticks();
        assert_eq!(ticks.len(), expected.len(), "{ticks:?} and {expected:?}");
        for (tick, expected) in ticks.iter().zip(&expected) {
            assert!(
                (tick - expected).abs() < 1e-9 * expected.max(1.0),
                "{ticks:?}"
            );
        }
        let places = ticks.iter().map(|tick| scale.px(*tick));
        assert!(places.clone().is_sorted() && places.clone().all(|at| (0.0..=100.0).contains(&at)));
    }
}

#[test]
fn ticks_are_told_apart() {
    for (ticks, expected) in [
        (vec![0.0, 20.0, 40.0], 0),
        (vec![0.0, 0.2, 0.4], 1),
        (vec![0.0, 0.05, 0.1], 2),
        (vec![0.0, 0.001], 3),
        (vec![0.0], 0),
        (Vec::new(), 0),
    ] {
        assert_eq!(digits_of(&ticks), expected, "{ticks:?}");
    }
}

/// Against a table of Wilson's interval.
#[test]
fn intervals() {
    for (k, n, low, high) in [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (1, 100, 0.0018, 0.0545),
        (u64::MAX, 1, 0.2065, 1.0),
    ] {
        let (found_low, found_high) = interval(Rate { k, n });
        assert!((found_low - low).abs() < 1e-4, "{k} of {n}: {found_low}");
        assert!((found_high - high).abs() < 1e-4, "{k} of {n}: {found_high}");
    }
}
