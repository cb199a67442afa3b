//! The spec as a model to simulate: each described step is described once more, by the codec that
//! would see it on a wire, so that what it touches is what a wire would say.

use std::collections::HashMap;

use model::called::Routes;
use model::{
    Act, Backend, BackendSource, ConnectionId, DescribedStep, Distribution, Effect, LaneId,
    Latency, Operation, Protocol, Step, StepPattern, System, Transaction, WireId,
};
use predict::Ledger;
use predict::suspect::Learned;
use predict::swarm::{DeedTies, Exchange, OperationModel, Role};
use predict::template;
use wire::session::{Draft, Place};
use wire::text::{Describer, Language, Unique, unique};

use super::arguments;
use super::filling::{self, Filling};
use super::roles;
use super::ties::{self, Varied};

/// What is known of a system besides its spec: what its stores keep apart.
pub struct Known {
    /// By backend.
    unique: HashMap<String, Vec<Unique>>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// How long an exchange takes where nothing is said.
fn usual(protocol: Protocol) -> Latency {
    let median_us = match protocol {
        Protocol::Redis => 300,
        Protocol::Postgres => 600,
        Protocol::Http | Protocol::Tcp => 2_000,
    };
    Latency::Drawn(Distribution::Lognormal {
        median_us,
        sigma: 0.5,
    })
}

impl Known {
    /// Reads what prepares the backends, as far as it is there to be read.
    pub fn of(system: &System) -> Known {
        let mut known = Known {
            unique: HashMap::new(),
            notes: Vec::new(),
        };
        for backend in &system.backends {
            known.read(system, backend);
        }
        known
    }

    fn read(&mut self, system: &System, backend: &Backend) {
        let BackendSource::Provide { setup } = &backend.source else {
            return;
        };
        for file in setup {
            match std::fs::read_to_string(system.folder.join(file)) {
                Ok(text) => {
                    let found = unique(&text, Language::Postgres);
                    let all = self.unique.entry(backend.name.clone()).or_default();
                    all.extend(found);
                }
                Err(error) => self.notes.push(format!(
                    "{} cannot be read, so unique columns in it are not known: {error}",
                    file.display()
                )),
            }
        }
    }

    /// Columns that no two rows share, of all backends.
    pub fn unique(&self) -> Vec<predict::suspect::Unique> {
        let all = self.unique.values().flatten();
        all.map(|unique| predict::suspect::Unique {
            table: unique.table.clone(),
            columns: unique.columns.clone(),
        })
        .collect()
    }

    /// Whether the store takes such a row once only for one request, however often it is sent.
    fn takes_once(&self, target: &str, effects: &[Effect], ties: &[DeedTies]) -> bool {
        let Some(all) = self.unique.get(target) else {
            return false;
        };
        effects.iter().zip(ties).any(|(effect, ties)| {
            let is_tied = |column: &String| {
                let tie = ties.part.iter().find(|(known, _)| known == column);
                tie.map(|(_, tie)| *tie)
            };
            let of_table = all.iter().filter(|unique| unique.table == effect.resource);
            let mut covering = of_table.filter(|unique| {
                let ties: Option<Vec<_>> = unique.columns.iter().map(is_tied).collect();
                ties.is_some_and(|ties| ties.iter().any(|tie| tie.fresh))
            });
            effect.access.changes() && covering.next().is_some()
        })
    }
}

/// The operations that have steps.
pub fn operations(system: &System, known: &mut Known) -> Vec<OperationModel> {
    let described: Vec<Operation> = system
        .operations
        .iter()
        .filter(|operation| !operation.steps.is_empty())
        .cloned()
        .collect();
    let routes = Routes::of(&described);
    let mut models: Vec<OperationModel> = Vec::new();
    for operation in &described {
        let teller = Teller {
            system,
            operation,
            routes: &routes,
            known,
        };
        let (model, notes) = teller.tell();
        models.push(model);
        known.notes.extend(notes);
    }
    models
}

/// Tells one operation step by step.
struct Teller<'a> {
    system: &'a System,
    operation: &'a Operation,
    routes: &'a Routes<'a>,
    known: &'a Known,
}

/// A step in the words of its codec, filled in each way.
struct Told {
    drafts: Vec<Draft>,
    protocol: Protocol,
    target: String,
    call: Option<usize>,
}

