//! How requests end: who is told, and what they give back.

use super::dice::Nanos;
use super::queue::Happening;
use super::requests::operation_of;
use super::world::{Caller, Ending, NOBODY, World};

impl World<'_> {
    /// The request is over, as far as its work goes; its answer comes after the tail.
    pub(super) fn conclude(&mut self, id: u32, at: Nanos, ending: Ending) {
        let program = self.program;
        let request = &self.requests[id as usize];
        let operation = &program.operations[operation_of(request)];
        let rest = match ending {
            Ending::Done | Ending::Failed => 0,
            // What it is told comes as a reply.
            Ending::Refused | Ending::TurnedAway => request.rest,
        };
        let tail: Nanos = match request.answered {
            true => 0,
            false => operation.tail.iter().map(|s| s.draw(&mut self.dice)).sum(),
        };
        self.conclude_at(id, at, at + rest + tail, ending);
    }

    /// The request is over, and answers then.
    pub(super) fn conclude_at(&mut self, id: u32, at: Nanos, ends: Nanos, ending: Ending) {
        let is_reply = matches!(ending, Ending::Refused | Ending::TurnedAway);
        self.call_is_over(id, is_reply, at);
        let request = &mut self.requests[id as usize];
        request.outcome = ending;
        request.attempt = request.attempt.wrapping_add(1);
        request.waits_for = None;
        request.is_waiting_for_connection = false;
        request.is_waiting_for_slot = false;
        let kept = &self.kept[id as usize];
        // Nobody notices when it ends but who waits for it.
        let is_noticed = request.has_slot
            || request.caller != Caller::Nobody
            || request.intent != NOBODY
            || !kept.leases.is_empty()
            || !kept.held.is_empty();
        if is_noticed || self.demands.is_followed(operation_of(request)) {
            let attempt = request.attempt;
            self.queue.put(
                ends,
                Happening::End {
                    request: id,
                    attempt,
                },
            );
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
            Ending::TurnedAway => tally.turned_away += 1,
            Ending::Failed => tally.failed += 1,
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
        self.kept[id as usize].looked.clear();
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
        while let Some((next, serial)) = replica.waiting.pop_front() {
            let waits = &mut self.requests[next as usize];
            if waits.serial == serial && std::mem::take(&mut waits.is_waiting_for_slot) {
                replica.busy += 1;
                waits.has_slot = true;
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
}
