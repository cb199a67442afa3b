//! What the hunter tells a lab about a replica, and what it hears back.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use model::{LaneId, Limits, Ready};

/// Which replica.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplicaName {
    /// Its service.
    pub service: String,
    /// Which of the service's replicas, from 0.
    pub index: u16,
}

impl fmt::Display for ReplicaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service, u32::from(self.index) + 1)
    }
}

/// A replica to be started: all holes are filled.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicaPlan {
    /// The service.
    pub service: String,
    /// Which replica of it, from 0.
    pub index: u16,
    /// The lane it belongs to.
    pub lane: LaneId,
    /// The port it was told to listen on.
    pub port: u16,
    /// The command, its program first.
    pub words: Vec<String>,
    /// What its environment has beyond heisen's own.
    pub env: Vec<(String, String)>,
    /// The folder it runs in: the spec's.
    pub folder: PathBuf,
    /// How to know that it is ready.
    pub ready: Ready,
    /// What it may use.
    pub limits: Limits,
}

impl ReplicaPlan {
    /// Its name.
    pub fn name(&self) -> ReplicaName {
        ReplicaName {
            service: self.service.clone(),
            index: self.index,
        }
    }
}

/// A replica that is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// Which.
    pub replica: ReplicaName,
    /// Its lane.
    pub lane: LaneId,
    /// Where it listens: `127.0.0.1:9000`.
    pub address: String,
    /// Its process.
    pub pid: u32,
    /// From the start of the process until it was ready.
    pub took: Duration,
    /// What was asked for and is not done, in words for the user.
    pub warnings: Vec<String>,
}

/// What can be done to a running replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// Ends it at once, with no chance to clean up.
    Kill,
    /// Asks it to end; whether and when is up to it.
    Terminate,
    /// Freezes it: its connections stay open and nobody answers.
    Pause,
    /// Lets it go on after a pause.
    Resume,
}
