//! What stands left of what: each node in the layer that the longest way to it leads to. Where
//! calls go round in a circle, the edge that closes it counts the other way round.

/// Each node's layer, and which edges lead back.
#[derive(Debug, PartialEq, Eq)]
pub struct Layers {
    /// From 0, by node.
    pub of: Vec<usize>,
    /// By edge: whether it is laid out from the called to the caller.
    pub back: Vec<bool>,
    /// How many layers there are.
    pub count: usize,
}

/// How far the search for circles is with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Not,
    Open,
    Done,
}

impl Layers {
    /// Clients stand alone at the left, and what calls nobody at the right.
    pub fn of(nodes: usize, edges: &[(usize, usize)], clients: Option<usize>) -> Layers {
        let back = back(nodes, edges, clients);
        let forward: Vec<(usize, usize)> = edges
            .iter()
            .zip(&back)
            .filter(|((from, to), _)| from != to)
            .map(|((from, to), back)| if *back { (*to, *from) } else { (*from, *to) })
            .collect();
        let first = usize::from(clients.is_some() && nodes > 1);
        let mut of = vec![first; nodes];
        if let Some(clients) = clients {
            of[clients] = 0;
        }
        // Without circles as many rounds as there are nodes settle it.
        for _ in 0..nodes {
            let mut is_settled = true;
            for (from, to) in &forward {
                if of[*to] <= of[*from] {
                    of[*to] = of[*from] + 1;
                    is_settled = false;
                }
            }
            if is_settled {
                break;
            }
        }
        let last = of.iter().copied().max().unwrap_or(0);
        for (node, layer) in of.iter_mut().enumerate() {
            let calls = forward.iter().any(|(from, _)| *from == node);
            let is_called = forward.iter().any(|(_, to)| *to == node);
            if is_called && !calls {
                *layer = last;
            }
        }
        Layers {
            of,
            back,
            count: last + 1,
        }
    }
}

/// The edges that close circles, found by walking from the clients, then from whom nobody calls,
/// then from the rest.
fn back(nodes: usize, edges: &[(usize, usize)], clients: Option<usize>) -> Vec<bool> {
    let mut back: Vec<bool> = edges.iter().map(|(_, to)| Some(*to) == clients).collect();
    let mut seen = vec![Seen::Not; nodes];
    let is_called = |node: usize| edges.iter().any(|(from, to)| *to == node && from != to);
    let roots = (0..nodes).filter(|node| !is_called(*node));
    for root in clients.into_iter().chain(roots).chain(0..nodes) {
        if seen[root] != Seen::Not {
            continue;
        }
        seen[root] = Seen::Open;
        // Each node on the way with the edge it goes on with.
        let mut way = vec![(root, 0)];
        while let Some((node, next)) = way.last_mut() {
            let Some(at) = (*next..edges.len()).find(|at| edges[*at].0 == *node) else {
                seen[*node] = Seen::Done;
                way.pop();
                continue;
            };
            *next = at + 1;
            let to = edges[at].1;
            match seen[to] {
                Seen::Open if to != *node => back[at] = true,
                Seen::Not if !back[at] => {
                    seen[to] = Seen::Open;
                    way.push((to, 0));
                }
                _ => {}
            }
        }
    }
    back
}
