//! The shop in shuttle: replicas and requests are its threads, what they share its atomics and locks,
//! and its random scheduler says who goes on at each of them.

use std::sync::Arc;

use shuttle::scheduler::RandomScheduler;
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicI8, AtomicU64, Ordering};
use shuttle::{Config, Runner, thread};

use crate::shop::{Counters, EVENTS, REPLICAS, SEATS, SEED, Tally, events};

/// What requests share.
struct Shop {
    /// The cache: seats that are left of each event.
    seats: Vec<AtomicI8>,
    /// The database: orders, and each event's row with what was sold of it.
    orders: AtomicU64,
    rows: Vec<Mutex<u64>>,
}

/// Runs so many rounds.
pub fn run(rounds: u64) -> Tally {
    let counters = Arc::new(Counters::default());
    let mut config = Config::new();
    // It warns that its atomics know no weak memory; ours stand for Redis, which has none.
    config.silence_warnings = true;
    let scheduler = RandomScheduler::new_from_seed(SEED, rounds as usize);
    let counted = Arc::clone(&counters);
    Runner::new(scheduler, config).run(move || round(&counted));
    counters.tally()
}

fn round(counters: &Arc<Counters>) {
    let shop = Arc::new(Shop {
        seats: (0..EVENTS).map(|_| AtomicI8::new(SEATS)).collect(),
        orders: AtomicU64::new(0),
        rows: (0..EVENTS).map(|_| Mutex::new(0)).collect(),
    });
    let events = Arc::new(events(counters.begin_round()));
    let replicas = (0..REPLICAS).map(|replica| {
        let (shop, events) = (Arc::clone(&shop), Arc::clone(&events));
        let counters = Arc::clone(counters);
        thread::spawn(move || {
            serve(
                &shop,
                events.iter().skip(replica).step_by(REPLICAS),
                &counters,
            )
        })
    });
    let replicas: Vec<_> = replicas.collect();
    for replica in replicas {
        // One that panics ends the run in shuttle itself.
        let _ = replica.join();
    }
}

/// A replica works on all its requests side by side.
fn serve<'a>(shop: &Arc<Shop>, events: impl Iterator<Item = &'a u8>, counters: &Arc<Counters>) {
    let requests = events.map(|event| {
        let (shop, counters, event) = (Arc::clone(shop), Arc::clone(counters), usize::from(*event));
        thread::spawn(move || {
            reserve(&shop, event, &counters);
            counters.done();
        })
    });
    let requests: Vec<_> = requests.collect();
    for request in requests {
        let _ = request.join();
    }
}

/// One request. shuttle may let others go before each touch of what is shared; BEGIN and COMMIT touch
/// nothing by themselves, so it is told that they are such places too.
fn reserve(shop: &Shop, event: usize, counters: &Counters) {
    let seen = shop.seats[event].load(Ordering::SeqCst);
    if seen < 1 {
        return;
    }
    if shop.seats[event].fetch_sub(1, Ordering::SeqCst) != seen {
        counters.lost();
    }
    thread::yield_now();
    shop.orders.fetch_add(1, Ordering::SeqCst);
    if let Ok(mut sold) = shop.rows[event].lock() {
        *sold += 1;
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::REQUESTS_A_ROUND;

    #[test]
    fn every_request_is_made_and_the_same_are_lost_each_time() {
        let tally = run(3);
        assert_eq!(tally.requests, 3 * REQUESTS_A_ROUND as u64);
        assert!(tally.lost > 0 && tally.lost < tally.requests, "{tally:?}");
        assert_eq!(run(3), tally);
    }
}
