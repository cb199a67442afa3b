//! What is known of a kind of requests: a template, as learning makes them of runs, and what was
//! seen of its steps' times and values.

use std::collections::HashMap;

use model::{Access, Effect, Protocol, SeenStep, Step, Transaction};

use super::forms::Forms;
use super::habits::Habits;
use super::kinds::{Group, Key, Keys};
use super::open::{self, Opened, Slot};
use super::own::Own;
use super::{Kind, RecordedRequest, is_relevant, obscure, sql};
use crate::suspect::Learned;
use crate::template::{self, Origin, SoloRun, TemplateStep};

/// Requests of a kind that are compared with each other.
const SAMPLES_MAX: usize = 64;
/// Steps of a kind; a loop that goes on for longer shows nothing new.
const STEPS_MAX: usize = 64;
/// Times a step of the same shape is kept.
const REPEATS_MAX: u32 = 2;

/// What all requests together tell of names and values.
pub struct Known {
    pub forms: Forms,
    pub own: Own,
    pub habits: Habits,
}

impl Known {
    /// Whether a step can come between nothing, and nothing before it.
    fn is_harmless(&self, step: &Step) -> bool {
        self.habits.is_idle(step, &self.forms) || self.habits.is_counter(step, &self.forms)
    }
}

/// What is known of a kind.
pub struct Lesson {
    pub learned: Learned,
    pub requests: u64,
    /// Steps that were not understood were among its own.
    pub is_obscure: bool,
    /// For each step of the template: when the sampled requests asked it.
    times: Vec<Vec<Option<u64>>>,
    /// For each step of the template: what it sets columns to, one for each sample.
    sets: Vec<Vec<(String, Vec<String>)>>,
}

/// A step of the representative: the nth of its shape.
type Occurrence = (Key, u32);

/// A sampled request: its steps by shape and occurrence, each with its effects as they are named.
struct Sample<'a> {
    steps: HashMap<Occurrence, (&'a SeenStep, Vec<Effect>)>,
}

impl Lesson {
    /// Learns from the requests of a kind.
    pub fn of(kind: &Group, requests: &[RecordedRequest], known: &Known) -> Lesson {
        let forms = &known.forms;
        let mut keys = Keys::default();
        // The shortest that makes all steps: what is longer repeats, or is two requests in one. One
        // whose COMMIT the log has lost shows nothing of what it wrote.
        let shortest = kind
            .whole
            .iter()
            .min_by_key(|at| (is_cut(&requests[**at]), requests[**at].steps.len()));
        let first = shortest.copied().unwrap_or_default();
        let kept = kept(&requests[first], known, &mut keys);
        let stride = kind.whole.len().div_ceil(SAMPLES_MAX).max(1);
        let others = kind.whole.iter().step_by(stride).filter(|at| **at != first);
        let samples: Vec<Sample<'_>> = std::iter::once(&first)
            .chain(others)
            .map(|at| Sample::of(&requests[*at], forms, &mut keys))
            .collect();
        let mut steps: Vec<SeenStep> = kept.iter().map(|(step, _)| (*step).clone()).collect();
        let opened = open(&kept, &samples, known, &requests[first].arguments);
        for (at, step) in steps.iter_mut().enumerate() {
            let effects = kept[at].1.and_then(|key| samples[0].steps.get(&key));
            step.step.effects = effects.map_or_else(Vec::new, |(_, e)| named(at, e, &opened));
            step.step.ordinal = at as u64;
        }
        let run = SoloRun {
            values: requests[first].values.clone(),
            steps,
            answered_us: u64::MAX,
        };
        let template = template::learn(&[run]);
        let own = |step: &TemplateStep| kept.get(step.step.ordinal as usize).and_then(|k| k.1);
        let occurrences: Vec<Option<Occurrence>> = template.steps.iter().map(own).collect();
        let mut lesson = Lesson {
            requests: kind.members.len() as u64,
            is_obscure: requests[first]
                .steps
                .iter()
                .any(|s| obscure::is_obscure(&s.step)),
            times: occurrences
                .iter()
                .map(|key| {
                    seen_as(&samples, key)
                        .iter()
                        .map(|s| Some((*s)?.asked_us))
                        .collect()
                })
                .collect(),
            sets: occurrences
                .iter()
                .map(|key| sets(&seen_as(&samples, key)))
                .collect(),
            learned: Learned {
                operation: kind.name.clone(),
                args: Vec::new(),
                template,
            },
        };
        let found = |at: usize| {
            let reply = kept.get(at).and_then(|(seen, _)| seen.reply.as_ref());
            reply.is_some_and(|reply| reply.rows.is_some_and(|rows| rows > 0))
        };
        lesson.mark_found_nothing(found);
        lesson.mark_derived();
        lesson
    }

