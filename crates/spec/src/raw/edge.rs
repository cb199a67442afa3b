//! How edges behave and when something does not serve, as written.

use super::{Fields, JitterWord, OutageWord, record};
use crate::error::Problems;
use crate::node::{Node, Spot};
use crate::read::{Read, Text};

record! {
    /// How an edge behaves, and who calls on it.
    RawEdge, "edge", {
        /// How long a call takes, not counting what the called service does: `0.4ms`, `uniform(1ms, 5ms)`, `lognormal(0.4ms, 0.5)` (median, spread) or `measured(0.2ms, 0.3ms)`.
        latency: Option<Text>,
        /// Calls that one replica can have open at a time; any number when left out.
        pool: Option<Spot<u64>>,
        /// When the caller gives up: `2s`.
        timeout: Option<Text>,
        /// How it calls again after a failure.
        retry: Option<RawRetry>,
        /// When it stops calling.
        breaker: Option<RawBreaker>,
    }
}

record! {
    /// A failed call is made again.
    RawRetry, "retry", {
        /// At most so often, after the first; for ever when left out.
        times: Option<Spot<u64>>,
        /// How long it waits before the first of them: `100ms`.
        wait: Text,
        /// Each wait is so many times the one before, from 1 (the default: a fixed interval) to 10.
        factor: Option<Spot<f64>>,
        /// No wait is longer.
        cap: Option<Text>,
        /// Whether a wait is drawn from nothing to its length; `none` when left out.
        jitter: Option<Spot<JitterWord>>,
    }
}

record! {
    /// After failures in a row nobody is called for a while.
    RawBreaker, "breaker", {
        /// So many failures open it.
        failures: Spot<u64>,
        /// For so long; then one call tries.
        open: Text,
    }
}

record! {
    /// A time in which a backend or service does not serve.
    RawOutage, "outage", {
        /// Which.
        target: Spot<String>,
        /// From when, counted from the beginning: `60s`.
        from: Text,
        /// For how long.
        r#for: Text,
        /// What callers see; `refuse` when left out.
        kind: Option<Spot<OutageWord>>,
    }
}
