//! A standing fault as written on the command line: `cache:latency=lognormal(20ms,0.5)`.

use model::system::WireFault;
use model::{Fault, System, units};
use thiserror::Error;

use crate::latency::{delay_us, distribution};
use crate::suggest;

/// The faults a wire can have, and an example of each.
const KINDS: [(&str, &str); 5] = [
    (
        "latency",
        "latency=20ms, latency=uniform(1ms,5ms) or latency=lognormal(20ms,0.5)",
    ),
    ("drop", "drop"),
    ("reset", "reset"),
    ("bandwidth", "bandwidth=64KiB/s"),
    ("slow", "slow=16B/10ms"),
];

/// Why a fault could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireFaultError {
    /// Not `target:fault`.
    #[error("`{text}` is no fault; write TARGET:FAULT, such as cache:latency=20ms or db:reset")]
    Form {
        /// The whole.
        text: String,
    },
    /// The target does not exist.
    #[error("`{text}`: there is no backend or service `{target}`; {help}")]
    Target {
        /// The whole.
        text: String,
        /// What was named.
        target: String,
        /// What there is.
        help: String,
    },
    /// The target has no wire.
    #[error(
        "`{text}`: no service calls `{target}`, so there is no wire to put a fault on; wires lead to: {wires}"
    )]
    NoWire {
        /// The whole.
        text: String,
        /// What was named.
        target: String,
        /// Where wires lead.
        wires: String,
    },
    /// No such fault.
    #[error("`{text}`: there is no fault `{kind}`; {help}")]
    Kind {
        /// The whole.
        text: String,
        /// What was named.
        kind: String,
        /// What there is.
        help: String,
    },
    /// The value does not fit.
    #[error("`{text}`: {why}; write {example}")]
    Value {
        /// The whole.
        text: String,
        /// What is wrong.
        why: String,
        /// How it is written.
        example: &'static str,
    },
}

/// Reads `TARGET:FAULT`.
pub fn wire_fault(text: &str, system: &System) -> Result<WireFault, WireFaultError> {
    let text = text.trim();
    let whole = || text.to_string();
    let (target, rest) = text
        .split_once(':')
        .ok_or_else(|| WireFaultError::Form { text: whole() })?;
    let (kind, value) = match rest.split_once('=') {
        Some((kind, value)) => (kind.trim(), Some(value.trim())),
        None => (rest.trim(), None),
    };
    let target = target.trim();
    if target.is_empty() || kind.is_empty() {
        return Err(WireFaultError::Form { text: whole() });
    }
    check_target(text, target, system)?;
    let Some((kind, example)) = KINDS.iter().find(|(known, _)| *known == kind).copied() else {
        let known: Vec<&str> = KINDS.iter().map(|(known, _)| *known).collect();
        let help = suggest::help(kind, "faults", &known);
        return Err(WireFaultError::Kind {
            text: whole(),
            kind: kind.to_string(),
            help,
        });
    };
    let fault = match (kind, value) {
        ("latency", Some(value)) => distribution(value).map(Fault::Delay),
        ("bandwidth", Some(value)) => bandwidth(value),
        ("slow", Some(value)) => slow(value),
        ("drop", None) => Ok(Fault::Drop),
        ("reset", None) => Ok(Fault::Reset),
        ("drop" | "reset", Some(_)) => Err(format!("`{kind}` takes no value")),
        _ => Err(format!("`{kind}` needs a value")),
    };
    let fault = fault.map_err(|why| WireFaultError::Value {
        text: whole(),
        why,
        example,
    })?;
    Ok(WireFault {
        target: target.to_string(),
        fault,
    })
}

fn check_target(text: &str, target: &str, system: &System) -> Result<(), WireFaultError> {
    if system.protocol_of(target).is_none() {
        let services = system.services.iter().map(|service| service.name.as_str());
        let known: Vec<&str> = system
            .backends
            .iter()
            .map(|backend| backend.name.as_str())
            .chain(services)
            .collect();
        let help = suggest::help(target, "backends and services", &known);
        return Err(WireFaultError::Target {
            text: text.to_string(),
            target: target.to_string(),
            help,
        });
    }
    let wires = wired(system);
    if wires.contains(&target) {
        return Ok(());
    }
    let wires = if wires.is_empty() {
        "nothing".to_string()
    } else {
        wires.join(", ")
    };
    Err(WireFaultError::NoWire {
        text: text.to_string(),
        target: target.to_string(),
        wires,
    })
}

/// The backends and services that wires lead to.
pub fn wired(system: &System) -> Vec<&str> {
    let mut wired: Vec<&str> = Vec::new();
    for edge in system.edges() {
        if !wired.contains(&edge.to) {
            wired.push(edge.to);
        }
    }
    wired
}

/// `64KiB/s`.
fn bandwidth(text: &str) -> Result<Fault, String> {
    let amount = text
        .strip_suffix("/s")
        .ok_or_else(|| format!("`{text}` does not end in `/s`"))?;
    let bytes =
        units::memory(amount).map_err(|_| format!("`{amount}` is not a number of bytes"))?;
    Ok(Fault::Bandwidth {
        bytes_per_second: bytes.0,
    })
}

/// `16B/10ms`.
fn slow(text: &str) -> Result<Fault, String> {
    let (slice, pause) = text
        .split_once('/')
        .ok_or_else(|| format!("`{text}` lacks the pause after each slice"))?;
    let slice_bytes = units::memory(slice)
        .ok()
        .and_then(|bytes| u32::try_from(bytes.0).ok())
        .ok_or_else(|| format!("`{slice}` is not a number of bytes in a slice"))?;
    Ok(Fault::Slow {
        slice_bytes,
        pause_us: delay_us(pause)?,
    })
}

#[cfg(test)]
#[path = "fault_tests.rs"]
mod tests;
