//! `heisen predict`: what the spec describes, or what was learned of the running system, as a model
//! that the swarm simulates; and recorded traffic, described for the analyst.

mod arguments;
mod described;
mod filling;
mod learned;
mod recorded;
mod roles;
mod shapes;
mod ties;

use std::path::PathBuf;
use std::time::Instant;

use lab::Lab;
use model::{Boundary, DemandShape, Prediction, Service, Setup, System, Variable};
use predict::suspect::Unique;
use predict::swarm::{OperationModel, Role, ServiceModel};

pub use predict::log::Format;
pub use predict::swarm::{Model, SwarmPlan};

use crate::context::Context;
use crate::error::HuntError;
use crate::stage::Stage;
use described::Known;

/// Predicts from what the spec describes alone.
pub fn of_spec(system: &System, plan: &SwarmPlan) -> Result<Prediction, HuntError> {
    let mut known = Known::of(system);
    let operations = described::operations(system, &mut known);
    if operations.is_empty() {
        return Err(HuntError::Lacking(
            "no operation has `steps:`, so there is nothing to simulate; describe them, or learn them from the running system with --learn, or give recorded traffic with --log FILE"
                .to_string(),
        ));
    }
    let model = model_of(system, operations, known.unique(), &mut known.notes);
    let mut prediction = of_model(&model, plan);
    prediction.notes.splice(0..0, known.notes);
    Ok(prediction)
}

/// Predicts from what the running system does, through wires: its steps, how long they take, and how
/// often they are made before they are refused. What the spec describes is taken where nothing was
/// learned, and its traffic always. The stage is open and not raised; it is lowered at the end.
pub async fn of_running<L: Lab>(
    stage: &mut Stage<L>,
    setup: &Setup,
    context: &Context,
) -> Result<Model, HuntError> {
    let mut known = Known::of(&stage.system);
    let mut operations = learned::operations(stage, setup, context, &mut known.notes).await?;
    complete(
        &mut operations,
        described::operations(&stage.system, &mut known),
    );
    for note in known.notes.drain(..).collect::<Vec<_>>() {
        context.warn(note);
    }
    let unique = known.unique();
    let model = model_of(&stage.system, operations, unique, &mut known.notes);
    for note in known.notes {
        context.warn(note);
    }
    Ok(model)
}

/// Adds what is described of operations that were not learned. Their calls are by places among those
/// that are described, and are made to be by places among all.
fn complete(operations: &mut Vec<OperationModel>, described: Vec<OperationModel>) {
    let name = |model: &OperationModel| model.learned.operation.clone();
    let called: Vec<String> = described.iter().map(name).collect();
    let learned = operations.len();
    for described in described {
        if !operations
            .iter()
            .any(|known| name(known) == name(&described))
        {
            operations.push(described);
        }
    }
    let all: Vec<String> = operations.iter().map(name).collect();
    let place = |old: usize| all.iter().position(|name| called.get(old) == Some(name));
    for exchange in operations[learned..]
        .iter_mut()
        .flat_map(|o| &mut o.exchanges)
    {
        if let Role::Call(old) = exchange.role {
            exchange.role = place(old).map_or(Role::Plain, Role::Call);
        }
    }
}

/// Simulates a model.
pub fn of_model(model: &Model, plan: &SwarmPlan) -> Prediction {
    let began = Instant::now();
    let mut prediction = predict::swarm::predict(model, plan);
    if let Some(simulated) = &mut prediction.simulated {
        simulated.busy_us = began.elapsed().as_micros() as u64;
    }
    prediction
}

/// Predicts from recorded traffic; what a spec says of unique columns counts too.
pub fn of_logs(
    files: &[PathBuf],
    format: Option<Format>,
    system: Option<&System>,
) -> Result<Prediction, HuntError> {
    let unique = system.map_or_else(Vec::new, |system| Known::of(system).unique());
    Ok(recorded::Traffic::read(files, format)?.analyse(unique))
}

