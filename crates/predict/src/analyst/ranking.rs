//! The order of boundaries: what nothing protects before what something seems to, the volatile
//! first; each once.

use std::collections::HashMap;

use model::prediction::{Boundary, Hazard};

use super::BOUNDARIES_MAX;
use super::telling::LeftOut;

/// A boundary with what decides between equally volatile ones.
pub struct Ranked {
    pub boundary: Boundary,
    /// Requests of both kinds.
    pub traffic: u64,
    /// Its label's.
    pub weight: u32,
    /// It is about statements that were not understood.
    pub is_obscure: bool,
}

/// All that was found.
#[derive(Default)]
pub struct Ranking {
    all: Vec<Ranked>,
    places: HashMap<(Vec<String>, String, Hazard), usize>,
    /// What is not told.
    pub left_out: LeftOut,
}

impl Ranking {
    /// Adds a boundary, or keeps the worse of it and its like.
    pub fn add(&mut self, ranked: Ranked) {
        let mut operations = ranked.boundary.operations.clone();
        operations.sort();
        let hazard = ranked.boundary.hazard;
        let key = (operations, ranked.boundary.resource.clone(), hazard);
        match self.places.get(&key) {
            Some(place) => {
                if ranked.before(&self.all[*place]) {
                    self.all[*place] = ranked;
                }
            }
            None => {
                self.places.insert(key, self.all.len());
                self.all.push(ranked);
            }
        }
    }

    /// What was left out.
    pub fn notes(&self) -> Vec<String> {
        let all = [
            (
                self.left_out.only_looks,
                "times a kind of requests that changes nothing can see states of different times",
            ),
            (
                self.left_out.skews,
                "times states of different times can be seen, and nothing is written that comes \
                 from them",
            ),
            (
                self.left_out.undecided,
                "times a look can be out of date, and what follows it follows in all kinds of \
                 requests",
            ),
        ];
        let told = all.into_iter().filter(|(times, _)| *times > 0);
        told.map(|(times, what)| format!("{times} {what}; left out"))
            .collect()
    }

    /// All boundaries in order.
    pub fn ranked(mut self, notes: &mut Vec<String>) -> Vec<Boundary> {
        // Stable: what is equal stays in the order of the kinds' traffic.
        self.all.sort_by(|one, other| {
            other
                .order()
                .partial_cmp(&one.order())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let more = self.all.len().saturating_sub(BOUNDARIES_MAX);
        if more > 0 {
            notes.push(format!("{more} less volatile boundaries were left out"));
        }
        self.all.truncate(BOUNDARIES_MAX);
        let ranked = (1..).zip(self.all);
        ranked
            .map(|(rank, ranked)| Boundary {
                rank,
                ..ranked.boundary
            })
            .collect()
    }
}

impl Ranked {
    /// The greater comes first.
    fn order(&self) -> (bool, bool, f64, u64, u32) {
        let factors = self.boundary.factors;
        (
            self.boundary.guard.is_none(),
            !self.is_obscure,
            factors.probability * factors.severity * factors.incident,
            self.traffic,
            self.weight,
        )
    }

    fn before(&self, other: &Ranked) -> bool {
        self.order() > other.order()
    }
}
