//! What lasts of an exchange: versions of rows, what is taken of a limit, what caches say.

use model::Isolation;

use super::dice::Nanos;
use super::program::{Act, CacheUse};
use super::world::{Cached, World};

impl World<'_> {
    /// What another has changed since the moment of the transaction: a row that is to be written, or
    /// one that a SERIALIZABLE transaction looked at.
    pub(super) fn changed_meanwhile(&mut self, id: u32, act: &Act) -> Option<usize> {
        for touch in &act.touches {
            let place = self.place(id, touch.family, touch.at);
            if touch.locks && self.is_younger(id, touch.family, place) {
                return Some(touch.family);
            }
            if touch.looks && act.isolation == Isolation::Serializable {
                self.requests[id as usize]
                    .looked
                    .push((touch.family as u32, place));
            }
        }
        if !act.ends_transaction || act.isolation != Isolation::Serializable {
            return None;
        }
        let looked = std::mem::take(&mut self.requests[id as usize].looked);
        let mut all = looked.into_iter();
        all.find(|(family, place)| self.is_younger(id, *family as usize, *place))
            .map(|(family, _)| family as usize)
    }

    fn is_younger(&self, id: u32, family: usize, place: u32) -> bool {
        let request = &self.requests[id as usize];
        let cell = self.cells[family].get(place as usize);
        cell.is_some_and(|cell| cell.changed_at > request.snapshot && cell.by != request.serial)
    }

    /// What lasts of an exchange: versions, what is taken of a limit, caches.
    pub(super) fn change(&mut self, id: u32, act: &Act, operation: usize, at: Nanos) {
        for touch in act.touches.iter().filter(|touch| touch.shows) {
            let place = self.place(id, touch.family, touch.at) as usize;
            let serial = self.requests[id as usize].serial;
            if let Some(cell) = self.cells[touch.family].get_mut(place) {
                cell.version = cell.version.wrapping_add(1);
                cell.changed_at = at;
                cell.by = serial;
            }
        }
        if let Some((family, which)) = act.takes_one {
            let place = self.place(id, family, which) as usize;
            let round = self.round;
            let taken = &mut self.taken[family][place];
            *taken = match taken.0 == round {
                true => (round, taken.1 + 1),
                false => (round, 1),
            };
            let limit = self.program.operations[operation].limit;
            self.over[operation] |= limit.is_some_and(|limit| taken.1 > limit);
        }
        if let Some(source) = act.notes {
            let place = self.keyed_place(id, source) as usize;
            let version = self.cells[source].get(place).map_or(0, |cell| cell.version);
            self.requests[id as usize].noted = version;
        }
        if let Some(used) = act.cache {
            self.use_cache(id, used, at);
        }
    }

    fn use_cache(&mut self, id: u32, used: CacheUse, at: Nanos) {
        let round = self.round;
        match used {
            CacheUse::Read { cache, source } => {
                let place = self.keyed_place(id, cache) as usize;
                let cached = self.caches[cache][place];
                let found = cached.round == round && cached.until > at;
                self.requests[id as usize].found = found;
                let now = self.keyed_place(id, source) as usize;
                let version = self.cells[source].get(now).map_or(0, |cell| cell.version);
                let tally = &mut self.tally.families[cache];
                tally.cache_reads += 1;
                tally.stale += u64::from(found && cached.version != version);
            }
            CacheUse::Fill { cache, lasts } => {
                let place = self.keyed_place(id, cache) as usize;
                self.caches[cache][place] = Cached {
                    round,
                    version: self.requests[id as usize].noted,
                    until: lasts.map_or(Nanos::MAX, |lasts| at.saturating_add(lasts)),
                };
            }
            CacheUse::Drop { cache } => {
                let place = self.keyed_place(id, cache) as usize;
                self.caches[cache][place] = Cached::default();
            }
        }
    }
}
