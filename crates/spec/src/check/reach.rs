//! What hangs together: every backend is told to some service, every service is reached by some
//! operation, every incident lies on an edge. Edges of all variants count. Of what is only
//! described nothing is asked for: its edges are those that steps and `edges:` speak of.

use model::described::CLIENTS;
use model::{Act, BackendSource, System, Variable};

use crate::error::Problems;
use crate::raw::RawSpec;

/// Checks the whole in all its forms.
pub fn check(raw: &RawSpec, forms: &[System], problems: &mut Problems) {
    let told = all_edges(forms);
    let described = described_edges(forms);
    let runs = |name: &str| forms.iter().any(|system| is_run(system, name));
    for name in raw.backends.iter().flat_map(|entries| entries.names()) {
        let mut told_to = told.iter().filter(|(_, to)| *to == name.value);
        let mut described_to = described.iter().filter(|(_, to)| *to == name.value);
        let by_described = described_to.any(|(from, _)| !runs(from));
        if told_to.next().is_none() && !by_described && runs(&name.value) {
            let message = format!(
                "no service is told where backend `{}` is, so no wire would see it",
                name.value
            );
            let help = format!(
                "put ${{{}.url}} into the `env` or `run` of the service that uses it",
                name.value
            );
            problems.add(name.span, message, "", help);
        }
    }
    let mut edges = told;
    edges.extend(described);
    edges.sort_unstable();
    edges.dedup();
    let reached = reached(forms, &edges);
    for name in raw.services.names() {
        if !reached.contains(&name.value.as_str()) && runs(&name.value) {
            let message = format!(
                "service `{}` has no operation, and no service with one calls it",
                name.value
            );
            let help = format!(
                "add an operation with `request: POST {0} /path`, or put ${{{0}.url}} into the `env` of a service that calls it",
                name.value
            );
            problems.add(name.span, message, "", help);
        }
    }
    incidents(raw, forms, &edges, problems);
}

/// Whether a backend or service is more than described.
fn is_run(system: &System, name: &str) -> bool {
    let service = system.service(name).map(|service| !service.run.is_empty());
    let backend = || {
        let backend = system.backend(name);
        backend.map(|backend| backend.source != BackendSource::Described)
    };
    service.or_else(backend).unwrap_or(false)
}

/// Who calls whom by what is described. What a service asks itself counts too: its replicas.
fn described_edges(forms: &[System]) -> Vec<(&str, &str)> {
    let mut edges = Vec::new();
    for system in forms {
        let links = system.links.iter().filter(|link| link.from != CLIENTS);
        edges.extend(links.map(|link| (link.from.as_str(), link.to.as_str())));
        for operation in &system.operations {
            let targets = operation.steps.iter().filter_map(|step| match &step.act {
                Act::Ask { target, .. } => Some(target.as_str()),
                Act::Work(_) => None,
            });
            edges.extend(targets.map(|target| (operation.service.as_str(), target)));
        }
    }
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Who calls whom in any form. Peers count: replicas that are told of each other talk.
fn all_edges(forms: &[System]) -> Vec<(&str, &str)> {
    let mut edges = Vec::new();
    for system in forms {
        edges.extend(system.edges().iter().map(|edge| (edge.from, edge.to)));
        for service in &system.services {
            let templates = service
                .run
                .iter()
                .chain(service.env.iter().map(|(_, value)| value));
            edges.extend(
                templates
                    .flat_map(|template| template.holes())
                    .filter_map(|hole| match hole {
                        Variable::Peers(of) => Some((service.name.as_str(), of.as_str())),
                        _ => None,
                    }),
            );
        }
    }
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Services that an operation goes to, or that such a service calls, and so on.
fn reached<'a>(forms: &'a [System], edges: &[(&'a str, &'a str)]) -> Vec<&'a str> {
    let mut reached: Vec<&str> = Vec::new();
    let mut waiting: Vec<&str> = forms
        .iter()
        .flat_map(|system| &system.operations)
        .map(|operation| operation.service.as_str())
        .collect();
    while let Some(service) = waiting.pop() {
        if !reached.contains(&service) {
            reached.push(service);
            waiting.extend(
                edges
                    .iter()
                    .filter(|(from, _)| *from == service)
                    .map(|(_, to)| *to),
            );
        }
    }
    reached
}

fn incidents(raw: &RawSpec, forms: &[System], edges: &[(&str, &str)], problems: &mut Problems) {
    let Some(system) = forms.first() else { return };
    for (incident, written) in system.incidents.iter().zip(raw.incidents.iter().flatten()) {
        let (from, to) = (incident.edge.0.as_str(), incident.edge.1.as_str());
        if !edges.contains(&(from, to)) {
            let known: Vec<String> = edges
                .iter()
                .map(|(from, to)| format!("{from} -> {to}"))
                .collect();
            let message = format!("`{from}` does not call `{to}`");
            problems.add(
                written.edge.span,
                message,
                "",
                format!("edges: {}", known.join(", ")),
            );
        }
    }
}
