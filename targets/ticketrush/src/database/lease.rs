//! What a request does with a leased connection: single queries and transactions.

use tokio::sync::SemaphorePermit;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::{Connection, Database, Statements};
use crate::refusal::Refusal;

type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection in the hands of one request; goes back to the pool when dropped.
pub struct Lease<'a> {
    pub(super) connection: Option<Connection>,
    pub(super) pool: &'a Database,
    pub(super) _permit: SemaphorePermit<'a>,
}

/// An open transaction; undone in the background when merely dropped.
pub struct Transaction<'a> {
    inner: tokio_postgres::Transaction<'a>,
    statements: &'a mut Statements,
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
