//! The swarm: a seeded simulation of the described system, in which thousands of agents send their
//! requests and everything that requests share is kept as the real stores keep it. Events in time,
//! no system running.
//!
//! `model` (what is simulated) -> `program` (made ready, with `acts`, `edges`, `windows`, `caches` and
//! `demands`) -> `world` (time passes over `places`; `requests`, `passing`, `versions`, `locks`, `links`, `agents` and
//! `endings` are what happens in it) -> `tally` (what was counted) -> `search` (loads and knobs) ->
//! `rank` (boundaries, with `hazards` and `graph`).

mod acts;
mod agents;
mod caches;
mod choice;
mod demands;
mod dice;
mod edges;
mod endings;
mod families;
mod graph;
mod hazards;
mod knobs;
mod links;
mod locks;
mod model;
mod names;
mod passing;
mod places;
mod program;
mod queue;
mod rank;
mod requests;
mod rounds;
mod search;
mod tally;
#[cfg(test)]
mod testkit;
#[cfg(test)]
mod tests;
mod versions;
mod windows;
mod world;

pub use caches::expiry_us;
pub use model::{
    ARGUMENTS_MAX, Argument, DeedTies, Exchange, Model, OperationModel, Role, ServiceModel, Tie,
};
pub use search::{SwarmPlan, predict};
