//! Which resources the racers contend for: touched by two of them, and changed by one.

use model::{Access, Effect, Step, StepPattern};

use super::race::Race;

/// Parts of one resource that are told apart; more than these are told as the whole.
const PARTS_MAX: usize = 2;

/// A resource, or the part of it that a racer changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The backend or service.
    pub target: String,
    /// Key, table or path.
    pub name: String,
    /// Columns and their values.
    pub part: Vec<(String, String)>,
}

impl Resource {
    /// What a step does to it, narrowed to this part.
    pub fn touched_by(&self, step: &Step) -> Option<Effect> {
        if step.noise || step.target != self.target {
            return None;
        }
        let own = Effect {
            part: self.part.clone(),
            ..Effect::of(Access::Read, &self.name)
        };
        let touching = step.effects.iter().filter(|effect| effect.meets(&own));
        // A step that looks and changes is a change.
        let effect = touching.max_by_key(|effect| effect.access.changes())?;
        Some(Effect {
            part: self.part.clone(),
            resource: self.name.clone(),
            ..effect.clone()
        })
    }

    /// The order's resources are the ones the story is about.
    fn place_in(&self, order: &[(String, StepPattern)]) -> usize {
        let is_of = |pattern: &StepPattern| {
            let resource = pattern.resource.as_deref();
            let is_named = |text: &str| match text.split_once('*') {
                Some((before, _)) => self.name.starts_with(before),
                None => text == self.name,
            };
            pattern.target == self.target && resource.is_some_and(is_named)
        };
        let place = order.iter().position(|(_, pattern)| is_of(pattern));
        place.unwrap_or(usize::MAX)
    }
}

/// The contended resources, those of the order first.
pub fn contended(race: &Race) -> Vec<Resource> {
    let mut all: Vec<Resource> = Vec::new();
    for line in &race.steps {
        for effect in line.step.effects.iter().filter(|e| e.access.changes()) {
            // New rows differ in what they hold; what they meet in is the table.
            let is_new = line.step.verb == "INSERT";
            let resource = Resource {
                target: line.step.target.clone(),
                name: effect.resource.clone(),
                part: if is_new {
                    Vec::new()
                } else {
                    effect.part.clone()
                },
            };
            if !line.step.noise && effect.resource != "*" && !all.contains(&resource) {
                all.push(resource);
            }
        }
    }
    let mut all = with_wholes(all);
    all.retain(|resource| is_contended(resource, race));
    all.sort_by_key(|resource| resource.place_in(&race.order));
    all
}

/// Parts that are too many, or stand beside the whole, are told as the whole.
fn with_wholes(all: Vec<Resource>) -> Vec<Resource> {
    let mut out: Vec<Resource> = Vec::new();
    for resource in &all {
        let is_same =
            |other: &&Resource| other.name == resource.name && other.target == resource.target;
        let parts = all.iter().filter(is_same).count();
        let has_whole = all
            .iter()
            .filter(is_same)
            .any(|other| other.part.is_empty());
        let mut resource = resource.clone();
        if parts > PARTS_MAX || has_whole {
            resource.part.clear();
        }
        if !out.contains(&resource) {
            out.push(resource);
        }
    }
    out
}

fn is_contended(resource: &Resource, race: &Race) -> bool {
    let mut touching = Vec::new();
    for line in &race.steps {
        if let Some(effect) = resource.touched_by(&line.step) {
            touching.push((race.racer_of(line), effect.access.changes()));
        }
    }
    touching
        .iter()
        .any(|(racer, changes)| *changes && touching.iter().any(|(other, _)| other != racer))
}
