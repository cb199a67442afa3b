//! Agents: who sends requests, when, and what they do with the answers. A steady buyer who only
//! waits for an answer needs no more than a time of arrival; all others are followed.

use model::{OutageKind, Persona};

use super::choice::Choice;
use super::demands::{Arrival, Shape};
use super::dice::Nanos;
use super::families::Keys;
use super::links::wait_before;
use super::program::nanos;
use super::queue::Happening;
use super::world::{Caller, Ending, NOBODY, World};

/// A double click comes so long after the first.
const DOUBLE_NS: (Nanos, Nanos) = (30_000_000, 200_000_000);
/// An impatient one waits so long, and tries so often.
const IMPATIENT_NS: Nanos = 1_000_000_000;
const IMPATIENT_TRIES: u32 = 3;
/// A bot asks so often.
const BOT_REQUESTS: u32 = 5;
/// A message is handed out at most so often.
const DELIVERIES_MAX: u32 = 5;

/// All agents that are followed, and what they mean.
#[derive(Debug, Default)]
pub struct Agents {
    all: Vec<Agent>,
    free: Vec<u32>,
    intents: Vec<Intent>,
    intents_free: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Agent {
    wanted: u16,
    persona: Persona,
    keys: Keys,
    attempt: u32,
    tries: u32,
    left: u32,
    intent: u32,
}

/// Something that is meant to happen once.
#[derive(Debug, Clone, Copy, Default)]
struct Intent {
    done: u32,
    /// Requests and agents that still know of it.
    open: u32,
    is_made: bool,
}

impl Agents {
    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn clear(&mut self) {
        self.all.clear();
        self.free.clear();
        self.intents.clear();
        self.intents_free.clear();
    }

    fn put(&mut self, agent: Agent) -> u32 {
        match self.free.pop() {
            Some(id) => {
                let attempt = self.all[id as usize].attempt.wrapping_add(1);
                self.all[id as usize] = Agent { attempt, ..agent };
                id
            }
            None => {
                self.all.push(agent);
                self.all.len() as u32 - 1
            }
        }
    }

    fn intend(&mut self) -> u32 {
        let intent = Intent {
            open: 1,
            ..Intent::default()
        };
        match self.intents_free.pop() {
            Some(id) => {
                self.intents[id as usize] = intent;
                id
            }
            None => {
                self.intents.push(intent);
                self.intents.len() as u32 - 1
            }
        }
    }
}

impl World<'_> {
    /// A request of a burst comes.
    pub(super) fn arrive(&mut self, arrival: Arrival) {
        let demands = self.demands;
        let operation = demands.all[usize::from(arrival.wanted)].operation;
        let keys = self.draw_keys(operation, arrival.persona);
        let is_followed = self.program.operations[operation].from_clients.is_some();
        let is_simple = matches!(
            arrival.persona,
            Persona::SteadyBuyer | Persona::FlashCrowd | Persona::BackgroundJob
        );
        if is_simple && !is_followed {
            self.start(operation, keys, Caller::Nobody, NOBODY, arrival.at);
            return;
        }
        let intent = self.intend(operation);
        let agent = self.agents.put(Agent {
            wanted: arrival.wanted,
            persona: arrival.persona,
            keys,
            attempt: 0,
            tries: 0,
            left: BOT_REQUESTS,
            intent,
        });
        if arrival.persona == Persona::DoubleClicker {
            // Before the first is sent, which may fail at once and be forgotten.
            self.put_twin(agent, arrival.at);
        }
        self.agent_sends(agent, arrival.at);
    }

    /// The second click, which means the same.
    fn put_twin(&mut self, agent: u32, at: Nanos) {
        let twin = self.agents.all[agent as usize];
        self.agents.intents[twin.intent as usize].open += 1;
        let twin = self.agents.put(twin);
        let attempt = self.agents.all[twin as usize].attempt;
        let (least, most) = DOUBLE_NS;
        let later = at + least + self.dice.below(most - least);
        let acts = Happening::Agent {
            agent: twin,
            attempt,
        };
        self.queue.put(later, acts);
    }

