//! Looks for an order of the racers, one after another, that explains what they did together.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use model::oracle::SERIAL;
use model::{Attempt, Judgement, Outcome, RacerPlan, StateSeen, System, TrialHistory, Violation};

use super::normal::{Place, places};
use super::rules::{broken, short};
use super::{SerialRun, orders};

/// What the same racers do one after another, in every order.
#[derive(Debug, Clone)]
pub struct Reference {
    racers: Vec<RacerPlan>,
    runs: Vec<SerialRun>,
    /// The places of each run with every answer heard; every trial is held against them.
    whole: Vec<BTreeSet<Place>>,
    /// Places whose value differed between two runs of one order: they say nothing.
    varies: HashSet<String>,
    /// The answers of complete runs, told; those that differ in fresh ids only are told once.
    usual: Vec<String>,
    /// Racers that do the same may be taken for each other: each says which attempt stands for
    /// which racer.
    swaps: Vec<Vec<usize>>,
}

/// How a racer's attempt may be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// As one of those that ran.
    Ran,
    /// Perhaps by not having run at all: it was rightly refused.
    Refused,
    /// The same, but only the status says so; the spec does not.
    PerhapsRefused,
    /// Nobody knows whether it took effect.
    Unknown,
}

impl Reference {
    /// From serial runs of these racers; every order should be there twice, so that what varies
    /// by itself is known.
    pub fn new(racers: &[RacerPlan], runs: Vec<SerialRun>) -> Reference {
        let mut reference = Reference {
            racers: racers.to_vec(),
            runs,
            whole: Vec::new(),
            varies: HashSet::new(),
            usual: Vec::new(),
            swaps: swaps(racers),
        };
        reference.varies = reference.find_varying();
        let whole = reference.runs.iter().map(|run| {
            let mut heard = run.order.clone();
            heard.sort_unstable();
            let places = reference.places_of_run(run, &heard);
            places.into_iter().collect()
        });
        reference.whole = whole.collect();
        reference.usual = reference.usual_answers();
        reference
    }

    /// How many values were found to differ by themselves.
    pub fn varying(&self) -> usize {
        self.varies.len()
    }

    /// The serial runs.
    pub fn runs(&self) -> &[SerialRun] {
        &self.runs
    }

    /// Whether this outcome is one that the racers have one after another.
    pub fn judge(&self, system: &System, history: &TrialHistory) -> Judgement {
        let mut judgement = Judgement::default();
        let attempts = &history.attempts;
        if attempts.len() != self.racers.len() {
            judgement
                .undecided
                .push(says("not every racer has an outcome".to_string()));
            return judgement;
        }
        if let Some(unasked) = history.state.iter().find(|state| state.value.is_err()) {
            let why = unasked.value.as_ref().err().cloned().unwrap_or_default();
            judgement
                .undecided
                .push(says(format!("{}: {why}", unasked.command)));
            return judgement;
        }
        if let Some(unsent) = attempts
            .iter()
            .find(|attempt| matches!(attempt.outcome, Outcome::NotSent { .. }))
        {
            judgement.undecided.push(says(format!(
                "racer {} did not get its request out",
                unsent.racer
            )));
            return judgement;
        }
        let fates: Vec<Fate> = attempts
            .iter()
            .map(|attempt| self.fate(system, attempt))
            .collect();
        if self.is_explained(history, &|_| true, &|_| true) {
            return judgement;
        }
        if fates.iter().any(|fate| *fate != Fate::Ran) && self.is_explained_without(history, &fates)
        {
            if let Some(at) = fates.iter().position(|fate| *fate == Fate::PerhapsRefused) {
                judgement.undecided.push(says(format!(
                    "{} got {}, never so one after another; if that is a right refusal, add it to `refused:`",
                    attempts[at].racer,
                    told(&attempts[at])
                )));
            }
            return judgement;
        }
        for attempt in attempts {
            let alone: Vec<&Attempt> = self
                .runs
                .iter()
                .flat_map(|run| &run.attempts)
                .filter(|other| other.operation == attempt.operation)
                .collect();
            judgement.violations.extend(broken(attempt, &alone));
        }
        judgement.violations.push(says(self.difference(history)));
        judgement
    }

    /// Whether this is the state after these racers, in this order and nobody else.
    pub fn leaves(&self, state: &[StateSeen], order: &[usize]) -> bool {
        let mine = self.telling(places(&[], state));
        let mut runs = self.runs.iter().filter(|run| run.order == order);
        runs.any(|run| {
            self.differing(&mine, &self.places_of_run(run, &[]))
                .is_empty()
        })
    }

