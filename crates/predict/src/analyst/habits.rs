//! What requests always do: which steps follow a look whatever it showed, which tables nobody
//! changes, and which counters all requests count up. A look decides what some requests do after it
//! and others do not; what all of them do it does not decide.

use std::collections::{HashMap, HashSet};

use model::{Access, Effect, Step, Transaction};

use super::forms::Forms;
use super::kinds::Group;
use super::{RecordedRequest, severity, sql};

/// Different sequences of steps that are compared; when there are more, nothing is known of habits.
const SEQUENCES_MAX: usize = 2048;
/// Steps of a request that are compared.
const STEPS_MAX: usize = 400;
/// As many kinds have to do the same before it is a habit: one kind alone may always have succeeded.
const KINDS_MIN: usize = 2;

/// The number of a step's shape.
type Id = usize;

/// Target, shape and resource.
type Name = (String, String, String);

/// What all recorded requests do.
#[derive(Default)]
pub struct Habits {
    ids: HashMap<Name, Id>,
    /// For each shape, what it looks at.
    looks: Vec<Vec<(String, String)>>,
    sequences: HashSet<Vec<Id>>,
    is_cut: bool,
    /// What some request changes.
    changed: HashSet<(String, String)>,
    counters: HashSet<Id>,
}

impl Habits {
    /// Of all requests, which are of these kinds.
    pub fn of(requests: &[RecordedRequest], kinds: &[Group], forms: &Forms) -> Habits {
        let mut habits = Habits::default();
        for request in requests {
            let mut sequence: Vec<Id> = Vec::new();
            for step in request.steps.iter().map(|seen| &seen.step) {
                let id = habits.learn(step, forms);
                if let Some(id) = id.filter(|id| !sequence.contains(id)) {
                    habits.is_cut |= sequence.len() >= STEPS_MAX;
                    sequence.push(id);
                    sequence.truncate(STEPS_MAX);
                }
            }
            habits.sequences.insert(sequence);
            if habits.sequences.len() > SEQUENCES_MAX {
                habits.is_cut = true;
                habits.sequences.clear();
            }
        }
        habits.find_counters(requests, kinds, forms);
        habits
    }

    fn learn(&mut self, step: &Step, forms: &Forms) -> Option<Id> {
        let effects: Vec<Effect> = step.effects.iter().map(|e| forms.of(step, e)).collect();
        for effect in effects.iter().filter(|effect| effect.access.changes()) {
            let what = (step.target.clone(), effect.resource.clone());
            self.changed.insert(what);
        }
        let name = name(step, effects.first()?);
        let next = self.looks.len();
        let id = *self.ids.entry(name).or_insert(next);
        if id == next {
            let looks = effects
                .iter()
                .filter(|effect| effect.access == Access::Read);
            self.looks.push(
                looks
                    .map(|effect| (step.target.clone(), effect.resource.clone()))
                    .collect(),
            );
        }
        Some(id)
    }

    /// Whether a step only looks at what no recorded request changes.
    pub fn is_idle(&self, step: &Step, forms: &Forms) -> bool {
        step.effects.iter().all(|effect| {
            let resource = forms.of(step, effect).resource;
            effect.access == Access::Read
                && !self.changed.contains(&(step.target.clone(), resource))
        })
    }

    /// Whether requests of several kinds make the first step, and all of them the second one later.
    pub fn always_leads(&self, kinds: usize, first: &Step, second: &Step) -> bool {
        let id = |step: &Step| self.ids.get(&name(step, step.effects.first()?)).copied();
        let (Some(first), Some(second)) = (id(first), id(second)) else {
            return false;
        };
        kinds >= KINDS_MIN
            && !self.is_cut
            && self.sequences.iter().all(|sequence| {
                let mut rest = sequence.iter().skip_while(|id| **id != first);
                rest.next().is_none() || rest.any(|id| *id == second)
            })
    }

    /// Whether a step only counts something up that all requests count which look at it: it loses
    /// nothing, and nobody decides on it.
    pub fn is_counter(&self, step: &Step, forms: &Forms) -> bool {
        let effect = step.effects.first().map(|effect| forms.of(step, effect));
        let id = effect.and_then(|effect| self.ids.get(&name(step, &effect)));
        step.transaction == Transaction::None && id.is_some_and(|id| self.counters.contains(id))
    }

    fn find_counters(&mut self, requests: &[RecordedRequest], kinds: &[Group], forms: &Forms) {
        let mut found: HashMap<Id, (usize, (String, String))> = HashMap::new();
        for kind in kinds {
            let Some(request) = kind.whole.first().and_then(|at| requests.get(*at)) else {
                continue;
            };
            let mut seen: HashSet<Id> = HashSet::new();
            for step in request.steps.iter().map(|seen| &seen.step) {
                let Some(effect) = step.effects.first().map(|effect| forms.of(step, effect)) else {
                    continue;
                };
                let Some(id) = self.ids.get(&name(step, &effect)).copied() else {
                    continue;
                };
                if is_count(step, &effect) && seen.insert(id) {
                    let what = (step.target.clone(), effect.resource);
                    found.entry(id).or_insert((0, what)).0 += 1;
                }
            }
        }
        if self.is_cut {
            return;
        }
        for (id, (kinds, what)) in found {
            let looks = |other: &Id| *other != id && self.looks[*other].contains(&what);
            let mut sequences = self.sequences.iter();
            let all =
                sequences.all(|sequence| !sequence.iter().any(looks) || sequence.contains(&id));
            if kinds >= KINDS_MIN && all {
                self.counters.insert(id);
            }
        }
    }
}

fn name(step: &Step, effect: &Effect) -> Name {
    (
        step.target.clone(),
        step.shape.clone(),
        effect.resource.clone(),
    )
}

/// `UPDATE visits SET requests = requests + 1`, of nothing that people count on.
fn is_count(step: &Step, effect: &Effect) -> bool {
    effect.access == Access::Atomic
        && step.verb == "UPDATE"
        && step
            .effects
            .iter()
            .all(|other| other.resource == effect.resource)
        && effect.columns.as_ref().is_some_and(|columns| {
            !columns.is_empty() && !columns.iter().any(|column| severity::is_telling(column))
        })
        && sql::only_counts(&step.text)
}
