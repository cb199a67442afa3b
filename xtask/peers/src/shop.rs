//! What both peers have in common: how large the shop is, who asks for what, and what is counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Requests of a round, all under way together.
pub const REQUESTS_A_ROUND: usize = 200;

/// Replicas that serve them, in turn.
pub const REPLICAS: usize = 3;

/// Events, each with a count in the cache and a row in the database.
pub const EVENTS: usize = 100;

/// Seats of each event. Hardly any is sold out in a round, so hardly any request is turned away.
pub const SEATS: i8 = 10;

/// The seed of all draws.
pub const SEED: u64 = 7;

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Requests that are through, sold to or turned away.
    pub requests: u64,
    /// Those that took a seat from another count than they had looked at.
    pub lost: u64,
}

/// Counts while a tool runs. These are std's atomics: no tool sees them, so none acts on them.
#[derive(Debug, Default)]
pub struct Counters {
    rounds: AtomicU64,
    requests: AtomicU64,
    lost: AtomicU64,
}

impl Counters {
    /// Counts a round that begins; says which it is, from 0.
    pub fn begin_round(&self) -> u64 {
        self.rounds.fetch_add(1, Ordering::Relaxed)
    }

    /// Rounds that have begun.
    pub fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }

    /// Counts a request that is through.
    pub fn done(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request that is lost.
    pub fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// All so far.
    pub fn tally(&self) -> Tally {
        Tally {
            requests: self.requests.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
        }
    }
}

/// The events that a round's requests ask for, drawn evenly from seed and round (SplitMix64).
pub fn events(round: u64) -> Vec<u8> {
    let mut state = SEED.wrapping_add(round.wrapping_mul(0xd134_2543_de82_ef95));
    let draw = |_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        ((u128::from(bits) * EVENTS as u128) >> 64) as u8
    };
    (0..REQUESTS_A_ROUND).map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_drawn_evenly_and_anew_for_each_round() {
        let mut seen = [0u32; EVENTS];
        for round in 0..500 {
            let drawn = events(round);
            assert_eq!(drawn, events(round));
            assert_ne!(drawn, events(round + 1));
            drawn
                .iter()
                .for_each(|event| seen[usize::from(*event)] += 1);
        }
        assert!(seen.iter().all(|n| (850..1150).contains(n)), "{seen:?}");
    }
}
