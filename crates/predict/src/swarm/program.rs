//! The model made ready to run: names looked up, latencies as tables, and for each exchange just what
//! has to happen at its target. What nobody else can notice only takes time.

use model::{Isolation, Link, OutageKind};

use super::acts::operation;
use super::choice::Choice;
use super::dice::{DURATION_NS_MAX, Nanos, Spread};
use super::edges::{links, outages};
use super::families::{At, Families, Family};
use super::model::{Model, Role};
use crate::suspect::Window;

/// Ready to run.
#[derive(Debug, Clone)]
pub struct Program {
    pub operations: Vec<Operation>,
    pub services: Vec<Service>,
    pub families: Vec<Family>,
    pub links: Vec<LinkProgram>,
    pub windows: Vec<WindowProgram>,
    pub choices: Vec<Choice>,
    pub outages: Vec<OutageProgram>,
    /// The most exchanges of an operation.
    pub steps_max: usize,
}

#[derive(Debug, Clone)]
pub struct Operation {
    pub service: usize,
    pub exchanges: Vec<Act>,
    pub tail: Vec<Spread>,
    pub limit: Option<u32>,
    pub arguments: Vec<usize>,
    /// The link by which clients come, if anything is said of it.
    pub from_clients: Option<usize>,
    /// It changes something that lasts.
    pub is_effect: bool,
}

#[derive(Debug, Clone)]
pub struct Service {
    pub name: String,
    pub replicas: u16,
    pub slots: Option<u64>,
    /// Each key has a replica of its own.
    pub has_owners: bool,
}

/// An exchange, ready to run.
#[derive(Debug, Clone)]
pub struct Act {
    pub work: Vec<Spread>,
    pub takes: Spread,
    /// Nobody else can notice it.
    pub is_private: bool,
    /// The link it goes over, if callers behave in any way there.
    pub link: Option<usize>,
    pub call: Option<usize>,
    pub touches: Vec<Touch>,
    /// The member it decides by.
    pub decides: Option<(usize, At)>,
    /// It takes one of these.
    pub takes_one: Option<(usize, At)>,
    pub on_miss: bool,
    pub background: bool,
    pub once: bool,
    pub in_transaction: bool,
    /// The BEGIN of the transaction at its target that it is part of.
    pub of_transaction: Option<usize>,
    pub ends_transaction: bool,
    /// The transaction's moment is here.
    pub snapshot: bool,
    pub isolation: Isolation,
    pub role: Role,
    pub cache: Option<CacheUse>,
    /// It reads a version that a later fill puts into a cache.
    pub notes: Option<usize>,
    /// Windows that it opens, closes, and comes into.
    pub opens: Vec<usize>,
    pub closes: Vec<usize>,
    pub enters: Vec<usize>,
}

/// What an exchange does to members of a family.
#[derive(Debug, Clone, Copy)]
pub struct Touch {
    pub family: usize,
    pub at: At,
    pub locks: bool,
    pub looks: bool,
    pub shows: bool,
}

/// What an exchange does to a cache that is filled from a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// Looks into it; the family it is filled from stands beside.
    Read { cache: usize, source: usize },
    /// Fills it.
    Fill {
        cache: usize,
        source: usize,
        lasts: Option<Nanos>,
    },
    /// Empties it.
    Drop { cache: usize },
}

#[derive(Debug, Clone)]
pub struct WindowProgram {
    pub window: Window,
    /// What they meet at.
    pub family: usize,
    /// A's exchanges.
    pub first: usize,
    pub second: usize,
    pub a_at: At,
    /// B's first exchange in between, and whom it is about.
    pub begins: usize,
    pub b_at: At,
    pub is_lock_order: bool,
    /// A sees the moment of its transaction, not that of the step.
    pub of_one_moment: bool,
}

#[derive(Debug, Clone)]
pub struct LinkProgram {
    pub link: Link,
    /// The calling service; none for clients.
    pub from: Option<usize>,
    /// An outage can stop what it leads to.
    pub outages: Vec<usize>,
}

#[derive(Debug, Clone)]
pub struct OutageProgram {
    pub from: Nanos,
    pub upto: Nanos,
    pub kind: OutageKind,
    pub target: String,
    pub service: Option<usize>,
}

