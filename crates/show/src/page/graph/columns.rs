//! Where each layer stands, and how much room there is before it for the labels of what leads to
//! it.

use super::layers::Layers;

/// A node's width.
pub const NODE_PX: f64 = 128.0;

/// The room in which edges bend, and around the whole.
const BEND_PX: f64 = 58.0;
pub const MARGIN_PX: f64 = 10.0;

/// A cell of a label, and what its arrow takes.
const CELL_PX: f64 = 6.3;
const ARROW_PX: f64 = 20.0;

/// The layers from the left to the right.
#[derive(Debug)]
pub struct Columns {
    left: Vec<f64>,
    bend: Vec<f64>,
}

impl Columns {
    /// Each label with the layer of the node it stands before.
    pub fn of(layers: &Layers, labels: impl Iterator<Item = (usize, usize)>) -> Columns {
        let mut label_px = vec![0.0; layers.count];
        for (layer, cells) in labels {
            label_px[layer] = f64::max(label_px[layer], cells as f64 * CELL_PX + ARROW_PX);
        }
        let mut columns = Columns {
            left: Vec::new(),
            bend: Vec::new(),
        };
        let mut x = MARGIN_PX;
        for (layer, label_px) in label_px.iter().enumerate() {
            if layer > 0 {
                x += BEND_PX + label_px;
            }
            columns.left.push(x);
            columns.bend.push(x - label_px);
            x += NODE_PX;
        }
        columns
    }

    /// Where a layer begins.
    pub fn left(&self, layer: usize) -> f64 {
        self.left[layer]
    }

    /// Where edges have done bending before it.
    pub fn bend(&self, layer: usize) -> f64 {
        self.bend[layer]
    }

    /// The width of the whole.
    pub fn width(&self) -> f64 {
        self.left.last().copied().unwrap_or(MARGIN_PX) + NODE_PX + MARGIN_PX
    }
}
