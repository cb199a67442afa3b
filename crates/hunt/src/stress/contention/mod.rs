//! What is told of a burst beside its latencies: how many really were inside the same window at once,
//! who waited for locks, and who for a connection. A burst in which nobody met anybody says nothing.

mod pools;
mod windows;

use std::collections::BTreeMap;

use model::{Access, LaneId, ReplyKind};
use serde_json::{Map, Value, json};

use crate::directors::Touch;
use pools::Pool;
use windows::{Overlap, Pairs};

/// Places that are told of.
const PLACES_TOLD_MAX: usize = 3;

/// Counts are kept of so many.
const PLACES_KEPT_MAX: usize = 1_000;

/// What was seen of contention over bursts, or over slices of a load.
#[derive(Debug, Default)]
pub struct Contention {
    pairs: Pairs,
    /// Bursts, or slices, that were watched.
    watched: u64,
    /// By place.
    places: BTreeMap<String, Place>,
    /// The most requests that were on their way at once.
    in_flight_max: u64,
    /// Sessions that waited for a lock of the store, at most, and of how many looks how many saw one.
    lock_waiters_max: u64,
    looks: u64,
    looks_with_waiters: u64,
    /// Times that a lock was asked for and not got.
    locks_refused: u64,
    /// The fullest pool.
    pool: Option<Pool>,
    /// Steps that were not looked at.
    left_out: u64,
}

#[derive(Debug, Default)]
struct Place {
    overlap: Overlap,
    /// The peak of each burst, by how many bursts had it.
    peaks: BTreeMap<u32, u64>,
}

impl Contention {
    /// Learns of a request that was made by itself which of its steps look at what they set.
    pub fn learn(&mut self, touches: &[Touch]) {
        self.pairs.learn(touches);
    }

    /// Takes in a burst that was watched: its steps, and when the requests of each lane were on their
    /// way, by the watcher's clock.
    pub fn watched(&mut self, touches: &[Touch], left_out: u64, requests: &[(LaneId, u64, u64)]) {
        self.watched += 1;
        self.left_out += left_out;
        for (name, overlap) in windows::overlaps(touches, &self.pairs) {
            if self.places.len() >= PLACES_KEPT_MAX && !self.places.contains_key(&name) {
                continue;
            }
            let place = self.places.entry(name).or_default();
            *place.peaks.entry(overlap.peak()).or_default() += 1;
            place.overlap.add(&overlap);
        }
        self.in_flight(requests);
        let refused = touches.iter().filter(|touch| is_refused_lock(touch));
        self.locks_refused += refused.count() as u64;
        for pool in pools::pools(touches, requests) {
            let known = self.pool.as_ref().map_or(0.0, |known| known.full_share);
            if pool.full_share > known {
                self.pool = Some(pool);
            }
        }
    }

    /// Takes in when requests were on their way.
    pub fn in_flight(&mut self, requests: &[(LaneId, u64, u64)]) {
        self.in_flight_max = self.in_flight_max.max(in_flight(requests));
    }

    /// Takes in how many sessions a store says wait for a lock.
    pub fn lock_waiters(&mut self, waiters: u64) {
        self.looks += 1;
        self.looks_with_waiters += u64::from(waiters > 0);
        self.lock_waiters_max = self.lock_waiters_max.max(waiters);
    }

    /// Whether nothing that was watched could have raced: nobody was inside a window with another, and no
    /// lock kept anybody out. None when nothing was watched.
    pub fn met_nobody(&self) -> Option<bool> {
        if self.watched == 0 {
            return None;
        }
        let kept_out = self.lock_waiters_max > 0 || self.locks_refused > 0;
        let peak = self.places.values().map(|place| place.overlap.peak()).max();
        Some(match peak {
            Some(peak) => peak < 2 && !kept_out,
            // Where all is decided in single steps there is no window to meet in.
            None => self.in_flight_max < 2,
        })
    }

    /// As the machine-readable document tells it; the place that is aimed at stands first.
    pub fn document(&self, aimed: Option<&str>) -> Option<Map<String, Value>> {
        (self.watched > 0).then(|| {
            let mut places: Vec<(&String, &Place)> = self.places.iter().collect();
            places.sort_by_key(|(name, place)| {
                let is_aimed = aimed.is_some_and(|aimed| is_within(name, aimed));
                std::cmp::Reverse((is_aimed, place.overlap.peak(), place.inside_with_others()))
            });
            let told = places.iter().take(PLACES_TOLD_MAX);
            model::object(json!({
                "watched": self.watched,
                "met_nobody": self.met_nobody(),
                "places": told.map(|(name, place)| place.document(name)).collect::<Vec<_>>(),
                "in_flight_max": self.in_flight_max,
                "lock_waiters_max": self.lock_waiters_max,
                "lock_waiters_share": self.looks_with_waiters as f64 / self.looks.max(1) as f64,
                "locks_refused": self.locks_refused,
                "pool": self.pool.as_ref().map(|pool| json!({
                    "target": pool.target,
                    "lane": pool.lane.0 + 1,
                    "connections": pool.connections,
                    "full_share": pool.full_share,
                    "waiting_max": pool.waiting_max,
                })),
                "left_out": self.left_out,
            }))
        })
    }
}

