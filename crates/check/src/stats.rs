//! What k of n is worth.

use model::Rate;

/// The normal quantile of a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;

/// Wilson's 95 % interval of a share. With nothing tried it is everything.
pub fn wilson(rate: Rate) -> (f64, f64) {
    if rate.n == 0 {
        return (0.0, 1.0);
    }
    let (n, p) = (rate.n as f64, rate.share());
    let z2 = Z_95 * Z_95;
    let centre = p + z2 / (2.0 * n);
    let half = Z_95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // At the ends the exact bound is the end itself; rounding must not move it off.
    let low = if rate.k == 0 {
        0.0
    } else {
        ((centre - half) / scale).max(0.0)
    };
    let high = if rate.k == rate.n {
        1.0
    } else {
        ((centre + half) / scale).min(1.0)
    };
    (low, high)
}

/// How many trials it takes to see something of this share once with 95 % confidence.
pub fn trials_to_see(share: f64) -> Option<u64> {
    if share <= 0.0 {
        return None;
    }
    if share >= 1.0 {
        return Some(1);
    }
    // Kept away from a whole number by rounding only: 0.05 = 0.95^1 must say 1, not 2.
    Some(((0.05f64.ln() / (1.0 - share).ln()) - 1e-9).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_against_reference_values() {
        for (k, n, low, high) in [
            (0, 300, 0.0, 0.012_643),
            (300, 300, 0.987_357, 1.0),
            (3, 1000, 0.001_021, 0.008_784),
            (23, 1000, 0.015_377, 0.034_274),
            (1, 2, 0.094_529, 0.905_471),
        ] {
            let got = wilson(Rate { k, n });
            assert!(
                (got.0 - low).abs() < 2e-5 && (got.1 - high).abs() < 2e-5,
                "{k}/{n}: {got:?}"
            );
        }
        assert_eq!(wilson(Rate { k: 0, n: 0 }), (0.0, 1.0));
    }

    #[test]
    fn trials_to_see_against_reference_values() {
        for (share, expected) in [
            (0.003, Some(998)),
            (0.012, Some(249)),
            (0.023, Some(129)),
            (0.5, Some(5)),
            (1.0, Some(1)),
            (0.0, None),
        ] {
            assert_eq!(trials_to_see(share), expected, "{share}");
        }
    }

    proptest::proptest! {
        #[test]
        fn wilson_holds_the_share(k in 0u64..1000, more in 0u64..1000) {
            let rate = Rate { k, n: k + more };
            let (low, high) = wilson(rate);
            proptest::prop_assert!(0.0 <= low && low <= high && high <= 1.0);
            if rate.n > 0 {
                proptest::prop_assert!(low <= rate.share() && rate.share() <= high);
            }
        }
    }
}
