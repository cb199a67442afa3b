//! What a replay's counts amount to.

use model::{Rate, ReplayVerdict};

/// The counts of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forced {
    /// Trials with a violation, of all.
    pub violations: Rate,
    /// Trials in which the order was enforced to its end, of all.
    pub enforced: Rate,
    /// Trials in which the store or a lock was seen keeping a racer out.
    pub protected: u64,
    /// Trials that no oracle could decide.
    pub undecided: u64,
}

/// The verdict. A violation counts whether or not the order held to its end: it is wrong either
/// way. Without one, what kept the racers apart says most, and then trials that were enforced.
pub fn replay_verdict(forced: Forced) -> ReplayVerdict {
    let Forced {
        violations,
        enforced,
        protected,
        undecided,
    } = forced;
    if violations.k > 0 {
        ReplayVerdict::Reproduced
    } else if violations.n == 0 || undecided * 2 > violations.n {
        ReplayVerdict::Inconclusive
    } else if protected * 2 > violations.n {
        ReplayVerdict::Protected
    } else if enforced.k == 0 {
        ReplayVerdict::Infeasible
    } else {
        ReplayVerdict::NotReproduced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let check = |k, n, enforced, protected, undecided, expected| {
            let forced = Forced {
                violations: Rate { k, n },
                enforced: Rate { k: enforced, n },
                protected,
                undecided,
            };
            assert_eq!(replay_verdict(forced), expected, "{forced:?}");
        };
        check(300, 300, 300, 0, 0, ReplayVerdict::Reproduced);
        check(1, 300, 0, 299, 0, ReplayVerdict::Reproduced);
        check(0, 300, 300, 0, 0, ReplayVerdict::NotReproduced);
        check(0, 300, 300, 200, 0, ReplayVerdict::Protected);
        check(0, 300, 0, 300, 0, ReplayVerdict::Protected);
        check(0, 300, 200, 100, 0, ReplayVerdict::NotReproduced);
        check(0, 300, 0, 0, 0, ReplayVerdict::Infeasible);
        check(0, 300, 300, 0, 200, ReplayVerdict::Inconclusive);
        check(0, 0, 0, 0, 0, ReplayVerdict::Inconclusive);
    }
}
