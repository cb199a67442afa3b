//! A simulated store for tests: small programs over keys and mutexes whose next steps depend on
//! what they read; runs of them under a strategy, and all interleavings by brute force.

use std::collections::{BTreeMap, BTreeSet};

use model::StableHasher;

use super::{Dependence, Ending, Pending, Strategy, canonical};

/// A step on the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    Read(char),
    Write(char, i64),
    /// Adds and sees the sum.
    Add(char, i64),
    Lock(char),
    Unlock(char),
    /// Reads a key once it has this value; until then it is blocked.
    Await(char, i64),
    /// Writes a key once nobody else holds the mutex: a write under a row lock.
    Put(char, char, i64),
}

impl Step {
    /// What it touches, and whether it changes it.
    fn touches(&self) -> [Option<(char, bool)>; 2] {
        match self {
            Step::Read(key) | Step::Await(key, _) => [Some((*key, false)), None],
            Step::Write(key, _) | Step::Add(key, _) => [Some((*key, true)), None],
            Step::Lock(mutex) | Step::Unlock(mutex) => [Some((*mutex, true)), None],
            Step::Put(mutex, key, _) => [Some((*mutex, false)), Some((*key, true))],
        }
    }
}

/// Whether two steps touch the same, and one of them changes it.
pub fn depend(a: &Step, b: &Step) -> bool {
    let (ours, theirs) = (a.touches(), b.touches());
    ours.iter().flatten().any(|(resource, writes)| {
        let mut theirs = theirs.iter().flatten();
        theirs.any(|(other, also_writes)| resource == other && (*writes || *also_writes))
    })
}

/// The same, with the knowledge that an unlock and a lock are never possible together.
pub struct Mutexes;

impl Dependence<Step> for Mutexes {
    fn depend(&self, a: &Step, b: &Step) -> bool {
        depend(a, b)
    }

    fn identity(&self, step: &Step) -> u64 {
        StableHasher::of(step)
    }

    fn co_enabled(&self, a: &Step, b: &Step) -> bool {
        match (a, b) {
            (Step::Unlock(a), Step::Lock(b)) | (Step::Lock(a), Step::Unlock(b)) => a != b,
            _ => true,
        }
    }
}

#[derive(Debug, Clone)]
enum Instruction {
    Step(Step),
    /// Writes what was seen last, plus this.
    WriteSeen(char, i64),
    /// Skips so many instructions if what was seen last is this (or is not).
    Skip(bool, i64, usize),
}

/// Programs that race.
#[derive(Debug, Clone)]
pub struct Model {
    pub text: String,
    programs: Vec<Vec<Instruction>>,
}

/// Where everything stands; at the end, the outcome.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    store: BTreeMap<char, i64>,
    holders: BTreeMap<char, usize>,
    places: Vec<usize>,
    seen: Vec<Vec<i64>>,
}

/// Steps, each with its racer.
pub type Steps = Vec<(usize, Step)>;

/// What one execution was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    pub steps: Steps,
    pub outcome: State,
}

/// All interleavings.
#[derive(Debug, Default)]
pub struct Everything {
    pub executions: BTreeSet<Steps>,
    pub classes: BTreeSet<u64>,
    pub outcomes: BTreeSet<State>,
}

impl Model {
    /// Reads programs such as `r x, if 0 skip 1, w x +1 | w x 5`.
    pub fn of(text: &str) -> Model {
        let program = |text: &str| text.split(',').map(instruction).collect();
        Model {
            text: text.to_string(),
            programs: text.split('|').map(program).collect(),
        }
    }

    pub fn racers(&self) -> usize {
        self.programs.len()
    }

    pub fn start(&self) -> State {
        let mut state = State {
            store: BTreeMap::new(),
            holders: BTreeMap::new(),
            places: vec![0; self.racers()],
            seen: vec![Vec::new(); self.racers()],
        };
        (0..self.racers()).for_each(|racer| self.skip(&mut state, racer));
        state
    }

    /// The step a racer stands before.
    pub fn pending(&self, state: &State, racer: usize) -> Option<Step> {
        let seen = state.seen[racer].last().copied().unwrap_or(0);
        match self.programs[racer].get(state.places[racer])? {
            Instruction::Step(step) => Some(step.clone()),
            Instruction::WriteSeen(key, more) => Some(Step::Write(*key, seen + more)),
            Instruction::Skip(..) => None,
        }
    }

    /// Passes the branches that a racer stands before.
    fn skip(&self, state: &mut State, racer: usize) {
        while let Some(Instruction::Skip(if_equal, value, count)) =
            self.programs[racer].get(state.places[racer])
        {
            let seen = state.seen[racer].last().copied().unwrap_or(0);
            let taken = (seen == *value) == *if_equal;
            state.places[racer] += 1 + if taken { *count } else { 0 };
        }
    }

    pub fn can(&self, state: &State, racer: usize, step: &Step) -> bool {
        let value = |key: &char| state.store.get(key).copied().unwrap_or(0);
        match step {
            Step::Lock(mutex) => !state.holders.contains_key(mutex),
            // Not one's own: an error of the program, which then stays there.
            Step::Unlock(mutex) => state.holders.get(mutex) == Some(&racer),
            Step::Put(mutex, _, _) => state.holders.get(mutex).is_none_or(|one| *one == racer),
            Step::Await(key, wanted) => value(key) == *wanted,
            _ => true,
        }
    }

