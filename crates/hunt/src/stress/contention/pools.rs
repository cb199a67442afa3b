//! Whether requests waited for a connection inside a service: while all that it has open to a store were
//! busy with others, and it had more requests in its hands than connections.

use std::collections::{BTreeMap, HashMap};

use model::{ConnectionId, LaneId, Protocol, Transaction, WireId};

use crate::directors::Touch;

/// The pool of one replica.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// The store it leads to, and whose it is.
    pub target: String,
    pub lane: LaneId,
    /// Connections that were used.
    pub connections: u64,
    /// The share of the time in which all of them were busy and more requests were there.
    pub full_share: f64,
    /// The most requests that were there without a connection.
    pub waiting_max: u64,
}

/// The pools of all lanes. `requests` says when the requests of each lane were in its hands.
pub fn pools(touches: &[Touch], requests: &[(LaneId, u64, u64)]) -> Vec<Pool> {
    let mut busy: BTreeMap<(String, LaneId), Vec<(u64, u64)>> = BTreeMap::new();
    let mut connections: HashMap<(String, LaneId), Vec<(WireId, ConnectionId)>> = HashMap::new();
    for (target, lane, over, from_us, to_us) in held(touches) {
        busy.entry((target.clone(), lane))
            .or_default()
            .push((from_us, to_us));
        let known = connections.entry((target, lane)).or_default();
        if !known.contains(&over) {
            known.push(over);
        }
    }
    busy.into_iter()
        .map(|((target, lane), busy)| {
            let count = connections
                .get(&(target.clone(), lane))
                .map_or(0, |known| known.len() as u64);
            let of_lane = requests.iter().filter(|(whose, ..)| *whose == lane);
            let there: Vec<(u64, u64)> = of_lane.map(|(_, from, to)| (*from, *to)).collect();
            let elsewhere = elsewhere(touches, &target, lane);
            let (full_share, waiting_max) = full(&busy, &elsewhere, &there, count as i64);
            Pool {
                target,
                lane,
                connections: count,
                full_share,
                waiting_max,
            }
        })
        .collect()
}

type Held = (String, LaneId, (WireId, ConnectionId), u64, u64);

/// From when to when each connection of a store was in somebody's hands: for a statement, or for a whole
/// transaction. Redis takes the commands of many over one connection, so it has no pool to wait for.
fn held(touches: &[Touch]) -> Vec<Held> {
    let mut begun: HashMap<(WireId, ConnectionId), u64> = HashMap::new();
    let mut held = Vec::new();
    let of_stores = touches
        .iter()
        .filter(|touch| touch.step.protocol == Protocol::Postgres);
    for touch in of_stores {
        let Some((replied_us, _)) = touch.replied else {
            continue;
        };
        let from_us = match touch.step.transaction {
            Transaction::None => touch.asked_us,
            Transaction::Begin | Transaction::Inside => {
                begun.entry(touch.over).or_insert(touch.asked_us);
                continue;
            }
            Transaction::Commit | Transaction::Rollback => {
                begun.remove(&touch.over).unwrap_or(touch.asked_us)
            }
        };
        let step = &touch.step;
        held.push((
            step.target.clone(),
            touch.lane,
            touch.over,
            from_us,
            replied_us,
        ));
    }
    held
}

/// When the lane waited for answers of others than this store: who does waits for no connection.
fn elsewhere(touches: &[Touch], target: &str, lane: LaneId) -> Vec<(u64, u64)> {
    let others = touches
        .iter()
        .filter(|touch| touch.lane == lane && touch.step.target != target);
    others
        .filter_map(|touch| Some((touch.asked_us, touch.replied?.0)))
        .collect()
}

/// The share of the time, from the first request to the last, in which all connections were busy and
/// somebody waited; and how many waited at most.
fn full(
    busy: &[(u64, u64)],
    elsewhere: &[(u64, u64)],
    there: &[(u64, u64)],
    connections: i64,
) -> (f64, u64) {
    // How each moment changes who is busy here, and who might be waiting.
    let mut moments: Vec<(u64, i64, i64)> = Vec::new();
    for (spans, here, idle) in [(busy, 1, -1), (elsewhere, 0, -1), (there, 0, 1)] {
        for (from_us, to_us) in spans {
            moments.extend([(*from_us, here, idle), (*to_us, -here, -idle)]);
        }
    }
    moments.sort_unstable();
    let (Some(first), Some(last)) = (moments.first(), moments.last()) else {
        return (0.0, 0);
    };
    let whole_us = (last.0 - first.0).max(1);
    let (mut used, mut waiting, mut full_us, mut most, mut last_us) = (0, 0, 0, 0, first.0);
    for (at_us, used_change, waiting_change) in moments {
        if used >= connections && waiting > 0 && at_us > last_us {
            full_us += at_us - last_us;
            most = most.max(waiting);
        }
        last_us = at_us;
        used += used_change;
        waiting += waiting_change;
    }
    (full_us as f64 / whole_us as f64, most.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::contention::testkit::in_transaction;

    #[test]
    fn a_pool_is_full_while_others_wait() {
        use Transaction::{Begin, Commit, Inside};
        // One connection, 100 us for each of two requests that come at once.
        let touches = [
            in_transaction(0, 7, Begin, 0, 10),
            in_transaction(0, 7, Inside, 20, 30),
            in_transaction(0, 7, Commit, 90, 100),
            in_transaction(0, 7, Begin, 100, 110),
            in_transaction(0, 7, Commit, 190, 200),
            // Another lane's is its own.
            in_transaction(1, 8, Transaction::None, 0, 10),
        ];
        let requests = [(LaneId(0), 0, 100), (LaneId(0), 0, 200), (LaneId(1), 0, 10)];
        let told: Vec<_> = pools(&touches, &requests)
            .into_iter()
            .map(|pool| {
                (
                    pool.lane.0,
                    pool.connections,
                    pool.full_share,
                    pool.waiting_max,
                )
            })
            .collect();
        assert_eq!(told, [(0, 1, 0.5, 1), (1, 1, 0.0, 0)]);
        assert_eq!(pools(&[], &requests), []);
    }
}
