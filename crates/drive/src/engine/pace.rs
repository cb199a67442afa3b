//! The simplest loads: one way of coming, for as long as load lasts.

use std::time::Duration;

use model::{Part, Spacing};

use crate::profile::Plan;

/// How load is applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// The next request is sent when an answer has come.
    Closed,
    /// Requests are due at set times; one that finds no free connection waits, and that counts.
    Open(Arrivals),
}

/// How requests come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrivals {
    /// So many a second, evenly.
    Even(f64),
    /// So many a second on average, each whenever it likes (Poisson).
    Random(f64),
}

impl Pace {
    /// A part of a profile that goes on like this with so many users.
    pub fn part(self, users: u32, lasts: Duration) -> Part {
        let rate = |per_second: f64, spacing: Spacing| Part::Rate {
            per_second,
            spacing,
            lasts,
        };
        match self {
            Pace::Closed => Part::Users {
                users: u64::from(users),
                lasts,
            },
            Pace::Open(Arrivals::Even(per_second)) => rate(per_second, Spacing::Even),
            Pace::Open(Arrivals::Random(per_second)) => rate(per_second, Spacing::Random),
        }
    }

    /// A plan of this alone.
    pub fn plan(self, users: u32, lasts: Duration, seed: u64) -> Plan {
        Plan::with(&[self.part(users, lasts)], Vec::new(), seed)
    }
}
