//! One step at a time: every step that another racer could care about waits at its gate until all
//! racers have come to rest, and a strategy says which one goes. What it decides upon is a real
//! run: racers block in the store, poll for locks, and go on with work that no wire sees.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use model::{Reply, SeenStep, Step};
use predict::explore::{Ending, Pending, Strategy};
use predict::{Deed, Footprint, Ledger, Move};
use wire::{Director, Release, Ruling, Ticket};

use super::log::StepLog;
use super::ordered::Key;
use super::polling::Polls;
use super::{Blocked, Progress, Steering, Waiting};

/// No step is held longer than this, whatever happens to the trial.
const HOLD_MAX: Duration = Duration::from_secs(6);

/// A step that had no reply for so long, with nothing else going on, may wait for a lock.
const SUSPICIOUS: Duration = Duration::from_millis(2);

/// A racer that does nothing that wires see for so long is not waited for.
const IDLE: Duration = Duration::from_millis(250);

/// Who chooses, shared by all executions of an exploration.
pub type Chooser = Arc<Mutex<dyn Strategy<Move> + Send>>;

/// What each racer may do that others care about; grows with what is seen.
pub type Known = Arc<Mutex<Vec<Vec<Deed>>>>;

/// Lets one step go at a time.
pub struct Stepwise {
    state: Mutex<State>,
}

struct State {
    chooser: Chooser,
    known: Known,
    racers: Vec<Racer>,
    ledger: Ledger,
    polls: Polls,
    log: StepLog,
    /// The racer that was chosen last, while its step is under way.
    chosen: Option<usize>,
    /// Steps carried out since the last decision.
    done: Vec<(usize, Move)>,
    /// All that were carried out, by when their replies were seen.
    executed: Vec<(usize, Key)>,
    /// The same, as the strategy was told of them.
    moves: Vec<(usize, Move)>,
    /// A racer came to a step while another connection of it had one under way.
    side_by_side: bool,
    over: bool,
}

/// What a racer is at.
struct Racer {
    /// Steps at the gate, in the order in which they came.
    held: VecDeque<Held>,
    /// Steps that are up.
    up: HashMap<Key, Up>,
    stirred: Instant,
    ended: bool,
    /// It polls, and nothing has changed since it last asked.
    polls_in_vain: bool,
}

struct Held {
    key: Key,
    step: Move,
    release: Release,
}

struct Up {
    step: Move,
    since: Instant,
    session: Option<u32>,
    target: String,
    /// The store says that it waits.
    blocked: bool,
}

impl Racer {
    /// Whether another connection has a step under way. Those of one connection keep their order.
    fn is_at_work_beside(&self, step: &Step) -> bool {
        let held = self.held.iter().map(|held| &held.key);
        let mut under_way = held.chain(self.up.keys());
        under_way.any(|key| (key.0, key.1) != (step.wire, step.connection))
    }
}

fn key(step: &Step) -> Key {
    (step.wire, step.connection, step.ordinal)
}

impl Stepwise {
    /// A director for one execution with so many racers.
    pub fn new(racers: usize, chooser: Chooser, known: Known) -> Stepwise {
        let now = Instant::now();
        let racer = |_| Racer {
            held: VecDeque::new(),
            up: HashMap::new(),
            stirred: now,
            ended: false,
            polls_in_vain: false,
        };
        Stepwise {
            state: Mutex::new(State {
                chooser,
                known,
                racers: (0..racers).map(racer).collect(),
                ledger: Ledger::default(),
                polls: Polls::default(),
                log: StepLog::new(),
                chosen: None,
                done: Vec::new(),
                executed: Vec::new(),
                moves: Vec::new(),
                side_by_side: false,
                over: false,
            }),
        }
    }

    /// Ends the execution: what is still held goes, and the strategy is told.
    pub fn finish(&self) {
        let mut state = self.state();
        state.over = true;
        state.tell_done();
        let chooser = Arc::clone(&state.chooser);
        let left: Vec<(usize, Move)> = state
            .racers
            .iter()
            .enumerate()
            .filter_map(|(at, racer)| Some((at, racer.held.front()?.step.clone())))
            .collect();
        for racer in &mut state.racers {
            racer.held.drain(..).for_each(|held| held.release.pass());
        }
        drop(state);
        let pending: Vec<Pending<'_, Move>> = left.iter().map(|(at, step)| (*at, step)).collect();
        let ending = match pending.is_empty() {
            true => Ending::Ended,
            false => Ending::Cut(&pending),
        };
        lock(&chooser).end(&ending);
    }

