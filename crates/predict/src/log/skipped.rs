//! Lines that could not be read, by what was wrong with them. The reasons are ours, so there are
//! only so many.

/// What was wrong, how often, and where first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skipped {
    reasons: Vec<(&'static str, u64, u64)>,
}

impl Skipped {
    /// Counts a line that could not be read.
    pub(super) fn count(&mut self, why: &'static str, line: u64) {
        match self.reasons.iter_mut().find(|(known, ..)| *known == why) {
            Some((_, times, _)) => *times += 1,
            None => self.reasons.push((why, 1, line)),
        }
    }

    /// What was wrong, how often, and the number of the first such line.
    pub fn reasons(&self) -> &[(&'static str, u64, u64)] {
        &self.reasons
    }

    /// How many there are of all.
    pub fn total(&self) -> u64 {
        self.reasons.iter().map(|(_, times, _)| times).sum()
    }
}
