//! The simulated world: everything that requests share, and the loop that lets time pass. Rounds
//! begin from the same state and have a dice of their own, so it does not matter which world runs
//! which. Time goes on from round to round; what a round left is older than the next.

use std::collections::VecDeque;

use super::agents::Agents;
use super::demands::{Arrival, Demands};
use super::dice::{Dice, Nanos};
use super::families::Keys;
use super::links::LinkState;
use super::locks::Lock;
use super::names::Names;
use super::places;
use super::program::Program;
use super::queue::{Happening, Queue};
use super::tally::Tally;

/// Between rounds, so that nothing of one is as young as anything of the next.
const PAUSE_NS: Nanos = 1_000_000_000;

/// After the last arrival a round goes on for at most so long.
const DRAIN_NS_MAX: Nanos = 600_000_000_000;

/// Things that happen in one round, at most: a storm that feeds itself ends.
const HAPPENINGS_MAX: u64 = 50_000_000;

/// Requests and agents on their way at a time, and what is to happen, at most: a round with more is
/// cut short, and that is counted.
pub const LIVE_MAX: usize = 1 << 19;
const AGENTS_MAX: usize = 1 << 22;
const QUEUE_MAX: usize = 1 << 23;

/// Beyond this a world begins anew, long before time runs out.
const BASE_NS_MAX: Nanos = 1 << 61;

/// No request, agent or intent.
pub const NOBODY: u32 = u32::MAX;

/// A world.
pub struct World<'a> {
    pub(super) program: &'a Program,
    pub(super) demands: &'a Demands,
    pub(super) dice: Dice,
    pub(super) queue: Queue,
    /// When the round began.
    pub(super) base: Nanos,
    pub(super) round: u32,
    pub(super) requests: Vec<Request>,
    /// By the same places as requests.
    pub(super) kept: Vec<Kept>,
    pub(super) free: Vec<u32>,
    /// When each exchange of each request touched its target.
    pub(super) times: Vec<Nanos>,
    pub(super) serial: u32,
    pub(super) agents: Agents,
    pub(super) services: Vec<Vec<Replica>>,
    pub(super) next_replica: Vec<u16>,
    /// So many replicas of each service were called in this round.
    pub(super) called: Vec<u16>,
    pub(super) links: Vec<Vec<LinkState>>,
    pub(super) locks: Vec<Vec<Lock>>,
    pub(super) cells: Vec<Vec<Cell>>,
    pub(super) caches: Vec<Vec<Cached>>,
    pub(super) marks: Vec<Vec<[Mark; 2]>>,
    pub(super) taken: Vec<Vec<(u32, u32)>>,
    pub(super) over: Vec<bool>,
    /// Who looked at what SERIALIZABLE transactions look at.
    pub(super) readers: Vec<Vec<[Mark; 2]>>,
    pub(super) names: Names,
    pub(super) tally: Tally,
    /// More happens than is followed.
    pub(super) is_cut: bool,
    pub(super) happenings_max: u64,
    arrivals: Vec<Arrival>,
    last: Nanos,
}

/// One request on its way.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request {
    pub live: bool,
    pub operation: u32,
    pub replica: u16,
    pub at: u32,
    /// Counts the exchanges it has begun: what belongs to an earlier one is out of date.
    pub attempt: u32,
    pub tries: u32,
    pub serial: u32,
    pub keys: Keys,
    pub caller: Caller,
    pub intent: u32,
    pub born: Nanos,
    /// In queues for locks, in all.
    pub waited: Nanos,
    pub waiting_since: Nanos,
    /// The family and place of the lock it waits for.
    pub waits_for: Option<(u32, u32)>,
    pub waited_in: u32,
    /// From the touch of its exchange to the reply.
    pub rest: Nanos,
    /// The moment of its transaction, once it has one.
    pub snapshot: Option<Nanos>,
    /// Windows that others came into, as bits.
    pub raced: u64,
    pub found: bool,
    /// The family and version that a later fill puts into a cache.
    pub noted: Option<(u32, u32)>,
    pub is_waiting_for_connection: bool,
    pub is_waiting_for_slot: bool,
    /// A call is open.
    pub is_calling: bool,
    /// It is the one call that tries whether a breaker can close.
    pub is_probe: bool,
    /// Requests that wait for it, one above the other.
    pub depth: u8,
    pub answered: bool,
    pub has_slot: bool,
    pub outcome: Ending,
}