    /// The steps that were let go one after another, by racer, in that order.
    pub fn executed(&self) -> Vec<(usize, Key)> {
        self.state().executed.clone()
    }

    /// What they did, as the strategy was told of it.
    pub fn moves(&self) -> Vec<(usize, Move)> {
        self.state().moves.clone()
    }

    /// Whether a racer worked on several steps at once. Which of them comes first is not chosen here,
    /// so not every order of them is tried.
    pub fn saw_side_by_side(&self) -> bool {
        self.state().side_by_side
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

impl State {
    /// Whether another racer may care about the order of this step.
    fn is_contended(&self, racer: usize, footprint: &Footprint) -> bool {
        if footprint.is_empty() {
            return false;
        }
        let mut known = lock(&self.known);
        known.resize(self.racers.len(), Vec::new());
        let others = known
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != racer);
        let contended = others
            .flat_map(|(_, deeds)| deeds)
            .any(|theirs| footprint.deeds.iter().any(|deed| deed.depends(theirs)));
        for deed in &footprint.deeds {
            if !known[racer].contains(deed) {
                known[racer].push(deed.clone());
            }
        }
        contended
    }

    /// Decides, if everybody has come to rest.
    fn settle(&mut self, now: Instant) {
        if self.over || !(0..self.racers.len()).all(|racer| self.is_at_rest(racer, now)) {
            return;
        }
        self.tell_done();
        let ready: Vec<usize> = self.able(false);
        // When nobody else can go, those who poll may: time itself may free what they ask for.
        let ready = if ready.is_empty() {
            self.able(true)
        } else {
            ready
        };
        if ready.is_empty() {
            return;
        }
        let racer = self.choose(&ready).unwrap_or(ready[0]);
        self.let_go(racer);
    }

    /// Racers that stand at a gate; those who poll in vain only when wanted.
    fn able(&self, polling: bool) -> Vec<usize> {
        let racers = self.racers.iter().enumerate();
        racers
            .filter(|(_, racer)| !racer.held.is_empty() && (polling || !racer.polls_in_vain))
            .map(|(at, _)| at)
            .collect()
    }

    fn choose(&mut self, ready: &[usize]) -> Option<usize> {
        let standing: Vec<Pending<'_, Move>> = ready
            .iter()
            .filter_map(|at| Some((*at, &self.racers[*at].held.front()?.step)))
            .collect();
        let mut blocked: Vec<Pending<'_, Move>> = Vec::new();
        for (at, racer) in self.racers.iter().enumerate() {
            if let Some(up) = racer.up.values().find(|up| up.blocked) {
                blocked.push((at, &up.step));
            } else if let Some(held) = racer.held.front().filter(|_| !ready.contains(&at)) {
                blocked.push((at, &held.step));
            }
        }
        let chosen = lock(&self.chooser).choose(&standing, &blocked);
        ready.contains(&chosen).then_some(chosen)
    }

    fn let_go(&mut self, racer: usize) {
        let Some(held) = self.racers[racer].held.pop_front() else {
            return;
        };
        self.log.passed(held.key.0, held.key.1, held.key.2);
        let seen = self
            .log
            .steps()
            .iter()
            .rev()
            .find(|seen| key(&seen.step) == held.key);
        let session = seen.and_then(|seen| seen.step.session);
        let target = seen.map(|seen| seen.step.target.clone());
        let now = Instant::now();
        self.chosen = Some(racer);
        self.racers[racer].stirred = now;
        self.racers[racer].up.insert(
            held.key,
            Up {
                step: held.step,
                since: now,
                session,
                target: target.unwrap_or_default(),
                blocked: false,
            },
        );
        held.release.pass();
    }

    /// Nothing of this racer is going on but what waits for somebody else.
    fn is_at_rest(&self, racer: usize, now: Instant) -> bool {
        let Racer {
            held,
            up,
            stirred,
            ended,
            ..
        } = &self.racers[racer];
        if up.values().any(|up| !up.blocked) {
            return false;
        }
        if !held.is_empty() || *ended || !up.is_empty() {
            return true;
        }
        now.saturating_duration_since(*stirred) >= IDLE
    }

    /// Tells the strategy what was carried out: the chosen step before those that it set free.
    fn tell_done(&mut self) {
        let chosen = self.chosen.take();
        let mut done = std::mem::take(&mut self.done);
        done.sort_by_key(|(racer, _)| Some(*racer) != chosen);
        let mut chooser = lock(&self.chooser);
        for (racer, step) in done {
            for (other, polls) in self.racers.iter_mut().enumerate() {
                let asks = polls.held.front().map(|held| &held.step.footprint);
                if other != racer && asks.is_none_or(|asks| asks.depends(&step.footprint)) {
                    polls.polls_in_vain = false;
                }
            }
            self.moves.push((racer, step.clone()));
            chooser.executed(racer, step);
        }
    }

    /// A step has its reply, or will have none.
    fn ended(&mut self, step: &Step) {
        let key = key(step);
        let Some(racer) = self.racers.get_mut(usize::from(step.lane.0)) else {
            return;
        };
        racer.stirred = Instant::now();
        racer.held.retain(|held| held.key != key);
        if let Some(up) = racer.up.remove(&key) {
            self.done.push((usize::from(step.lane.0), up.step));
            self.executed.push((usize::from(step.lane.0), key));
        }
        self.settle(Instant::now());
    }
}

impl Director for Stepwise {
    fn is_attentive(&self) -> bool {
        true
    }

