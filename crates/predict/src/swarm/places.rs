//! Places for what requests share: one for each member of a family, one for all of them, and one for
//! any. What no exchange asks for has none.

use model::Isolation;

use super::links::LinkState;
use super::locks::Lock;
use super::program::{Act, Program};
use super::world::{Cached, Cell, Mark, NOBODY, Replica};

/// Nobody came by.
const NOBODY_CAME: [Mark; 2] = [Mark {
    begun: 0,
    by: NOBODY,
}; 2];

fn places(program: &Program, family: usize) -> usize {
    program.families[family].members as usize + 2
}

/// Places in those families that some exchange wants.
fn wanted<T: Clone>(
    program: &Program,
    empty: &T,
    wants: impl Fn(&Act, usize) -> bool,
) -> Vec<Vec<T>> {
    let is_wanted = |family: usize| {
        let mut acts = program.operations.iter().flat_map(|o| &o.exchanges);
        acts.any(|act| wants(act, family))
    };
    let families = 0..program.families.len();
    families
        .map(|family| match is_wanted(family) {
            true => vec![empty.clone(); places(program, family)],
            false => Vec::new(),
        })
        .collect()
}

fn touches(act: &Act, family: usize) -> bool {
    act.touches.iter().any(|touch| touch.family == family)
}

/// Of a service's own locks there are some in each replica.
pub fn locks(program: &Program) -> Vec<Vec<Lock>> {
    let mut all = wanted(program, &Lock::default(), |act, family| {
        let mut touches = act.touches.iter();
        touches.any(|touch| touch.locks && touch.family == family)
    });
    for (locks, family) in all.iter_mut().zip(&program.families) {
        let places = locks.len() * usize::from(family.replicas);
        locks.resize(places, Lock::default());
    }
    all
}

pub fn cells(program: &Program) -> Vec<Vec<Cell>> {
    wanted(program, &Cell::default(), |act, family| {
        act.notes == Some(family) || touches(act, family)
    })
}

pub fn caches(program: &Program) -> Vec<Vec<Cached>> {
    wanted(program, &Cached::default(), |act, family| {
        act.cache.is_some_and(|used| used.is_of(family))
    })
}

pub fn taken(program: &Program) -> Vec<Vec<(u32, u32)>> {
    wanted(program, &(0, 0), |act, family| {
        act.decides.is_some_and(|(of, _)| of == family)
    })
}

/// Who looks at what SERIALIZABLE transactions look at or change.
pub fn readers(program: &Program) -> Vec<Vec<[Mark; 2]>> {
    wanted(program, &NOBODY_CAME, |act, family| {
        act.isolation == Isolation::Serializable && touches(act, family)
    })
}

/// Who came into each window.
pub fn marks(program: &Program) -> Vec<Vec<[Mark; 2]>> {
    let windows = program.windows.iter();
    windows
        .map(|window| vec![NOBODY_CAME; places(program, window.family)])
        .collect()
}

pub fn replicas(program: &Program) -> Vec<Vec<Replica>> {
    let services = program.services.iter();
    services
        .map(|service| vec![Replica::default(); usize::from(service.replicas)])
        .collect()
}

/// Each link, as each replica of its caller has it.
pub fn links(program: &Program) -> Vec<Vec<LinkState>> {
    let callers = program
        .links
        .iter()
        .map(|link| link.from.map_or(1, |from| program.services[from].replicas));
    callers
        .map(|replicas| vec![LinkState::default(); usize::from(replicas)])
        .collect()
}