/// Whether a place is the one that a prediction names, where `*` is any.
fn is_within(name: &str, aimed: &str) -> bool {
    match aimed.split_once('*') {
        Some((before, after)) => name.starts_with(before) && name.ends_with(after),
        None => name.starts_with(aimed),
    }
}

impl Place {
    fn inside_with_others(&self) -> u64 {
        let windows = self.overlap.windows.range(2..);
        windows.map(|(_, count)| count).sum()
    }

    fn document(&self, name: &str) -> Value {
        let counts = |counts: &BTreeMap<u32, u64>| {
            let all = counts.iter();
            all.map(|(inside, count)| (inside.to_string(), json!(count)))
                .collect::<Map<String, Value>>()
        };
        json!({
            "at": name,
            "windows": self.overlap.windows.values().sum::<u64>(),
            "inside_max": self.overlap.peak(),
            "inside": counts(&self.overlap.windows),
            "inside_max_by_burst": counts(&self.peaks),
        })
    }
}

/// The most that were on their way at once.
fn in_flight(requests: &[(LaneId, u64, u64)]) -> u64 {
    let mut moments: Vec<(u64, i64)> = Vec::new();
    for (_, from_us, to_us) in requests {
        moments.extend([(*from_us, 1), (*to_us, -1)]);
    }
    moments.sort_unstable();
    let mut count = 0;
    let counts = moments.iter().map(|(_, change)| {
        count += change;
        count
    });
    counts.max().unwrap_or(0).unsigned_abs()
}

fn is_refused_lock(touch: &Touch) -> bool {
    let mut effects = touch.step.effects.iter();
    let refused = matches!(
        touch.replied,
        Some((_, ReplyKind::Empty | ReplyKind::Error))
    );
    refused && effects.any(|effect| effect.access == Access::Lock)
}

#[cfg(test)]
pub(crate) mod testkit;

#[cfg(test)]
mod tests {
    use super::testkit::touch;
    use super::*;

    const APART: [(LaneId, u64, u64); 2] = [(LaneId(0), 0, 10), (LaneId(1), 10, 20)];
    const TOGETHER: [(LaneId, u64, u64); 2] = [(LaneId(0), 0, 10), (LaneId(1), 5, 20)];

    #[test]
    fn who_met_nobody_has_shown_nothing() {
        let windows = |second_us| {
            [
                touch(0, Access::Read, "a", 10),
                touch(1, Access::Read, "a", second_us),
                touch(0, Access::Write, "a", 20),
                touch(1, Access::Write, "a", 40),
            ]
        };
        let atomic = [
            touch(0, Access::Atomic, "a", 1),
            touch(1, Access::Atomic, "a", 2),
        ];
        let mut refused = touch(0, Access::Lock, "lock:a", 5);
        refused.replied = Some((6, ReplyKind::Empty));
        let locked = [&windows(30)[..], &[refused]].concat();
        for (touches, requests, expected) in [
            (&windows(15)[..], APART, false),
            (&windows(30), APART, true),
            (&windows(30), TOGETHER, true),
            (&locked, APART, false),
            (&atomic, APART, true),
            (&atomic, TOGETHER, false),
        ] {
            let mut contention = Contention::default();
            assert_eq!(contention.met_nobody(), None);
            contention.learn(touches);
            contention.watched(touches, 0, &requests);
            assert_eq!(contention.met_nobody(), Some(expected), "{touches:?}");
        }
    }

    #[test]
    fn the_place_that_is_aimed_at_is_told_first() {
        let mut contention = Contention::default();
        for at_us in [0, 100] {
            let touches = [
                touch(0, Access::Read, "inv:42", at_us + 1),
                touch(1, Access::Read, "inv:42", at_us + 2),
                touch(0, Access::Read, "other", at_us + 3),
                touch(1, Access::Read, "other", at_us + 3),
                touch(2, Access::Read, "other", at_us + 3),
                touch(0, Access::Write, "inv:42", at_us + 9),
                touch(1, Access::Write, "inv:42", at_us + 9),
                touch(0, Access::Write, "other", at_us + 9),
                touch(1, Access::Write, "other", at_us + 9),
                touch(2, Access::Write, "other", at_us + 9),
            ];
            contention.learn(&touches);
            contention.watched(&touches, 0, &TOGETHER);
        }
        contention.lock_waiters(0);
        contention.lock_waiters(3);
        let first = |aimed| {
            let document = contention.document(aimed).unwrap();
            (document["places"][0].clone(), document)
        };
        assert_eq!(first(None).0["at"], "cache other");
        let (place, document) = first(Some("cache inv:*"));
        assert_eq!(
            place,
            json!({
                "at": "cache inv:42", "windows": 4, "inside_max": 2,
                "inside": { "2": 4 }, "inside_max_by_burst": { "2": 2 },
            })
        );
        assert_eq!(document["lock_waiters_max"], 3);
        assert_eq!(document["lock_waiters_share"], 0.5);
        assert_eq!(document["in_flight_max"], 2);
    }
}
