//! Which scenario a run is of. By weight and in turns: no draw decides, so that every few runs hold
//! each scenario as often as its weight says, and each scenario's runs are numbered without gaps.

/// The turns of scenarios.
#[derive(Debug, Clone)]
pub struct Mix {
    /// One round: for each run its scenario, and how many of that came before it in the round.
    round: Vec<(u32, u64)>,
    /// How often each comes in a round.
    weights: Vec<u64>,
}

/// A run among those of its scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Which scenario, in the order of the plan.
    pub scenario: usize,
    /// Its number among the runs of that scenario, from 0: what its feeds go by.
    pub number: u64,
}

impl Mix {
    /// By these weights; `spec` sees to it that a round is not long.
    pub fn of(weights: &[u64]) -> Mix {
        let common = weights.iter().copied().fold(0, common_factor).max(1);
        let weights: Vec<u64> = weights.iter().map(|weight| weight / common).collect();
        let total: u64 = weights.iter().sum();
        let mut credit = vec![0_i64; weights.len()];
        let mut seen = vec![0_u64; weights.len()];
        let mut round = Vec::new();
        // Each earns its weight every turn, and who has most pays for all: none comes in clumps.
        for _ in 0..total {
            let mut next = 0;
            for (at, weight) in weights.iter().enumerate() {
                credit[at] += *weight as i64;
                if credit[at] > credit[next] {
                    next = at;
                }
            }
            credit[next] -= total as i64;
            round.push((next as u32, seen[next]));
            seen[next] += 1;
        }
        Mix { round, weights }
    }

    /// The turn of the nth run of a plan, from 0.
    pub fn turn(&self, run: u64) -> Turn {
        let length = self.round.len().max(1) as u64;
        let (scenario, before) = match self.round.get((run % length) as usize) {
            Some((scenario, before)) => (*scenario as usize, *before),
            None => (0, 0),
        };
        let weight = self.weights.get(scenario).copied().unwrap_or(1);
        Turn {
            scenario,
            number: run / length * weight + before,
        }
    }
}

/// The greatest common divisor.
fn common_factor(a: u64, b: u64) -> u64 {
    match b {
        0 => a,
        _ => common_factor(b, a % b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenarios(weights: &[u64], runs: u64) -> Vec<usize> {
        let mix = Mix::of(weights);
        (0..runs).map(|run| mix.turn(run).scenario).collect()
    }

    #[test]
    fn scenarios_take_turns_by_weight() {
        assert_eq!(scenarios(&[3, 1], 8), [0, 0, 1, 0, 0, 0, 1, 0]);
        assert_eq!(scenarios(&[1_000, 1_000], 4), [0, 1, 0, 1]);
        assert_eq!(scenarios(&[7], 3), [0, 0, 0]);
        for weights in [&[70, 29, 1][..], &[1, 2, 3, 4], &[1_000, 999, 1]] {
            let total: u64 = weights.iter().sum();
            let round = scenarios(weights, total);
            for (at, weight) in weights.iter().enumerate() {
                let count = round.iter().filter(|scenario| **scenario == at).count();
                assert_eq!(count as u64, *weight, "{weights:?}");
            }
        }
    }

    #[test]
    fn runs_of_a_scenario_have_no_gaps() {
        let mix = Mix::of(&[3, 1, 2]);
        let mut next = [0; 3];
        for run in 0..100 {
            let turn = mix.turn(run);
            assert_eq!(turn.number, next[turn.scenario]);
            next[turn.scenario] += 1;
        }
    }
}
