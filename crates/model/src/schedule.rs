//! A schedule: an order over steps of racers. Never times, never connection numbers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::step::Step;

/// Which state a trial starts from: the one after `reset`, unless more is said.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Setup {
    /// Whether the spec's `near_limit` follows the reset.
    pub near_limit: bool,
    /// What is then made, one after another.
    pub before: Vec<Earlier>,
}

impl Setup {
    /// After the spec's `reset`.
    pub fn reset() -> Setup {
        Setup::default()
    }

    /// After `reset` and then `near_limit`.
    pub fn near_limit() -> Setup {
        Setup {
            near_limit: true,
            before: Vec::new(),
        }
    }

    /// Whether it is any other than that after a reset.
    pub fn is_near_limit(&self) -> bool {
        *self != Setup::reset()
    }
}

/// An operation that is made before racers start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Earlier {
    /// The operation.
    pub operation: String,
    /// Arguments; those left out take the spec's first value.
    pub args: Vec<(String, Value)>,
    /// How often.
    pub times: u32,
}

/// One operation that runs in one lane during a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RacerPlan {
    /// `A`, `B`.
    pub name: String,
    /// The operation it makes.
    pub operation: String,
    /// Arguments; those left out take the spec's first value.
    pub args: Vec<(String, Value)>,
}

/// Which step is meant: `cache GET inv:42`, `db UPDATE events #2`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StepPattern {
    /// The backend or service.
    pub target: String,
    /// The verb, compared without regard to case.
    pub verb: String,
    /// The resource; `*` stands for any run of characters; none means any resource.
    pub resource: Option<String>,
    /// The nth such step of the racer, from 1.
    pub occurrence: u32,
}

/// One line of an order: this racer's step, after the reply of the line above was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// Index into the schedule's racers.
    pub racer: usize,
    /// The step.
    pub step: StepPattern,
}

/// An order to enforce on racers, and the oracle it is expected to break.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// The state each trial starts from.
    pub setup: Setup,
    /// The racers; racer n runs in lane n.
    pub racers: Vec<RacerPlan>,
    /// The order; racers' other steps are free.
    pub order: Vec<OrderLine>,
    /// The oracle that tells whether it went wrong; none means all of them.
    pub oracle: Option<String>,
    /// After the last answer work may go on in the background: so long is waited for it.
    pub settle: Duration,
}

impl Schedule {
    /// The order as people read it: each line's racer and step.
    pub fn order_in_words(&self) -> Vec<[String; 2]> {
        let name = |racer: usize| self.racers.get(racer).map(|racer| racer.name.clone());
        let lines = self.order.iter();
        lines
            .map(|line| [name(line.racer).unwrap_or_default(), line.step.to_string()])
            .collect()
    }

    /// Whether the same operations race in both, whichever is A.
    pub fn has_operations_of(&self, other: &Schedule) -> bool {
        let sorted = |schedule: &Schedule| {
            let mut all: Vec<String> = schedule.operations().map(str::to_string).collect();
            all.sort();
            all
        };
        sorted(self) == sorted(other)
    }

    /// The racers' operations.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        self.racers.iter().map(|racer| racer.operation.as_str())
    }
}

impl StepPattern {
    /// The name of a step, as the first of its kind.
    pub fn of(step: &Step) -> StepPattern {
        StepPattern {
            target: step.target.clone(),
            verb: first_word(&step.verb).to_string(),
            resource: step.resource().and_then(one_word),
            occurrence: 1,
        }
    }

    /// Reads `cache GET inv:42 #2`. The error says what is missing.
    pub fn parse(text: &str) -> Result<StepPattern, String> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let mut occurrence = 1;
        if let Some(number) = words.last().and_then(|word| word.strip_prefix('#')) {
            occurrence = number
                .parse()
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(|| format!("`#{number}` is not an occurrence; count from #1"))?;
            words.pop();
        }
        let (target, verb, resource) = match words.as_slice() {
            [target, verb] => (*target, *verb, None),
            [target, verb, resource] => (*target, *verb, Some((*resource).to_string())),
            _ => {
                return Err(format!(
                    "`{text}` is not a step; write `TARGET VERB RESOURCE`, such as `cache GET inv:42`"
                ));
            }
        };
        Ok(StepPattern {
            target: target.to_string(),
            verb: verb.to_string(),
            resource,
            occurrence,
        })
    }

    /// Whether a step is of this kind; which occurrence it is, the caller counts.
    pub fn is_like(&self, step: &Step) -> bool {
        self.target == step.target
            && self.verb.eq_ignore_ascii_case(first_word(&step.verb))
            && self.resource.as_ref().is_none_or(|pattern| {
                let mut resources = step.resources();
                resources.any(|resource| wildcard(pattern, resource))
            })
    }
}

/// A resource as a pattern has it: one word, with `*` for what would part it.
pub fn one_word(resource: &str) -> Option<String> {
    let words: Vec<&str> = resource.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join("*"))
}

/// `OBJECT` of `OBJECT ENCODING`: a pattern names a step by one word.
fn first_word(verb: &str) -> &str {
    verb.split(' ').next().unwrap_or(verb)
}

impl std::fmt::Display for StepPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.target, self.verb)?;
        if let Some(resource) = &self.resource {
            write!(f, " {resource}")?;
        }
        if self.occurrence > 1 {
            write!(f, " #{}", self.occurrence)?;
        }
        Ok(())
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any run of characters.
pub fn wildcard(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        if let Some(before) = last.replace(piece) {
            match rest.find(before) {
                Some(at) => rest = &rest[at + before.len()..],
                None => return false,
            }
        }
    }
    match last {
        Some(last) => rest.ends_with(last),
        None => rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_read_and_print() {
        for text in ["cache GET inv:42", "db UPDATE events #2", "db COMMIT"] {
            assert_eq!(StepPattern::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "cache",
            "a b c d",
            "db UPDATE events #0",
            "db UPDATE #x",
        ] {
            assert!(StepPattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("inv:42", "inv:42", true),
            ("inv:42", "inv:421", false),
            ("inv:*", "inv:421", true),
            ("*:42", "inv:42", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXc", false),
            ("*", "", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(wildcard(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