    fn before_up(&self, step: &Step) -> Ruling {
        let mut state = self.state();
        state.log.asked(step);
        let at = usize::from(step.lane.0);
        let footprint = state.ledger.take(step);
        if at >= state.racers.len() || state.over || !state.is_contended(at, &footprint) {
            if let Some(racer) = state.racers.get_mut(at) {
                racer.stirred = Instant::now();
            }
            return Ruling::Pass;
        }
        let (release, ticket) = Ticket::new(HOLD_MAX);
        let in_vain = state.polls.asks_again(at, step);
        state.side_by_side |= state.racers[at].is_at_work_beside(step);
        let racer = &mut state.racers[at];
        racer.stirred = Instant::now();
        racer.polls_in_vain = in_vain && racer.held.is_empty();
        racer.held.push_back(Held {
            key: key(step),
            step: Move::new(step, footprint),
            release,
        });
        state.settle(Instant::now());
        Ruling::Hold(ticket)
    }

    fn before_down(&self, step: &Step, reply: &Reply) -> Ruling {
        let mut state = self.state();
        state.log.replied(step, reply);
        state.polls.replied(step, reply);
        state.ended(step);
        Ruling::Pass
    }

    fn cut(&self, step: &Step) {
        let mut state = self.state();
        state.log.cut(step);
        state.ended(step);
    }
}

impl Steering for Stepwise {
    fn racer_started(&self, racer: usize) {
        if let Some(racer) = self.state().racers.get_mut(racer) {
            racer.stirred = Instant::now();
        }
    }

    fn holds(&self, racer: usize) -> bool {
        let state = self.state();
        let racer = state.racers.get(racer);
        racer.is_some_and(|racer| !racer.held.is_empty())
    }

    fn racer_ended(&self, racer: usize) {
        let mut state = self.state();
        if let Some(racer) = state.racers.get_mut(racer) {
            racer.ended = true;
        }
        state.settle(Instant::now());
    }

    fn look(&self, now: Instant, stuck: Duration) {
        let mut state = self.state();
        for racer in &mut state.racers {
            for up in racer.up.values_mut() {
                // Not every wait can be asked about: a service may hold a lock of its own.
                up.blocked |= now.saturating_duration_since(up.since) >= stuck;
            }
        }
        state.settle(now);
    }

    fn waiting(&self, now: Instant) -> Vec<Waiting> {
        let state = self.state();
        let mut waiting = Vec::new();
        for (racer, at) in state.racers.iter().enumerate() {
            let old = at
                .up
                .values()
                .filter(|up| !up.blocked && now.saturating_duration_since(up.since) >= SUSPICIOUS);
            waiting.extend(old.filter_map(|up| {
                Some(Waiting {
                    racer,
                    step: up.step.name.clone(),
                    target: up.target.clone(),
                    session: up.session?,
                })
            }));
        }
        waiting
    }

    fn sessions(&self, target: &str) -> Vec<(usize, u32)> {
        self.state().log.sessions(target)
    }

    fn blocked(&self, found: Vec<Blocked>) {
        let mut state = self.state();
        for blocked in found {
            if let Some(racer) = state.racers.get_mut(blocked.racer) {
                racer.up.values_mut().for_each(|up| up.blocked = true);
            }
        }
        state.settle(Instant::now());
    }

    fn progress(&self) -> Progress {
        let done = self.state().executed.len();
        Progress {
            done,
            void: 0,
            lines: done,
            missing: None,
            given_up: false,
            blocked: None,
        }
    }

    fn take_log(&self) -> Vec<SeenStep> {
        std::mem::take(&mut self.state().log).into_steps()
    }

    fn over(&self) {
        self.finish();
    }
}

#[cfg(test)]
#[path = "stepwise_tests.rs"]
mod tests;
