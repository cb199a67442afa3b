//! What lasts of an exchange: versions of rows, what is taken of a limit, what caches say.

use model::Isolation;

use super::dice::Nanos;
use super::passing::remember;
use super::program::{Act, CacheUse};
use super::world::{Cached, Mark, NOBODY, World};

impl World<'_> {
    /// What another has changed since the moment of the transaction, so that the store aborts it: a
    /// row that is to be written, or, of a SERIALIZABLE transaction that ends, one that it looked at
    /// where another looked at what it changes.
    pub(super) fn changed_meanwhile(&mut self, id: u32, act: &Act, at: Nanos) -> Option<usize> {
        let is_serializable = act.isolation == Isolation::Serializable;
        for touch in &act.touches {
            let place = self.place(id, touch.family, touch.at);
            if touch.locks && self.is_younger(id, touch.family, place) {
                return Some(touch.family);
            }
            if touch.looks && is_serializable {
                let looked = &mut self.kept[id as usize].looked;
                looked.push((touch.family as u32, place));
                self.note_reader(id, touch.family, place, at);
            }
        }
        if !act.ends_transaction || !is_serializable {
            return None;
        }
        let looked = std::mem::take(&mut self.kept[id as usize].looked);
        let mut changed = None;
        for (family, place) in looked {
            let family = family as usize;
            if self.is_younger(id, family, place) {
                changed = changed.or(Some(family));
            }
            // Until now it was there, for those who began meanwhile.
            self.note_reader(id, family, place, at);
        }
        let mut touches = act.touches.iter();
        let is_read = touches.any(|touch| {
            touch.shows && self.was_read(id, touch.family, self.place(id, touch.family, touch.at))
        });
        changed.filter(|_| is_read)
    }

    /// Whether another changed it since the moment of the request's transaction.
    fn is_younger(&self, id: u32, family: usize, place: u32) -> bool {
        let request = &self.requests[id as usize];
        let Some(moment) = request.snapshot else {
            return false;
        };
        let is_young = |place: u32| {
            let cell = self.cells[family].get(place as usize);
            cell.is_some_and(|cell| cell.changed_at > moment && cell.by != request.serial)
        };
        let whole = self.program.families[family].members;
        match place == whole {
            true => is_young(whole + 1),
            false => is_young(place) || is_young(whole),
        }
    }

    fn note_reader(&mut self, id: u32, family: usize, place: u32, at: Nanos) {
        let mark = Mark {
            begun: at,
            by: self.requests[id as usize].serial,
        };
        let any = self.program.families[family].members + 1;
        for place in [place, any] {
            if let Some(marks) = self.readers[family].get_mut(place as usize) {
                remember(marks, mark);
            }
        }
    }

    fn was_read(&self, id: u32, family: usize, place: u32) -> bool {
        let request = &self.requests[id as usize];
        let moment = request.snapshot.unwrap_or(Nanos::MAX);
        let is_read = |place: u32| {
            let marks = self.readers[family].get(place as usize);
            let mut marks = marks.into_iter().flatten();
            marks.any(|mark| mark.begun > moment && mark.by != request.serial && mark.by != NOBODY)
        };
        let whole = self.program.families[family].members;
        match place == whole {
            true => is_read(whole + 1),
            false => is_read(place) || is_read(whole),
        }
    }

    /// What lasts of an exchange: versions, what is taken of a limit, caches.
    pub(super) fn change(&mut self, id: u32, act: &Act, operation: usize, at: Nanos) {
        for touch in act.touches.iter().filter(|touch| touch.shows) {
            self.show(id, touch.family, self.place(id, touch.family, touch.at), at);
        }
        if let Some((family, which)) = act.takes_one {
            let place = self.place(id, family, which) as usize;
            let round = self.round;
            let taken = &mut self.taken[family][place];
            *taken = match taken.0 == round {
                true => (round, taken.1.saturating_add(1)),
                false => (round, 1),
            };
            let limit = self.program.operations[operation].limit;
            self.over[operation] |= limit.is_some_and(|limit| taken.1 > limit);
        }
        if let Some(source) = act.notes {
            let noted = (source as u32, self.version(id, source));
            self.requests[id as usize].noted = Some(noted);
        }
        if let Some(used) = act.cache {
            self.use_cache(id, used, at);
        }
    }

    /// Others see a new version.
    fn show(&mut self, id: u32, family: usize, place: u32, at: Nanos) {
        let whole = self.program.families[family].members;
        if self.cells[family].get(place as usize).is_none() {
            return;
        }
        let noted = self.requests[id as usize].noted;
        let is_noted = noted == Some((family as u32, self.version(id, family)));
        let by = self.requests[id as usize].serial;
        for place in [place, whole + 1] {
            let cell = &mut self.cells[family][place as usize];
            cell.version = match cell.round == self.round {
                true => cell.version.wrapping_add(1),
                false => 1,
            };
            (cell.round, cell.changed_at, cell.by) = (self.round, at, by);
        }
        // Who changes it knows what it is now.
        if is_noted {
            let now = self.version(id, family);
            self.requests[id as usize].noted = Some((family as u32, now));
        }
    }

    /// The version of what the request means: its member's, and that of all.
    fn version(&self, id: u32, family: usize) -> u32 {
        let of = |place: u32| {
            let cell = self.cells[family].get(place as usize);
            cell.map_or(0, |cell| match cell.round == self.round {
                true => cell.version,
                false => 0,
            })
        };
        let whole = self.program.families[family].members;
        of(self.keyed_place(id, family)).wrapping_add(of(whole))
    }

    fn use_cache(&mut self, id: u32, used: CacheUse, at: Nanos) {
        let round = self.round;
        match used {
            CacheUse::Read { cache, source } => {
                let place = self.keyed_place(id, cache) as usize;
                let cached = self.caches[cache][place];
                let found = cached.round == round && cached.until > at;
                self.requests[id as usize].found = found;
                let version = self.version(id, source);
                let tally = &mut self.tally.families[cache];
                tally.cache_reads += 1;
                tally.stale += u64::from(found && cached.version != version);
            }
            CacheUse::Fill {
                cache,
                source,
                lasts,
            } => {
                let place = self.keyed_place(id, cache) as usize;
                let noted = self.requests[id as usize].noted;
                let version = noted
                    .filter(|(family, _)| *family as usize == source)
                    .map_or_else(|| self.version(id, source), |(_, version)| version);
                self.caches[cache][place] = Cached {
                    round,
                    version,
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
