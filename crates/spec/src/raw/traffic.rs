//! `traffic: { agents: 10000, reserve: { burst: 200, window_ms: 500 } }`: fixed keys among
//! operations' names, so it is read by hand.

use super::{Fields, record};
use crate::error::Problems;
use crate::node::{Node, Spot};
use crate::read::{Entries, Read, Text, entries};

/// What traffic is like, as written.
#[derive(Debug, Clone)]
pub struct RawTraffic {
    /// How many agents act.
    pub agents: Option<Spot<u64>>,
    /// Who they are.
    pub personas: Option<Entries<Spot<f64>>>,
    /// What is asked for, by operation.
    pub demands: Entries<RawDemand>,
}

record! {
    /// What is asked for of one operation: `burst` with `window_ms`, `clients` with `think`, or `after` with `redelivery`.
    RawDemand, "the traffic of", {
        /// How many requests come together.
        burst: Option<Spot<u64>>,
        /// Within how many milliseconds.
        window_ms: Option<Spot<u64>>,
        /// How many clients ask, wait for the answer, think, and ask again.
        clients: Option<Spot<u64>>,
        /// How long each thinks: `10s`, `uniform(1s, 5s)`; not at all when left out.
        think: Option<Text>,
        /// The operation after which a message comes; replicas compete for them.
        after: Option<Spot<String>>,
        /// A message that is not handled within so long is handed out again.
        redelivery: Option<Text>,
        /// How many different values its arguments take; 1 when left out.
        keys: Option<Spot<u64>>,
        /// How much the first of them are preferred, from 0 (not at all, the default) to 5: the exponent of a Zipf distribution.
        skew: Option<Spot<f64>>,
    }
}

impl RawTraffic {
    /// The keys that are no operations.
    pub const KEYS: &'static [&'static str] = &["agents", "personas"];
}

impl Read for RawTraffic {
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        let (mut agents, mut personas) = (None, None);
        let mut demands = Vec::new();
        for (key, value) in entries(node, place, problems)? {
            match key.value.as_str() {
                "agents" => {
                    let place = format!("`agents` of {place}");
                    agents = Spot::<u64>::read(value, &place, problems);
                }
                "personas" => {
                    let place = format!("`personas` of {place}");
                    personas = Entries::<Spot<f64>>::read(value, &place, problems);
                }
                operation => {
                    let place = format!("the traffic of `{operation}`");
                    let before = problems.count();
                    let demand = RawDemand::read(value, &place, problems);
                    // Half of a demand would only lead to problems that are none.
                    let whole = demand.filter(|_| problems.count() == before);
                    demands.push((key.clone(), whole));
                }
            }
        }
        Some(RawTraffic {
            agents,
            personas,
            demands: Entries {
                list: demands,
                span: node.span,
            },
        })
    }
}
