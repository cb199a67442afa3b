//! Steps as a watcher sees them.

use model::{Access, ConnectionId, Effect, LaneId, Protocol, ReplyKind, Step, Transaction, WireId};

use crate::directors::Touch;

fn step(lane: u16, target: &str, protocol: Protocol, effects: Vec<Effect>) -> Step {
    Step {
        wire: WireId(lane),
        lane: LaneId(lane),
        target: target.to_string(),
        connection: ConnectionId(1),
        ordinal: 0,
        protocol,
        verb: String::new(),
        shape: String::new(),
        text: String::new(),
        parameters: Vec::new(),
        effects,
        transaction: Transaction::None,
        isolation: None,
        commits: Vec::new(),
        noise: false,
        session: None,
    }
}

/// A command on a key of the cache, asked and answered at this time.
pub fn touch(lane: u16, access: Access, key: &str, at_us: u64) -> Touch {
    let effects = vec![Effect::of(access, key)];
    Touch {
        lane: LaneId(lane),
        over: (WireId(lane), ConnectionId(1)),
        step: Step {
            shape: format!("{access:?} {key}"),
            ..step(lane, "cache", Protocol::Redis, effects)
        },
        asked_us: at_us,
        replied: Some((at_us, ReplyKind::Ok)),
    }
}

/// A statement in a transaction, over this connection.
pub fn in_transaction(
    lane: u16,
    connection: u32,
    transaction: Transaction,
    asked_us: u64,
    replied_us: u64,
) -> Touch {
    Touch {
        lane: LaneId(lane),
        over: (WireId(lane), ConnectionId(connection)),
        step: Step {
            transaction,
            ..step(lane, "db", Protocol::Postgres, Vec::new())
        },
        asked_us,
        replied: Some((replied_us, ReplyKind::Ok)),
    }
}
