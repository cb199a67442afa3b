//! A request's way through its exchanges: when each comes to its target, what happens there, and how
//! the request ends.

use model::Isolation;

use super::dice::Nanos;
use super::families::{At, Keys};
use super::model::Role;
use super::program::{Act, CacheUse};
use super::queue::Happening;
use super::world::{Cached, Caller, Ending, Mark, NOBODY, Request, World};

impl World<'_> {
    /// A request comes to its service, and begins when a worker is free.
    pub(super) fn start(
        &mut self,
        operation: usize,
        keys: Keys,
        caller: Caller,
        intent: u32,
        at: Nanos,
    ) -> u32 {
        let id = self.new_request();
        let service = self.program.operations[operation].service;
        let replicas = self.program.services[service].replicas;
        let replica = self.next_replica[service];
        self.next_replica[service] = (replica + 1) % replicas;
        self.serial = self.serial.wrapping_add(1);
        let request = &mut self.requests[id as usize];
        let (held, looked) = (
            std::mem::take(&mut request.held),
            std::mem::take(&mut request.looked),
        );
        *request = Request {
            live: true,
            // What was put in the queue for who had this place before is out of date.
            attempt: request.attempt.wrapping_add(1),
            operation: operation as u16,
            replica,
            serial: self.serial,
            keys,
            caller,
            intent,
            born: at,
            held,
            looked,
            ..Request::default()
        };
        request.held.clear();
        request.looked.clear();
        self.tally.requests += 1;
        self.tally.operations[operation].requests += 1;
        self.tally.services[service].requests += 1;
        if let Some(slots) = self.program.services[service].slots {
            let replica = &mut self.services[service][usize::from(replica)];
            if replica.busy >= slots {
                self.tally.services[service].no_slot += 1;
                replica.waiting.push_back(id);
                return id;
            }
            replica.busy += 1;
            self.requests[id as usize].has_slot = true;
        }
        self.proceed(id, at);
        id
    }

    fn new_request(&mut self) -> u32 {
        if let Some(id) = self.free.pop() {
            return id;
        }
        let id = self.requests.len() as u32;
        self.requests.push(Request::default());
        let steps = self.program.steps_max;
        self.times.resize(self.times.len() + steps, 0);
        id
    }

    /// Goes on with the next exchange; what nobody notices only takes time.
    pub(super) fn proceed(&mut self, id: u32, mut at: Nanos) {
        let program = self.program;
        let request = &mut self.requests[id as usize];
        let operation = &program.operations[usize::from(request.operation)];
        while let Some(act) = operation.exchanges.get(usize::from(request.at)) {
            if act.on_miss && request.found {
                request.at += 1;
                continue;
            }
            if act.background && !request.answered {
                let tail: Nanos = operation.tail.iter().map(|s| s.draw(&mut self.dice)).sum();
                let answer = Happening::Answer {
                    request: id,
                    attempt: request.attempt,
                };
                self.queue.put(at + tail, answer);
                return;
            }
            at += act
                .work
                .iter()
                .map(|s| s.draw(&mut self.dice))
                .sum::<Nanos>();
            if act.link.is_some() || act.call.is_some() {
                let call = Happening::Again {
                    request: id,
                    attempt: request.attempt,
                };
                self.queue.put(at, call);
                return;
            }
            let takes = act.takes.draw(&mut self.dice);
            if act.is_private {
                at += takes;
                request.at += 1;
                continue;
            }
            let half = takes / 2;
            request.rest = takes - half;
            let touch = Happening::Touch {
                request: id,
                attempt: request.attempt,
            };
            self.queue.put(at + half, touch);
            return;
        }
        self.conclude(id, at, Ending::Done);
    }

    /// An exchange has come to its target.
    pub(super) fn touch(&mut self, id: u32, at: Nanos) {
        let program = self.program;
        let request = &self.requests[id as usize];
        let (operation, index) = (usize::from(request.operation), usize::from(request.at));
        let act = &program.operations[operation].exchanges[index];
        if act.snapshot {
            self.requests[id as usize].snapshot = at;
        }
        if !self.has_its_locks(id, act, at) || !self.is_let(id, act, operation, at) {
            return;
        }
        self.times[id as usize * program.steps_max + index] = at;
        if !self.close_windows(id, act, operation, at) {
            return;
        }
        self.enter_windows(id, act);
        self.change(id, act, operation, at);
        if act.ends_transaction || !act.in_transaction {
            self.free_locks(id, false, at);
        }
        if let Some(called) = act.call {
            return self.ask(id, called, at);
        }
        let request = &mut self.requests[id as usize];
        let back = at + request.rest;
        if act.link.is_some() {
            let reply = Happening::Reply {
                request: id,
                attempt: request.attempt,
            };
            return self.queue.put(back, reply);
        }
        request.at += 1;
        self.proceed(id, back);
    }

    /// Takes the locks that an exchange needs; false when it has to wait for one.
    fn has_its_locks(&mut self, id: u32, act: &Act, at: Nanos) -> bool {
        for touch in act.touches.iter().filter(|touch| touch.locks) {
            let had = match act.role {
                Role::TakeLock { expires_us } => {
                    let lasts = expires_us.map(|us| us.saturating_mul(1_000));
                    let had = self.poll_lock(id, *touch, lasts, at);
                    if had {
                        self.waited(id, touch.family, at);
                    }
                    had
                }
                Role::GiveLock { own_only } => {
                    self.give_lock(id, *touch, own_only, at);
                    true
                }
                Role::WaitForLock => self.take_lock(id, *touch, true, at),
                _ => self.take_lock(id, *touch, false, at),
            };
            if !had {
                return false;
            }
        }
        true
    }

    /// Whether the limit and the store let it go on; it has ended if not.
    fn is_let(&mut self, id: u32, act: &Act, operation: usize, at: Nanos) -> bool {
        let sees_one_moment = act.in_transaction && act.isolation.is_of_one_moment();
        if sees_one_moment && let Some(family) = self.changed_meanwhile(id, act) {
            self.tally.families[family].aborted += 1;
            self.conclude(id, at, Ending::TurnedAway);
            return false;
        }
        if act.once && self.intends_again(id) {
            self.conclude(id, at, Ending::TurnedAway);
            return false;
        }
        let limit = self.program.operations[operation].limit;
        if let (Some((family, which)), Some(limit)) = (act.decides, limit) {
            let place = self.place(id, family, which) as usize;
            let (round, taken) = self.taken[family][place];
            if round == self.round && taken >= limit {
                self.conclude(id, at, Ending::Refused);
                return false;
            }
        }
        true
    }

    /// What another has changed since the moment of the transaction: a row that is to be written, or
    /// one that a SERIALIZABLE transaction looked at.
    fn changed_meanwhile(&mut self, id: u32, act: &Act) -> Option<usize> {
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

    /// Looks who came into the windows that close here; false when who comes second is turned away.
    fn close_windows(&mut self, id: u32, act: &Act, operation: usize, at: Nanos) -> bool {
        for &window in &act.closes {
            let program = &self.program.windows[window];
            if program.is_lock_order {
                continue;
            }
            let begun = match program.of_one_moment {
                true => self.requests[id as usize].snapshot,
                false => self.times[id as usize * self.program.steps_max + program.first],
            };
            let tally = &mut self.tally.windows[window];
            tally.closed += 1;
            tally.open_ns += at - begun;
            if !self.was_entered(id, window, begun) {
                continue;
            }
            if program.window.turns_away {
                self.tally.windows[window].turned_away += 1;
                // Nobody is turned away by what was not there to be looked at.
                if self.program.operations[operation].is_effect {
                    self.conclude(id, at, Ending::TurnedAway);
                    return false;
                }
            } else {
                self.requests[id as usize].raced |= 1 << window;
            }
        }
        true
    }

    fn was_entered(&self, id: u32, window: usize, since: Nanos) -> bool {
        let program = &self.program.windows[window];
        let family = &self.program.families[program.family];
        let (whole, any) = (family.members as usize, family.members as usize + 1);
        let serial = self.requests[id as usize].serial;
        let is_in = |place: usize| {
            let marks = &self.marks[window][place];
            marks
                .iter()
                .any(|mark| mark.begun > since && mark.by != serial && mark.by != NOBODY)
        };
        match program.a_at {
            At::Keyed => {
                let keys = &self.requests[id as usize].keys;
                is_in(family.member(keys) as usize) || is_in(whole)
            }
            _ => is_in(any),
        }
    }

    /// Leaves marks in windows of others.
    fn enter_windows(&mut self, id: u32, act: &Act) {
        for &window in &act.enters {
            let program = &self.program.windows[window];
            let family = &self.program.families[program.family];
            let request = &self.requests[id as usize];
            let begun = self.times[id as usize * self.program.steps_max + program.begins];
            let mark = Mark {
                begun,
                by: request.serial,
            };
            let (whole, any) = (family.members as usize, family.members as usize + 1);
            let place = match program.b_at {
                At::Keyed => family.member(&request.keys) as usize,
                _ => whole,
            };
            for place in [place, any] {
                remember(&mut self.marks[window][place], mark);
            }
            self.tally.windows[window].entered += 1;
        }
    }

    /// What lasts of an exchange: versions, what is taken of a limit, caches.
    fn change(&mut self, id: u32, act: &Act, operation: usize, at: Nanos) {
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

    /// The request is over, as far as its work goes; its answer comes after the tail.
    pub(super) fn conclude(&mut self, id: u32, at: Nanos, ending: Ending) {
        let program = self.program;
        let request = &mut self.requests[id as usize];
        let operation = &program.operations[usize::from(request.operation)];
        request.outcome = ending;
        request.attempt = request.attempt.wrapping_add(1);
        request.waits_for = None;
        let rest = match ending {
            Ending::Done | Ending::Failed => 0,
            Ending::Refused | Ending::TurnedAway => request.rest,
        };
        let tail: Nanos = match request.answered {
            true => 0,
            false => operation.tail.iter().map(|s| s.draw(&mut self.dice)).sum(),
        };
        let ends = at + rest + tail;
        // Nobody notices when it ends but who waits for it.
        let is_noticed = request.has_slot
            || request.caller != Caller::Nobody
            || request.intent != NOBODY
            || request.leases != 0;
        if is_noticed || !request.held.is_empty() || self.demands.is_followed(operation_of(request))
        {
            self.queue.put(ends, Happening::End { request: id });
        } else {
            self.retire(id, ends);
        }
    }

    /// The answer is given; what follows goes on in the background.
    pub(super) fn answer(&mut self, id: u32, at: Nanos) {
        let request = &mut self.requests[id as usize];
        request.answered = true;
        let (caller, outcome) = (request.caller, request.outcome);
        request.caller = Caller::Nobody;
        self.free_slot(id, at);
        self.tell(caller, outcome, at);
    }

    /// The request is gone.
    pub(super) fn retire(&mut self, id: u32, at: Nanos) {
        let request = &mut self.requests[id as usize];
        if !request.live {
            return;
        }
        request.live = false;
        let operation = operation_of(request);
        let (ending, caller, intent) = (request.outcome, request.caller, request.intent);
        let (raced, keys) = (request.raced, request.keys);
        let all = at.saturating_sub(request.born);
        let is_convoyed = request.waited > all.saturating_sub(request.waited);
        let waited_in = request.waited_in as usize;
        if is_convoyed && request.waited > 0 {
            self.tally.families[waited_in].convoyed += 1;
        }
        let tally = &mut self.tally.operations[operation];
        match ending {
            Ending::Done => tally.done += 1,
            Ending::Refused => tally.refused += 1,
            Ending::TurnedAway | Ending::Failed => tally.failed += 1,
        }
        let mut left = raced;
        while left != 0 {
            let window = left.trailing_zeros() as usize;
            left &= left - 1;
            match ending {
                Ending::Done => self.tally.windows[window].raced += 1,
                _ => self.tally.windows[window].turned_away += 1,
            }
        }
        self.free_locks(id, true, at);
        self.free_leases(id, at);
        self.free_slot(id, at);
        self.free.push(id);
        if ending == Ending::Done {
            self.intent_done(intent, operation);
            self.follow(operation, keys, at);
        }
        self.forget(intent);
        self.tell(caller, ending, at);
    }

    fn free_slot(&mut self, id: u32, at: Nanos) {
        let request = &mut self.requests[id as usize];
        if !std::mem::take(&mut request.has_slot) {
            return;
        }
        let service = self.program.operations[operation_of(request)].service;
        let replica = usize::from(request.replica);
        let replica = &mut self.services[service][replica];
        replica.busy -= 1;
        while let Some(next) = replica.waiting.pop_front() {
            if self.requests[next as usize].live {
                replica.busy += 1;
                self.requests[next as usize].has_slot = true;
                self.proceed(next, at);
                return;
            }
        }
    }

    fn tell(&mut self, caller: Caller, ending: Ending, at: Nanos) {
        match caller {
            Caller::Nobody => {}
            Caller::Agent(agent, attempt) => self.agent_is_told(agent, attempt, ending, at),
            Caller::Request(id, attempt) => {
                let request = &self.requests[id as usize];
                if request.live && request.attempt == attempt {
                    let back = at + request.rest;
                    let happening = match ending {
                        Ending::Failed => Happening::Fail {
                            request: id,
                            attempt,
                        },
                        _ => Happening::Reply {
                            request: id,
                            attempt,
                        },
                    };
                    self.queue.put(back, happening);
                }
            }
        }
    }

    /// Which member of a family a request means, or the place of all of them.
    #[inline]
    pub(super) fn place(&self, id: u32, family: usize, at: At) -> u32 {
        match at {
            At::Keyed => self.keyed_place(id, family),
            At::Whole | At::Private => self.program.families[family].members,
        }
    }

    #[inline]
    fn keyed_place(&self, id: u32, family: usize) -> u32 {
        self.program.families[family].member(&self.requests[id as usize].keys)
    }
}

fn operation_of(request: &Request) -> usize {
    usize::from(request.operation)
}

/// Keeps the youngest mark and the youngest of anybody else.
fn remember(marks: &mut [Mark; 2], mark: Mark) {
    if marks[0].by == mark.by {
        marks[0] = mark;
    } else {
        marks[1] = marks[0];
        marks[0] = mark;
    }
}