/// What one request has that there can be several of; apart, so that requests are quick to begin.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Locks it holds, by family and place; those of transactions go when they end.
    pub held: Vec<(u32, u32, bool)>,
    /// What it looked at in a SERIALIZABLE transaction.
    pub looked: Vec<(u32, u32)>,
    /// Links of which it has a connection.
    pub leases: Vec<u32>,
}

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Caller {
    /// Nobody who does anything about it.
    #[default]
    Nobody,
    /// An agent, with what it counted then.
    Agent(u32, u32),
    /// Another request, with the exchange it had begun.
    Request(u32, u32),
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ending {
    #[default]
    Done,
    /// By the limit.
    Refused,
    /// It was kept out: a condition did not hold any more, the store aborted it.
    TurnedAway,
    /// Something did not answer.
    Failed,
}

/// One replica of a service.
#[derive(Debug, Clone, Default)]
pub struct Replica {
    pub busy: u64,
    /// Requests in line, with their serials.
    pub waiting: VecDeque<(u32, u32)>,
}

/// A member of a family, as far as versions matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cell {
    pub round: u32,
    pub version: u32,
    pub changed_at: Nanos,
    pub by: u32,
}

/// What a cache says of a member.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cached {
    pub round: u32,
    pub version: u32,
    pub until: Nanos,
}

/// Somebody came by: when they began, and who.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    pub begun: Nanos,
    pub by: u32,
}

