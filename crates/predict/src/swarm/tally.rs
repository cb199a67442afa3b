//! What is counted in a simulation. Tallies of rounds add up, so it does not matter who ran them.

use super::program::Program;

/// Requests that come in one such time are one point of a series.
pub const BUCKET_NS: u64 = 20_000_000;

/// Points of a series; what comes later is not in it.
const BUCKETS_MAX: usize = 200_000;

/// All that is counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    pub rounds: u64,
    /// Rounds that were ended because too much happened in them.
    pub rounds_cut: u64,
    pub requests: u64,
    pub windows: Vec<WindowTally>,
    pub operations: Vec<OperationTally>,
    pub services: Vec<ServiceTally>,
    pub families: Vec<FamilyTally>,
    pub links: Vec<LinkTally>,
}

/// One window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WindowTally {
    /// It was opened and closed.
    pub closed: u64,
    /// Another came between.
    pub raced: u64,
    /// Another came between, and who came second was turned away.
    pub turned_away: u64,
    /// How long it was open, in all.
    pub open_ns: u64,
    /// What would come between was done so often.
    pub entered: u64,
}

/// One operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OperationTally {
    pub requests: u64,
    pub done: u64,
    pub refused: u64,
    /// A condition, a constraint or the store itself kept them out.
    pub turned_away: u64,
    pub failed: u64,
    /// Rounds in which more were done than the limit allows.
    pub rounds_over: u64,
    /// What was meant once: by one agent, in one message.
    pub intents: u64,
    /// What was meant once and done more than once.
    pub doubled: u64,
}

/// One service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServiceTally {
    pub requests: u64,
    /// They found no free worker.
    pub no_slot: u64,
}

/// One family.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FamilyTally {
    /// Requests that took a lock in it.
    pub lockers: u64,
    /// They waited for one.
    pub waited: u64,
    /// They waited longer than they worked.
    pub convoyed: u64,
    /// They waited for each other.
    pub deadlocks: u64,
    /// Transactions that the store aborted because another changed it.
    pub aborted: u64,
    /// Looks into a cache that is filled from a database.
    pub cache_reads: u64,
    /// What they saw was no longer so.
    pub stale: u64,
}

/// One link.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinkTally {
    pub calls: u64,
    /// They found no free connection.
    pub no_connection: u64,
    pub timed_out: u64,
    /// They were not made, because earlier ones had failed.
    pub broken_off: u64,
    /// Calls by the time they came.
    pub series: Vec<u64>,
}

impl Tally {
    pub fn of(program: &Program) -> Tally {
        Tally {
            windows: vec![WindowTally::default(); program.windows.len()],
            operations: vec![OperationTally::default(); program.operations.len()],
            services: vec![ServiceTally::default(); program.services.len()],
            families: vec![FamilyTally::default(); program.families.len()],
            links: vec![LinkTally::default(); program.links.len()],
            ..Tally::default()
        }
    }

    /// Adds what was counted elsewhere, for the same program.
    pub fn add(&mut self, other: &Tally) {
        self.rounds += other.rounds;
        self.rounds_cut += other.rounds_cut;
        self.requests += other.requests;
        for (mine, theirs) in self.windows.iter_mut().zip(&other.windows) {
            mine.closed += theirs.closed;
            mine.raced += theirs.raced;
            mine.turned_away += theirs.turned_away;
            mine.open_ns += theirs.open_ns;
            mine.entered += theirs.entered;
        }
        for (mine, theirs) in self.operations.iter_mut().zip(&other.operations) {
            mine.requests += theirs.requests;
            mine.done += theirs.done;
            mine.refused += theirs.refused;
            mine.turned_away += theirs.turned_away;
            mine.failed += theirs.failed;
            mine.rounds_over += theirs.rounds_over;
            mine.intents += theirs.intents;
            mine.doubled += theirs.doubled;
        }
        for (mine, theirs) in self.services.iter_mut().zip(&other.services) {
            mine.requests += theirs.requests;
            mine.no_slot += theirs.no_slot;
        }
        for (mine, theirs) in self.families.iter_mut().zip(&other.families) {
            mine.lockers += theirs.lockers;
            mine.waited += theirs.waited;
            mine.convoyed += theirs.convoyed;
            mine.deadlocks += theirs.deadlocks;
            mine.aborted += theirs.aborted;
            mine.cache_reads += theirs.cache_reads;
            mine.stale += theirs.stale;
        }
        for (mine, theirs) in self.links.iter_mut().zip(&other.links) {
            mine.add(theirs);
        }
    }
}

impl LinkTally {
    fn add(&mut self, other: &LinkTally) {
        self.calls += other.calls;
        self.no_connection += other.no_connection;
        self.timed_out += other.timed_out;
        self.broken_off += other.broken_off;
        if self.series.len() < other.series.len() {
            self.series.resize(other.series.len(), 0);
        }
        for (mine, theirs) in self.series.iter_mut().zip(&other.series) {
            *mine += theirs;
        }
    }

    /// Counts a call by when it came.
    pub fn note(&mut self, at_ns: u64) {
        let bucket = (at_ns / BUCKET_NS) as usize;
        if bucket < BUCKETS_MAX {
            if self.series.len() <= bucket {
                self.series.resize(bucket + 1, 0);
            }
            self.series[bucket] += 1;
        }
    }
}
