//! Runs rounds, side by side where there are threads for it. Each round has a number and its own
//! dice, and tallies add up: how many threads there are makes no difference to what is counted.

use std::ops::Range;

use super::demands::Demands;
use super::model::Model;
use super::program::Program;
use super::tally::Tally;
use super::world::World;

/// How much is simulated.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// At least so many requests,
    pub requests: u64,
    /// in at least so many rounds.
    pub rounds: u64,
}

/// Rounds of one simulation, at most.
const ROUNDS_MAX: u64 = 1_000_000;

/// Simulates a model.
pub fn simulate(model: &Model, seed: u64, effort: Effort, threads: usize) -> (Program, Tally) {
    let program = Program::of(model);
    let demands = Demands::of(model);
    let each = demands.requests().max(1);
    let enough = effort.requests.div_ceil(each).max(effort.rounds);
    // Of clients that ask again and again a round tells more than its first requests.
    let rounds = match demands.horizon {
        Some(_) => {
            let first = run(&program, &demands, seed, 0..1, 1);
            effort
                .requests
                .div_ceil(first.requests.max(1))
                .max(effort.rounds)
        }
        None => enough,
    };
    let rounds = 0..rounds.min(ROUNDS_MAX);
    let tally = run(&program, &demands, seed, rounds, threads);
    (program, tally)
}

fn run(
    program: &Program,
    demands: &Demands,
    seed: u64,
    rounds: Range<u64>,
    threads: usize,
) -> Tally {
    let part = |nth: usize, of: usize| {
        let mut world = World::new(program, demands);
        for round in rounds.clone().skip(nth).step_by(of) {
            world.run(seed, round);
        }
        world.take_tally()
    };
    let threads = threads.clamp(1, rounds.clone().count().max(1));
    if threads == 1 {
        return part(0, 1);
    }
    let mut all = Tally::of(program);
    std::thread::scope(|scope| {
        let part = &part;
        let parts: Vec<_> = (0..threads)
            .map(|nth| scope.spawn(move || part(nth, threads)))
            .collect();
        for part in parts {
            match part.join() {
                Ok(tally) => all.add(&tally),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    all
}
