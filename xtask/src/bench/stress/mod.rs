//! What load costs and how exactly it comes: `heisen stress --url` beside other tools, against a
//! private nginx and against a server of our own that stalls, or notes when it was asked.

mod burst;
mod closed;
mod comb;
mod flat;
mod frames;
mod hostile;
mod many;
mod nginx;
mod reports;
mod serve;
mod stall;
mod stalls;
mod targeted;
mod tools;

pub use burst::bare;
pub use serve::serve;

/// Servers have one processor and who asks them has the other: so neither takes from the other, and
/// no tool wins by having more threads.
const SERVER_CORE: &str = "0";
const TOOL_CORE: &str = "1";

pub fn run(rest: &[&str]) -> Result<(), String> {
    match rest {
        [] => {
            let all = [
                closed::run,
                many::run,
                flat::run,
                stall::run,
                comb::run,
                burst::run,
                targeted::run,
                hostile::run,
            ];
            all.iter().try_for_each(|part| part())
        }
        ["closed"] => closed::run(),
        ["many"] => many::run(),
        ["flat"] => flat::run(),
        ["stall"] => stall::run(),
        ["comb"] => comb::run(),
        ["burst"] => burst::run(),
        ["targeted"] => targeted::run(),
        ["hostile"] => hostile::run(),
        _ => {
            Err("usage: cargo xtask bench stress [closed | many | flat | stall | comb | burst | targeted | hostile]".to_string())
        }
    }
}
