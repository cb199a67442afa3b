//! PostgreSQL: a small pool of connections and transactions on them.
//!
//! BEGIN to COMMIT needs a connection of one's own, so a request leases one for as long as it
//! has something to do in the database. Statements are prepared once per connection.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row, Statement};

use crate::refusal::Refusal;

const CONNECTIONS_MAX: usize = 4;
const CONNECT_WAIT: Duration = Duration::from_secs(2);

type Params<'a> = &'a [&'a (dyn ToSql + Sync)];
type Statements = HashMap<&'static str, Statement>;

/// The pool. Connections are opened when they are first needed.
pub struct Database {
    config: Config,
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

struct Connection {
    client: Client,
    statements: Statements,
}

/// A connection in the hands of one request; goes back to the pool when dropped.
pub struct Lease<'a> {
    connection: Option<Connection>,
    pool: &'a Database,
    _permit: SemaphorePermit<'a>,
}

/// An open transaction; undone in the background when merely dropped.
pub struct Transaction<'a> {
    inner: tokio_postgres::Transaction<'a>,
    statements: &'a mut Statements,
}

impl Database {
    /// Checks the URL; connects to nothing yet.
    pub fn new(url: &str) -> Result<Self, String> {
        let mut config: Config = url
            .parse()
            .map_err(|error| format!("DATABASE_URL is not usable: {error}"))?;
        config.application_name("ticketrush");
        Ok(Self {
            config,
            permits: Semaphore::new(CONNECTIONS_MAX),
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Waits for a free place in the pool and hands out a connection that is up.
    pub async fn lease(&self) -> Result<Lease<'_>, Refusal> {
        let permit = self.permits.acquire().await;
        let permit = permit.map_err(|_| Refusal::Internal("the pool is closed".into()))?;
        let connection = match self.take_idle() {
            Some(connection) => connection,
            None => timeout(CONNECT_WAIT, self.connect())
                .await
                .map_err(|_| Refusal::Unavailable("the database is away: no answer".into()))??,
        };
        Ok(Lease {
            connection: Some(connection),
            pool: self,
            _permit: permit,
        })
    }

    /// Closes the connections nobody uses: after a request was given up on, one of them may
    /// still be waiting for an answer that never comes.
    pub fn forget_idle(&self) {
        self.idle().clear();
    }

    async fn connect(&self) -> Result<Connection, Refusal> {
        let (client, driver) = self.config.connect(NoTls).await?;
        // Ends with the client, or when the server goes; the client then reports being closed.
        tokio::spawn(driver);
        Ok(Connection {
            client,
            statements: Statements::new(),
        })
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle();
        idle.retain(|connection| !connection.client.is_closed());
        idle.pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // The list is whole at every moment, whoever panicked while holding it.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease<'_> {
    /// One row of a query outside any transaction.
    pub async fn row(
        &mut self,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<Option<Row>, Refusal> {
        let Connection { client, statements } = self.connection()?;
        if !statements.contains_key(sql) {
            statements.insert(sql, client.prepare(sql).await?);
        }
        Ok(client.query_opt(&statements[sql], params).await?)
    }

    /// BEGIN.
    pub async fn begin(&mut self) -> Result<Transaction<'_>, Refusal> {
        let Connection { client, statements } = self.connection()?;
        Ok(Transaction {
            inner: client.transaction().await?,
            statements,
        })
    }

    fn connection(&mut self) -> Result<&mut Connection, Refusal> {
        let connection = self.connection.as_mut();
        connection.ok_or_else(|| Refusal::Internal("the lease is over".into()))
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && !connection.client.is_closed()
        {
            self.pool.idle().push(connection);
        }
    }
}

impl Transaction<'_> {
    /// One row of a query, if there is one.
    pub async fn row(
        &mut self,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<Option<Row>, Refusal> {
        self.prepare(sql).await?;
        Ok(self.inner.query_opt(&self.statements[sql], params).await?)
    }

    /// Runs a statement and tells how many rows it touched.
    pub async fn execute(&mut self, sql: &'static str, params: Params<'_>) -> Result<u64, Refusal> {
        self.prepare(sql).await?;
        Ok(self.inner.execute(&self.statements[sql], params).await?)
    }

    /// ROLLBACK, waited for, so that the answer is not sent before the locks are gone.
    pub async fn undo(self) -> Result<(), Refusal> {
        Ok(self.inner.rollback().await?)
    }

    /// COMMIT.
    pub async fn commit(self) -> Result<(), Refusal> {
        Ok(self.inner.commit().await?)
    }

    async fn prepare(&mut self, sql: &'static str) -> Result<(), Refusal> {
        if !self.statements.contains_key(sql) {
            let statement = self.inner.prepare(sql).await?;
            self.statements.insert(sql, statement);
        }
        Ok(())
    }
}
