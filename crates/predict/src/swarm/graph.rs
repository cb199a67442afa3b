//! Who calls whom, for the picture of a prediction.

use model::described::CLIENTS;
use model::prediction::GraphEdge;
use model::{Prediction, Protocol};

use super::model::Model;

/// Who calls whom.
pub fn graph(model: &Model) -> Vec<GraphEdge> {
    let mut edges: Vec<GraphEdge> = Vec::new();
    let mut add = |from: &str, to: &str, protocol: &str| {
        if !edges.iter().any(|edge| edge.from == from && edge.to == to) {
            edges.push(GraphEdge {
                from: from.to_string(),
                to: to.to_string(),
                protocol: protocol.to_string(),
                volatility: 0.0,
            });
        }
    };
    for operation in &model.operations {
        add(CLIENTS, &operation.service, Protocol::Http.as_str());
        for exchange in &operation.exchanges {
            if exchange.target == operation.service {
                continue;
            }
            // A step that touches nothing, such as BEGIN, is in no template; others of its edge are.
            let mut steps = operation.learned.template.steps.iter();
            let known = steps.find(|step| step.step.target == exchange.target);
            let spoken = known.map_or(Protocol::Http, |step| step.step.protocol);
            add(&operation.service, &exchange.target, spoken.as_str());
        }
    }
    edges
}

/// Gives each edge of the graph the volatility of its worst boundary.
pub fn paint(prediction: &mut Prediction) {
    for edge in &mut prediction.graph {
        let name = format!("{} -> {}", edge.from, edge.to);
        let here = prediction.boundaries.iter().filter(|b| b.edge == name);
        edge.volatility = here.map(|b| b.factors.volatility()).fold(0.0, f64::max);
    }
}
