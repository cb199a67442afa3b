//! Reads and sets the state of the system at rest: reset before a trial, questions after it. It
//! goes straight to backends and services, not through wires, over connections that stay open.

pub(crate) mod cache;
mod http;
pub(crate) mod sql;
mod target;
mod together;

use model::{Protocol, StateCommand};
use serde_json::Value;
use thiserror::Error;

use crate::place::Place;
use target::{AfterFailure, Target};

/// So many different lists of commands are remembered as having succeeded: a run has two or three.
const PROVEN_MAX: usize = 16;
/// How much of a command an error message shows.
const SHOWN_CHARS_MAX: usize = 120;

/// A command on the state that failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{command}` on {target}: {why}")]
pub struct StateError {
    /// Backend or service.
    pub target: String,
    /// The command, cut.
    pub command: String,
    /// What happened, and what to do.
    pub why: String,
}

/// Why one command got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What happened.
    pub why: String,
    /// Whether the connection was lost, so that a new one may help.
    pub lost: bool,
}

impl Fault {
    fn told(why: impl Into<String>) -> Fault {
        Fault {
            why: why.into(),
            lost: false,
        }
    }

    fn lost(why: impl Into<String>) -> Fault {
        Fault {
            why: why.into(),
            lost: true,
        }
    }
}

/// What a target answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Answer {
    /// The first value as text; none for NULL, nil and no row.
    pub first: Option<String>,
    /// All of it: rows as objects, a Redis answer, a body.
    pub whole: Value,
}

/// Connections to everything whose state can be asked for.
pub struct StateClient {
    targets: Vec<Target>,
    /// Lists of commands that were carried out without an error.
    proven: Vec<Vec<StateCommand>>,
}

impl StateClient {
    /// Knows where to ask; connects when first asked. `services` are names with `host:port`.
    pub fn new(places: &[Place], services: &[(String, String)]) -> Result<StateClient, StateError> {
        let mut targets: Vec<Target> = places.iter().cloned().map(Target::new).collect();
        for (name, address) in services {
            let place = Place::parse(name, Protocol::Http, &format!("http://{address}")).map_err(
                |why| StateError {
                    target: name.clone(),
                    command: address.clone(),
                    why,
                },
            )?;
            targets.push(Target::new(place));
        }
        Ok(StateClient {
            targets,
            proven: Vec::new(),
        })
    }

    /// Connects to all backends now, so the first trial is as fast as the others.
    pub async fn connect(
        places: &[Place],
        services: &[(String, String)],
    ) -> Result<StateClient, StateError> {
        let mut client = StateClient::new(places, services)?;
        for target in &mut client.targets {
            if target.is_store() {
                let name = target.place.name.clone();
                target.connect().await.map_err(|why| StateError {
                    target: name,
                    command: "connect".to_string(),
                    why,
                })?;
            }
        }
        Ok(client)
    }

    /// Carries out commands in their order, up to the first that fails.
    ///
    /// The first time, each waits for the answer of the one before it: what follows a command that
    /// was written to stop a reset, because this is the wrong database, must not be carried out.
    /// A list that has succeeded is sent a stretch at a time from then on.
    pub async fn run(&mut self, commands: &[StateCommand]) -> Result<(), StateError> {
        if self.proven.iter().any(|proven| proven == commands) {
            for stretch in self.stretches(commands, Beside::Itself) {
                let answers = self.tell_stretch(stretch, AfterFailure::Stop).await;
                answers
                    .into_iter()
                    .collect::<Result<Vec<Answer>, StateError>>()?;
            }
            return Ok(());
        }
        for command in commands {
            self.tell(command).await?;
        }
        if self.proven.len() < PROVEN_MAX {
            self.proven.push(commands.to_vec());
        }
        Ok(())
    }

    /// Asks one question: the first column of the first row, a Redis answer, or a body, as text;
    /// none for NULL, nil and no row.
    pub async fn ask(&mut self, command: &StateCommand) -> Result<Option<String>, String> {
        let answer = self.tell(command).await;
        answer
            .map(|answer| answer.first)
            .map_err(|error| error.to_string())
    }