    /// The kind, as users read it.
    pub fn kind(&self) -> Kind {
        let steps = self.learned.template.steps.iter();
        Kind {
            name: self.learned.operation.clone(),
            requests: self.requests,
            steps: steps.map(|step| step.pattern.to_string()).collect(),
        }
    }

    /// The steps of its template.
    pub fn steps(&self) -> &[TemplateStep] {
        &self.learned.template.steps
    }

    /// What a step sets columns to: their names, each with the values that were seen.
    pub fn sets(&self, step: usize) -> &[(String, Vec<String>)] {
        &self.sets[step]
    }

    /// The median time from one step to another, where times are known.
    pub fn window_us(&self, first: usize, second: usize) -> Option<f64> {
        let pairs = self.times[first].iter().zip(&self.times[second]);
        let mut windows: Vec<u64> = pairs
            .filter_map(|(from, to)| to.as_ref()?.checked_sub((*from)?))
            .collect();
        windows.sort_unstable();
        let median = *windows.get(windows.len() / 2)?;
        (median > 0).then_some(median as f64)
    }

    /// A look-up that found nothing is known by the INSERT of the same values after it where the
    /// log does not tell rows.
    fn mark_found_nothing(&mut self, found: impl Fn(usize) -> bool) {
        let steps = &mut self.learned.template.steps;
        for at in 0..steps.len() {
            let (before, after) = steps.split_at_mut(at + 1);
            let step = &mut before[at];
            let looked_for = |effect: &Effect| {
                effect.access == Access::Read && !effect.part.is_empty() && {
                    let mut later = after.iter().filter(|step| step.step.verb == "INSERT");
                    later.any(|insert| {
                        let mut made = insert.step.effects.iter();
                        made.any(|made| {
                            made.resource == effect.resource
                                && effect.part.iter().all(|equal| made.part.contains(equal))
                        })
                    })
                }
            };
            let is_told = found(step.step.ordinal as usize);
            if !is_told && step.step.effects.iter().any(looked_for) {
                step.found_nothing = true;
            }
        }
    }

    /// A number that is written to a row whose column was looked at before comes from there.
    fn mark_derived(&mut self) {
        let steps = &mut self.learned.template.steps;
        for (at, sets) in self.sets.iter().enumerate() {
            let (before, after) = steps.split_at_mut(at);
            let Some(step) = after.first_mut() else { break };
            let derived = before.iter().rposition(|read| {
                let mut looks = read
                    .step
                    .effects
                    .iter()
                    .filter(|e| e.access == Access::Read);
                looks.any(|looked| {
                    step.step
                        .effects
                        .iter()
                        .any(|effect| effect.resource == looked.resource)
                        && sets.iter().any(|(column, values)| {
                            let columns = looked.columns.as_ref();
                            is_number_that_varies(values)
                                && columns.is_none_or(|columns| columns.contains(column))
                        })
                })
            });
            if let Some(read) = derived {
                step.origins.push(Origin::Computed(read));
            }
        }
    }
}

/// Whether a transaction was still open where the log ends.
fn is_cut(request: &RecordedRequest) -> bool {
    let mut transactions = request.steps.iter().map(|seen| seen.step.transaction);
    let last = transactions.rfind(|transaction| *transaction != Transaction::None);
    matches!(last, Some(Transaction::Begin | Transaction::Inside))
}

/// Another number each time, as far as there were several times.
pub fn is_number_that_varies(values: &[String]) -> bool {
    let is_number = |value: &String| value.parse::<f64>().is_ok_and(f64::is_finite);
    values.first().is_some_and(is_number)
        && (values.len() == 1 || values.iter().any(|value| *value != values[0]))
}

impl<'a> Sample<'a> {
    fn of(request: &'a RecordedRequest, forms: &Forms, keys: &mut Keys) -> Sample<'a> {
        let mut counts: HashMap<Key, u32> = HashMap::new();
        let mut steps = HashMap::new();
        for seen in request.steps.iter().filter(|seen| is_relevant(&seen.step)) {
            let Some(key) = keys.of(&seen.step, forms) else {
                continue;
            };
            let count = counts.entry(key).or_default();
            *count += 1;
            if *count <= REPEATS_MAX {
                let known = seen
                    .step
                    .effects
                    .iter()
                    .filter(|e| e.access != Access::Unknown);
                let effects = known.map(|effect| forms.of(&seen.step, effect)).collect();
                steps.insert((key, *count), (seen, effects));
            }
        }
        Sample { steps }
    }
}

/// What each sample made of a step.
fn seen_as<'a>(samples: &[Sample<'a>], key: &Option<Occurrence>) -> Vec<Option<&'a SeenStep>> {
    let key = key.as_ref();
    samples
        .iter()
        .map(|sample| sample.steps.get(key?).map(|(seen, _)| *seen))
        .collect()
}

