//! The nodes and edges that are drawn. However many there are, a picture has room for some.

use std::cmp::Ordering;

use model::described::CLIENTS;
use model::prediction::GraphEdge;

/// Nodes and edges drawn; the least volatile are left out.
const NODES_MAX: usize = 32;
const EDGES_MAX: usize = 80;

/// What is drawn.
#[derive(Debug, Default)]
pub struct Graph<'a> {
    /// Names, in the order they are first told.
    pub nodes: Vec<&'a str>,
    /// Caller and called, as places among the nodes, with the edge itself.
    pub edges: Vec<(usize, usize, &'a GraphEdge)>,
    /// Edges left out.
    pub hidden: usize,
}

impl<'a> Graph<'a> {
    /// Takes the most volatile edges as long as there is room, and draws them as they were told.
    pub fn of(all: &'a [GraphEdge]) -> Graph<'a> {
        let mut order: Vec<usize> = (0..all.len()).collect();
        // What is no number says nothing of an edge.
        let weight = |at: &usize| Some(all[*at].volatility).filter(|it| it.is_finite());
        order.sort_by(|one, other| {
            weight(other)
                .partial_cmp(&weight(one))
                .unwrap_or(Ordering::Equal)
        });
        let mut graph = Graph::default();
        let mut taken = Vec::new();
        for at in order {
            let edge = &all[at];
            let new = [&edge.from, &edge.to];
            let new = new.iter().filter(|name| graph.node(name).is_none()).count();
            if taken.len() >= EDGES_MAX || graph.nodes.len() + new > NODES_MAX {
                graph.hidden += 1;
                continue;
            }
            graph.name(&edge.from);
            graph.name(&edge.to);
            taken.push(at);
        }
        taken.sort_unstable();
        graph.nodes.clear();
        for at in taken {
            let edge = &all[at];
            let (from, to) = (graph.name(&edge.from), graph.name(&edge.to));
            graph.edges.push((from, to, edge));
        }
        graph
    }

    /// Where those outside stand.
    pub fn clients(&self) -> Option<usize> {
        self.node(CLIENTS)
    }

    fn node(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|known| *known == name)
    }

    fn name(&mut self, name: &'a str) -> usize {
        self.node(name).unwrap_or_else(|| {
            self.nodes.push(name);
            self.nodes.len() - 1
        })
    }
}
