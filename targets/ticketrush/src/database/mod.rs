//! PostgreSQL: a small pool of connections and transactions on them.
//!
//! BEGIN to COMMIT needs a connection of one's own, so a request leases one for as long as it
//! has something to do in the database. Statements are prepared once per connection.

mod lease;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_postgres::{Client, Config, NoTls, Statement};

use crate::refusal::Refusal;

pub use lease::{Lease, Transaction};

const CONNECTIONS_MAX: usize = 4;
const CONNECT_WAIT: Duration = Duration::from_secs(2);

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