/// The steps of the representative: loops cut short, transactions whole.
fn kept<'a>(
    request: &'a RecordedRequest,
    known: &Known,
    keys: &mut Keys,
) -> Vec<(&'a SeenStep, Option<Occurrence>)> {
    let mut counts: HashMap<Key, u32> = HashMap::new();
    let mut kept = Vec::new();
    let mut shared = 0;
    for seen in request.steps.iter().filter(|seen| is_relevant(&seen.step)) {
        let Some(key) = keys.of(&seen.step, &known.forms) else {
            kept.push((seen, None));
            continue;
        };
        if known.is_harmless(&seen.step) {
            continue;
        }
        let count = counts.entry(key).or_default();
        *count += 1;
        if *count <= REPEATS_MAX && shared < STEPS_MAX {
            shared += 1;
            kept.push((seen, Some((key, *count))));
        }
    }
    kept
}

/// How the values of these steps are written.
fn open(
    kept: &[(&SeenStep, Option<Occurrence>)],
    samples: &[Sample<'_>],
    known: &Known,
    arguments: &[String],
) -> Opened {
    let mut slots: Vec<Slot<'_>> = Vec::new();
    for (at, (seen, key)) in kept.iter().enumerate() {
        let Some((key, (_, effects))) =
            key.and_then(|key| Some((key, samples[0].steps.get(&key)?)))
        else {
            continue;
        };
        for (nth, effect) in effects.iter().enumerate() {
            for (place, (column, value)) in effect.part.iter().enumerate() {
                let of = |sample: &Sample<'_>| {
                    let effect = sample.steps.get(&key)?.1.get(nth)?;
                    let mut part = effect.part.iter();
                    Some(part.find(|(name, _)| name == column)?.1.clone())
                };
                let (is_bound, is_prepared) = open::binding(&seen.step, value);
                let values: Vec<Option<String>> = samples.iter().map(of).collect();
                slots.push(Slot {
                    step: at,
                    place: (nth, place),
                    effect,
                    is_own: values.iter().flatten().all(|value| known.own.has(value)),
                    is_argument: arguments.contains(value),
                    values,
                    is_bound,
                    is_prepared,
                });
            }
        }
    }
    open::all(&slots)
}

/// The effects of a step with its values as they are written.
fn named(step: usize, effects: &[Effect], opened: &Opened) -> Vec<Effect> {
    let mut named = effects.to_vec();
    for (nth, effect) in named.iter_mut().enumerate() {
        for (place, (_, value)) in effect.part.iter_mut().enumerate() {
            if let Some(text) = opened.get(&(step, (nth, place))) {
                value.clone_from(text);
            }
        }
    }
    named
}

/// What the samples of a step set columns to.
fn sets(seen: &[Option<&SeenStep>]) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for seen in seen.iter().flatten() {
        for (column, value) in set_by(seen) {
            match all.iter_mut().find(|(known, _)| *known == column) {
                Some((_, values)) => values.push(value),
                None => all.push((column, vec![value])),
            }
        }
    }
    all
}

fn set_by(seen: &SeenStep) -> Vec<(String, String)> {
    let step = &seen.step;
    let mut effects = step.effects.iter();
    match (step.protocol, step.verb.as_str()) {
        (Protocol::Postgres, "UPDATE") => {
            let mut set = sql::assignments(&step.text, &step.parameters);
            for (column, _) in &mut set {
                if let Some((_, bare)) = column.rsplit_once('.') {
                    *column = bare.trim_matches(['"', '`']).to_string();
                }
            }
            set
        }
        (Protocol::Postgres, "INSERT") => {
            let made = effects.find(|effect| effect.access.changes());
            made.map_or_else(Vec::new, |made| made.part.clone())
        }
        (Protocol::Redis, "SET" | "SETEX" | "PSETEX" | "HSET" | "GETSET") => {
            let value = match step.verb.as_str() {
                "SET" | "GETSET" => step.text.split_whitespace().nth(2),
                _ => step.text.split_whitespace().nth(3),
            };
            let key = effects
                .next()
                .map_or_else(String::new, |e| e.resource.clone());
            value.map_or_else(Vec::new, |value| vec![(key, value.to_string())])
        }
        _ => Vec::new(),
    }
}
