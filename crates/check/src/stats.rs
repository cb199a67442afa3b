//! What k of n is worth.

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
}
