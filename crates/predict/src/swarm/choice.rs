//! Which value an argument takes: any of them equally likely, or the first ones preferred, as Zipf
//! found for words.

use super::dice::Dice;
use super::model::Argument;

/// How the values of one argument are drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// Equally likely.
    Even(u64),
    /// By these sums of shares.
    Skewed(Box<[f64]>),
}

/// Skewed values that are told apart: those after them hardly ever come.
const SKEWED_MAX: u64 = 1 << 20;

impl Choice {
    pub fn of(argument: &Argument) -> Choice {
        let values = argument.values.clamp(1, u64::from(u32::MAX));
        if argument.skew.is_nan() || argument.skew <= 0.0 || values == 1 {
            return Choice::Even(values);
        }
        let weights = (1..=values.min(SKEWED_MAX)).map(|rank| (rank as f64).powf(-argument.skew));
        let mut sum = 0.0;
        let mut sums: Vec<f64> = weights
            .map(|weight| {
                sum += weight;
                sum
            })
            .collect();
        sums.iter_mut().for_each(|share| *share /= sum);
        Choice::Skewed(sums.into())
    }

    #[inline]
    pub fn draw(&self, dice: &mut Dice) -> u32 {
        match self {
            Choice::Even(1) => 0,
            Choice::Even(values) => dice.below(*values) as u32,
            Choice::Skewed(sums) => {
                let at = dice.unit();
                sums.partition_point(|sum| *sum <= at).min(sums.len() - 1) as u32
            }
        }
    }

    /// How many values there are.
    pub fn values(&self) -> u64 {
        match self {
            Choice::Even(values) => *values,
            Choice::Skewed(sums) => sums.len() as u64,
        }
    }

    /// How likely two draws are the same.
    pub fn same(&self) -> f64 {
        match self {
            Choice::Even(values) => 1.0 / *values as f64,
            Choice::Skewed(sums) => {
                let before = std::iter::once(&0.0).chain(sums.iter());
                let shares = sums.iter().zip(before).map(|(upto, before)| upto - before);
                shares.map(|share| share * share).sum()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_meet_as_often_as_is_said() {
        for (values, skew) in [(1, 0.0), (100, 0.0), (100, 1.0), (1000, 2.0)] {
            let argument = Argument {
                name: "event".into(),
                values,
                skew,
            };
            let choice = Choice::of(&argument);
            let mut dice = Dice::of_round(3, 0);
            let pairs = 200_000;
            let same = (0..pairs).filter(|_| choice.draw(&mut dice) == choice.draw(&mut dice));
            let share = same.count() as f64 / f64::from(pairs);
            let expected = choice.same();
            assert!(
                (share - expected).abs() < 0.1 * expected + 0.001,
                "{values} {skew}: {share} for {expected}"
            );
        }
    }
}
