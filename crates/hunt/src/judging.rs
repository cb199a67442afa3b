//! Which oracles judge a trial, and what they need to see: the state at rest is asked for here.

use check::serial::Reference;
use lab::Lab;
use model::{
    Judgement, Observation, Probe, SeenStep, StateCommand, StateSeen, System, TrialHistory,
    Violation, oracle,
};

use crate::stage::Stage;

/// PostgreSQL ended a transaction because of a deadlock.
const DEADLOCK_CODE: &str = "40P01";

/// The oracles of a trial.
#[derive(Debug, Clone)]
pub(crate) struct Oracles<'a> {
    /// Of the invariants only this one; all when none.
    pub only: Option<&'a str>,
    /// Whether the spec's invariants are asked.
    pub invariants: bool,
    /// What the racers do one after another.
    pub reference: Option<&'a Reference>,
    /// What is wrong one after another too is no race: these oracles are not asked.
    pub wrong_alone: &'a [Violation],
}

impl<'a> Oracles<'a> {
    /// Asks for all that the oracles want to know of the state at rest.
    pub async fn observe<L: Lab>(&self, stage: &mut Stage<L>, history: &mut TrialHistory) {
        if self.reference.is_some() {
            history.state = whole_state(stage).await;
        }
        if self.invariants {
            let system = stage.system.clone();
            history.observations = observations(stage, &system, self.only).await;
        }
    }

    /// What they say.
    pub fn judge(&self, system: &System, history: &TrialHistory, steps: &[SeenStep]) -> Judgement {
        let mut judgement = match self.invariants {
            true => check::judge(system, history, self.only),
            false => Judgement::default(),
        };
        if let Some(reference) = self.reference {
            judgement.violations.extend(deadlocks(history, steps));
            let serial = reference.judge(system, history);
            judgement.violations.extend(serial.violations);
            judgement.undecided.extend(serial.undecided);
        }
        let is_known = |violation: &Violation| {
            let mut alone = self.wrong_alone.iter();
            alone.any(|known| known.oracle == violation.oracle)
        };
        judgement
            .violations
            .retain(|violation| !is_known(violation));
        judgement
    }
}

fn deadlocks(history: &TrialHistory, steps: &[SeenStep]) -> Vec<Violation> {
    let ended = steps.iter().filter(|seen| {
        let reply = seen.reply.as_ref();
        reply.and_then(|reply| reply.code.as_deref()) == Some(DEADLOCK_CODE)
    });
    ended
        .map(|seen| {
            let racer = history.attempts.get(usize::from(seen.step.lane.0));
            Violation {
                oracle: oracle::DEADLOCK.to_string(),
                saw: format!(
                    "{} was ended by the store at `{}`: deadlock",
                    racer.map_or("a racer", |attempt| attempt.racer.as_str()),
                    seen.step.name()
                ),
            }
        })
        .collect()
}

/// The answers to the spec's state queries.
pub(crate) async fn whole_state<L: Lab>(stage: &mut Stage<L>) -> Vec<StateSeen> {
    let commands = stage.system.state.clone();
    let values = stage.state().ask_all_whole(&commands).await;
    let seen = commands.into_iter().zip(values);
    seen.map(|(command, value)| StateSeen {
        target: command.target,
        command: command.command,
        value,
    })
    .collect()
}

/// Asks what the invariants want to know.
pub(crate) async fn observations<L: Lab>(
    stage: &mut Stage<L>,
    system: &System,
    oracle: Option<&str>,
) -> Vec<Observation> {
    let invariants = system.invariants.iter();
    let (names, questions): (Vec<&str>, Vec<StateCommand>) = invariants
        .filter(|invariant| oracle.is_none_or(|name| name == invariant.name))
        .filter_map(|invariant| match &invariant.probe {
            Probe::State(command) => Some((invariant.name.as_str(), command.clone())),
            _ => None,
        })
        .unzip();
    let values = stage.state().ask_all(&questions).await;
    let answered = names.into_iter().zip(values);
    answered
        .map(|(invariant, value)| Observation {
            invariant: invariant.to_string(),
            value,
        })
        .collect()
}
