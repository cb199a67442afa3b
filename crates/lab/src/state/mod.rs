//! Reads and sets the state of the system at rest: reset before a trial, questions after it. It
//! goes straight to backends and services, not through wires, over connections that stay open.

pub(crate) mod cache;
mod http;
pub(crate) mod sql;

use std::time::Duration;

use model::{Protocol, StateCommand};
use serde_json::Value;
use thiserror::Error;

use crate::place::Place;
use cache::Cache;
use http::Http;
use sql::Sql;

/// How long one command may take.
const COMMAND_MS_MAX: u64 = 10_000;
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

/// A target's open connection.
enum Link {
    Sql(Sql),
    Cache(Cache),
    Http(Http),
}

struct Target {
    place: Place,
    link: Option<Link>,
}

/// Connections to everything whose state can be asked for.
pub struct StateClient {
    targets: Vec<Target>,
}

impl StateClient {
    /// Knows where to ask; connects when first asked. `services` are names with `host:port`.
    pub fn new(places: &[Place], services: &[(String, String)]) -> Result<StateClient, StateError> {
        let mut targets: Vec<Target> = places
            .iter()
            .map(|place| Target {
                place: place.clone(),
                link: None,
            })
            .collect();
        for (name, address) in services {
            let place = Place::parse(name, Protocol::Http, &format!("http://{address}")).map_err(
                |why| StateError {
                    target: name.clone(),
                    command: address.clone(),
                    why,
                },
            )?;
            targets.push(Target { place, link: None });
        }
        Ok(StateClient { targets })
    }

    /// Connects to all backends now, so the first trial is as fast as the others.
    pub async fn connect(
        places: &[Place],
        services: &[(String, String)],
    ) -> Result<StateClient, StateError> {
        let mut client = StateClient::new(places, services)?;
        for target in &mut client.targets {
            if matches!(target.place.protocol, Protocol::Postgres | Protocol::Redis) {
                let name = target.place.name.clone();
                target.open().await.map_err(|fault| StateError {
                    target: name,
                    command: "connect".to_string(),
                    why: fault.why,
                })?;
            }
        }
        Ok(client)
    }

    /// Carries out commands, one after the other.
    pub async fn run(&mut self, commands: &[StateCommand]) -> Result<(), StateError> {
        for command in commands {
            self.tell(command).await?;
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

    async fn tell(&mut self, command: &StateCommand) -> Result<Answer, StateError> {
        let failed = |why: String| StateError {
            target: command.target.clone(),
            command: shown(&command.command),
            why,
        };
        let known = self
            .targets
            .iter_mut()
            .find(|target| target.place.name == command.target);
        let target = known.ok_or_else(|| failed("nothing of that name runs here".to_string()))?;
        target.tell(&command.command).await.map_err(failed)
    }
}

impl Target {
    async fn open(&mut self) -> Result<&mut Link, Fault> {
        if self.link.is_none() {
            let place = &self.place;
            let link = match place.protocol {
                Protocol::Postgres => {
                    let sql = Sql::connect(place).await.map_err(Fault::lost)?;
                    sql.limit().await?;
                    Link::Sql(sql)
                }
                Protocol::Redis => Link::Cache(Cache::connect(place).await.map_err(Fault::lost)?),
                Protocol::Http => Link::Http(Http::new(place)),
                Protocol::Tcp => {
                    return Err(Fault::told("raw TCP has no state that can be asked for"));
                }
            };
            self.link = Some(link);
        }
        self.link
            .as_mut()
            .ok_or_else(|| Fault::told("no connection"))
    }

    /// A lost connection is made anew once: servers are restarted while heisen breaks things, and
    /// commands on the state are meant to be repeatable.
    async fn tell(&mut self, command: &str) -> Result<Answer, String> {
        let had_link = self.link.is_some();
        match self.tell_once(command).await {
            Err(fault) if fault.lost && had_link => self.tell_once(command).await,
            other => other,
        }
        .map_err(|fault| fault.why)
    }

    async fn tell_once(&mut self, command: &str) -> Result<Answer, Fault> {
        let patience = Duration::from_millis(COMMAND_MS_MAX);
        let asked = tokio::time::timeout(patience, async {
            match self.open().await? {
                Link::Sql(sql) => sql.ask(command).await,
                Link::Cache(cache) => cache.ask(command).await,
                Link::Http(http) => http.ask(command).await,
            }
        });
        let Ok(answer) = asked.await else {
            // Not `lost`: a second try would wait as long again. The link still goes.
            if let Some(Link::Sql(sql)) = self.link.take() {
                sql.give_up().await;
            }
            return Err(Fault::told(format!(
                "no answer within {} s",
                COMMAND_MS_MAX / 1000
            )));
        };
        if answer.as_ref().is_err_and(|fault| fault.lost) {
            self.link = None;
        }
        answer
    }
}

fn shown(command: &str) -> String {
    let line = command.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SHOWN_CHARS_MAX {
        return line;
    }
    line.chars().take(SHOWN_CHARS_MAX - 3).collect::<String>() + "..."
}
