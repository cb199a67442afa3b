use model::prediction::GraphEdge;

use super::layers::Layers;
use super::pick::Graph;
use super::place::{PORT_PX, Places};
use super::*;

fn edge(from: &str, to: &str) -> GraphEdge {
    GraphEdge {
        from: from.into(),
        to: to.into(),
        protocol: "http".into(),
        volatility: 0.0,
    }
}

/// Names with their layers, as `clients 0, app 1`.
fn layered(edges: &[(&str, &str)]) -> String {
    let edges: Vec<GraphEdge> = edges.iter().map(|(from, to)| edge(from, to)).collect();
    let graph = Graph::of(&edges);
    let layers = layers_of(&graph);
    let told = graph.nodes.iter().zip(&layers.of);
    let told = told.map(|(name, layer)| format!("{name} {layer}"));
    told.collect::<Vec<_>>().join(", ")
}

fn layers_of(graph: &Graph) -> Layers {
    let ends: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .map(|(from, to, _)| (*from, *to))
        .collect();
    Layers::of(graph.nodes.len(), &ends, graph.clients())
}

#[test]
fn the_longest_way_counts() {
    for (edges, expected) in [
        (vec![("app", "db")], "app 0, db 1"),
        (
            vec![("clients", "a"), ("a", "b"), ("b", "db"), ("a", "cache")],
            "clients 0, a 1, b 2, db 3, cache 3",
        ),
        // Who is called by nobody is no client.
        (
            vec![("worker", "db"), ("clients", "app"), ("app", "db")],
            "worker 1, db 2, clients 0, app 1",
        ),
        // Circles.
        (
            vec![("clients", "a"), ("a", "b"), ("b", "a")],
            "clients 0, a 1, b 2",
        ),
        (vec![("a", "b"), ("b", "c"), ("c", "a")], "a 0, b 1, c 2"),
        (vec![("a", "a")], "a 0"),
        (vec![("clients", "a"), ("a", "clients")], "clients 0, a 1"),
        (vec![("clients", "clients")], "clients 0"),
    ] {
        assert_eq!(layered(&edges), expected, "{edges:?}");
    }
}

/// A graph of twenty nodes, like a system somebody has.
fn system() -> Vec<GraphEdge> {
    let mut edges = vec![edge("clients", "gateway"), edge("clients", "admin")];
    for service in 0..9 {
        let name = format!("service {service}");
        edges.push(edge(
            if service % 4 == 3 { "admin" } else { "gateway" },
            &name,
        ));
        edges.push(edge(&name, &format!("db {}", service % 5)));
        edges.push(edge(&name, "cache"));
        edges.push(edge(&name, &format!("service {}", (service * 5 + 2) % 9)));
        if service % 3 == 0 {
            edges.push(edge(&name, "broker"));
            edges.push(edge(&name, &name));
        }
    }
    edges
}

#[test]
fn nothing_stands_on_anything_else() {
    let edges = system();
    let graph = Graph::of(&edges);
    assert_eq!((graph.nodes.len(), graph.hidden), (19, 0));
    let ends: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .map(|(from, to, _)| (*from, *to))
        .collect();
    let layers = layers_of(&graph);
    let places = Places::of(graph.nodes.len(), &ends, &layers);
    for (at, one) in places.slots.iter().enumerate() {
        assert!(one.middle - one.height / 2.0 >= -0.001, "above the picture");
        assert!(
            one.middle + one.height / 2.0 <= places.height + 0.001,
            "below it"
        );
        for other in &places.slots[at + 1..] {
            let apart = (one.middle - other.middle).abs();
            let room = (one.height + other.height) / 2.0;
            assert!(
                one.layer != other.layer || apart >= room,
                "{one:?} on {other:?}"
            );
        }
    }
    // Labels stand beside the right ends of edges: at one node they are a port apart, at two
    // nodes of one layer at least as far.
    let labelled: Vec<(usize, f64)> = (0..ends.len())
        .filter(|at| !places.ways[*at].is_empty())
        .map(|at| {
            let last = places.ways[at][places.ways[at].len() - 1];
            (places.slots[last].layer, places.port(at, false))
        })
        .collect();
    for (at, (layer, height)) in labelled.iter().enumerate() {
        for (other, beside) in &labelled[at + 1..] {
            let apart = (height - beside).abs();
            assert!(
                layer != other || apart >= PORT_PX - 0.001,
                "{height} beside {beside}"
            );
        }
    }
}

#[test]
fn a_picture_has_room_for_some() {
    let mut edges: Vec<GraphEdge> = (0..500).map(|at| edge(&format!("a{at}"), "db")).collect();
    edges[499].volatility = 0.5;
    let graph = Graph::of(&edges);
    assert_eq!(
        (graph.nodes.len(), graph.edges.len(), graph.hidden),
        (32, 31, 469)
    );
    assert!(
        graph.nodes.contains(&"a499"),
        "the most volatile one is drawn"
    );
}

#[test]
fn steps_of_colour() {
    for (volatility, expected) in [
        (0.0, 0),
        (-1.0, 0),
        (f64::NAN, 0),
        (1e-7, 1),
        (0.001, 2),
        (0.05, 3),
        (0.1, 4),
        (40.0, 4),
    ] {
        assert_eq!(step_of(volatility), expected, "{volatility}");
    }
}
