//! Exchanges made ready: of each, what others can notice, where it stands in a transaction, and how
//! long it takes.

use model::{Access, Isolation, Protocol};

use super::dice::Spread;
use super::families::{At, Families, deeds};
use super::model::{DeedTies, Exchange, Model, OperationModel, Role};
use super::program::{Act, LinkProgram, Operation, Touch};
use super::windows::step_of;
use crate::footprint::Deed;
use crate::suspect::Unique;

pub fn operation(
    model: &Model,
    at: usize,
    families: &Families,
    links: &[LinkProgram],
) -> Operation {
    let operation = &model.operations[at];
    let service = model.service(&operation.service).unwrap_or(0);
    let slowness = model.services.get(service).map_or(1.0, |s| s.slowness);
    let mut transaction = Standing::default();
    let mut acts: Vec<Act> = Vec::new();
    for (index, exchange) in operation.exchanges.iter().enumerate() {
        let step = exchange.step.and_then(|step| step_of(model, at, step));
        let told = step.and_then(|step| step.isolation);
        transaction.take(exchange, index, told);
        let is_part = transaction.is_open && exchange.target == transaction.target;
        acts.push(Act {
            link: links.iter().position(|link| {
                link.from == Some(service) && link.link.to == exchange.target && link.matters()
            }),
            touches: touches(exchange, families, step, &model.unique),
            decides: match exchange.decides {
                true => looked_at(exchange, families),
                false => None,
            },
            in_transaction: transaction.is_open,
            of_transaction: is_part.then_some(transaction.begins),
            ends_transaction: exchange.role == Role::End,
            snapshot: transaction.is_moment,
            isolation: match is_part {
                true => transaction.isolation,
                false => told.unwrap_or_default(),
            },
            call: match exchange.role {
                Role::Call(called) if called < model.operations.len() => Some(called),
                _ => None,
            },
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
    /// Where it was opened, and the place of its BEGIN.
    target: String,
    begins: usize,
    /// As its statements tell it.
    isolation: Isolation,
    has_moment: bool,
    /// The transaction's moment is here.
    is_moment: bool,
}

impl Standing {
    fn take(&mut self, exchange: &Exchange, index: usize, told: Option<Isolation>) {
        let begins = exchange.role == Role::Begin;
        if begins {
            *self = Standing {
                is_open: true,
                target: exchange.target.clone(),
                begins: index,
                ..Standing::default()
            };
        }
        let is_part = self.is_open && exchange.target == self.target;
        if let (true, Some(told)) = (is_part, told) {
            self.isolation = told;
        }
        self.is_moment =
            is_part && !begins && !self.has_moment && self.isolation.is_of_one_moment();
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
        call: None,
        touches: Vec::new(),
        decides: None,
        takes_one: None,
        on_miss: exchange.on_miss,
        background: exchange.background,
        once: exchange.once,
        in_transaction: false,
        of_transaction: None,
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
fn mark_taking(acts: &mut [Act], operation: &OperationModel, families: &Families) {
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
fn touches(
    exchange: &Exchange,
    families: &Families,
    step: Option<&model::Step>,
    unique: &[Unique],
) -> Vec<Touch> {
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
        // A new row is nobody's yet, but for who makes the same one.
        let is_new = inserts && deed.effect.access == Access::Write;
        let is_free = is_new && !(at == At::Keyed && is_unique(deed, ties, unique));
        let locks = deed.locks && sql && !is_free || own;
        let touch = Touch {
            family,
            at,
            locks: locks && at != At::Private,
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

/// Whether a row has to be the only one with the values that it is tied to.
fn is_unique(deed: &Deed, ties: &DeedTies, unique: &[Unique]) -> bool {
    let is_tied = |column: &String| {
        let tie = ties.part.iter().find(|(known, _)| known == column);
        tie.is_some_and(|(_, tie)| tie.arguments != 0 && !tie.fresh)
    };
    let mut of_table = unique
        .iter()
        .filter(|unique| unique.is_of(&deed.effect.resource));
    of_table.any(|unique| unique.columns.iter().all(is_tied))
}
