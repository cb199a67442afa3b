//! `traffic: { agents: 10000, reserve: { burst: 200, window_ms: 500 } }`: one fixed key among
//! operations' names, so it is read by hand.

use super::{Fields, record};
use crate::error::Problems;
use crate::node::{Node, Spot};
use crate::read::{Entries, Read, entries};

/// What traffic is like, as written.
#[derive(Debug, Clone)]
pub struct RawTraffic {
    /// How many agents act.
    pub agents: Option<Spot<u64>>,
    /// Bursts by operation.
    pub bursts: Entries<RawBurst>,
}

record! {
    /// Requests of one operation that come together.
    RawBurst, "the traffic of", {
        /// How many requests.
        burst: Spot<u64>,
        /// Within how many milliseconds.
        window_ms: Spot<u64>,
    }
}

impl Read for RawTraffic {
    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        let mut agents = None;
        let mut bursts = Vec::new();
        for (key, value) in entries(node, place, problems)? {
            if key.value == "agents" {
                agents = Spot::<u64>::read(value, &format!("`agents` of {place}"), problems);
            } else {
                let place = format!("the traffic of `{}`", key.value);
                bursts.push((key.clone(), RawBurst::read(value, &place, problems)));
            }
        }
        Some(RawTraffic {
            agents,
            bursts: Entries {
                list: bursts,
                span: node.span,
            },
        })
    }
}