    /// The first answer of a state that differs from that order's, and what it is there.
    pub fn unlike(&self, state: &[StateSeen], order: &[usize]) -> Option<(String, String)> {
        let run = self.runs.iter().find(|run| run.order == order)?;
        let differs = |(mine, theirs): &(&StateSeen, &StateSeen)| {
            let of = |state: &StateSeen| self.telling(places(&[], std::slice::from_ref(state)));
            of(mine) != of(theirs)
        };
        let (mine, theirs) = state.iter().zip(&run.state).find(differs)?;
        let what = format!(
            "{} `{}` gives {}",
            mine.target,
            short(&mine.command),
            value(&mine.value)
        );
        Some((what, value(&theirs.value)))
    }

    fn fate(&self, system: &System, attempt: &Attempt) -> Fate {
        let Outcome::Answered { status, .. } = attempt.outcome else {
            return Fate::Unknown;
        };
        let refused = system
            .operation(&attempt.operation)
            .map(|operation| operation.refused.as_slice())
            .unwrap_or_default();
        if refused.contains(&status) {
            Fate::Refused
        } else if refused.is_empty() && matches!(status, 409 | 412 | 423 | 425 | 429 | 503) {
            Fate::PerhapsRefused
        } else {
            Fate::Ran
        }
    }

    /// Some serial run of exactly the racers that `ran` equals the trial, in the answers that are
    /// `heard` and in the state.
    fn is_explained(
        &self,
        history: &TrialHistory,
        ran: &dyn Fn(usize) -> bool,
        heard: &dyn Fn(usize) -> bool,
    ) -> bool {
        let wanted: BTreeSet<usize> = (0..self.racers.len()).filter(|r| ran(*r)).collect();
        let heard: Vec<usize> = wanted.iter().copied().filter(|r| heard(*r)).collect();
        let of_wanted = self
            .runs
            .iter()
            .zip(&self.whole)
            .filter(|(run, _)| run.order.iter().copied().collect::<BTreeSet<_>>() == wanted);
        let runs: Vec<Cow<'_, BTreeSet<Place>>> = of_wanted
            .map(|(run, whole)| match heard.len() == wanted.len() {
                true => Cow::Borrowed(whole),
                false => Cow::Owned(self.places_of_run(run, &heard).into_iter().collect()),
            })
            .collect();
        self.swaps.iter().any(|swap| {
            let trial = self.places_of_trial(history, &heard, swap);
            let trial: BTreeSet<Place> = trial.into_iter().collect();
            runs.iter().any(|run| **run == trial)
        })
    }

    /// Racers that were refused, or whose outcome nobody knows, may have run or not.
    fn is_explained_without(&self, history: &TrialHistory, fates: &[Fate]) -> bool {
        let open: Vec<usize> = (0..fates.len())
            .filter(|racer| fates[*racer] != Fate::Ran)
            .collect();
        // Every choice of who of them ran; what they answered is not compared.
        (0..1usize << open.len()).any(|choice| {
            let left_out = |racer: usize| {
                open.iter()
                    .position(|other| *other == racer)
                    .is_some_and(|at| choice >> at & 1 == 1)
            };
            self.is_explained(history, &|racer| !left_out(racer), &|racer| {
                fates[racer] == Fate::Ran
            })
        })
    }

    /// Serial runs of all racers, with their places.
    fn complete(&self) -> impl Iterator<Item = (&SerialRun, &BTreeSet<Place>)> {
        let all = self.runs.iter().zip(&self.whole);
        all.filter(|(run, _)| run.order.len() == self.racers.len())
    }

    fn usual_answers(&self) -> Vec<String> {
        let usual: BTreeMap<Vec<String>, String> = self
            .complete()
            .map(|(run, _)| {
                let mut alike: Vec<String> = run
                    .attempts
                    .iter()
                    .flat_map(|attempt| places(&[("", attempt)], &[]))
                    .map(|place| place.value)
                    .collect();
                alike.sort();
                (alike, answers(&run.attempts))
            })
            .collect();
        usual.into_values().collect()
    }

    fn places_of_run(&self, run: &SerialRun, heard: &[usize]) -> Vec<Place> {
        let attempt = |racer: &usize| {
            let at = run.order.iter().position(|ran| ran == racer)?;
            Some((self.racers[*racer].name.as_str(), run.attempts.get(at)?))
        };
        let answers: Vec<_> = heard.iter().filter_map(attempt).collect();
        self.telling(places(&answers, &run.state))
    }

    fn places_of_trial(
        &self,
        history: &TrialHistory,
        heard: &[usize],
        swap: &[usize],
    ) -> Vec<Place> {
        // Whoever's answer is not heard stays unheard, whatever it is swapped with.
        let unheard = |racer: &&usize| heard.contains(&swap[**racer]);
        let answers: Vec<_> = heard
            .iter()
            .filter(unheard)
            .filter_map(|racer| {
                let attempt = history.attempts.get(swap[*racer])?;
                Some((self.racers[*racer].name.as_str(), attempt))
            })
            .collect();
        self.telling(places(&answers, &history.state))
    }

