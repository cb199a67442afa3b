//! A request's way through its exchanges: when each comes to its target, what happens there, and how
//! the request ends.

use super::dice::Nanos;
use super::families::{At, Keys};
use super::model::Role;
use super::program::Act;
use super::queue::Happening;
use super::world::{Caller, Ending, Kept, LIVE_MAX, Request, World};

/// Times of exchanges that are kept, of all requests on their way.
const TIMES_MAX: usize = 1 << 26;

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
        let depth = match caller {
            Caller::Request(caller, _) => self.requests[caller as usize].depth.saturating_add(1),
            _ => 0,
        };
        let service = self.program.operations[operation].service;
        let replicas = self.program.services[service].replicas;
        let replica = match self.program.services[service].has_owners {
            // Whoever it came to passes it on.
            true => {
                (keys.iter().map(|key| u64::from(*key)).sum::<u64>() % u64::from(replicas)) as u16
            }
            false => self.next_replica[service],
        };
        self.next_replica[service] = (replica + 1) % replicas;
        self.called[service] = self.called[service].max(replica + 1);
        self.serial = self.serial.wrapping_add(1);
        let request = &mut self.requests[id as usize];
        *request = Request {
            live: true,
            // What was put in the queue for who had this place before is out of date.
            attempt: request.attempt.wrapping_add(1),
            operation: operation as u32,
            replica,
            serial: self.serial,
            keys,
            caller,
            intent,
            born: at,
            depth,
            ..Request::default()
        };
        let steps = self.program.steps_max;
        self.times[id as usize * steps..][..steps].fill(0);
        self.tally.requests += 1;
        self.tally.operations[operation].requests += 1;
        self.tally.services[service].requests += 1;
        if let Some(slots) = self.program.services[service].slots {
            let replica = &mut self.services[service][usize::from(replica)];
            if replica.busy >= slots {
                self.tally.services[service].no_slot += 1;
                replica.waiting.push_back((id, self.serial));
                self.requests[id as usize].is_waiting_for_slot = true;
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
        let times = self.times.len() + self.program.steps_max;
        self.is_cut |= self.requests.len() >= LIVE_MAX || times > TIMES_MAX;
        self.requests.push(Request::default());
        self.kept.push(Kept::default());
        self.times.resize(times, 0);
        id
    }

    /// Goes on with the next exchange; what nobody notices only takes time.
    pub(super) fn proceed(&mut self, id: u32, mut at: Nanos) {
        let program = self.program;
        let request = &mut self.requests[id as usize];
        let operation = &program.operations[operation_of(request)];
        while let Some(act) = operation.exchanges.get(request.at as usize) {
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
        let (operation, index) = (operation_of(request), request.at as usize);
        let act = &program.operations[operation].exchanges[index];
        if act.link.is_some_and(|link| self.is_hung(id, link, at)) {
            return;
        }
        if act.snapshot && self.requests[id as usize].snapshot.is_none() {
            // Who has waited for a lock comes here again, with the moment from before.
            self.requests[id as usize].snapshot = Some(at);
        }
        if !self.has_its_locks(id, act, at) || !self.is_let(id, act, operation, at) {
            return;
        }
        self.times[id as usize * program.steps_max + index] = at;
        if !self.close_windows(id, act, operation, at) {
            return;
        }
        self.enter_windows(id, act, at);
        self.change(id, act, operation, at);
        if act.ends_transaction || !act.in_transaction {
            self.free_locks(id, false, at);
            self.requests[id as usize].snapshot = None;
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
    pub(super) fn has_its_locks(&mut self, id: u32, act: &Act, at: Nanos) -> bool {
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
    pub(super) fn is_let(&mut self, id: u32, act: &Act, operation: usize, at: Nanos) -> bool {
        let sees_one_moment = act.in_transaction && act.isolation.is_of_one_moment();
        if sees_one_moment && let Some(family) = self.changed_meanwhile(id, act, at) {
            self.tally.families[family].aborted += 1;
            self.roll_back(id, at);
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

    /// Which member of a family a request means, or the place of all of them.
    #[inline]
    pub(super) fn place(&self, id: u32, family: usize, at: At) -> u32 {
        match at {
            At::Keyed => self.keyed_place(id, family),
            At::Whole | At::Private => self.program.families[family].members,
        }
    }

    #[inline]
    pub(super) fn keyed_place(&self, id: u32, family: usize) -> u32 {
        self.program.families[family].member(&self.requests[id as usize].keys)
    }
}

pub fn operation_of(request: &Request) -> usize {
    request.operation as usize
}
