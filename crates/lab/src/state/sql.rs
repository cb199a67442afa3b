//! SQL: several statements in one simple query, answered with the first value.

use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_postgres::error::{DbError, ErrorPosition, Severity, SqlState};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, SimpleQueryRow};

use super::{Answer, Fault};
use crate::place::Place;

/// How long connecting may take.
const CONNECT_MS_MAX: u64 = 5_000;
/// The server itself gives up then, so a statement that waits for a lock is not carried out in
/// the middle of a later trial. Shorter than what we wait ourselves.
const STATEMENT_MS_MAX: u32 = 8_000;

/// How long the wish to give up may take to reach the server.
const CANCEL_MS_MAX: u64 = 1_000;

/// A connection to PostgreSQL.
pub struct Sql {
    client: Client,
    connection: JoinHandle<()>,
}

impl Drop for Sql {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Sql {
    /// Connects; the error is in words.
    pub async fn connect(place: &Place) -> Result<Sql, String> {
        let mut config = Config::new();
        config
            .host(&place.host)
            .port(place.port)
            .application_name("heisen");
        config.user(place.user().unwrap_or_else(|| "postgres".to_string()));
        if let Some(password) = place.password() {
            config.password(password);
        }
        if let Some(database) = place.database() {
            config.dbname(database);
        }
        let patience = Duration::from_millis(CONNECT_MS_MAX);
        let (client, connection) = tokio::time::timeout(patience, config.connect(NoTls))
            .await
            .map_err(|_| {
                format!(
                    "{} took no connection within {} s",
                    place.address(),
                    CONNECT_MS_MAX / 1000
                )
            })?
            .map_err(|error| explain(&error))?;
        let connection = tokio::spawn(async move {
            // How it ended is seen by whoever asks next.
            let _ = connection.await;
        });
        Ok(Sql { client, connection })
    }

    /// Carries out statements of any duration; the error has the position of what is wrong.
    pub async fn batch(&self, text: &str) -> Result<(), (Option<usize>, String)> {
        self.client.batch_execute(text).await.map_err(|error| {
            let position =
                error
                    .as_db_error()
                    .and_then(DbError::position)
                    .and_then(|at| match at {
                        ErrorPosition::Original(character) => usize::try_from(*character).ok(),
                        ErrorPosition::Internal { .. } => None,
                    });
            (position, explain(&error))
        })
    }

    /// Carries out statements and returns their rows.
    pub(crate) async fn ask(&self, statements: &str) -> Result<Answer, Fault> {
        if self.client.is_closed() {
            return Err(Fault::lost("the server closed the connection"));
        }
        let messages = match self.client.simple_query(statements).await {
            Ok(messages) => messages,
            Err(error) => {
                let lost = self.client.is_closed() || error.is_closed() || is_the_end(&error);
                // What failed after a BEGIN would leave the connection in a failed transaction,
                // holding locks that the racers need.
                if !lost {
                    let _ = self.client.batch_execute("ROLLBACK").await;
                }
                return Err(Fault {
                    why: explain(&error),
                    lost,
                });
            }
        };
        let rows: Vec<SimpleQueryRow> = messages
            .into_iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            })
            .collect();
        let value = |row: &SimpleQueryRow, at| row.try_get(at).ok().flatten().map(str::to_string);
        Ok(Answer {
            first: rows.first().and_then(|row| value(row, 0)),
            whole: rows.iter().map(object).collect(),
        })
    }

    /// Has the server give up what it is doing, before the connection is thrown away.
    pub async fn give_up(self) {
        let patience = Duration::from_millis(CANCEL_MS_MAX);
        let _ =
            tokio::time::timeout(patience, self.client.cancel_token().cancel_query(NoTls)).await;
    }

    /// Makes the server give up statements that wait too long.
    pub async fn limit(&self) -> Result<(), Fault> {
        let text = format!("SET statement_timeout = {STATEMENT_MS_MAX}");
        self.client
            .batch_execute(&text)
            .await
            .map_err(|error| Fault::lost(explain(&error)))
    }
}

/// A row by the names of its columns. Values stay the text that PostgreSQL wrote.
fn object(row: &SimpleQueryRow) -> Value {
    let columns = row.columns().iter().enumerate();
    let fields = columns.map(|(at, column)| {
        let text = row.try_get(at).ok().flatten();
        (
            column.name().to_string(),
            text.map_or(Value::Null, Value::from),
        )
    });
    Value::Object(fields.collect())
}

/// Whether the connection does not outlive this: there was no answer, or it was the server's last
/// word, which comes before the connection is seen to close.
fn is_the_end(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_none_or(|told| {
        matches!(
            told.parsed_severity(),
            Some(Severity::Fatal | Severity::Panic)
        )
    })
}

/// What PostgreSQL said, with what it added, and a cure for the usual cases.
fn explain(error: &tokio_postgres::Error) -> String {
    let Some(told) = error.as_db_error() else {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        return text;
    };
    let mut text = format!("{} ({})", told.message(), told.code().code());
    for more in [told.detail(), told.hint()].into_iter().flatten() {
        text.push_str("; ");
        text.push_str(more);
    }
    if *told.code() == SqlState::QUERY_CANCELED {
        text.push_str(
            "; a connection of the system probably holds a lock in a transaction it left open",
        );
    }
    text
}
