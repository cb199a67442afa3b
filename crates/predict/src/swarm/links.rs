//! Calls over edges on which callers behave in some way: they have so many connections, give up,
//! try again, stop calling. And outages, which are felt there.

use std::collections::VecDeque;

use model::{OutageKind, Retry};

use super::dice::{Dice, Nanos};
use super::program::nanos;
use super::queue::Happening;
use super::world::{Caller, Ending, NOBODY, World};

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
        state.is_probed = state.open_until != 0;
        if let Some(timeout) = behaviour.timeout {
            let attempt = self.requests[id as usize].attempt;
            let gives_up = Happening::GiveUp {
                request: id,
                attempt,
            };
            self.queue.put(at + nanos(timeout), gives_up);
        }
        let has_lease = self.requests[id as usize].leases & bit(link) != 0;
        if let (Some(pool), false) = (behaviour.pool, has_lease) {
            let request = &mut self.requests[id as usize];
            if state.busy >= pool {
                tally.no_connection += 1;
                request.is_waiting_for_connection = true;
                state.line.push_back((id, request.attempt));
                return;
            }
            state.busy += 1;
            request.leases |= bit(link);
        }
        self.send(id, at);
    }

    /// The call goes out.
    fn send(&mut self, id: u32, at: Nanos) {
        let request = &self.requests[id as usize];
        let operation = &self.program.operations[usize::from(request.operation)];
        let act = &operation.exchanges[usize::from(request.at)];
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

    /// A call has come to a service that does the rest.
    pub(super) fn ask(&mut self, id: u32, called: usize, at: Nanos) {
        let request = &self.requests[id as usize];
        let caller = Caller::Request(id, request.attempt);
        let keys = request.keys;
        self.start(called, keys, caller, NOBODY, at);
    }

    /// The reply to an exchange over a link is there.
    pub(super) fn reply(&mut self, id: u32, at: Nanos) {
        if let Some((link, replica)) = self.link_of(id) {
            let state = &mut self.links[link][replica];
            (state.failures, state.open_until, state.is_probed) = (0, 0, false);
            let request = &self.requests[id as usize];
            let operation = &self.program.operations[usize::from(request.operation)];
            let act = &operation.exchanges[usize::from(request.at)];
            if !act.in_transaction || act.ends_transaction {
                self.free_lease(id, link, at);
            }
        }
        let request = &mut self.requests[id as usize];
        request.attempt = request.attempt.wrapping_add(1);
        request.tries = 0;
        request.at += 1;
        self.proceed(id, at);
    }

    /// A caller has waited long enough.
    pub(super) fn give_up(&mut self, id: u32, at: Nanos) {
        if let Some((link, _)) = self.link_of(id) {
            self.tally.links[link].timed_out += 1;
        }
        self.fail(id, at, true);
    }

    /// An exchange has failed: it is made again, or the request has failed too.
    pub(super) fn fail(&mut self, id: u32, at: Nanos, counts: bool) {
        let request = &mut self.requests[id as usize];
        request.attempt = request.attempt.wrapping_add(1);
        request.waits_for = None;
        request.is_waiting_for_connection = false;
        let Some((link, replica)) = self.link_of(id) else {
            return self.conclude(id, at, Ending::Failed);
        };
        let behaviour = &self.program.links[link].link;
        let state = &mut self.links[link][replica];
        state.is_probed = false;
        if let (Some(breaker), true) = (behaviour.breaker, counts) {
            state.failures += 1;
            if state.failures >= breaker.failures {
                state.open_until = at + nanos(breaker.open);
            }
        }
        self.free_lease(id, link, at);
        let request = &mut self.requests[id as usize];
        if let Some(retry) = &behaviour.retry
            && retry
                .times
                .is_none_or(|times| u64::from(request.tries) < times)
        {
            let again = Happening::Again {
                request: id,
                attempt: request.attempt,
            };
            let wait = wait_before(retry, request.tries, &mut self.dice);
            request.tries += 1;
            return self.queue.put(at + wait, again);
        }
        self.conclude(id, at, Ending::Failed);
    }

    /// The link of the exchange that a request has come to, and the replica that calls.
    fn link_of(&self, id: u32) -> Option<(usize, usize)> {
        let request = &self.requests[id as usize];
        let operation = &self.program.operations[usize::from(request.operation)];
        let act = operation.exchanges.get(usize::from(request.at))?;
        Some((act.link?, usize::from(request.replica)))
    }

    fn free_lease(&mut self, id: u32, link: usize, at: Nanos) {
        let request = &mut self.requests[id as usize];
        if request.leases & bit(link) == 0 {
            return;
        }
        request.leases &= !bit(link);
        let replica = usize::from(request.replica);
        let state = &mut self.links[link][replica];
        state.busy -= 1;
        while let Some((next, attempt)) = state.line.pop_front() {
            let waits = &mut self.requests[next as usize];
            if waits.live && waits.attempt == attempt && waits.is_waiting_for_connection {
                waits.is_waiting_for_connection = false;
                waits.leases |= bit(link);
                state.busy += 1;
                return self.send(next, at);
            }
        }
    }

    pub(super) fn free_leases(&mut self, id: u32, at: Nanos) {
        while self.requests[id as usize].leases != 0 {
            let link = self.requests[id as usize].leases.trailing_zeros() as usize;
            self.free_lease(id, link, at);
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

    /// Who refuses ends what it was at; calls to it that are open fail.
    pub(super) fn outage_begins(&mut self, outage: usize, at: Nanos) {
        let outage = &self.program.outages[outage];
        if outage.kind != OutageKind::Refuse {
            return;
        }
        for id in 0..self.requests.len() as u32 {
            let request = &self.requests[id as usize];
            let operation = &self.program.operations[usize::from(request.operation)];
            if !request.live {
                continue;
            }
            if outage.service == Some(operation.service) {
                self.conclude(id, at, Ending::Failed);
                continue;
            }
            let act = operation.exchanges.get(usize::from(request.at));
            let link = act.and_then(|act| act.link);
            if link.is_some_and(|link| self.program.links[link].link.to == outage.target) {
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
    let most = wait.min(cap).min(3.6e12);
    match retry.jitter {
        true => (most * dice.unit()) as Nanos,
        false => most as Nanos,
    }
}

/// Links beyond so many share a bit; there are never so many.
fn bit(link: usize) -> u64 {
    1 << (link % 64)
}
