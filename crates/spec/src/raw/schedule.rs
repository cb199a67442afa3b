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
        /// The racers by name; racer n runs in lane n.
        racers: Entries<RawRacer>,
        /// `RACER: TARGET VERB RESOURCE`, each line after the reply of the one above was seen.
        order: Option<Vec<Pair>>,
        /// The oracle that tells whether it went wrong; all of them when left out.
        oracle: Option<Spot<String>>,
        /// How it was found and what was seen, in a catch; read by people only.
        found: Option<Entries<Anything>>,
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