    /// Without the places that vary by themselves.
    fn telling(&self, places: Vec<Place>) -> Vec<Place> {
        if self.varies.is_empty() {
            return places;
        }
        places
            .into_iter()
            .filter(|place| !self.varies.contains(&anywhere(&place.path)))
            .collect()
    }

    /// Paths at which two runs differ.
    fn differing(&self, one: &[Place], other: &[Place]) -> BTreeSet<String> {
        let other: BTreeSet<&Place> = other.iter().collect();
        let one: BTreeSet<&Place> = one.iter().collect();
        one.symmetric_difference(&other)
            .map(|place| place.path.clone())
            .collect()
    }

    fn find_varying(&self) -> HashSet<String> {
        let mut by_order: BTreeMap<&[usize], Vec<&SerialRun>> = BTreeMap::new();
        for run in &self.runs {
            by_order.entry(&run.order).or_default().push(run);
        }
        let mut varies = HashSet::new();
        for runs in by_order.values() {
            let all: Vec<Vec<Place>> = runs
                .iter()
                .map(|run| self.places_of_run(run, &run.order))
                .collect();
            for pair in all.windows(2) {
                varies.extend(
                    self.differing(&pair[0], &pair[1])
                        .iter()
                        .map(|path| anywhere(path)),
                );
            }
        }
        varies
    }

    /// What was seen that no order explains, beside what the orders give.
    fn difference(&self, history: &TrialHistory) -> String {
        let all: Vec<usize> = (0..self.racers.len()).collect();
        let trial: BTreeSet<Place> = self
            .places_of_trial(history, &all, &all)
            .into_iter()
            .collect();
        let seen = answers(&history.attempts);
        let usual = self.usual.join(", or ");
        let statuses = |places: &BTreeSet<Place>| {
            let mut all: Vec<String> = places
                .iter()
                .filter(|place| place.path.ends_with("answers"))
                .map(|place| place.value.clone())
                .collect();
            all.sort();
            all
        };
        let mine = statuses(&trial);
        if !self.complete().any(|(_, run)| statuses(run) == mine) {
            return format!("{seen}; one after another: {usual}");
        }
        // What is at rest says more than what was answered.
        let states = history.state.iter().find_map(|state| {
            let path = format!("{} {}", state.target, state.command);
            let own = |place: &&Place| place.path.starts_with(&path);
            let mut runs = self.complete();
            if runs.any(|(_, run)| run.iter().filter(own).eq(trial.iter().filter(own))) {
                return None;
            }
            let usual: BTreeSet<String> = self
                .complete()
                .flat_map(|(run, _)| &run.state)
                .filter(|other| other.target == state.target && other.command == state.command)
                .map(|other| value(&other.value))
                .collect();
            let usual: Vec<String> = usual.into_iter().collect();
            Some(format!(
                "{} `{}` gives {}; one after another {}",
                state.target,
                short(&state.command),
                value(&state.value),
                usual.join(" or ")
            ))
        });
        states.unwrap_or_else(|| format!("{seen}, with this state; one after another: {usual}"))
    }
}

fn swaps(racers: &[RacerPlan]) -> Vec<Vec<usize>> {
    let same = |a: usize, b: usize| {
        racers[a].operation == racers[b].operation && racers[a].args == racers[b].args
    };
    orders(racers.len())
        .into_iter()
        .filter(|order| order.len() == racers.len())
        .filter(|order| order.iter().enumerate().all(|(a, b)| same(a, *b)))
        .collect()
}

/// What clients were told, whoever was told what.
fn answers(attempts: &[Attempt]) -> String {
    let mut told: Vec<String> = attempts.iter().map(told).collect();
    told.sort();
    told.join(" and ")
}

fn value(value: &Result<serde_json::Value, String>) -> String {
    match value {
        Ok(value) => short(&value.to_string()),
        Err(why) => why.clone(),
    }
}

/// A path without the positions in it.
pub(super) fn anywhere(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some(at) = rest.find('[') {
        let (before, after) = rest.split_at(at + 1);
        out.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        rest = &after[digits..];
    }
    out + rest
}

/// What a client was told, in short.
pub fn told(attempt: &Attempt) -> String {
    match &attempt.outcome {
        Outcome::Answered {
            status,
            location: Some(location),
            ..
        } => format!("{status} to {location}"),
        Outcome::Answered { status, body, .. } => format!("{status} {}", short(body)),
        Outcome::Unknown(_) => "no answer".to_string(),
        Outcome::NotSent { .. } => "nothing".to_string(),
    }
}

fn says(saw: String) -> Violation {
    Violation {
        oracle: SERIAL.to_string(),
        saw,
    }
}