    /// Clients are there from the beginning, each at another moment of its thinking.
    pub(super) fn put_clients(&mut self) {
        let demands = self.demands;
        for (at, wanted) in demands.all.iter().enumerate() {
            let Shape::Clients { clients, think } = &wanted.shape else {
                continue;
            };
            for _ in 0..*clients {
                let agent = self.agents.put(Agent {
                    wanted: at as u16,
                    persona: Persona::SteadyBuyer,
                    keys: Keys::default(),
                    attempt: 0,
                    tries: 0,
                    left: 0,
                    intent: NOBODY,
                });
                let attempt = self.agents.all[agent as usize].attempt;
                let full = think.draw(&mut self.dice);
                let thinks = (full as f64 * self.dice.unit()) as Nanos;
                let acts = Happening::Agent { agent, attempt };
                self.queue.put(self.base + thinks, acts);
            }
        }
    }

    /// An agent does what it does next: it sends.
    pub(super) fn agent_acts(&mut self, agent: u32, attempt: u32, at: Nanos) {
        let known = self.agents.all[agent as usize];
        if known.attempt != attempt {
            return;
        }
        let wanted = &self.demands.all[usize::from(known.wanted)];
        if let Shape::After { .. } = wanted.shape {
            return self.deliver(agent, at);
        }
        if known.intent == NOBODY {
            let keys = self.draw_keys(wanted.operation, known.persona);
            let intent = self.intend(wanted.operation);
            let known = &mut self.agents.all[agent as usize];
            (known.keys, known.intent, known.tries) = (keys, intent, 0);
        }
        self.agent_sends(agent, at);
    }

    fn agent_sends(&mut self, agent: u32, at: Nanos) {
        let known = self.agents.all[agent as usize];
        let operation = self.demands.all[usize::from(known.wanted)].operation;
        let link = self.program.operations[operation].from_clients;
        let mut patience = (known.persona == Persona::ImpatientRetrier).then_some(IMPATIENT_NS);
        if let Some(link) = link {
            let tally = &mut self.tally.links[link];
            tally.calls += 1;
            tally.note(at - self.base);
            let timeout = self.program.links[link].link.timeout.map(nanos);
            patience = patience.or(timeout);
        }
        let attempt = known.attempt;
        if let Some(patience) = patience {
            let gives_up = Happening::AgentGivesUp { agent, attempt };
            self.queue.put(at + patience, gives_up);
        }
        match link.and_then(|link| self.outage_of(link, at)) {
            Some((OutageKind::Refuse, _)) => self.agent_failed(agent, at),
            Some((OutageKind::Hang, upto)) => {
                self.queue
                    .put(upto, Happening::AgentGivesUp { agent, attempt });
            }
            None => {
                let caller = Caller::Agent(agent, attempt);
                self.agents.intents[known.intent as usize].open += 1;
                self.start(operation, known.keys, caller, known.intent, at);
            }
        }
    }

    /// The answer is there.
    pub(super) fn agent_is_told(&mut self, agent: u32, attempt: u32, ending: Ending, at: Nanos) {
        let known = &mut self.agents.all[agent as usize];
        if known.attempt != attempt {
            return;
        }
        if ending == Ending::Failed {
            return self.agent_failed(agent, at);
        }
        known.attempt = known.attempt.wrapping_add(1);
        self.agent_goes_on(agent, at);
    }

    pub(super) fn agent_gives_up(&mut self, agent: u32, attempt: u32, at: Nanos) {
        let known = self.agents.all[agent as usize];
        if known.attempt == attempt {
            let operation = self.demands.all[usize::from(known.wanted)].operation;
            if let Some(link) = self.program.operations[operation].from_clients {
                self.tally.links[link].timed_out += 1;
            }
            self.agent_failed(agent, at);
        }
    }

    fn agent_failed(&mut self, agent: u32, at: Nanos) {
        let known = &mut self.agents.all[agent as usize];
        known.attempt = known.attempt.wrapping_add(1);
        let (tries, persona, attempt) = (known.tries, known.persona, known.attempt);
        known.tries += 1;
        let operation = self.demands.all[usize::from(known.wanted)].operation;
        let link = self.program.operations[operation].from_clients;
        let retry = link.and_then(|link| self.program.links[link].link.retry.as_ref());
        let wait = match retry {
            Some(retry) if retry.times.is_none_or(|times| u64::from(tries) < times) => {
                Some(wait_before(retry, tries, &mut self.dice))
            }
            Some(_) => None,
            None => (persona == Persona::ImpatientRetrier && tries < IMPATIENT_TRIES).then_some(0),
        };
        match wait {
            Some(wait) => self
                .queue
                .put(at + wait, Happening::Agent { agent, attempt }),
            None => self.agent_goes_on(agent, at),
        }
    }

