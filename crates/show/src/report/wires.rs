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
    let edges = edges(&closed);
    for (edge, lane, carried) in edges.iter().take(WIRES_SHOWN_MAX) {
        let [connections, steps, through, odd] = *carried;
        let paint = if odd > 0 { Paint::Unsure } else { Paint::Plain };
        table.row(
            paint,
            vec![
                (*edge).to_string(),
                lane.to_string(),
                count(connections),
                count(steps),
                bytes(through),
                if odd > 0 { count(odd) } else { String::new() },
            ],
        );
    }
    let mut lines = table.lines(look.width, look.style);
    let hidden = edges.len().saturating_sub(WIRES_SHOWN_MAX);
    if hidden > 0 {
        lines.push(look.aside(&format!("  and {hidden} more")));
    }
    lines.extend(reasons(&closed).into_iter().map(|why| look.aside(&why)));
    lines
}

/// By edge and lane: connections, steps, bytes, and what was not understood, of all phases.
fn edges<'a>(closed: &[&'a Wire]) -> Vec<(&'a str, u16, [u64; 4])> {
    let mut edges: Vec<(&str, u16, [u64; 4])> = Vec::new();
    for wire in closed {
        let Some(it) = &wire.carried else { continue };
        let more = [it.connections, it.steps, it.bytes, it.not_understood];
        let mut known = edges.iter_mut();
        match known.find(|(edge, lane, _)| *edge == wire.edge && *lane == wire.lane) {
            Some((_, _, sums)) => {
                for (sum, more) in sums.iter_mut().zip(more) {
                    *sum = sum.saturating_add(more);
                }
            }
            None => edges.push((&wire.edge, wire.lane, more)),
        }
    }
    edges
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

#[cfg(test)]
mod tests {
    use model::WireId;

    use super::*;

    #[test]
    fn phases_add_up_by_edge_and_lane() {
        let wire = |wire: u16, edge: &str, lane: u16, steps: u64| Wire {
            wire: WireId(wire),
            lane,
            edge: edge.to_string(),
            carried: Some(Carried {
                connections: 1,
                steps,
                bytes: 10,
                not_understood: 0,
                why: None,
            }),
        };
        let wires = [
            wire(0, "shop -> db", 1, 5),
            wire(1, "shop -> db", 2, 6),
            wire(2, "shop -> db", 1, 70),
        ];
        let closed: Vec<&Wire> = wires.iter().collect();
        let expected = [
            ("shop -> db", 1, [2, 75, 20, 0]),
            ("shop -> db", 2, [1, 6, 10, 0]),
        ];
        assert_eq!(edges(&closed), expected);
    }
}
