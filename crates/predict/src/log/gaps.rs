//! How long a session has to be silent for its next statement to be another request's: learned
//! from its gaps, of which there are short ones (between statements of a request) and long ones.

/// A longer silence always ends a request.
const GAP_US_MAX: u64 = 1_000_000;
/// A shorter one never does.
const GAP_US_MIN: u64 = 2_000;
/// Where the gaps of a session do not tell.
const GAP_US_DEFAULT: u64 = 50_000;
/// Fewer gaps do not tell.
const GAPS_MIN: usize = 8;
/// Long gaps are so many times as long as short ones, or the two are not told apart.
const APART: u64 = 4;

/// The silence that splits requests, from the gaps of a session.
pub fn split_us(mut gaps: Vec<u64>) -> u64 {
    if gaps.len() < GAPS_MIN {
        return GAP_US_DEFAULT;
    }
    gaps.sort_unstable();
    let mut widest = (APART as f64, GAP_US_DEFAULT);
    for pair in gaps.windows(2) {
        let (short, long) = (pair[0].max(1), pair[1].max(1));
        // What is outside of the bounds is decided by them.
        if long < GAP_US_MIN || short > GAP_US_MAX {
            continue;
        }
        let ratio = long as f64 / short.max(GAP_US_MIN / APART) as f64;
        if ratio > widest.0 {
            let middle = ((short as f64) * (long as f64)).sqrt();
            widest = (ratio, middle as u64);
        }
    }
    widest.1.clamp(GAP_US_MIN, GAP_US_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_jump_splits() {
        let of = |short: u64, long: u64| [vec![short; 10], vec![long; 10]].concat();
        for (gaps, bounds) in [
            (of(300, 20_000), 2_000..20_000),
            (of(1_000, 5_000_000), 10_000..1_000_001),
            (of(200, 400), 50_000..50_001),
            (of(3_000_000, 9_000_000), 50_000..50_001),
            (vec![5; 3], 50_000..50_001),
            (vec![0; 50], 50_000..50_001),
            (vec![u64::MAX; 50], 50_000..50_001),
        ] {
            let split = split_us(gaps.clone());
            assert!(bounds.contains(&split), "{split} of {gaps:?}");
        }
    }
}
