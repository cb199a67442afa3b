//! The shop in stateright: a state that all requests are in, an action for each request that can go
//! on, and its simulation checker that takes any of them until none is left.

use std::sync::Arc;

use stateright::{Checker, Model, Property, UniformChooser};

use crate::shop::{Counters, EVENTS, REQUESTS_A_ROUND, SEATS, SEED, Tally, events};

/// What a request does next. Which replica serves it makes no difference: replicas share nothing
/// but the stores, and have no limit to what they work on.
const GET: u8 = 0;
const DECR: u8 = 1;
const BEGIN: u8 = 2;
const INSERT: u8 = 3;
const UPDATE: u8 = 4;
const COMMIT: u8 = 5;
const DONE: u8 = 6;

/// The shop and its requests at a moment; bytes side by side, because each step copies and hashes
/// all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Moment {
    /// The cache: seats that are left of each event.
    seats: Vec<i8>,
    /// The database: orders, what is sold of each event, and whether its row is locked.
    orders: u16,
    sold: Vec<u8>,
    locked: Vec<bool>,
    /// Of each request: its event, what it does next, the count it has looked at.
    event: Vec<u8>,
    next: Vec<u8>,
    seen: Vec<i8>,
}

struct Shop {
    counters: Arc<Counters>,
    rounds: u64,
}

/// Runs so many rounds.
pub fn run(rounds: u64) -> Tally {
    let counters = Arc::new(Counters::default());
    let shop = Shop {
        counters: Arc::clone(&counters),
        rounds,
    };
    let checker = shop.checker().threads(1);
    checker.spawn_simulation(SEED, UniformChooser).join();
    counters.tally()
}

impl Model for Shop {
    type State = Moment;
    type Action = u8;

    fn init_states(&self) -> Vec<Moment> {
        vec![Moment {
            seats: vec![SEATS; EVENTS],
            orders: 0,
            sold: vec![0; EVENTS],
            locked: vec![false; EVENTS],
            event: events(self.counters.begin_round()),
            next: vec![GET; REQUESTS_A_ROUND],
            seen: vec![0; REQUESTS_A_ROUND],
        }]
    }

    fn actions(&self, state: &Moment, actions: &mut Vec<u8>) {
        let can_go_on = |request: &usize| match state.next[*request] {
            DONE => false,
            UPDATE => !state.locked[usize::from(state.event[*request])],
            _ => true,
        };
        let requests = (0..REQUESTS_A_ROUND).filter(can_go_on);
        actions.extend(requests.map(|request| request as u8));
    }

    fn next_state(&self, state: &Moment, action: u8) -> Option<Moment> {
        let mut state = state.clone();
        let request = usize::from(action);
        let event = usize::from(state.event[request]);
        let doing = state.next[request];
        state.next[request] = doing + 1;
        match doing {
            GET => {
                state.seen[request] = state.seats[event];
                if state.seats[event] < 1 {
                    state.next[request] = DONE;
                }
            }
            DECR => {
                // A simulation makes each step once, so what is counted here is counted once.
                if state.seats[event] != state.seen[request] {
                    self.counters.lost();
                }
                state.seats[event] -= 1;
            }
            BEGIN => {}
            INSERT => state.orders += 1,
            UPDATE => {
                state.locked[event] = true;
                state.sold[event] += 1;
            }
            COMMIT => state.locked[event] = false,
            _ => return None,
        }
        if state.next[request] == DONE {
            self.counters.done();
        }
        Some(state)
    }

    /// A checker goes on until it has seen all it looks for: here, that enough rounds are over.
    fn properties(&self) -> Vec<Property<Shop>> {
        vec![Property::sometimes(
            "enough rounds are over",
            |shop: &Shop, _| shop.counters.rounds() > shop.rounds,
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_is_made_and_the_same_are_lost_each_time() {
        let tally = run(3);
        assert_eq!(tally.requests, 3 * REQUESTS_A_ROUND as u64);
        assert!(tally.lost > 0 && tally.lost < tally.requests, "{tally:?}");
        assert_eq!(run(3), tally);
    }
}
