//! What the wires carried, and what of it was not understood.

use super::Look;
use super::gather::{Carried, Gathered, Wire};
use crate::number::{bytes, count, counted};
use crate::style::Paint;
use crate::table::{Table, flexible, right};

/// Wires shown.
const WIRES_SHOWN_MAX: usize = 12;

/// The table of wires. Wires that did not close (the run was killed) have no figures.
pub fn lines(gathered: &Gathered, look: &Look) -> Vec<String> {
    let closed: Vec<&Wire> = gathered
        .wires
        .iter()
        .filter(|wire| wire.carried.is_some())
        .collect();
    if closed.is_empty() {
        return match gathered.wires.len() {
            0 => Vec::new(),
            open => {
                let open = counted(open as u64, "wire");
                vec![look.aside(&format!(
                    "{open} never closed: what they carried is not known"
                ))]
            }
        };
    }
    if gathered.is_isolation() && closed.iter().all(|wire| is_understood(wire)) {
        // The last lines of the page say it in one.
        return Vec::new();
    }
    let mut table = Table::new(
        2,
        vec![
            flexible("edge"),
            right("lane"),
            right("connections").goes(1),
            right("steps"),
            right("bytes"),
            right("not understood"),
        ],
    );
    for wire in closed.iter().take(WIRES_SHOWN_MAX) {
        let Some(carried) = &wire.carried else {
            continue;
        };
        let odd = carried.not_understood;
        let paint = if odd > 0 { Paint::Unsure } else { Paint::Plain };
        table.row(
            paint,
            vec![
                wire.edge.clone(),
                wire.lane.to_string(),
                count(carried.connections),
                count(carried.steps),
                bytes(carried.bytes),
                if odd > 0 { count(odd) } else { String::new() },
            ],
        );
    }
    let mut lines = table.lines(look.width, look.style);
    let hidden = closed.len().saturating_sub(WIRES_SHOWN_MAX);
    if hidden > 0 {
        lines.push(look.aside(&format!("  and {hidden} more")));
    }
    lines.extend(reasons(&closed).into_iter().map(|why| look.aside(&why)));
    lines
}

fn is_understood(wire: &Wire) -> bool {
    let carried = wire.carried.as_ref();
    carried.is_none_or(|carried| carried.not_understood == 0)
}

/// All wires in one line, where a long page has more to say and there is nothing odd.
pub fn sentence(gathered: &Gathered) -> Option<String> {
    let closed = gathered.wires.iter().filter(|wire| wire.carried.is_some());
    let closed: Vec<&Wire> = closed.collect();
    if !gathered.is_isolation() || closed.is_empty() || !closed.iter().all(|w| is_understood(w)) {
        return None;
    }
    let carried = || closed.iter().filter_map(|wire| wire.carried.as_ref());
    let sum = |of: fn(&Carried) -> u64| carried().map(of).fold(0, u64::saturating_add);
    Some(format!(
        "{} carried {}, {}; all of it was understood",
        closed.len(),
        counted(sum(|carried| carried.steps), "step"),
        bytes(sum(|carried| carried.bytes))
    ))
}

/// Why frames were not understood, each reason once.
fn reasons(closed: &[&Wire]) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for wire in closed {
        let Some(why) = wire
            .carried
            .as_ref()
            .and_then(|carried| carried.why.as_ref())
        else {
            continue;
        };
        let reason = format!(
            "  not understood, {}: {}",
            wire.edge,
            crate::text::clean(why)
        );
        if !reasons.contains(&reason) && reasons.len() < WIRES_SHOWN_MAX {
            reasons.push(reason);
        }
    }
    reasons
}
