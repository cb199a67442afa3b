//! Links and outages made ready: which outage is felt on which edge.

use model::Link;

use super::model::Model;
use super::program::{LinkProgram, OutageProgram, nanos};

/// Outages that are simulated.
const OUTAGES_MAX: usize = 1_000;

pub fn links(model: &Model, outages: &[OutageProgram]) -> Vec<LinkProgram> {
    let of_link = |link: &Link| LinkProgram {
        from: model.service(&link.from),
        outages: (0..outages.len())
            .filter(|at| outages[*at].target == link.to)
            .collect(),
        link: link.clone(),
    };
    let mut links: Vec<LinkProgram> = model.links.iter().map(of_link).collect();
    // An outage is felt on every edge to its target, also where nothing else is said of it.
    for outage in outages {
        let callers = model.services.iter().map(|service| service.name.as_str());
        for from in callers.chain([model::described::CLIENTS]) {
            let is_known =
                |known: &LinkProgram| known.link.from == from && known.link.to == outage.target;
            if !links.iter().any(is_known) {
                links.push(of_link(&Link {
                    from: from.to_string(),
                    to: outage.target.clone(),
                    latency: None,
                    pool: None,
                    timeout: None,
                    retry: None,
                    breaker: None,
                }));
            }
        }
    }
    links
}

impl LinkProgram {
    /// Whether callers do anything there but wait for the reply.
    pub fn matters(&self) -> bool {
        let Link {
            pool,
            timeout,
            retry,
            breaker,
            ..
        } = &self.link;
        pool.is_some()
            || timeout.is_some()
            || retry.is_some()
            || breaker.is_some()
            || !self.outages.is_empty()
    }
}

pub fn outages(model: &Model) -> Vec<OutageProgram> {
    let outages = model
        .outages
        .iter()
        .take(OUTAGES_MAX)
        .map(|outage| OutageProgram {
            from: nanos(outage.from),
            upto: nanos(outage.from.saturating_add(outage.lasts)),
            kind: outage.kind,
            target: outage.target.clone(),
            service: model.service(&outage.target),
        });
    outages.collect()
}
