//! The stage: a system raised in a lab, its replicas reached directly or through wires.
//!
//! Backends stay up for the whole run; replicas are started anew for each [`Wiring`], because
//! where they reach their backends is part of their environment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use drive::Client;
use lab::state::StateClient;
use lab::{Blow, Lab, Place, ReplicaName, ReplicaPlan};
use model::{EventKind, LaneId, Service, System, Template, Variable, WireId};
use wire::{Recording, Wire, WireConfig};

use crate::conductor::Conductor;
use crate::context::Context;
use crate::error::HuntError;
use crate::wires;

/// How replicas reach what they call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wiring {
    /// Without wires: the baseline of the baseline.
    Direct,
    /// Through a wire on every edge of every lane.
    Wired,
}

/// Ids that each world has for its wires.
const WIRES_OF_A_WORLD: u16 = 4096;

/// A system that runs.
pub struct Stage<L: Lab> {
    lab: L,
    /// The system.
    pub system: System,
    context: Context,
    conductor: Arc<Conductor>,
    places: Vec<Place>,
    ports: BTreeMap<(String, u16), u16>,
    replicas: Vec<ReplicaName>,
    wires: Vec<Wire>,
    wires_opened: u16,
    state: StateClient,
    recording: Option<Recording>,
}

impl<L: Lab> Stage<L> {
    /// Starts the backends and finds a port for every replica; no replica runs yet. Wires of
    /// different worlds have different ids.
    pub async fn open(
        mut lab: L,
        system: System,
        world: u16,
        context: Context,
    ) -> Result<Stage<L>, HuntError> {
        let began = std::time::Instant::now();
        let places = match lab.provide(&system).await {
            Ok(places) => places,
            Err(error) => {
                lab.close().await?;
                return Err(error.into());
            }
        };
        for place in &places {
            context.emit(EventKind::Ready {
                what: place.name.clone(),
                address: place.address(),
                took_ms: began.elapsed().as_millis() as u64,
            });
        }
        let mut ports = BTreeMap::new();
        for service in &system.services {
            for index in 0..service.replicas {
                ports.insert((service.name.clone(), index), lab.reserve_port().await?);
            }
        }
        let services: Vec<(String, String)> = ports
            .iter()
            .filter(|((_, index), _)| *index == 0)
            .map(|((service, _), port)| (service.clone(), format!("127.0.0.1:{port}")))
            .collect();
        let state = StateClient::new(&places, &services)
            .map_err(|error| HuntError::State(error.to_string()))?;
        Ok(Stage {
            lab,
            system,
            context,
            conductor: Arc::new(Conductor::default()),
            places,
            ports,
            replicas: Vec::new(),
            wires: Vec::new(),
            wires_opened: world.saturating_mul(WIRES_OF_A_WORLD),
            state,
            recording: None,
        })
    }

    /// Records every step of the wires that are opened from now on.
    pub fn record(&mut self, recording: Recording) {
        self.recording = Some(recording);
    }

    /// Who directs the wires.
    pub fn conductor(&self) -> Arc<Conductor> {
        Arc::clone(&self.conductor)
    }

    /// Starts all replicas.
    pub async fn raise(&mut self, wiring: Wiring) -> Result<(), HuntError> {
        if wiring == Wiring::Wired {
            self.open_wires()?;
        }
        // What is called is started before who calls it.
        for service in self.in_order_of_need() {
            let plans: Vec<ReplicaPlan> = (0..service.replicas)
                .map(|index| self.plan(&service, index))
                .collect();
            self.replicas.extend(plans.iter().map(ReplicaPlan::name));
            for started in self.lab.start_all(plans).await? {
                for warning in started.warnings {
                    self.context.warn(warning);
                }
                self.context.emit(EventKind::Ready {
                    what: started.replica.to_string(),
                    address: started.address,
                    took_ms: started.took.as_millis() as u64,
                });
            }
        }
        Ok(())
    }

    /// Stops all replicas and closes all wires.
    pub async fn lower(&mut self) -> Result<(), HuntError> {
        self.report_deaths();
        for replica in std::mem::take(&mut self.replicas) {
            self.lab.stop(&replica).await?;
        }
        for wire in std::mem::take(&mut self.wires) {
            let id = wire.config().wire;
            self.context.emit(wires::closed(id, wire.close()));
        }
        Ok(())
    }

    /// Stops and removes everything.
    pub async fn close(mut self) -> Result<(), HuntError> {
        let lowered = self.lower().await;
        self.lab.close().await?;
        lowered
    }

    /// Tells of replicas that ended without being asked to; says whether there were any.
    pub fn report_deaths(&mut self) -> bool {
        let died = self.lab.died();
        for (replica, why) in &died {
            self.context.emit(EventKind::ReplicaDied {
                what: replica.to_string(),
                why: why.clone(),
            });
        }
        !died.is_empty()
    }

    /// Kills the replica that an operation's requests of this lane go to.
    pub async fn kill(&mut self, operation: &str, lane: LaneId) -> Result<(), HuntError> {
        if let Some(replica) = self.replica_for(operation, lane) {
            self.lab.kill(&replica, Blow::Kill).await?;
        }
        Ok(())
    }

    /// Starts that replica again.
    pub async fn revive(&mut self, operation: &str, lane: LaneId) -> Result<(), HuntError> {
        if let Some(replica) = self.replica_for(operation, lane) {
            self.lab.restart(&replica).await?;
        }
        Ok(())
    }

    fn replica_for(&self, operation: &str, lane: LaneId) -> Option<ReplicaName> {
        let operation = self.system.operation(operation)?;
        let service = self.system.service(&operation.service)?;
        Some(ReplicaName {
            service: service.name.clone(),
            index: lane.0 % service.replicas.max(1),
        })
    }

