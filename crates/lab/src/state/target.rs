//! One target of commands: its open connection, made anew when it was lost.

use std::time::Duration;

use model::Protocol;

use super::cache::Cache;
use super::http::Http;
use super::sql::Sql;
use super::together;
use super::{Answer, Fault};
use crate::place::Place;

/// How long one command may take.
const COMMAND_MS_MAX: u64 = 10_000;

const PATIENCE: Duration = Duration::from_millis(COMMAND_MS_MAX);

/// A target's open connection.
enum Link {
    Sql(Sql),
    Cache(Cache),
    Http(Http),
}

/// A target and its connection.
pub(super) struct Target {
    pub(super) place: Place,
    link: Option<Link>,
}

/// What a command that failed means for those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterFailure {
    /// They are left out.
    Stop,
    /// They are carried out as if nothing had been.
    GoOn,
}

impl Target {
    /// Connects when first asked.
    pub(super) fn new(place: Place) -> Target {
        Target { place, link: None }
    }

    /// Whether it is a store, which touches nothing but itself.
    pub(super) fn is_store(&self) -> bool {
        matches!(self.place.protocol, Protocol::Postgres | Protocol::Redis)
    }

    /// Connects now.
    pub(super) async fn connect(&mut self) -> Result<(), String> {
        let opened = self.open().await;
        opened.map(|_| ()).map_err(|fault| fault.why)
    }

    /// A lost connection is made anew once: servers are restarted while heisen breaks things, and
    /// commands on the state are meant to be repeatable.
    pub(super) async fn tell(&mut self, command: &str) -> Result<Answer, String> {
        let had_link = self.link.is_some();
        match self.tell_once(command).await {
            Err(fault) if fault.lost && had_link => self.tell_once(command).await,
            other => other,
        }
        .map_err(|fault| fault.why)
    }

    /// Carries out commands in their order, each sent before the one above is answered: that
    /// saves a wait for every answer but the last. With `Stop` the answers end with a failure.
    pub(super) async fn tell_all(
        &mut self,
        commands: &[&str],
        after: AfterFailure,
    ) -> Vec<Result<Answer, String>> {
        let mut answers = self.ahead(commands).await;
        while let Some(command) = commands.get(answers.len()) {
            if after == AfterFailure::Stop && answers.last().is_some_and(Result::is_err) {
                break;
            }
            answers.push(self.tell(command).await);
        }
        answers
    }

    /// The answers to commands sent at once, up to the first failure. What was lost with its
    /// connection, and what came after a failure and may have failed because of it, is for the
    /// caller to send again.
    async fn ahead(&mut self, commands: &[&str]) -> Vec<Result<Answer, String>> {
        if commands.len() < 2 {
            return Vec::new();
        }
        let answers = match &self.link {
            Some(Link::Sql(sql)) => {
                together::in_order(commands.iter().map(|line| sql.ask(line)), PATIENCE).await
            }
            Some(Link::Cache(cache)) => {
                together::in_order(commands.iter().map(|line| cache.ask(line)), PATIENCE).await
            }
            // A connection is made by the first command that needs one; HTTP has one at a time.
            Some(Link::Http(_)) | None => return Vec::new(),
        };
        let mut told = Vec::with_capacity(commands.len());
        for answer in answers {
            match self.settle(answer).await {
                Ok(answer) => told.push(Ok(answer)),
                Err(fault) if fault.lost => break,
                Err(fault) => {
                    told.push(Err(fault.why));
                    break;
                }
            }
        }
        told
    }

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

    async fn tell_once(&mut self, command: &str) -> Result<Answer, Fault> {
        let asked = tokio::time::timeout(PATIENCE, async {
            match self.open().await? {
                Link::Sql(sql) => sql.ask(command).await,
                Link::Cache(cache) => cache.ask(command).await,
                Link::Http(http) => http.ask(command).await,
            }
        });
        let answer = asked.await.ok();
        self.settle(answer).await
    }

    /// Gives up a connection that was lost, or that has no answer in time.
    async fn settle(&mut self, answer: Option<Result<Answer, Fault>>) -> Result<Answer, Fault> {
        let Some(answer) = answer else {
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
