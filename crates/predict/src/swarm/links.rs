//! Calls over edges on which callers behave in some way: they have so many connections, give up,
//! try again, stop calling. And outages, which are felt there.

use std::collections::VecDeque;

use model::{OutageKind, Retry};

use super::dice::{Dice, Nanos};
use super::program::nanos;
use super::queue::Happening;
use super::requests::operation_of;
use super::world::{Caller, Ending, NOBODY, World};

/// Operations that ask each other are followed so deep; a call from there fails.
const CALL_DEPTH_MAX: u8 = 32;

/// No wait before another try is shorter, or longer: some time passes between any two.
const WAIT_NS_MIN: Nanos = 100_000;
const WAIT_NS_MAX: f64 = 3.6e12;

/// A link as one replica has it.
#[derive(Debug, Clone, Default)]
pub struct LinkState {
    busy: u64,
    /// Who waits for a connection, with what they counted then.
    line: VecDeque<(u32, u32)>,
    /// Failures in a row.
    failures: u64,
    /// Nobody is called until then; 0 when calls are made.
    open_until: Nanos,
    is_probed: bool,
}

impl World<'_> {
    /// Makes the call that the request has come to, when it may.
    pub(super) fn call(&mut self, id: u32, at: Nanos) {
        let Some((link, replica)) = self.link_of(id) else {
            return self.send(id, at);
        };
        let behaviour = &self.program.links[link].link;
        let state = &mut self.links[link][replica];
        let tally = &mut self.tally.links[link];
        tally.calls += 1;
        tally.note(at - self.base);
        if state.open_until > at || state.is_probed {
            tally.broken_off += 1;
            return self.conclude(id, at, Ending::Failed);
        }
        let request = &mut self.requests[id as usize];
        request.is_calling = true;
        request.is_probe = state.open_until != 0;
        state.is_probed = request.is_probe;
        let attempt = request.attempt;
        if let Some(timeout) = behaviour.timeout {
            let gives_up = Happening::GiveUp {
                request: id,
                attempt,
            };
            self.queue.put(at + nanos(timeout), gives_up);
        }
        if let Some(pool) = behaviour.pool
            && !self.kept[id as usize].leases.contains(&(link as u32))
        {
            if state.busy >= pool {
                tally.no_connection += 1;
                request.is_waiting_for_connection = true;
                state.line.push_back((id, attempt));
                return;
            }
            state.busy += 1;
            self.kept[id as usize].leases.push(link as u32);
        }
        self.send(id, at);
    }

    /// The call goes out.
    fn send(&mut self, id: u32, at: Nanos) {
        let request = &self.requests[id as usize];
        let operation = &self.program.operations[operation_of(request)];
        let act = &operation.exchanges[request.at as usize];
        let (attempt, link) = (request.attempt, act.link);
        let takes = act.takes.draw(&mut self.dice);
        let half = takes / 2;
        self.requests[id as usize].rest = takes - half;
        let fails = Happening::Fail {
            request: id,
            attempt,
        };
        match link.and_then(|link| self.outage_of(link, at)) {
            Some((OutageKind::Refuse, _)) => self.queue.put(at + takes, fails),
            Some((OutageKind::Hang, upto)) => self.queue.put(upto, fails),
            None => {
                let touch = Happening::Touch {
                    request: id,
                    attempt,
                };
                self.queue.put(at + half, touch);
            }
        }
    }

    /// What it leads to hangs: there is no reply until that is over, and then it fails.
    pub(super) fn is_hung(&mut self, id: u32, link: usize, at: Nanos) -> bool {
        let Some((OutageKind::Hang, upto)) = self.outage_of(link, at) else {
            return false;
        };
        let attempt = self.requests[id as usize].attempt;
        let fails = Happening::Fail {
            request: id,
            attempt,
        };
        self.queue.put(upto, fails);
        true
    }

    /// A call has come to a service that does the rest.
    pub(super) fn ask(&mut self, id: u32, called: usize, at: Nanos) {
        let request = &self.requests[id as usize];
        if request.depth >= CALL_DEPTH_MAX {
            return self.fail(id, at);
        }
        let caller = Caller::Request(id, request.attempt);
        let keys = request.keys;
        self.start(called, keys, caller, NOBODY, at);
    }

    /// The reply to an exchange over a link, or of another operation, is there.
    pub(super) fn reply(&mut self, id: u32, at: Nanos) {
        self.call_is_over(id, true, at);
        let request = &mut self.requests[id as usize];
        let operation = &self.program.operations[operation_of(request)];
        let act = &operation.exchanges[request.at as usize];
        // A transaction keeps its connection, and is tried as a whole.
        if act.of_transaction.is_none() || act.ends_transaction {
            request.tries = 0;
            if let Some(link) = act.link {
                self.free_lease(id, link, at);
            }
        }
        let request = &mut self.requests[id as usize];
        request.attempt = request.attempt.wrapping_add(1);
        request.at += 1;
        self.proceed(id, at);
    }

    /// An open call is over: by a reply, or because nobody waits for one any more.
    pub(super) fn call_is_over(&mut self, id: u32, is_reply: bool, at: Nanos) {
        let request = &mut self.requests[id as usize];
        if !std::mem::take(&mut request.is_calling) {
            return;
        }
        let is_probe = std::mem::take(&mut request.is_probe);
        let Some((link, replica)) = self.link_of(id) else {
            return;
        };
        let state = &mut self.links[link][replica];
        state.is_probed &= !is_probe;
        // Replies to earlier calls close nothing.
        if is_reply && (is_probe || state.open_until == 0) {
            (state.failures, state.open_until) = (0, 0);
        }
        let Some(breaker) = self.program.links[link].link.breaker else {
            return;
        };
        if !is_reply && (is_probe || state.open_until == 0) {
            state.failures = state.failures.saturating_add(1);
            if is_probe || state.failures >= breaker.failures {
                state.open_until = at + nanos(breaker.open);
            }
        }
    }

    /// A caller has waited long enough.
    pub(super) fn give_up(&mut self, id: u32, at: Nanos) {
        if let Some((link, _)) = self.link_of(id) {
            self.tally.links[link].timed_out += 1;
        }
        self.fail(id, at);
    }

    /// An exchange has failed: it is made again, or the request has failed too. With it fails the
    /// transaction that it is part of, which is made again from its beginning.
    pub(super) fn fail(&mut self, id: u32, at: Nanos) {
        self.call_is_over(id, false, at);
        let request = &mut self.requests[id as usize];
        request.attempt = request.attempt.wrapping_add(1);
        request.is_waiting_for_connection = false;
        if let Some((family, _)) = request.waits_for.take() {
            self.waited(id, family as usize, at);
        }
        let link = self.link_of(id);
        let request = &mut self.requests[id as usize];
        let operation = &self.program.operations[operation_of(request)];
        let acts = operation.exchanges.get(request.at as usize);
        if let Some(begins) = acts.and_then(|act| act.of_transaction) {
            request.at = begins as u32;
            self.roll_back(id, at);
        }
        let Some((link, _)) = link else {
            return self.conclude(id, at, Ending::Failed);
        };
        self.free_lease(id, link, at);
        let request = &mut self.requests[id as usize];
        if let Some(retry) = &self.program.links[link].link.retry
            && retry
                .times
                .is_none_or(|times| u64::from(request.tries) < times)
        {
            let again = Happening::Again {
                request: id,
                attempt: request.attempt,
            };
            let wait = wait_before(retry, request.tries, &mut self.dice);
            request.tries = request.tries.saturating_add(1);
            return self.queue.put(at + wait, again);
        }
        self.conclude(id, at, Ending::Failed);
    }

    /// The store forgets the transaction.
    pub(super) fn roll_back(&mut self, id: u32, at: Nanos) {
        let request = &mut self.requests[id as usize];
        request.snapshot = None;
        self.kept[id as usize].looked.clear();
        self.free_locks(id, false, at);
    }

    /// The link of the exchange that a request has come to, and the replica that calls.
    fn link_of(&self, id: u32) -> Option<(usize, usize)> {
        let request = &self.requests[id as usize];
        let operation = &self.program.operations[operation_of(request)];
        let act = operation.exchanges.get(request.at as usize)?;
        Some((act.link?, usize::from(request.replica)))
    }

    fn free_lease(&mut self, id: u32, link: usize, at: Nanos) {
        let request = &mut self.requests[id as usize];
        let leases = &mut self.kept[id as usize].leases;
        let Some(lease) = leases.iter().position(|lease| *lease as usize == link) else {
            return;
        };
        leases.swap_remove(lease);
        let replica = usize::from(request.replica);
        let state = &mut self.links[link][replica];
        state.busy -= 1;
        while let Some((next, attempt)) = state.line.pop_front() {
            let waits = &mut self.requests[next as usize];
            if waits.live && waits.attempt == attempt && waits.is_waiting_for_connection {
                waits.is_waiting_for_connection = false;
                self.kept[next as usize].leases.push(link as u32);
                state.busy += 1;
                return self.send(next, at);
            }
        }
    }

    pub(super) fn free_leases(&mut self, id: u32, at: Nanos) {
        while let Some(link) = self.kept[id as usize].leases.last() {
            self.free_lease(id, *link as usize, at);
        }
    }

    /// The outage that is felt on a link now, and when it is over.
    pub(super) fn outage_of(&self, link: usize, at: Nanos) -> Option<(OutageKind, Nanos)> {
        let outages = self.program.links[link].outages.iter();
        let mut now = outages
            .map(|outage| &self.program.outages[*outage])
            .filter(|outage| (self.base + outage.from..self.base + outage.upto).contains(&at));
        now.next()
            .map(|outage| (outage.kind, self.base + outage.upto))
    }

    /// The end of the outage in which a service does not work now.
    pub(super) fn service_is_out(&self, service: usize, at: Nanos) -> Option<Nanos> {
        let outages = self.program.outages.iter();
        let now = outages
            .filter(|outage| outage.service == Some(service))
            .filter(|outage| (self.base + outage.from..self.base + outage.upto).contains(&at));
        now.map(|outage| self.base + outage.upto).max()
    }

    /// Who refuses ends what it was at; calls to it that are open fail.
    pub(super) fn outage_begins(&mut self, outage: usize, at: Nanos) {
        let outage = &self.program.outages[outage];
        if outage.kind != OutageKind::Refuse {
            return;
        }
        for id in 0..self.requests.len() as u32 {
            let request = &self.requests[id as usize];
            if !request.live {
                continue;
            }
            let operation = &self.program.operations[operation_of(request)];
            if outage.service == Some(operation.service) {
                self.conclude_at(id, at, at, Ending::Failed);
                continue;
            }
            let act = operation.exchanges.get(request.at as usize);
            let link = act.and_then(|act| act.link);
            let is_open = request.is_calling && !request.is_waiting_for_connection;
            if is_open && link.is_some_and(|link| self.program.links[link].link.to == outage.target)
            {
                let attempt = request.attempt;
                let fails = Happening::Fail {
                    request: id,
                    attempt,
                };
                self.queue.put(at, fails);
            }
        }
    }
}

/// How long to wait before the next try.
pub fn wait_before(retry: &Retry, tries: u32, dice: &mut Dice) -> Nanos {
    let longer = retry.factor.powi(tries.min(1_000) as i32);
    let wait = nanos(retry.wait) as f64 * longer;
    let cap = retry.cap.map_or(Nanos::MAX, nanos) as f64;
    let most = wait.min(cap).min(WAIT_NS_MAX);
    let wait = match retry.jitter {
        true => most * dice.unit(),
        false => most,
    };
    (wait as Nanos).max(WAIT_NS_MIN)
}