impl Teller<'_> {
    fn tell(&self) -> (OperationModel, Vec<String>) {
        let places = arguments::places(self.system, self.operation);
        let fillings = filling::of(self.operation, &places);
        let mut sessions: HashMap<(usize, String), Describer> = HashMap::new();
        let mut ledger = Ledger::default();
        let mut template = template::Template::default();
        let mut exchanges: Vec<Exchange> = Vec::new();
        let mut work: Vec<Latency> = Vec::new();
        let mut effects: Vec<(Effect, DeedTies)> = Vec::new();
        let mut notes = Vec::new();
        for (ordinal, described) in self.operation.steps.iter().enumerate() {
            let Some(told) = self.ask(described, &fillings, &mut sessions) else {
                if let Act::Work(latency) = &described.act {
                    work.push(latency.clone());
                }
                continue;
            };
            let ties = self.ties(&told, &fillings);
            let step = step(&told, ordinal);
            effects.extend(step.effects.iter().cloned().zip(ties.iter().cloned()));
            let footprint = ledger.take(&step);
            let of_deed = |effect: &Effect| {
                let mut all = effects.iter().rev();
                let found = all.find(|(known, _)| known == effect);
                found.map(|(_, ties)| ties.clone()).unwrap_or_default()
            };
            let place = (!footprint.is_empty()).then_some(template.steps.len());
            exchanges.push(Exchange {
                target: told.target.clone(),
                step: place,
                ties: footprint
                    .deeds
                    .iter()
                    .map(|deed| of_deed(&deed.effect))
                    .collect(),
                footprint: footprint.clone(),
                work: std::mem::take(&mut work),
                takes: self.takes(described, &told, &mut notes),
                decides: described.decides,
                on_miss: described.on_miss,
                background: described.background,
                once: self.known.takes_once(&told.target, &step.effects, &ties),
                role: match told.call {
                    Some(call) => Role::Call(call),
                    None => roles::of_transaction(&step),
                },
            });
            if place.is_some() {
                template
                    .steps
                    .push(template_step(step, footprint, &ties, described));
            }
        }
        roles::find_locks(&mut exchanges, &template);
        number(&mut template);
        let model = OperationModel {
            service: self.operation.service.clone(),
            learned: Learned {
                operation: self.operation.name.clone(),
                args: self.operation.default_args(),
                template,
            },
            exchanges,
            tail: work,
            limit: self.operation.limit,
            arguments: places,
        };
        (model, notes)
    }

    /// Describes a step that asks something.
    fn ask(
        &self,
        described: &DescribedStep,
        fillings: &[Filling],
        sessions: &mut HashMap<(usize, String), Describer>,
    ) -> Option<Told> {
        let Act::Ask { target, command } = &described.act else {
            return None;
        };
        let protocol = self.system.protocol_of(target)?;
        let own_lock = *target == self.operation.service;
        let drafts = fillings.iter().enumerate().map(|(at, filling)| {
            let text = filling.fill(command);
            if let Some(draft) = own_lock.then(|| roles::own_lock(&text)).flatten() {
                return draft;
            }
            let session = sessions
                .entry((at, target.clone()))
                .or_insert_with(|| Describer::new(language(protocol)));
            session.describe(&text, &[])
        });
        let drafts: Vec<Draft> = drafts.collect();
        let is_lock = own_lock && roles::own_lock(&fillings[0].fill(command)).is_some();
        let call = match is_lock {
            true => None,
            false => self.routes.find(target, command),
        };
        Some(Told {
            drafts,
            protocol,
            target: target.clone(),
            call,
        })
    }

    fn ties(&self, told: &Told, fillings: &[Filling]) -> Vec<DeedTies> {
        let varied: Vec<Varied<'_>> = told
            .drafts
            .iter()
            .zip(fillings)
            .skip(1)
            .map(|(draft, filling)| Varied {
                argument: filling.argument,
                effects: &draft.effects,
            })
            .collect();
        ties::of(&told.drafts[0].effects, &varied)
    }

    fn takes(&self, described: &DescribedStep, told: &Told, notes: &mut Vec<String>) -> Latency {
        if let Some(takes) = &described.takes {
            return takes.clone();
        }
        if told.target == self.operation.service {
            return Latency::Drawn(Distribution::Fixed(0));
        }
        let is_ours =
            |link: &&model::Link| link.from == self.operation.service && link.to == told.target;
        let link = self.system.links.iter().find(is_ours);
        link.and_then(|link| link.latency.clone())
            .unwrap_or_else(|| {
                let note = format!(
                    "no latency is given for {} -> {}: a usual one of {} is taken",
                    self.operation.service, told.target, told.protocol
                );
                if !self.known.notes.contains(&note) && !notes.contains(&note) {
                    notes.push(note);
                }
                usual(told.protocol)
            })
    }
}

/// What is spoken, as texts have it.
pub fn language(protocol: Protocol) -> Language {
    match protocol {
        Protocol::Postgres => Language::Postgres,
        Protocol::Redis => Language::Redis,
        Protocol::Http | Protocol::Tcp => Language::Http,
    }
}

fn step(told: &Told, ordinal: usize) -> Step {
    told.drafts[0].clone().at(Place {
        wire: WireId(0),
        lane: LaneId(0),
        target: &told.target,
        protocol: told.protocol,
        connection: ConnectionId(0),
        ordinal: ordinal as u64,
    })
}

fn template_step(
    step: Step,
    footprint: predict::Footprint,
    ties: &[DeedTies],
    described: &DescribedStep,
) -> template::TemplateStep {
    let mut pattern = StepPattern::of(&step);
    if let Some(ties) = ties.first().filter(|ties| ties.named.fresh) {
        pattern.resource = model::schedule::one_word(&ties.resource);
    }
    template::TemplateStep {
        pattern,
        origins: Vec::new(),
        found_nothing: described.on_miss && step.transaction == Transaction::None,
        after_answer: described.background,
        always: !described.on_miss,
        footprint,
        step,
    }
}

/// Numbers steps of one name.
fn number(template: &mut template::Template) {
    let mut counts: HashMap<StepPattern, u32> = HashMap::new();
    for step in &mut template.steps {
        let count = counts.entry(step.pattern.clone()).or_default();
        *count += 1;
        step.pattern.occurrence = *count;
    }
}