    /// What was meant is over, for this agent; some mean something else then.
    fn agent_goes_on(&mut self, agent: u32, at: Nanos) {
        let known = &mut self.agents.all[agent as usize];
        let (wanted, intent) = (usize::from(known.wanted), known.intent);
        known.intent = NOBODY;
        known.left = known.left.saturating_sub(1);
        let (attempt, is_bot) = (
            known.attempt,
            known.persona == Persona::Bot && known.left > 0,
        );
        self.forget(intent);
        match &self.demands.all[wanted].shape {
            Shape::Clients { think, .. } => {
                let thinks = think.draw(&mut self.dice);
                self.queue
                    .put(at + thinks, Happening::Agent { agent, attempt });
            }
            Shape::Burst { .. } if is_bot => {
                self.queue.put(at, Happening::Agent { agent, attempt });
            }
            _ => self.agents.free.push(agent),
        }
    }

    /// An operation was done: messages that come of it are handed out.
    pub(super) fn follow(&mut self, operation: usize, keys: Keys, at: Nanos) {
        if !self.demands.is_followed(operation) {
            return;
        }
        let demands = self.demands;
        for (place, wanted) in demands.all.iter().enumerate() {
            if !matches!(wanted.shape, Shape::After { of, .. } if of == operation) {
                continue;
            }
            let intent = self.intend(wanted.operation);
            let agent = self.agents.put(Agent {
                wanted: place as u16,
                persona: Persona::BackgroundJob,
                keys,
                attempt: 0,
                tries: 0,
                left: DELIVERIES_MAX,
                intent,
            });
            self.deliver(agent, at);
        }
    }

    /// Hands a message out, again and again until it was handled in time.
    fn deliver(&mut self, agent: u32, at: Nanos) {
        let known = &mut self.agents.all[agent as usize];
        let (attempt, keys, intent) = (known.attempt, known.keys, known.intent);
        let wanted = &self.demands.all[usize::from(known.wanted)];
        let is_last = known.left == 0;
        let Shape::After { redelivery, .. } = wanted.shape else {
            return;
        };
        if self.agents.intents[intent as usize].done > 0 || is_last {
            self.forget(intent);
            self.agents.free.push(agent);
            return;
        }
        let service = self.program.operations[wanted.operation].service;
        if let Some(upto) = self.service_is_out(service, at) {
            // Nobody is there to take it.
            return self.queue.put(upto, Happening::Agent { agent, attempt });
        }
        let known = &mut self.agents.all[agent as usize];
        known.left = known.left.saturating_sub(1);
        self.agents.intents[intent as usize].open += 1;
        self.start(wanted.operation, keys, Caller::Nobody, intent, at);
        match redelivery {
            Some(after) => self
                .queue
                .put(at + after, Happening::Agent { agent, attempt }),
            None => {
                self.forget(intent);
                self.agents.free.push(agent);
            }
        }
    }

    fn intend(&mut self, operation: usize) -> u32 {
        self.tally.operations[operation].intents += 1;
        self.agents.intend()
    }

    /// Whether the same was made by an earlier request of the same intent; from now on it is.
    pub(super) fn intends_again(&mut self, id: u32) -> bool {
        let intent = self.requests[id as usize].intent;
        match self.agents.intents.get_mut(intent as usize) {
            Some(intent) => std::mem::replace(&mut intent.is_made, true),
            None => false,
        }
    }

    /// A request did what was meant.
    pub(super) fn intent_done(&mut self, intent: u32, operation: usize) {
        if let Some(known) = self.agents.intents.get_mut(intent as usize) {
            known.done += 1;
            if known.done == 2 && self.program.operations[operation].is_effect {
                self.tally.operations[operation].doubled += 1;
            }
        }
    }

    /// One less knows of it; when nobody does, its place is free.
    pub(super) fn forget(&mut self, intent: u32) {
        if let Some(known) = self.agents.intents.get_mut(intent as usize) {
            known.open -= 1;
            if known.open == 0 {
                self.agents.intents_free.push(intent);
            }
        }
    }

    fn draw_keys(&mut self, operation: usize, persona: Persona) -> Keys {
        let mut keys = Keys::default();
        for &argument in &self.program.operations[operation].arguments {
            let choice: Option<&Choice> = self.program.choices.get(argument);
            if let (Some(place), Some(choice)) = (keys.get_mut(argument), choice) {
                let value = match persona {
                    Persona::Bot => 0,
                    _ => choice.draw(&mut self.dice),
                };
                *place = self.names.name(argument, value);
            }
        }
        keys
    }
}
