//! A step for tests of all directors and of what is made of what they saw.

use model::{Access, ConnectionId, Effect, LaneId, Protocol, Step, Transaction, WireId};

/// A Redis command of a lane; what it does follows from its verb.
pub fn step(lane: u16, ordinal: u64, verb: &str, key: &str) -> Step {
    let access = match verb {
        "GET" => Access::Read,
        "SET" => Access::Write,
        _ => Access::Atomic,
    };
    Step {
        wire: WireId(lane),
        lane: LaneId(lane),
        target: "cache".into(),
        connection: ConnectionId(0),
        ordinal,
        protocol: Protocol::Redis,
        verb: verb.into(),
        shape: verb.into(),
        text: format!("{verb} {key}"),
        parameters: vec![],
        effects: vec![Effect::of(access, key)],
        transaction: Transaction::None,
        isolation: None,
        commits: Vec::new(),
        noise: false,
        session: None,
    }
}