/// Two predictions of one system in one ranking.
pub fn merged(mut one: Prediction, other: Prediction) -> Prediction {
    one.boundaries.extend(other.boundaries);
    let volatility = |boundary: &Boundary| boundary.factors.volatility();
    // Stable: what is equally volatile stays in the order of its own ranking.
    one.boundaries
        .sort_by(|a, b| volatility(b).total_cmp(&volatility(a)));
    for (at, boundary) in one.boundaries.iter_mut().enumerate() {
        boundary.rank = at as u32 + 1;
    }
    one.graph.extend(other.graph);
    one.recorded = one.recorded.or(other.recorded);
    one.notes.extend(other.notes);
    one
}

/// The load that is taken where a spec says nothing of its traffic.
const REQUESTS: u64 = 200;
const WINDOW: std::time::Duration = std::time::Duration::from_millis(500);

/// Replicas that are told where the others are divide the work among them.
fn knows_its_peers(service: &Service) -> bool {
    let told = service.env.iter().map(|(_, value)| value);
    let mut holes = service.run.iter().chain(told).flat_map(|text| text.holes());
    holes.any(|hole| matches!(hole, Variable::Peers(of) if *of == service.name))
}

fn model_of(
    system: &System,
    operations: Vec<OperationModel>,
    unique: Vec<Unique>,
    notes: &mut Vec<String>,
) -> Model {
    let mut traffic = system.traffic.clone();
    if traffic.demands.is_empty() {
        notes.push(format!(
            "the spec has no `traffic:`; {REQUESTS} requests in {} ms of each operation are taken",
            WINDOW.as_millis()
        ));
        let all = operations.iter().map(|operation| model::Demand {
            operation: operation.learned.operation.clone(),
            shape: DemandShape::Burst {
                requests: REQUESTS,
                window: WINDOW,
            },
            keys: 1,
            skew: 0.0,
        });
        traffic.demands = all.collect();
    }
    for operation in &system.operations {
        let is_known = |model: &OperationModel| model.learned.operation == operation.name;
        if !operations.iter().any(is_known) {
            notes.push(format!(
                "{} has no steps and is not simulated",
                operation.name
            ));
        }
    }
    let services = system.services.iter().map(|service| ServiceModel {
        name: service.name.clone(),
        replicas: service.replicas,
        slots: service.slots,
        has_owners: knows_its_peers(service),
        slowness: service
            .limits
            .cpu
            .map_or(1.0, |cpu| (1000.0 / f64::from(cpu.0)).max(1.0)),
    });
    Model {
        services: services.collect(),
        operations,
        arguments: arguments::of(system),
        links: system.links.clone(),
        outages: system.outages.clone(),
        traffic,
        incidents: system.incidents.clone(),
        unique,
    }
}

/// A value as it stands in a statement.
fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use predict::suspect::Learned;
    use predict::swarm::Exchange;
    use predict::template::Template;

    fn operation(name: &str, roles: &[Role]) -> OperationModel {
        let exchange = |role: &Role| Exchange {
            target: "other".into(),
            step: None,
            footprint: predict::Footprint::default(),
            ties: vec![],
            work: vec![],
            takes: model::Latency::Measured(vec![1]),
            decides: false,
            on_miss: false,
            background: false,
            once: false,
            role: role.clone(),
        };
        OperationModel {
            service: "shop".into(),
            learned: Learned {
                operation: name.into(),
                args: vec![],
                template: Template::default(),
            },
            exchanges: roles.iter().map(exchange).collect(),
            tail: vec![],
            limit: None,
            arguments: vec![],
        }
    }

    #[test]
    fn calls_lead_to_the_same_operations_among_more() {
        let mut all = vec![operation("show", &[]), operation("charge", &[Role::Plain])];
        let described = vec![
            operation("charge", &[]),
            operation("refund", &[]),
            operation("buy", &[Role::Call(0), Role::Call(1)]),
        ];
        complete(&mut all, described);
        let names: Vec<&str> = all.iter().map(|o| o.learned.operation.as_str()).collect();
        assert_eq!(names, ["show", "charge", "refund", "buy"]);
        let roles: Vec<&Role> = all[3].exchanges.iter().map(|e| &e.role).collect();
        assert_eq!(roles, [&Role::Call(1), &Role::Call(2)]);
    }
}
