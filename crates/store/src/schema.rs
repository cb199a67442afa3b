//! The form of the file: what makes it ours, which version it is, and how it is opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;

/// Marks a SQLite file as heisen's: "HEIS".
const APPLICATION_ID: i64 = 0x4845_4953;

/// The schema this build writes, and the newest it reads.
pub(crate) const SCHEMA_VERSION: i64 = 1;

/// Nobody waits longer than this for another program's lock on the file.
const LOCK_WAIT_MS_MAX: u64 = 200;

/// Makes the tables of a new file in one transaction: a file is ours whole or not at all.
///
/// The log is written ahead (WAL), so readers never hold up the run, and what is committed
/// survives a kill. Nothing is synced to the disk: that guards only against power loss, and
/// would disturb the databases under test.
pub(crate) fn create(connection: &mut Connection, run: &str) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_millis(LOCK_WAIT_MS_MAX))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(include_str!("schema.sql"))?;
    transaction.execute("INSERT INTO run (id) VALUES (?1)", [run])?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()
}

/// Opens a file for reading and makes sure that it is ours.
pub(crate) fn open(path: &Path) -> Result<Connection, StoreError> {
    let reading = |error| StoreError::reading(path, error);
    if !path.exists() {
        return Err(StoreError::Missing {
            path: path.to_path_buf(),
        });
    }
    let foreign = |why: &str| StoreError::Foreign {
        path: path.to_path_buf(),
        why: why.to_string(),
    };
    if path.is_dir() {
        return Err(foreign("it is a folder"));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(reading)?;
    connection
        .busy_timeout(Duration::from_millis(LOCK_WAIT_MS_MAX))
        .map_err(reading)?;
    let number = |pragma: &str| {
        connection
            .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
            .map_err(reading)
    };
    if number("application_id")? != APPLICATION_ID {
        let empty = number("page_count")? <= 1 && number("user_version")? == 0;
        return Err(foreign(if empty {
            "it is empty (a run killed at its very beginning leaves such a file)"
        } else {
            "it is a SQLite file of something else"
        }));
    }
    let found = number("user_version")?;
    if found > SCHEMA_VERSION {
        let path = path.to_path_buf();
        return Err(StoreError::Newer {
            path,
            found,
            known: SCHEMA_VERSION,
        });
    }
    Ok(connection)
}
