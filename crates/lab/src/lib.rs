//! The place where the system runs: backends and replicas are started here, watched, stopped and
//! removed. On the data path it stands beside `run`: the hunter asks a [`Lab`] for places and
//! replicas, puts wires between them, and has the lab bring the state back before each trial.
//!
//! Nothing outlives heisen: every act is written to a journal before it is done, and a guard
//! process undoes what the journal says as soon as heisen is gone, however it went.

mod backends;
mod census;
mod error;
mod files;
pub mod find;
pub mod guard;
mod journal;
pub mod local;
mod pause;
pub mod place;
mod plan;
mod postgres;
pub mod recover;
mod redis;
pub mod state;
mod sweep;
mod sys;

use model::System;

pub use error::{LabError, Ran};
pub use files::allow_many_files;
pub use local::{LabOptions, LocalLab};
pub use place::Place;
pub use plan::{Blow, ReplicaName, ReplicaPlan, Started};

/// The environment variable every process of a run carries; its value is the run's id.
pub const RUN_VARIABLE: &str = "HEISEN_RUN";

/// A place where a system can run.
///
/// Used generically, never as an object, so the futures need no bounds of their own.
#[allow(async_fn_in_trait)]
pub trait Lab {
    /// Starts the backends the system wants provided, all at once, runs their setup, and resolves
    /// those that run already.
    async fn provide(&mut self, system: &System) -> Result<Vec<Place>, LabError>;

    /// A port nobody listens on, and that is not handed out again.
    async fn reserve_port(&mut self) -> Result<u16, LabError>;

    /// Starts a replica and waits until it is ready.
    async fn start(&mut self, plan: ReplicaPlan) -> Result<Started, LabError>;

    /// Starts several replicas at once and waits until all are ready.
    async fn start_all(&mut self, plans: Vec<ReplicaPlan>) -> Result<Vec<Started>, LabError>;

    /// Asks a replica to end, and ends it and whatever it started if it does not.
    async fn stop(&mut self, replica: &ReplicaName) -> Result<(), LabError>;

    /// Stops a replica if it still runs, and starts it again by the same plan.
    async fn restart(&mut self, replica: &ReplicaName) -> Result<Started, LabError>;

    /// Strikes a replica and the processes of its group. After [`Blow::Kill`] they are gone when
    /// this returns, after [`Blow::Pause`] the replica is frozen.
    async fn kill(&mut self, replica: &ReplicaName, blow: Blow) -> Result<(), LabError>;

    /// The last lines a replica wrote; none when there is no such replica.
    fn logs(&self, replica: &ReplicaName) -> Option<String>;

    /// Replicas that ended without being asked to since the last call, each with how it ended
    /// and its last lines.
    fn died(&mut self) -> Vec<(ReplicaName, String)>;

    /// Stops everything and removes everything.
    async fn close(self) -> Result<(), LabError>;
}
