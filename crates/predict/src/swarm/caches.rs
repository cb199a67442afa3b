//! Caches in front of a database: who looks something up, fills the cache with it, and empties the
//! cache when it changes. Found in what operations do; nothing is declared.

use model::{Access, Protocol};

use super::families::{At, Families, deeds};
use super::model::{Exchange, Model};
use super::program::{CacheUse, Program};
use crate::footprint::Deed;

/// What an exchange does to one family of one kind of store.
struct Use {
    family: usize,
    looks: bool,
    writes: bool,
    /// It is set, whatever it was.
    sets: bool,
}

/// Marks the exchanges that read, fill and empty caches.
pub fn add(program: &mut Program, model: &Model, families: &Families) {
    for (cache, source) in fills(model, families) {
        for (at, operation) in model.operations.iter().enumerate() {
            let mut looked = None;
            for (index, exchange) in operation.exchanges.iter().enumerate() {
                let of = |protocol, family| {
                    uses(model, at, exchange, families, protocol)
                        .into_iter()
                        .find(|found| found.family == family)
                };
                let act = &mut program.operations[at].exchanges[index];
                if of(Protocol::Postgres, source).is_some_and(|found| found.looks) {
                    looked = Some(index);
                    act.notes = Some(source);
                }
                let Some(found) = of(Protocol::Redis, cache) else {
                    continue;
                };
                let verb = verb(model, at, exchange);
                act.cache = Some(match () {
                    () if !found.writes => CacheUse::Read { cache, source },
                    () if matches!(verb, "DEL" | "UNLINK" | "HDEL" | "EXPIRE") => {
                        CacheUse::Drop { cache }
                    }
                    () if looked.is_some() && found.sets => CacheUse::Fill {
                        cache,
                        source,
                        lasts: lasts(model, at, exchange),
                    },
                    // Counted up or down in step with the database.
                    () => continue,
                });
            }
        }
    }
}

/// Pairs of a cache and what it is filled from: an operation looks into the one, does not find it,
/// looks into the other, and sets the first.
fn fills(model: &Model, families: &Families) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, operation) in model.operations.iter().enumerate() {
        let (mut asked, mut looked): (Vec<usize>, Option<usize>) = (Vec::new(), None);
        for exchange in &operation.exchanges {
            for used in uses(model, at, exchange, families, Protocol::Postgres) {
                if used.looks && !asked.is_empty() {
                    looked = Some(used.family);
                }
            }
            for used in uses(model, at, exchange, families, Protocol::Redis) {
                let is_fill = used.sets && asked.contains(&used.family);
                match looked {
                    Some(source) if is_fill && !found.contains(&(used.family, source)) => {
                        found.push((used.family, source));
                    }
                    _ if used.looks && !used.writes => asked.push(used.family),
                    _ => {}
                }
            }
        }
    }
    found
}

fn uses(
    model: &Model,
    operation: usize,
    exchange: &Exchange,
    families: &Families,
    protocol: Protocol,
) -> Vec<Use> {
    let step = exchange.step.and_then(|step| {
        let steps = &model.operations[operation].learned.template.steps;
        steps.get(step).map(|step| &step.step)
    });
    if step.is_none_or(|step| step.protocol != protocol) {
        return Vec::new();
    }
    let used = deeds(exchange).filter_map(|(deed, ties): (&Deed, _)| {
        let (family, at) = families.place(deed, ties)?;
        let access = deed.effect.access;
        (at != At::Private && access != Access::Lock).then_some(Use {
            family,
            looks: deed.looks,
            writes: access.changes(),
            sets: access == Access::Write,
        })
    });
    used.collect()
}

fn verb<'a>(model: &'a Model, operation: usize, exchange: &Exchange) -> &'a str {
    let steps = &model.operations[operation].learned.template.steps;
    let step = exchange.step.and_then(|step| steps.get(step));
    step.map_or("", |step| step.step.verb.as_str())
}

/// `EX 60`, `PX 500`: how long what is set stays.
fn lasts(model: &Model, operation: usize, exchange: &Exchange) -> Option<u64> {
    let steps = &model.operations[operation].learned.template.steps;
    let step = &steps.get(exchange.step?)?.step;
    expiry_us(&step.text).map(|us| us.saturating_mul(1_000))
}

/// How long a Redis command lets a key live, in microseconds.
pub fn expiry_us(text: &str) -> Option<u64> {
    let words: Vec<String> = text
        .split_whitespace()
        .map(str::to_ascii_uppercase)
        .collect();
    let after = |word: &str| {
        let at = words.iter().position(|known| known == word)?;
        words.get(at + 1)?.parse::<u64>().ok()
    };
    let us = after("PX").map(|ms| ms.saturating_mul(1_000));
    us.or_else(|| after("EX").map(|s| s.saturating_mul(1_000_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiries_are_read() {
        assert_eq!(expiry_us("SET lock 1 NX PX 300"), Some(300_000));
        assert_eq!(expiry_us("set k v ex 2"), Some(2_000_000));
        assert_eq!(expiry_us("SET k v"), None);
    }
}
