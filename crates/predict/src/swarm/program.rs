//! The model made ready to run: names looked up, latencies as tables, and for each exchange just what
//! has to happen at its target. What nobody else can notice only takes time.

use model::{Isolation, Link, OutageKind, Protocol};

use super::choice::Choice;
use super::dice::{Nanos, Spread};
use super::families::{At, Families, Family, deeds};
use super::model::{Exchange, Model, Role};
use crate::suspect::{Window, windows};
use model::Label;

/// Windows that are counted; those least likely to be wrong are left out.
pub const WINDOWS_MAX: usize = 64;

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
    Fill { cache: usize, lasts: Option<Nanos> },
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

/// A duration as simulated time.
pub fn nanos(duration: std::time::Duration) -> Nanos {
    u64::try_from(duration.as_nanos()).unwrap_or(Nanos::MAX)
}

impl Program {
    pub fn of(model: &Model) -> Program {
        let families = Families::of(model);
        let outages = outages(model);
        let links = links(model, &outages);
        let mut program = Program {
            operations: (0..model.operations.len())
                .map(|at| operation(model, at, &families, &links))
                .collect(),
            services: model
                .services
                .iter()
                .map(|service| Service {
                    name: service.name.clone(),
                    replicas: service.replicas.max(1),
                    slots: service.slots,
                })
                .collect(),
            families: families.all.clone(),
            links,
            windows: Vec::new(),
            choices: model.arguments.iter().map(Choice::of).collect(),
            outages,
            steps_max: 0,
        };
        program.add_windows(model, &families);
        super::caches::add(&mut program, model, &families);
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

    fn add_windows(&mut self, model: &Model, families: &Families) {
        let learned: Vec<_> = model.operations.iter().map(|o| o.learned.clone()).collect();
        for window in windows(&learned, &model.unique) {
            if self.windows.len() == WINDOWS_MAX {
                break;
            }
            let Some(program) = window_program(model, families, window) else {
                continue;
            };
            let at = self.windows.len();
            let (one, other) = (program.window.one, program.window.other);
            let ends = exchange_of(model, other, program.window.between.1);
            self.operations[one].exchanges[program.first].opens.push(at);
            self.operations[one].exchanges[program.second]
                .closes
                .push(at);
            if let Some(ends) = ends {
                self.operations[other].exchanges[ends].enters.push(at);
            }
            self.windows.push(program);
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

/// The exchange of a template's step.
fn exchange_of(model: &Model, operation: usize, step: usize) -> Option<usize> {
    let mut exchanges = model.operations[operation].exchanges.iter();
    exchanges.position(|exchange| exchange.step == Some(step))
}

fn window_program(model: &Model, families: &Families, window: Window) -> Option<WindowProgram> {
    let first = exchange_of(model, window.one, window.first)?;
    let second = exchange_of(model, window.one, window.second)?;
    let begins = exchange_of(model, window.other, window.between.0)?;
    let ends = exchange_of(model, window.other, window.between.1)?;
    let opening = &model.operations[window.one].exchanges[first];
    let (deed, ties) = deeds(opening).find(|(deed, _)| deed.resource() == window.resource)?;
    let (family, a_at) = families.place(deed, ties)?;
    let of_b = model.operations[window.other].exchanges[begins.min(ends)..=ends.max(begins)]
        .iter()
        .flat_map(deeds)
        .filter_map(|(deed, ties)| families.place(deed, ties))
        .find(|(place, at)| *place == family && *at != At::Private);
    let isolation = step_of(model, window.one, window.first).and_then(|step| step.isolation);
    // What one has to itself nobody can come between.
    if a_at == At::Private {
        return None;
    }
    Some(WindowProgram {
        family,
        first,
        second,
        a_at,
        begins,
        b_at: of_b.map_or(At::Whole, |(_, at)| at),
        is_lock_order: window.label == Label::LockOrder,
        of_one_moment: isolation.is_some_and(Isolation::is_of_one_moment),
        window,
    })
}

fn step_of(model: &Model, operation: usize, step: usize) -> Option<&model::Step> {
    let steps = &model.operations[operation].learned.template.steps;
    steps.get(step).map(|step| &step.step)
}

fn operation(model: &Model, at: usize, families: &Families, links: &[LinkProgram]) -> Operation {
    let operation = &model.operations[at];
    let service = model.service(&operation.service).unwrap_or(0);
    let slowness = model.services.get(service).map_or(1.0, |s| s.slowness);
    let mut transaction = Standing::default();
    let mut acts: Vec<Act> = Vec::new();
    for exchange in &operation.exchanges {
        let step = exchange.step.and_then(|step| step_of(model, at, step));
        let isolation = step.and_then(|step| step.isolation).unwrap_or_default();
        transaction.take(&exchange.role, isolation);
        acts.push(Act {
            link: links.iter().position(|link| {
                link.from == Some(service) && link.link.to == exchange.target && link.matters()
            }),
            touches: touches(exchange, families, step),
            decides: match exchange.decides {
                true => looked_at(exchange, families),
                false => None,
            },
            in_transaction: transaction.is_open,
            ends_transaction: exchange.role == Role::End,
            snapshot: transaction.is_moment,
            isolation,
            ..plain(exchange, slowness)
        });
        transaction.is_open &= exchange.role != Role::End;
    }
    mark_taking(&mut acts, operation, families);
    let deeds = operation.exchanges.iter().flat_map(|e| &e.footprint.deeds);
    Operation {
        service,
        exchanges: acts,
        tail: spreads(&operation.tail, slowness),
        limit: operation
            .limit
            .map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)),
        arguments: operation.arguments.clone(),
        from_clients: links.iter().position(|link| {
            link.from.is_none() && link.link.to == operation.service && link.matters()
        }),
        is_effect: deeds.into_iter().any(|deed| deed.effect.access.changes()),
    }
}

/// Where an exchange stands in a transaction.
#[derive(Debug, Default)]
struct Standing {
    is_open: bool,
    has_moment: bool,
    /// The transaction's moment is here.
    is_moment: bool,
}

impl Standing {
    fn take(&mut self, role: &Role, isolation: Isolation) {
        if *role == Role::Begin {
            (self.is_open, self.has_moment) = (true, false);
        }
        let begins = *role == Role::Begin;
        self.is_moment =
            self.is_open && !begins && !self.has_moment && isolation.is_of_one_moment();
        self.has_moment |= self.is_moment;
    }
}

fn spreads(all: &[model::Latency], slowness: f64) -> Vec<Spread> {
    let spreads = all.iter().map(|latency| Spread::of(latency, slowness));
    spreads.filter(|spread| !spread.is_nothing()).collect()
}

/// An exchange as far as it does not depend on others.
fn plain(exchange: &Exchange, slowness: f64) -> Act {
    Act {
        work: spreads(&exchange.work, slowness),
        takes: Spread::of(&exchange.takes, 1.0),
        is_private: false,
        link: None,
        call: match exchange.role {
            Role::Call(operation) => Some(operation),
            _ => None,
        },
        touches: Vec::new(),
        decides: None,
        takes_one: None,
        on_miss: exchange.on_miss,
        background: exchange.background,
        once: exchange.once,
        in_transaction: false,
        ends_transaction: false,
        snapshot: false,
        isolation: Isolation::default(),
        role: exchange.role.clone(),
        cache: None,
        notes: None,
        opens: Vec::new(),
        closes: Vec::new(),
        enters: Vec::new(),
    }
}

/// The first exchange after the deciding one that changes what was decided by takes one of it, the
/// deciding one itself where it does; where none does, the last that changes anything.
fn mark_taking(acts: &mut [Act], operation: &super::model::OperationModel, families: &Families) {
    let Some((from, decided)) = acts
        .iter()
        .enumerate()
        .find_map(|(at, act)| act.decides.map(|decided| (at, decided)))
    else {
        return;
    };
    let changes = |at: &usize, family: Option<usize>| {
        let exchange = &operation.exchanges[*at];
        let mut all = deeds(exchange);
        all.any(|(deed, ties)| {
            let place = families.place(deed, ties).map(|(place, _)| place);
            deed.shows && (family.is_none() || place == family)
        })
    };
    let holds = deeds(&operation.exchanges[from])
        .any(|(deed, _)| deed.locks && deed.effect.access.changes());
    if holds {
        acts[from].takes_one = Some(decided);
        return;
    }
    let mut later = from..acts.len();
    let same = later.clone().find(|at| changes(at, Some(decided.0)));
    let taking = same.or_else(|| later.rfind(|at| changes(at, None)));
    if let Some(at) = taking {
        acts[at].takes_one = Some(decided);
    }
}

fn looked_at(exchange: &Exchange, families: &Families) -> Option<(usize, At)> {
    let mut all = deeds(exchange);
    all.find_map(|(deed, ties)| deed.looks.then(|| families.place(deed, ties))?)
}

/// What others can notice of an exchange besides windows: locks, and versions under snapshots.
fn touches(exchange: &Exchange, families: &Families, step: Option<&model::Step>) -> Vec<Touch> {
    let sql = step.is_some_and(|step| step.protocol == Protocol::Postgres);
    let inserts = step.is_some_and(|step| step.verb == "INSERT");
    let own = matches!(
        exchange.role,
        Role::WaitForLock | Role::TakeLock { .. } | Role::GiveLock { .. }
    );
    let mut found: Vec<Touch> = Vec::new();
    for (deed, ties) in deeds(exchange) {
        let Some((family, at)) = families.place(deed, ties) else {
            continue;
        };
        // New rows are nobody's yet.
        let locks = deed.locks && sql && at != At::Private && !(inserts && at == At::Whole);
        let touch = Touch {
            family,
            at,
            locks: locks || own,
            looks: deed.looks,
            shows: deed.shows,
        };
        let worth = touch.locks || sql && at != At::Private && (touch.looks || touch.shows);
        let is_known = found
            .iter_mut()
            .find(|known| (known.family, known.at) == (family, at));
        match is_known {
            Some(known) => {
                known.locks |= touch.locks;
                known.looks |= touch.looks;
                known.shows |= touch.shows;
            }
            None if worth => found.push(touch),
            None => {}
        }
    }
    found
}

fn links(model: &Model, outages: &[OutageProgram]) -> Vec<LinkProgram> {
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

impl CacheUse {
    /// Whether it is about this family.
    pub fn is_of(self, family: usize) -> bool {
        let (CacheUse::Read { cache, .. }
        | CacheUse::Fill { cache, .. }
        | CacheUse::Drop { cache }) = self;
        cache == family
    }
}

impl LinkProgram {
    /// Whether callers do anything there but wait for the reply.
    fn matters(&self) -> bool {
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

fn outages(model: &Model) -> Vec<OutageProgram> {
    let outages = model.outages.iter().map(|outage| OutageProgram {
        from: nanos(outage.from),
        upto: nanos(outage.from.saturating_add(outage.lasts)),
        kind: outage.kind,
        target: outage.target.clone(),
        service: model.service(&outage.target),
    });
    outages.collect()
}
