//! One trial as the picture takes it: its steps in the order in which they took effect, and the
//! order that was enforced on them.

use model::{Attempt, RacerPlan, Step, StepPattern};
use serde_json::Value;

use crate::report::gather::{StepLine, Story};

/// What is to be pictured.
#[derive(Debug)]
pub struct Race<'a> {
    /// The steps by when they took effect.
    pub steps: Vec<&'a StepLine>,
    /// The racers in the order of their columns, with what they were told to do.
    pub racers: Vec<(String, String)>,
    /// The enforced order; empty when nobody knows it.
    pub order: Vec<(String, StepPattern)>,
    /// The steps the order lists, as places in `steps`; none for those that were not made.
    pub listed: Vec<Option<usize>>,
}

impl<'a> Race<'a> {
    /// Puts a trial in order. `plans` tell the arguments where they are known.
    pub fn new(
        story: &'a Story,
        plans: &[RacerPlan],
        order: Vec<(String, StepPattern)>,
    ) -> Race<'a> {
        let mut steps: Vec<&StepLine> = story.steps.iter().collect();
        steps.sort_by_key(|line| took_effect_us(line));
        let attempts = story.history.attempts.iter();
        let mut race = Race {
            steps,
            racers: attempts.map(|attempt| racer(attempt, plans)).collect(),
            listed: Vec::new(),
            order,
        };
        // What nobody's request made has no column.
        let names: Vec<String> = race.racers.iter().map(|(name, _)| name.clone()).collect();
        let mut steps = std::mem::take(&mut race.steps);
        steps.retain(|line| names.contains(&race.racer_of(line)));
        race.steps = steps;
        race.listed = race.listed_steps();
        race
    }

    /// The racer that made a step.
    pub fn racer_of(&self, line: &StepLine) -> String {
        let lane = || line.step.lane.to_string();
        line.racer.clone().unwrap_or_else(lane)
    }

    /// The first and the last listed step of the racer that must not be come between.
    pub fn pair(&self) -> Option<(usize, usize)> {
        let (first, _) = self.order.first()?;
        let last = self.order.iter().rposition(|(racer, _)| racer == first)?;
        let (from, to) = ((*self.listed.first()?)?, (*self.listed.get(last)?)?);
        (from != to).then_some((from, to))
    }

    /// Whether the trial went as the order says: each step after the reply of the one before.
    pub fn holds(&self) -> bool {
        let places: Option<Vec<usize>> = self.listed.iter().copied().collect();
        places.is_some_and(|places| {
            places.windows(2).all(|two| {
                let (before, after) = (self.steps[two[0]], self.steps[two[1]]);
                before.replied_us <= after.asked_us.saturating_add(after.held_us)
            })
        })
    }

    fn listed_steps(&self) -> Vec<Option<usize>> {
        let place = |(racer, pattern): &(String, StepPattern)| {
            let steps = self.steps.iter().enumerate();
            let like = steps
                .filter(|(_, line)| self.racer_of(line) == *racer && pattern.is_like(&line.step));
            like.map(|(place, _)| place)
                .nth(pattern.occurrence.saturating_sub(1) as usize)
        };
        self.order.iter().map(place).collect()
    }
}

/// A look takes effect when it goes up, for its snapshot is taken then; a change at the latest
/// when it is answered, for it may have waited for a lock in between.
pub fn took_effect_us(line: &StepLine) -> u64 {
    let passed = line.asked_us.saturating_add(line.held_us);
    let is_look = |step: &Step| step.effects.iter().all(|effect| !effect.access.changes());
    let is_plain = line.step.transaction != model::Transaction::Commit;
    if is_look(&line.step) && is_plain && !line.step.effects.is_empty() {
        passed
    } else {
        line.replied_us.max(passed)
    }
}

/// A racer's name and its title: `A reserve 42`.
fn racer(attempt: &Attempt, plans: &[RacerPlan]) -> (String, String) {
    let mut title = format!("{} {}", attempt.racer, attempt.operation);
    let plan = plans.iter().find(|plan| plan.name == attempt.racer);
    for (_, value) in plan.iter().flat_map(|plan| &plan.args) {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        title.push(' ');
        title.push_str(&value);
    }
    (attempt.racer.clone(), title)
}