    pub fn make(&self, state: &mut State, racer: usize, step: &Step) {
        match step {
            Step::Read(key) | Step::Await(key, _) => {
                let value = state.store.get(key).copied().unwrap_or(0);
                state.seen[racer].push(value);
            }
            Step::Write(key, value) | Step::Put(_, key, value) => {
                state.store.insert(*key, *value);
            }
            Step::Add(key, more) => {
                let value = state.store.entry(*key).or_insert(0);
                *value += more;
                state.seen[racer].push(*value);
            }
            Step::Lock(mutex) => {
                state.holders.insert(*mutex, racer);
            }
            Step::Unlock(mutex) => {
                state.holders.remove(mutex);
            }
        }
        state.places[racer] += 1;
        self.skip(state, racer);
    }

    /// Who can go and who is blocked.
    pub fn standing(&self, state: &State) -> (Steps, Steps) {
        (0..self.racers())
            .filter_map(|racer| Some((racer, self.pending(state, racer)?)))
            .partition(|(racer, step)| self.can(state, *racer, step))
    }

    /// Every interleaving, with at most so many preemptions.
    pub fn everything(&self, preemptions_max: Option<u32>) -> Everything {
        let mut found = Everything::default();
        let left = preemptions_max.unwrap_or(u32::MAX);
        self.descend(&self.start(), &mut Vec::new(), left, &mut found);
        found
    }

    fn descend(&self, state: &State, steps: &mut Steps, left: u32, found: &mut Everything) {
        let (ready, _) = self.standing(state);
        if ready.is_empty() {
            found.executions.insert(steps.clone());
            found.classes.insert(canonical(steps, &depend));
            found.outcomes.insert(state.clone());
        }
        let last = steps.last().map(|(racer, _)| *racer);
        let going = last.filter(|last| ready.iter().any(|(racer, _)| racer == last));
        for (racer, step) in ready {
            let cost = u32::from(going.is_some_and(|going| going != racer));
            if cost > left {
                continue;
            }
            let mut next = state.clone();
            self.make(&mut next, racer, &step);
            steps.push((racer, step));
            self.descend(&next, steps, left - cost, found);
            steps.pop();
        }
    }

    /// One execution under a strategy that has begun one, told who is blocked.
    pub fn run(&self, strategy: &mut dyn Strategy<Step>) -> Execution {
        let mut state = self.start();
        let mut steps = Vec::new();
        loop {
            let (ready, blocked) = self.standing(&state);
            if ready.is_empty() {
                return finish(strategy, state, steps, &blocked);
            }
            let racer = strategy.choose(&pending(&ready), &pending(&blocked));
            let (_, step) = ready
                .into_iter()
                .find(|(other, _)| *other == racer)
                .unwrap();
            self.make(&mut state, racer, &step);
            steps.push((racer, step.clone()));
            strategy.executed(racer, step);
        }
    }

    /// The same, when it only shows that a step is blocked once it was sent up: there it waits in
    /// line and goes by itself.
    pub fn run_blind(&self, strategy: &mut dyn Strategy<Step>) -> Execution {
        let mut state = self.start();
        let mut steps = Vec::new();
        let mut line: Vec<usize> = Vec::new();
        loop {
            let waiting = |racers: &mut dyn Iterator<Item = usize>| {
                racers
                    .filter_map(|racer| Some((racer, self.pending(&state, racer)?)))
                    .collect::<Vec<_>>()
            };
            let ready = waiting(&mut (0..self.racers()).filter(|racer| !line.contains(racer)));
            let blocked = waiting(&mut line.iter().copied());
            if ready.is_empty() {
                return finish(strategy, state, steps, &blocked);
            }
            let racer = strategy.choose(&pending(&ready), &pending(&blocked));
            assert!(ready.iter().any(|(other, _)| *other == racer), "not ready");
            line.push(racer);
            // Whoever came first goes first, as often as that lets another one go.
            while let Some(index) = line.iter().position(|racer| {
                self.pending(&state, *racer)
                    .is_some_and(|step| self.can(&state, *racer, &step))
            }) {
                let racer = line.remove(index);
                let step = self.pending(&state, racer).unwrap();
                self.make(&mut state, racer, &step);
                steps.push((racer, step.clone()));
                strategy.executed(racer, step);
            }
        }
    }
}

/// The steps as a strategy is shown them.
pub fn pending(steps: &[(usize, Step)]) -> Vec<Pending<'_, Step>> {
    steps.iter().map(|(racer, step)| (*racer, step)).collect()
}

fn finish(
    strategy: &mut dyn Strategy<Step>,
    outcome: State,
    steps: Steps,
    blocked: &[(usize, Step)],
) -> Execution {
    match blocked {
        [] => strategy.end(&Ending::Ended),
        _ => strategy.end(&Ending::Deadlock(&pending(blocked))),
    }
    Execution { steps, outcome }
}

fn instruction(text: &str) -> Instruction {
    let words: Vec<&str> = text.split_whitespace().collect();
    let key = |index: usize| words[index].chars().next().unwrap();
    let number = |index: usize| words[index].parse::<i64>().unwrap();
    Instruction::Step(match words[0] {
        "r" => Step::Read(key(1)),
        "w" if words[2].starts_with('+') => return Instruction::WriteSeen(key(1), number(2)),
        "w" => Step::Write(key(1), number(2)),
        "add" => Step::Add(key(1), number(2)),
        "lock" => Step::Lock(key(1)),
        "unlock" => Step::Unlock(key(1)),
        "await" => Step::Await(key(1), number(2)),
        "put" => Step::Put(key(1), key(2), number(3)),
        "if" => return Instruction::Skip(true, number(1), number(3) as usize),
        "unless" => return Instruction::Skip(false, number(1), number(3) as usize),
        other => panic!("{other}?"),
    })
}