impl<'a> World<'a> {
    pub fn new(program: &'a Program, demands: &'a Demands) -> World<'a> {
        World {
            dice: Dice::of_round(0, 0),
            queue: Queue::default(),
            base: 0,
            round: 0,
            requests: Vec::new(),
            kept: Vec::new(),
            free: Vec::new(),
            times: Vec::new(),
            serial: 0,
            agents: Agents::default(),
            services: places::replicas(program),
            next_replica: vec![0; program.services.len()],
            called: vec![0; program.services.len()],
            links: places::links(program),
            locks: places::locks(program),
            cells: places::cells(program),
            caches: places::caches(program),
            marks: places::marks(program),
            taken: places::taken(program),
            readers: places::readers(program),
            over: vec![false; program.operations.len()],
            names: Names::of(program),
            tally: Tally::of(program),
            is_cut: false,
            happenings_max: HAPPENINGS_MAX,
            arrivals: Vec::new(),
            last: 0,
            program,
            demands,
        }
    }

    /// What was counted in the rounds run since it was taken last.
    pub fn take_tally(&mut self) -> Tally {
        std::mem::replace(&mut self.tally, Tally::of(self.program))
    }

    /// Lets one round happen.
    pub fn run(&mut self, seed: u64, round: u64) {
        self.begin(seed, round);
        let upto = match self.demands.horizon {
            Some(horizon) => self.base + horizon,
            None => self.base + self.demands.last + DRAIN_NS_MAX,
        };
        let mut next = 0;
        for nth in 0.. {
            self.is_cut |= nth == self.happenings_max
                || self.queue.len() > QUEUE_MAX
                || self.agents.len() > AGENTS_MAX;
            if self.is_cut {
                break;
            }
            let arrives = self.arrivals.get(next).map(|arrival| arrival.at);
            let happens = self.queue.next_at();
            let arrives_first = match (arrives, happens) {
                (Some(arrives), Some(happens)) => arrives <= happens,
                (arrives, _) => arrives.is_some(),
            };
            if arrives_first {
                let arrival = self.arrivals[next];
                next += 1;
                self.last = arrival.at;
                self.arrive(arrival);
                continue;
            }
            match self.queue.take() {
                Some((at, happening)) if at <= upto => {
                    self.last = at;
                    self.happen(at, happening);
                }
                _ => break,
            }
        }
        self.end();
    }

    fn begin(&mut self, seed: u64, round: u64) {
        if self.last > BASE_NS_MAX {
            self.renew();
        }
        self.dice = Dice::of_round(seed, round);
        self.base = self.last + PAUSE_NS;
        self.round += 1;
        self.serial = self.serial.wrapping_add(1);
        self.next_replica.fill(0);
        self.over.fill(false);
        self.names.clear();
        let mut arrivals = std::mem::take(&mut self.arrivals);
        self.demands
            .arrivals(self.base, &mut self.dice, &mut arrivals);
        self.arrivals = arrivals;
        for (at, outage) in self.program.outages.iter().enumerate() {
            let outage_begins = Happening::Outage { outage: at as u16 };
            self.queue.put(self.base + outage.from, outage_begins);
        }
        self.put_clients();
    }

    /// A world like it, with nothing in it but what was counted.
    fn renew(&mut self) {
        let tally = self.take_tally();
        let happenings_max = self.happenings_max;
        *self = World {
            tally,
            happenings_max,
            ..World::new(self.program, self.demands)
        };
    }

    fn end(&mut self) {
        self.tally.rounds += 1;
        let is_cut = std::mem::take(&mut self.is_cut) || self.demands.is_short;
        self.tally.rounds_cut += u64::from(is_cut);
        for (tally, over) in self.tally.operations.iter_mut().zip(&self.over) {
            tally.rounds_over += u64::from(*over);
        }
        self.queue.clear();
        self.requests.clear();
        self.kept.clear();
        self.free.clear();
        self.times.clear();
        self.agents.clear();
        self.end_replicas();
    }

    /// Replicas that were not called are as they were.
    fn end_replicas(&mut self) {
        for (replicas, called) in self.services.iter_mut().zip(&self.called) {
            let called = replicas.iter_mut().take(usize::from(*called));
            called.for_each(|replica| *replica = Replica::default());
        }
        for (link, states) in self.program.links.iter().zip(&mut self.links) {
            let called = link.from.map_or(1, |from| self.called[from]);
            let called = states.iter_mut().take(usize::from(called));
            called.for_each(|state| *state = LinkState::default());
        }
        self.called.fill(0);
    }

    fn happen(&mut self, at: Nanos, happening: Happening) {
        match happening {
            Happening::Touch { request, attempt } if self.is_at(request, attempt) => {
                self.touch(request, at);
            }
            Happening::Reply { request, attempt } if self.is_at(request, attempt) => {
                self.reply(request, at);
            }
            Happening::Fail { request, attempt } if self.is_at(request, attempt) => {
                self.fail(request, at);
            }
            Happening::Again { request, attempt } if self.is_at(request, attempt) => {
                self.call(request, at);
            }
            Happening::GiveUp { request, attempt } if self.is_at(request, attempt) => {
                self.give_up(request, at);
            }
            Happening::Answer { request, attempt } if self.is_at(request, attempt) => {
                self.answer(request, at);
                self.proceed(request, at);
            }
            Happening::End { request, attempt } if self.is_at(request, attempt) => {
                self.retire(request, at);
            }
            Happening::Victim { request, attempt } if self.is_at(request, attempt) => {
                self.break_circle(request, at);
            }
            Happening::Agent { agent, attempt } => self.agent_acts(agent, attempt, at),
            Happening::AgentGivesUp { agent, attempt } => self.agent_gives_up(agent, attempt, at),
            Happening::Outage { outage } => self.outage_begins(usize::from(outage), at),
            _ => {}
        }
    }

    #[inline]
    fn is_at(&self, request: u32, attempt: u32) -> bool {
        let request = &self.requests[request as usize];
        request.live && request.attempt == attempt
    }
}
