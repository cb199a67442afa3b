//! Which value an argument takes: any of them equally likely, or the first ones preferred, as Zipf
//! found for words.

use ::model::Zipf;

use super::dice::Dice;
use super::model::Argument;

/// How the values of one argument are drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// Equally likely.
    Even(u64),
    /// The first ones preferred.
    Skewed(Zipf),
}

impl Choice {
    pub fn of(argument: &Argument) -> Choice {
        let values = argument.values.clamp(1, u64::from(u32::MAX));
        if argument.skew.is_nan() || argument.skew <= 0.0 || values == 1 {
            return Choice::Even(values);
        }
        Choice::Skewed(Zipf::new(values, argument.skew))
    }

    #[inline]
    pub fn draw(&self, dice: &mut Dice) -> u32 {
        match self {
            Choice::Even(1) => 0,
            Choice::Even(values) => dice.below(*values) as u32,
            Choice::Skewed(zipf) => zipf.rank(dice.unit()) as u32,
        }
    }

    /// How many values there are.
    pub fn values(&self) -> u64 {
        match self {
            Choice::Even(values) => *values,
            Choice::Skewed(zipf) => zipf.values(),
        }
    }

    /// How likely two draws are the same.
    pub fn same(&self) -> f64 {
        match self {
            Choice::Even(values) => 1.0 / *values as f64,
            Choice::Skewed(zipf) => zipf.same(),
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
