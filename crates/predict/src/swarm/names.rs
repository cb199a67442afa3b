//! Names for values of arguments that take more values than have a place: each round calls those that
//! come in it by the order of their coming, so that different ones stay different.

use std::collections::HashMap;

use super::families::MEMBERS_MAX;
use super::model::ARGUMENTS_MAX;
use super::program::Program;

/// What values are called in this round, by argument.
#[derive(Debug, Default)]
pub struct Names {
    all: [Option<HashMap<u32, u32>>; ARGUMENTS_MAX],
}

impl Names {
    pub fn of(program: &Program) -> Names {
        let mut names = Names::default();
        for (known, choice) in names.all.iter_mut().zip(&program.choices) {
            *known = (choice.values() > MEMBERS_MAX).then(HashMap::new);
        }
        names
    }

    pub fn clear(&mut self) {
        self.all.iter_mut().flatten().for_each(HashMap::clear);
    }

    /// What a value of an argument is called. More than have a place share names.
    #[inline]
    pub fn name(&mut self, argument: usize, value: u32) -> u32 {
        let Some(Some(known)) = self.all.get_mut(argument) else {
            return value;
        };
        let next = known.len() as u32;
        if u64::from(next) < MEMBERS_MAX {
            *known.entry(value).or_insert(next)
        } else {
            let folded = (u64::from(value) % MEMBERS_MAX) as u32;
            known.get(&value).copied().unwrap_or(folded)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_called_what_they_are_and_many_by_their_coming() {
        let mut names = Names::default();
        names.all[1] = Some(HashMap::new());
        assert_eq!(names.name(0, 7_000_000), 7_000_000);
        assert_eq!([9, 8, 9].map(|value| names.name(1, value)), [0, 1, 0]);
        names.clear();
        assert_eq!(names.name(1, 8), 0);
        for value in 0..200_000 {
            assert!(u64::from(names.name(1, value)) < MEMBERS_MAX);
        }
        assert_eq!(names.all[1].as_ref().map(HashMap::len), Some(65_536));
    }
}
