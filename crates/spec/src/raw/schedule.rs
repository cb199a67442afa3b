//! What may stand in a schedule.

use super::{Fields, SetupWord, record};
use crate::error::Problems;
use crate::node::{Node, Spot};
use crate::read::{Anything, Entries, Pair, Read};

record! {
    /// An order over steps of racers.
    RawSchedule, "the schedule", {
        /// Its name.
        schedule: Spot<String>,
        /// Which state each trial starts from; `reset` when left out.
        setup: Option<Spot<SetupWord>>,
        /// What is then made, one after another, before the racers start.
        before: Option<Vec<RawEarlier>>,
        /// The racers by name; racer n runs in lane n.
        racers: Entries<RawRacer>,
        /// `RACER: TARGET VERB RESOURCE`, each line after the reply of the one above was seen.
        order: Option<Vec<Pair>>,
        /// The oracle that tells whether it went wrong; all of them when left out.
        oracle: Option<Spot<String>>,
        /// After the last answer, so long is waited for work that goes on in the background.
        settle_ms: Option<Spot<u64>>,
        /// How it was found and what was seen, in a catch; read by people only.
        found: Option<Entries<Anything>>,
    }
}

record! {
    /// An operation that is made before the racers start.
    RawEarlier, "request", {
        /// The operation.
        operation: Spot<String>,
        /// Arguments; those left out take the spec's first value.
        args: Option<Entries<Anything>>,
        /// How often; once when left out.
        times: Option<Spot<u64>>,
    }
}

record! {
    /// One operation that runs in one lane.
    RawRacer, "racer", {
        /// The operation it makes.
        operation: Spot<String>,
        /// Arguments; those left out take the spec's first value.
        args: Option<Entries<Anything>>,
    }
}
