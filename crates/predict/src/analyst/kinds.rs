//! Which requests do the same: those whose steps have the same shapes in the same order, however
//! often a step is repeated, and with or without steps that only some of them make.

use std::collections::HashMap;

use model::{Access, Transaction};

use super::forms::Forms;
use super::names::Names;
use super::{KINDS_MAX, RecordedRequest, is_relevant};

/// Different sequences of steps that are compared with each other; what comes more rarely than all
/// of them is left out.
const SEQUENCES_MAX: usize = 256;
/// Steps of a request that tell its kind.
const STEPS_MAX: usize = 64;

/// The number of a step's shape.
pub type Key = u32;

/// Requests that do the same.
#[derive(Debug)]
pub struct Group {
    /// As users read it; no other kind has it.
    pub name: String,
    /// The requests, by their places.
    pub members: Vec<usize>,
    /// Those of them that make all steps.
    pub whole: Vec<usize>,
}

/// All kinds, and what was left out.
#[derive(Debug, Default)]
pub struct Grouped {
    /// The most frequent first.
    pub kinds: Vec<Group>,
    /// How many there are with those left out.
    pub found: u64,
    pub notes: Vec<String>,
}

/// Numbers for shapes.
#[derive(Default)]
pub struct Keys {
    numbers: HashMap<(String, String, String, bool), Key>,
}

#[derive(Debug)]
struct Sequence {
    name: Option<String>,
    keys: Vec<Key>,
    /// The steps that change something.
    changes: Vec<Key>,
    members: Vec<usize>,
}

impl Keys {
    /// The number of a step's shape; none for what touches nothing shared.
    pub fn of(&mut self, step: &model::Step, forms: &Forms) -> Option<Key> {
        let first = step.effects.first().filter(|_| step.is_shared())?;
        let next = self.numbers.len() as Key;
        let key = (
            step.target.clone(),
            step.shape.clone(),
            forms.of(step, first).resource,
            step.transaction == Transaction::Inside,
        );
        Some(*self.numbers.entry(key).or_insert(next))
    }
}

/// Puts requests together.
pub fn group(requests: &[RecordedRequest], forms: &Forms) -> Grouped {
    let mut keys = Keys::default();
    let mut sequences: Vec<Sequence> = Vec::new();
    let mut known: HashMap<(Option<String>, Vec<Key>), usize> = HashMap::new();
    for (at, request) in requests.iter().enumerate() {
        let (sequence, changes) = sequence(request, forms, &mut keys);
        if sequence.is_empty() {
            continue;
        }
        let place = *known
            .entry((request.name.clone(), sequence.clone()))
            .or_insert_with(|| {
                sequences.push(Sequence {
                    name: request.name.clone(),
                    keys: sequence,
                    changes,
                    members: Vec::new(),
                });
                sequences.len() - 1
            });
        sequences[place].members.push(at);
    }
    sequences.sort_by_key(|sequence| std::cmp::Reverse(sequence.members.len()));
    let rare: usize = sequences
        .iter()
        .skip(SEQUENCES_MAX)
        .map(|s| s.members.len())
        .sum();
    let left_out = sequences.len().saturating_sub(SEQUENCES_MAX);
    sequences.truncate(SEQUENCES_MAX);
    let mut merged = merge(sequences);
    merged.sort_by_key(|(whole, optional)| std::cmp::Reverse(whole.members.len() + optional.len()));
    finish(merged, (requests, forms), (left_out, rare))
}

fn sequence(request: &RecordedRequest, forms: &Forms, keys: &mut Keys) -> (Vec<Key>, Vec<Key>) {
    let (mut sequence, mut changes) = (Vec::new(), Vec::new());
    for step in request.steps.iter().filter(|step| is_relevant(&step.step)) {
        let Some(key) = keys.of(&step.step, forms) else {
            continue;
        };
        if sequence.len() >= STEPS_MAX {
            break;
        }
        if !sequence.contains(&key) {
            sequence.push(key);
            let mut effects = step.step.effects.iter();
            if effects.any(|effect| effect.access != Access::Read) {
                changes.push(key);
            }
        }
    }
    changes.sort_unstable();
    (sequence, changes)
}

/// Adds sequences that lack some steps of another to it: of the same name, or, where there is none,
/// with the same changes.
fn merge(mut sequences: Vec<Sequence>) -> Vec<(Sequence, Vec<usize>)> {
    // Stable: of equal length the more frequent one comes first.
    sequences.sort_by_key(|sequence| std::cmp::Reverse(sequence.keys.len()));
    let mut merged: Vec<(Sequence, Vec<usize>)> = Vec::new();
    for sequence in sequences {
        let longer = merged.iter_mut().find(|(longer, _)| {
            longer.name == sequence.name
                && (sequence.name.is_some()
                    || !sequence.changes.is_empty() && longer.changes == sequence.changes)
                && is_part(&sequence.keys, &longer.keys)
        });
        match longer {
            Some((_, optional)) => optional.extend(sequence.members),
            None => merged.push((sequence, Vec::new())),
        }
    }
    merged
}

/// Whether the steps of one come in the other in the same order.
fn is_part(one: &[Key], other: &[Key]) -> bool {
    let mut other = other.iter();
    one.iter().all(|key| other.any(|theirs| theirs == key))
}

fn finish(
    merged: Vec<(Sequence, Vec<usize>)>,
    (requests, forms): (&[RecordedRequest], &Forms),
    (left_out, mut rare): (usize, usize),
) -> Grouped {
    let found = merged.len() + left_out;
    let mut names: HashMap<String, u32> = HashMap::new();
    let mut kinds = Vec::new();
    let unnamed = merged
        .iter()
        .filter(|(sequence, _)| sequence.name.is_none());
    let told = Names::of(
        unnamed.map(|(sequence, _)| &requests[sequence.members[0]]),
        forms,
    );
    for (nth, (sequence, optional)) in merged.into_iter().enumerate() {
        if nth >= KINDS_MAX {
            rare += sequence.members.len() + optional.len();
            continue;
        }
        let name = sequence
            .name
            .unwrap_or_else(|| told.name(&requests[sequence.members[0]], forms));
        let times = names.entry(name.clone()).or_default();
        *times += 1;
        let name = match times {
            1 => name,
            times => format!("{name} ({times})"),
        };
        kinds.push(Group {
            name,
            members: [sequence.members.as_slice(), &optional].concat(),
            whole: sequence.members,
        });
    }
    let more = found - kinds.len();
    let note = format!(
        "{more} rarer kinds of requests ({rare} requests) were not looked at; the {} most \
         frequent were",
        kinds.len()
    );
    Grouped {
        kinds,
        found: found as u64,
        notes: if more > 0 { vec![note] } else { Vec::new() },
    }
}
