//! The picture itself, from the places.

use model::prediction::GraphEdge;

use super::columns::{Columns, MARGIN_PX, NODE_PX};
use super::layers::Layers;
use super::pick::Graph;
use super::place::{LOOP_PX, Places};
use super::step_of;
use crate::number::factor;
use crate::page::escape::{sentence, title, within};
use crate::text::{cells, clean, cut};

/// A picture that is wider than its page is drawn smaller, down to this part of its size; then
/// it scrolls.
const SMALLEST: f64 = 0.7;

/// Cells of a name in its box, and of a protocol.
const NAME_CELLS_MAX: usize = 16;
const PROTOCOL_CELLS_MAX: usize = 9;

/// An arrow's length and half of its width.
const TIP_PX: (f64, f64) = (10.0, 6.0);

/// The picture; edges below nodes.
pub fn svg(graph: &Graph) -> String {
    let ends: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .map(|(from, to, _)| (*from, *to))
        .collect();
    let layers = Layers::of(graph.nodes.len(), &ends, graph.clients());
    let places = Places::of(graph.nodes.len(), &ends, &layers);
    let columns = Columns::of(&layers, labels(graph, &layers));
    let picture = Picture {
        places: &places,
        columns: &columns,
    };
    let width = columns.width();
    let height = places.height + 2.0 * MARGIN_PX;
    let mut out = format!(
        "<svg class=\"graph\" style=\"max-width: {width:.0}px; min-width: {:.0}px\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"Who calls whom\">\n",
        width * SMALLEST
    );
    for (at, (from, to, edge)) in graph.edges.iter().enumerate() {
        out.push_str(&match from == to {
            true => picture.itself(*from, edge),
            false => picture.between(at, layers.back[at], edge),
        });
    }
    for (node, name) in graph.nodes.iter().enumerate() {
        let is_end = layers.of[node] == 0 || layers.of[node] + 1 == layers.count;
        out.push_str(&picture.boxed(node, name, ends.contains(&(node, node)), is_end));
    }
    out.push_str("</svg>\n");
    out
}

/// How many cells the label of each edge has, with the layer of the node it stands before.
fn labels(graph: &Graph, layers: &Layers) -> impl Iterator<Item = (usize, usize)> {
    let edges = graph.edges.iter().filter(|(from, to, _)| from != to);
    edges.map(|(from, to, edge)| {
        let layer = layers.of[*from].max(layers.of[*to]);
        (layer, cells(&said(edge)))
    })
}

/// Places and columns, from which everything is drawn.
struct Picture<'a> {
    places: &'a Places,
    columns: &'a Columns,
}

impl Picture<'_> {
    /// A node with its name.
    fn boxed(&self, node: usize, name: &str, loops: bool, is_end: bool) -> String {
        let slot = &self.places.slots[node];
        let height = slot.height - if loops { 2.0 * LOOP_PX } else { 0.0 };
        let (x, middle) = (self.columns.left(slot.layer), slot.middle + MARGIN_PX);
        format!(
            "<g><title>{}</title><rect class=\"box{}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{NODE_PX}\" \
         height=\"{height:.1}\" rx=\"7\"/><text x=\"{:.1}\" y=\"{:.1}\" \
         text-anchor=\"middle\">{}</text></g>\n",
            title(name),
            if is_end { " end" } else { "" },
            middle - height / 2.0,
            x + NODE_PX / 2.0,
            middle + 4.5,
            within(name, NAME_CELLS_MAX),
        )
    }

    /// An edge from one layer to a later one, through its slots between them.
    fn between(&self, at: usize, is_back: bool, edge: &GraphEdge) -> String {
        let way = &self.places.ways[at];
        let (tip, _) = TIP_PX;
        let start = self.places.port(at, true) + MARGIN_PX;
        let end = self.places.port(at, false) + MARGIN_PX;
        let begin = self.columns.left(self.places.slots[way[0]].layer) + NODE_PX;
        // The line ends where the arrow begins, which is at the caller when the edge leads back.
        let mut path = format!("M{:.1} {start:.1}", begin + if is_back { tip } else { 0.0 });
        let (mut x, mut y) = (begin, start);
        for slot in &way[1..] {
            let slot = &self.places.slots[*slot];
            let next = self.columns.left(slot.layer);
            let passes = slot.node.is_none();
            let to = if passes { slot.middle + MARGIN_PX } else { end };
            let bend = self.columns.bend(slot.layer);
            let middle = (x + bend) / 2.0;
            path.push_str(&format!(
                "C{middle:.1} {y:.1} {middle:.1} {to:.1} {bend:.1} {to:.1}"
            ));
            (x, y) = (next, to);
            if passes {
                x += NODE_PX;
                path.push_str(&format!("H{x:.1}"));
            }
        }
        path.push_str(&format!("H{:.1}", x - if is_back { 0.0 } else { tip }));
        let arrow = match is_back {
            true => arrow(begin, start, -1.0, edge),
            false => arrow(x, end, 1.0, edge),
        };
        format!(
            "<g>{}<path class=\"edge v{}\" d=\"{path}\"/>{arrow}{}</g>\n",
            hint(edge),
            step_of(edge.volatility),
            label(x - tip - 4.0, end - 6.0, "end", edge)
        )
    }

    /// An edge of a service to itself, above its box.
    fn itself(&self, node: usize, edge: &GraphEdge) -> String {
        let slot = &self.places.slots[node];
        let top = slot.middle + MARGIN_PX - slot.height / 2.0 + LOOP_PX;
        let middle = self.columns.left(slot.layer) + NODE_PX / 2.0;
        let (from, to, high) = (middle - 24.0, middle + 24.0, top - 22.0);
        format!(
            "<g>{}<path class=\"edge v{}\" d=\"M{from:.1} {top:.1}C{from:.1} {high:.1} {to:.1} {high:.1} \
         {to:.1} {top:.1}\"/>{}</g>\n",
            hint(edge),
            step_of(edge.volatility),
            label(middle, top - 24.0, "middle", edge)
        )
    }
}

/// An arrow that ends at a place and points right, or left where `way` is -1.
fn arrow(x: f64, y: f64, way: f64, edge: &GraphEdge) -> String {
    let (length, half) = TIP_PX;
    let base = x - way * length;
    format!(
        "<path class=\"tip v{}\" d=\"M{x:.1} {y:.1}L{base:.1} {:.1}V{:.1}Z\"/>",
        step_of(edge.volatility),
        y - half,
        y + half
    )
}

/// `redis 0.27`.
fn said(edge: &GraphEdge) -> String {
    let mut text = cut(&clean(&edge.protocol), PROTOCOL_CELLS_MAX);
    if edge.volatility > 0.0 {
        text.push_str(&format!(" {}", factor(edge.volatility)));
    }
    text
}

fn label(x: f64, y: f64, anchor: &str, edge: &GraphEdge) -> String {
    let text = sentence(&said(edge));
    format!(
        "<text class=\"label\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
    )
}

/// What is shown when an edge is pointed at.
fn hint(edge: &GraphEdge) -> String {
    let volatility = factor(edge.volatility);
    format!(
        "<title>{} -&gt; {}, {}: volatility {volatility}</title>",
        title(&edge.from),
        title(&edge.to),
        title(&edge.protocol)
    )
}