/// A duration as simulated time; none is longer than [`DURATION_NS_MAX`].
pub fn nanos(duration: std::time::Duration) -> Nanos {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(DURATION_NS_MAX);
    nanos.min(DURATION_NS_MAX)
}

/// Locks of one family in all replicas, at most; more share some.
const LOCKS_MAX: u32 = 1 << 20;

/// There is always one, for operations of a service that nothing is said of.
fn services(model: &Model) -> Vec<Service> {
    let known = model.services.iter().map(|service| Service {
        name: service.name.clone(),
        replicas: service.replicas.max(1),
        slots: service.slots,
        has_owners: service.has_owners,
    });
    let mut all: Vec<Service> = known.collect();
    if all.is_empty() {
        all.push(Service {
            name: String::new(),
            replicas: 1,
            slots: None,
            has_owners: false,
        });
    }
    all
}

impl Program {
    pub fn of(model: &Model) -> Program {
        let choices: Vec<Choice> = model.arguments.iter().map(Choice::of).collect();
        let families = Families::of(model, &choices);
        let outages = outages(model);
        let links = links(model, &outages);
        let mut program = Program {
            operations: (0..model.operations.len())
                .map(|at| operation(model, at, &families, &links))
                .collect(),
            services: services(model),
            families: families.all.clone(),
            links,
            windows: Vec::new(),
            choices,
            outages,
            steps_max: 0,
        };
        program.add_windows(model, &families);
        super::caches::add(&mut program, model, &families);
        program.place_own_locks();
        program.forget_what_nobody_notices();
        for operation in &mut program.operations {
            for act in &mut operation.exchanges {
                act.is_private = act.is_noticed_by_nobody();
            }
        }
        let lengths = program.operations.iter().map(|o| o.exchanges.len());
        program.steps_max = lengths.max().unwrap_or(0).max(1);
        program
    }

    /// A lock of a service's own keeps out who comes to the same replica.
    fn place_own_locks(&mut self) {
        for operation in &self.operations {
            let replicas = self.services[operation.service].replicas;
            let own = operation.exchanges.iter();
            let own = own.filter(|act| act.role == Role::WaitForLock);
            for touch in own.flat_map(|act| &act.touches) {
                let family = &mut self.families[touch.family];
                family.replicas = replicas
                    .min(u16::try_from(LOCKS_MAX / (family.members + 2)).unwrap_or(u16::MAX))
                    .max(1);
            }
        }
    }

    /// A lock that nobody holds for longer than a moment keeps nobody waiting, and versions matter
    /// to those only who see the moment of their transaction, and to caches.
    fn forget_what_nobody_notices(&mut self) {
        let families = self.families.len();
        let (mut held, mut versioned) = (vec![false; families], vec![false; families]);
        let acts = || self.operations.iter().flat_map(|o| &o.exchanges);
        for act in acts() {
            let is_own = !matches!(act.role, Role::Plain | Role::Begin | Role::End);
            for touch in &act.touches {
                held[touch.family] |= touch.locks && (act.in_transaction || is_own);
                versioned[touch.family] |= act.isolation.is_of_one_moment();
            }
            if let Some(source) = act.notes {
                versioned[source] = true;
            }
        }
        let all = self.operations.iter_mut().flat_map(|o| &mut o.exchanges);
        for act in all {
            for touch in &mut act.touches {
                touch.locks &= held[touch.family];
            }
            act.touches
                .retain(|touch| touch.locks || versioned[touch.family]);
        }
    }
}

impl Act {
    fn is_noticed_by_nobody(&self) -> bool {
        self.touches.is_empty()
            && self.link.is_none()
            && self.call.is_none()
            && self.decides.is_none()
            && self.takes_one.is_none()
            && self.cache.is_none()
            && self.notes.is_none()
            && !self.on_miss
            && !self.background
            && !self.once
            && !self.ends_transaction
            && !self.snapshot
            && matches!(self.role, Role::Plain | Role::Begin)
            && self.opens.is_empty()
            && self.closes.is_empty()
            && self.enters.is_empty()
    }
}
impl CacheUse {
    /// Whether it is about this family.
    pub fn is_of(self, family: usize) -> bool {
        let (CacheUse::Read { cache, .. }
        | CacheUse::Fill { cache, .. }
        | CacheUse::Drop { cache }) = self;
        cache == family
    }
}