    /// Asks one question and gives the whole answer: rows as objects by their columns' names, a
    /// Redis answer, or a body.
    pub async fn ask_whole(&mut self, command: &StateCommand) -> Result<Value, String> {
        let answer = self.tell(command).await;
        answer
            .map(|answer| answer.whole)
            .map_err(|error| error.to_string())
    }

    /// Asks many questions as `ask` does; an answer for each. Those to one store keep their order.
    pub async fn ask_all(
        &mut self,
        commands: &[StateCommand],
    ) -> Vec<Result<Option<String>, String>> {
        let answers = self.tell_all(commands).await.into_iter();
        answers
            .map(|answer| answer.map(|answer| answer.first))
            .collect()
    }

    /// Asks many questions as `ask_whole` does; an answer for each. Those to one store keep their
    /// order.
    pub async fn ask_all_whole(&mut self, commands: &[StateCommand]) -> Vec<Result<Value, String>> {
        let answers = self.tell_all(commands).await.into_iter();
        answers
            .map(|answer| answer.map(|answer| answer.whole))
            .collect()
    }

    async fn tell_all(&mut self, commands: &[StateCommand]) -> Vec<Result<Answer, String>> {
        let mut all = Vec::with_capacity(commands.len());
        for stretch in self.stretches(commands, Beside::OtherStores) {
            let answers = self.tell_stretch(stretch, AfterFailure::GoOn).await;
            all.extend(
                answers
                    .into_iter()
                    .map(|answer| answer.map_err(|error| error.to_string())),
            );
        }
        all
    }

    /// Cuts commands where one has to wait for the one before it. What is told to a service may
    /// touch every store, so it stands alone.
    fn stretches<'a>(
        &self,
        commands: &'a [StateCommand],
        beside: Beside,
    ) -> Vec<&'a [StateCommand]> {
        let is_store = |command: &StateCommand| {
            let mut targets = self.targets.iter();
            targets.any(|target| target.place.name == command.target && target.is_store())
        };
        let goes_on = |before: &StateCommand, after: &StateCommand| {
            let same = before.target == after.target;
            is_store(before) && is_store(after) && (same || beside == Beside::OtherStores)
        };
        commands.chunk_by(goes_on).collect()
    }

    /// Tells every store of a stretch its commands, all at once. With `Stop` the answers end with
    /// the first failure.
    async fn tell_stretch(
        &mut self,
        stretch: &[StateCommand],
        after: AfterFailure,
    ) -> Vec<Result<Answer, StateError>> {
        if let [command] = stretch {
            return vec![self.tell(command).await];
        }
        let told = self.targets.iter_mut().filter_map(|target| {
            let of_target = |command: &&StateCommand| command.target == target.place.name;
            let lines = stretch.iter().filter(of_target);
            let lines: Vec<&str> = lines.map(|command| command.command.as_str()).collect();
            let name = target.place.name.clone();
            (!lines.is_empty()).then_some(async move {
                let answers = target.tell_all(&lines, after).await;
                (name, answers.into_iter())
            })
        });
        let mut told = together::all(told).await;
        let answer = |command: &StateCommand| {
            let (_, answers) = told.iter_mut().find(|(name, _)| *name == command.target)?;
            Some(answers.next()?.map_err(|why| failed(command, why)))
        };
        // None is left for what came after a failure of its store.
        stretch.iter().map_while(answer).collect()
    }

    async fn tell(&mut self, command: &StateCommand) -> Result<Answer, StateError> {
        let mut targets = self.targets.iter_mut();
        let known = targets.find(|target| target.place.name == command.target);
        let Some(target) = known else {
            return Err(failed(
                command,
                "nothing of that name runs here".to_string(),
            ));
        };
        let answer = target.tell(&command.command).await;
        answer.map_err(|why| failed(command, why))
    }
}

/// Beside what a command may be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    /// Other commands of its store. A reset's order among stores has a meaning: a cache that is
    /// emptied after the database is not filled with what the database had before.
    Itself,
    /// Those of other stores too: questions change nothing.
    OtherStores,
}

fn failed(command: &StateCommand, why: String) -> StateError {
    StateError {
        target: command.target.clone(),
        command: shown(&command.command),
        why,
    }
}

fn shown(command: &str) -> String {
    let line = command.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SHOWN_CHARS_MAX {
        return line;
    }
    line.chars().take(SHOWN_CHARS_MAX - 3).collect::<String>() + "..."
}
