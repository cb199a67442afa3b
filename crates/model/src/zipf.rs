//! Some values are asked for far more often than others, as Zipf found for words: the nth with a
//! share of 1 / n^exponent.

/// Values that are told apart: those after them hardly ever come.
const VALUES_MAX: u64 = 1 << 20;

/// The distribution over so many values. Finding one takes a binary search.
#[derive(Debug, Clone, PartialEq)]
pub struct Zipf {
    /// For each value the share of it and all before it.
    sums: Box<[f64]>,
}

impl Zipf {
    /// Over at least one value; with an exponent of 0 all are equally likely.
    pub fn new(values: u64, exponent: f64) -> Zipf {
        let ranks = 1..=values.clamp(1, VALUES_MAX);
        let mut sum = 0.0;
        let mut sums: Vec<f64> = ranks
            .map(|rank| {
                sum += (rank as f64).powf(-exponent);
                sum
            })
            .collect();
        sums.iter_mut().for_each(|share| *share /= sum);
        Zipf { sums: sums.into() }
    }

    /// The value, from 0, that a draw from 0 to 1 falls on.
    pub fn rank(&self, at: f64) -> u64 {
        let found = self.sums.partition_point(|sum| *sum <= at);
        found.min(self.sums.len() - 1) as u64
    }

    /// How many values there are.
    pub fn values(&self) -> u64 {
        self.sums.len() as u64
    }

    /// How likely two draws are the same.
    pub fn same(&self) -> f64 {
        let before = std::iter::once(&0.0).chain(self.sums.iter());
        let shares = self
            .sums
            .iter()
            .zip(before)
            .map(|(upto, before)| upto - before);
        shares.map(|share| share * share).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Equally spaced draws fall on a value as often as its share says.
    #[test]
    fn shares_are_those_of_the_closed_form() {
        for (values, exponent) in [(1, 1.0), (10, 0.0), (100, 1.1), (1_000, 2.0)] {
            let zipf = Zipf::new(values, exponent);
            let draws = 200_000;
            let mut seen = vec![0_u32; values as usize];
            for draw in 0..draws {
                let at = (f64::from(draw) + 0.5) / f64::from(draws);
                seen[zipf.rank(at) as usize] += 1;
            }
            let whole: f64 = (1..=values).map(|n| (n as f64).powf(-exponent)).sum();
            for (at, seen) in seen.iter().enumerate() {
                let share = (at as f64 + 1.0).powf(-exponent) / whole;
                let found = f64::from(*seen) / f64::from(draws);
                assert!(
                    (found - share).abs() < 1e-5,
                    "{values} {exponent} {at}: {found} for {share}"
                );
            }
        }
    }

    #[test]
    fn the_ends_are_within() {
        let zipf = Zipf::new(3, 1.0);
        assert_eq!((zipf.rank(0.0), zipf.rank(1.0), zipf.rank(2.0)), (0, 2, 2));
        assert_eq!((zipf.values(), Zipf::new(0, 1.0).values()), (3, 1));
    }
}
