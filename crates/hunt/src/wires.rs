//! What is told of a wire when it opens and when it closes.

use model::{EventKind, WireId};
use wire::{Reading, Wire};

/// A wire listens.
pub fn opened(wire: &Wire) -> EventKind {
    let config = wire.config();
    EventKind::WireOpened {
        wire: config.wire,
        lane: config.lane,
        edge: format!("{} -> {}", config.from, config.target),
        address: wire.address().to_string(),
    }
}

/// A wire was closed; what it carried.
pub fn closed(wire: WireId, reading: Reading) -> EventKind {
    EventKind::WireClosed {
        wire,
        connections: reading.connections,
        steps: reading.steps,
        bytes: reading.bytes,
        not_understood: reading.not_understood,
        first_not_understood: reading.first_not_understood,
        failed: reading.failed,
        first_failed: reading.first_failed,
    }
}