    /// The state of the system at rest.
    pub fn state(&mut self) -> &mut StateClient {
        &mut self.state
    }

    /// A client for the replica of a service that stands in a lane.
    pub fn client(&self, service: &str, lane: LaneId, patience: Duration) -> Option<Client> {
        let address = self.address(service, lane)?;
        Some(Client::new(&address.to_string(), patience))
    }

    /// Where the replica of a service that stands in a lane listens.
    pub fn address(&self, service: &str, lane: LaneId) -> Option<SocketAddr> {
        let replicas = self.system.service(service)?.replicas.max(1);
        let port = self.ports.get(&(service.to_string(), lane.0 % replicas))?;
        Some(SocketAddr::from(([127, 0, 0, 1], *port)))
    }

    /// Where backends and replicas can be reached: name and URL.
    pub fn addresses(&self) -> Vec<(String, String)> {
        let url = |place: &Place| match place.password() {
            // What a terminal shows, others may read.
            Some(_) => place.address(),
            None => place.url(),
        };
        let places = self
            .places
            .iter()
            .map(|place| (place.name.clone(), url(place)));
        let replicas = self.replicas.iter().filter_map(|replica| {
            let port = self.ports.get(&(replica.service.clone(), replica.index))?;
            Some((replica.to_string(), format!("http://127.0.0.1:{port}")))
        });
        places.chain(replicas).collect()
    }

    /// The wires that are open, with what they have carried.
    pub fn wires(&self) -> &[Wire] {
        &self.wires
    }

    fn open_wires(&mut self) -> Result<(), HuntError> {
        for edge in self.system.edges() {
            let replicas = self
                .system
                .service(edge.from)
                .map_or(0, |service| service.replicas);
            for index in 0..replicas {
                let wire = WireId(self.wires_opened);
                self.wires_opened += 1;
                let config = WireConfig {
                    wire,
                    lane: LaneId(index),
                    from: edge.from.to_string(),
                    target: edge.to.to_string(),
                    protocol: edge.protocol,
                    upstream: self.direct_address(edge.to, index),
                    listen_port: 0,
                    seed: self.context.seed,
                };
                let opened = Wire::open(config, self.conductor.clone(), self.recording.clone())?;
                self.context.emit(wires::opened(&opened));
                self.wires.push(opened);
            }
        }
        Ok(())
    }

    fn in_order_of_need(&self) -> Vec<Service> {
        let edges = self.system.edges();
        let mut ordered: Vec<Service> = Vec::new();
        let mut left: Vec<&Service> = self.system.services.iter().collect();
        while !left.is_empty() {
            let waits = |service: &Service| {
                edges.iter().any(|edge| {
                    edge.from == service.name
                        && edge.to != service.name
                        && left.iter().any(|other| other.name == edge.to)
                })
            };
            // Services that call each other in a ring have no right order: any will do.
            let at = left.iter().position(|service| !waits(service)).unwrap_or(0);
            ordered.push(left.remove(at).clone());
        }
        ordered
    }

    fn plan(&self, service: &Service, index: u16) -> ReplicaPlan {
        let fill = |template: &Template| {
            template.expand(|variable| self.fill(variable, &service.name, index))
        };
        ReplicaPlan {
            service: service.name.clone(),
            index,
            lane: LaneId(index),
            port: self.port(&service.name, index),
            words: service.run.iter().map(fill).collect(),
            env: service
                .env
                .iter()
                .map(|(name, value)| (name.clone(), fill(value)))
                .collect(),
            folder: self.system.folder.clone(),
            ready: service.ready.clone(),
            limits: service.limits,
        }
    }

    fn fill(&self, variable: &Variable, service: &str, index: u16) -> String {
        match variable {
            Variable::Port => self.port(service, index).to_string(),
            Variable::Replica => index.to_string(),
            Variable::Variant => self.system.variant.clone().unwrap_or_default(),
            Variable::Peers(of) => {
                let replicas = self
                    .system
                    .service(of)
                    .map_or(0, |service| service.replicas);
                let urls: Vec<String> = (0..replicas)
                    .map(|i| format!("http://127.0.0.1:{}", self.port(of, i)))
                    .collect();
                urls.join(",")
            }
            Variable::Url(of) | Variable::Host(of) | Variable::PortOf(of) => {
                let address = self.address_for(of, service, index);
                let (host, port) = address.rsplit_once(':').unwrap_or((&address, ""));
                match variable {
                    Variable::Host(_) => host.to_string(),
                    Variable::PortOf(_) => port.to_string(),
                    _ => match self.places.iter().find(|place| place.name == *of) {
                        Some(place) => place.url_at(host, port.parse().unwrap_or(0)),
                        None => format!("http://{address}"),
                    },
                }
            }
            // The spec lets these into requests only.
            Variable::Uuid | Variable::Now | Variable::Argument(_) => String::new(),
        }
    }

    /// Where a replica reaches a target: its own wire, if wires are open.
    fn address_for(&self, target: &str, service: &str, index: u16) -> String {
        let own = self.wires.iter().find(|wire| {
            let config = wire.config();
            config.target == target && config.from == service && config.lane == LaneId(index)
        });
        own.map_or_else(
            || self.direct_address(target, index),
            |wire| wire.address().to_string(),
        )
    }

    fn direct_address(&self, target: &str, lane: u16) -> String {
        if let Some(place) = self.places.iter().find(|place| place.name == target) {
            return place.address();
        }
        let replicas = self
            .system
            .service(target)
            .map_or(1, |service| service.replicas.max(1));
        format!("127.0.0.1:{}", self.port(target, lane % replicas))
    }

    fn port(&self, service: &str, index: u16) -> u16 {
        self.ports
            .get(&(service.to_string(), index))
            .copied()
            .unwrap_or(0)
    }
}
