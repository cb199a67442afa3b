//! Where everything stands. An edge that passes over a layer has a slot of its own there, so that
//! nothing is drawn across a node, and each edge has its own port at both its ends, so that labels
//! beside ports never meet.

use super::layers::Layers;

/// Between two ports of a node.
pub const PORT_PX: f64 = 20.0;

/// Height of a node with one port, of an edge that passes, and the room between two.
const NODE_PX: f64 = 38.0;
const PASS_PX: f64 = 8.0;
const BETWEEN_PX: f64 = 16.0;

/// Room above a node that calls itself.
pub const LOOP_PX: f64 = 34.0;

/// Times that layers are ordered after their neighbours, there and back.
const ROUNDS: usize = 6;

/// A place in a layer: of a node, or of an edge that passes.
#[derive(Debug, Clone)]
pub struct Slot {
    /// The node; none where an edge passes.
    pub node: Option<usize>,
    /// Its layer.
    pub layer: usize,
    /// Its middle, from the top.
    pub middle: f64,
    /// How high it is.
    pub height: f64,
}

/// All places, and the way of each edge through them.
#[derive(Debug, Default)]
pub struct Places {
    /// The first ones are the nodes, in their order.
    pub slots: Vec<Slot>,
    /// By edge: from the left to the right; empty for one that leads to where it comes from.
    pub ways: Vec<Vec<usize>>,
    /// How high the picture is.
    pub height: f64,
    /// The slots of each layer, from the top.
    rows: Vec<Vec<usize>>,
}

impl Places {
    /// Finds a place for all.
    pub fn of(nodes: usize, edges: &[(usize, usize)], layers: &Layers) -> Places {
        let mut places = Places {
            rows: vec![Vec::new(); layers.count],
            ..Places::default()
        };
        for node in 0..nodes {
            let ends = |right: bool| {
                let ends = edges.iter().zip(&layers.back).filter(|((from, to), back)| {
                    from != to && node == if right == **back { *to } else { *from }
                });
                ends.count()
            };
            let ports = ends(false).max(ends(true)).max(1);
            let height = NODE_PX + PORT_PX * (ports - 1) as f64;
            let loops = edges.contains(&(node, node));
            let room = if loops { 2.0 * LOOP_PX } else { 0.0 };
            places.add(Some(node), layers.of[node], height + room);
        }
        for ((from, to), back) in edges.iter().zip(&layers.back) {
            let (left, right) = if *back { (*to, *from) } else { (*from, *to) };
            let mut way = Vec::new();
            if left != right {
                way.push(left);
                for layer in layers.of[left] + 1..layers.of[right] {
                    way.push(places.add(None, layer, PASS_PX));
                }
                way.push(right);
            }
            places.ways.push(way);
        }
        places.order();
        places.settle();
        places
    }

    fn add(&mut self, node: Option<usize>, layer: usize, height: f64) -> usize {
        self.slots.push(Slot {
            node,
            layer,
            middle: 0.0,
            height,
        });
        self.rows[layer].push(self.slots.len() - 1);
        self.slots.len() - 1
    }

    /// Slots next to one on its left or its right.
    fn beside(&self, right: bool) -> Vec<Vec<usize>> {
        let mut beside = vec![Vec::new(); self.slots.len()];
        for pair in self.ways.iter().flat_map(|way| way.windows(2)) {
            match right {
                true => beside[pair[0]].push(pair[1]),
                false => beside[pair[1]].push(pair[0]),
            }
        }
        beside
    }

    /// Orders each layer by where the neighbours of its slots stand, so that few edges cross.
    fn order(&mut self) {
        let (left, right) = (self.beside(false), self.beside(true));
        let mut place = vec![0.0; self.slots.len()];
        let number = |row: &[usize], place: &mut [f64]| {
            for (at, slot) in row.iter().enumerate() {
                place[*slot] = at as f64 - row.len() as f64 / 2.0;
            }
        };
        self.rows.iter().for_each(|row| number(row, &mut place));
        for round in 0..ROUNDS {
            let beside = if round % 2 == 0 { &left } else { &right };
            for row in &mut self.rows {
                let wanted = |slot: &usize| mean(&beside[*slot], &place).unwrap_or(place[*slot]);
                row.sort_by(|one, other| wanted(one).total_cmp(&wanted(other)));
                number(row, &mut place);
            }
        }
    }

    /// Gives each slot its height in the picture: beside its neighbours on the left, in order.
    fn settle(&mut self) {
        let left = self.beside(false);
        let mut middles = vec![0.0; self.slots.len()];
        for row in &self.rows {
            let wanted: Vec<f64> = row
                .iter()
                .map(|slot| mean(&left[*slot], &middles).unwrap_or(0.0))
                .collect();
            let mut from = f64::NEG_INFINITY;
            let mut off = 0.0;
            for (slot, wanted) in row.iter().zip(&wanted) {
                let half = self.slots[*slot].height / 2.0;
                middles[*slot] = wanted.max(from + half);
                from = middles[*slot] + half + BETWEEN_PX;
                off += middles[*slot] - wanted;
            }
            // Pushing down only would let the picture sink to the right.
            let off = off / row.len().max(1) as f64;
            row.iter().for_each(|slot| middles[*slot] -= off);
        }
        let ends = |sign: f64| {
            let ends = self.slots.iter().zip(&middles);
            ends.map(move |(slot, middle)| middle + sign * slot.height / 2.0)
        };
        let top = ends(-1.0).fold(f64::INFINITY, f64::min);
        let bottom = ends(1.0).fold(f64::NEG_INFINITY, f64::max);
        for (slot, middle) in self.slots.iter_mut().zip(&middles) {
            slot.middle = middle - top;
        }
        self.height = (bottom - top).max(0.0);
    }

    /// Where an edge leaves or meets each of its ends: the ports of a node are in the order of
    /// what stands at their other side.
    pub fn port(&self, edge: usize, right: bool) -> f64 {
        let end = |way: &Vec<usize>| match right {
            true => (way.first().copied(), way.get(1).copied()),
            false => {
                let before = way.len().checked_sub(2).and_then(|at| way.get(at).copied());
                (way.last().copied(), before)
            }
        };
        let (Some(slot), _) = end(&self.ways[edge]) else {
            return 0.0;
        };
        let mut ends: Vec<(f64, usize)> = Vec::new();
        for (at, way) in self.ways.iter().enumerate() {
            if let (Some(own), Some(other)) = end(way)
                && own == slot
            {
                ends.push((self.slots[other].middle, at));
            }
        }
        ends.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let at = ends.iter().position(|(_, at)| *at == edge).unwrap_or(0);
        let middle = (ends.len() as f64 - 1.0) / 2.0;
        self.slots[slot].middle + (at as f64 - middle) * PORT_PX
    }
}

fn mean(of: &[usize], values: &[f64]) -> Option<f64> {
    let sum: f64 = of.iter().map(|at| values[*at]).sum();
    (!of.is_empty()).then(|| sum / of.len() as f64)
}
