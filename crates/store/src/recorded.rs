//! Reading: the events of a run in their order, a page in memory at a time.

use std::path::{Path, PathBuf};

use model::{Event, WireId};
use rusqlite::Connection;

use crate::error::StoreError;
use crate::event_row;
use crate::evidence::Evidence;
use crate::recording::Recording;
use crate::runs::{self, RunSummary};
use crate::schema;

/// Events read at once.
const PAGE_EVENTS: i64 = 64;

/// The evidence of a run, open for reading. The run may be over, killed, or still going.
#[derive(Debug)]
pub struct Recorded {
    connection: Connection,
    path: PathBuf,
}

impl Evidence {
    /// Opens evidence for reading; the same as [`Recorded::open`].
    pub fn open(path: &Path) -> Result<Recorded, StoreError> {
        Recorded::open(path)
    }
}

impl Recorded {
    /// Opens evidence for reading.
    pub fn open(path: &Path) -> Result<Recorded, StoreError> {
        let connection = schema::open(path)?;
        Ok(Recorded {
            connection,
            path: path.to_path_buf(),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the list of runs says of it.
    pub fn summary(&self) -> Result<RunSummary, StoreError> {
        runs::summary_of(&self.connection, &self.path)
            .map_err(|error| StoreError::reading(&self.path, error))
    }

    /// The events in order. One that is not understood is an error in its place, and the next
    /// follows; damage ends the iteration.
    pub fn events(&self) -> Events<'_> {
        Events {
            recorded: self,
            after: 0,
            page: Vec::new().into_iter(),
            ended: false,
        }
    }

    /// The step records of a wire, in order.
    pub fn recording(&self, wire: WireId) -> Recording<'_> {
        Recording::new(&self.connection, &self.path, wire.0)
    }

    /// The wires that have step records.
    pub fn recorded_wires(&self) -> Result<Vec<WireId>, StoreError> {
        let reading = |error| StoreError::reading(&self.path, error);
        let mut statement = self
            .connection
            .prepare_cached("SELECT DISTINCT wire FROM recording ORDER BY wire")
            .map_err(reading)?;
        let rows = statement
            .query_map([], |row| row.get(0).map(WireId))
            .map_err(reading)?;
        rows.collect::<Result<_, _>>().map_err(reading)
    }

    /// The shapes of a wire with their numbers.
    pub fn shapes(&self, wire: WireId) -> Result<Vec<(u32, String)>, StoreError> {
        let reading = |error| StoreError::reading(&self.path, error);
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, text FROM shapes WHERE wire = ?1 ORDER BY id")
            .map_err(reading)?;
        let rows = statement
            .query_map([wire.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(reading)?;
        rows.collect::<Result<_, _>>().map_err(reading)
    }

    fn page(&self, after: i64) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT seq, at_us, kind, json FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )?;
        let rows = statement.query_map([after, PAGE_EVENTS], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        rows.collect()
    }
}

/// Number, time, kind, body.
type Row = (i64, i64, String, String);

/// See [`Recorded::events`].
#[derive(Debug)]
pub struct Events<'a> {
    recorded: &'a Recorded,
    after: i64,
    page: std::vec::IntoIter<Row>,
    ended: bool,
}

impl Iterator for Events<'_> {
    type Item = Result<Event, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0 && !self.ended {
            match self.recorded.page(self.after) {
                Ok(rows) => {
                    self.ended = rows.is_empty();
                    self.page = rows.into_iter();
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Err(StoreError::reading(&self.recorded.path, error)));
                }
            }
        }
        let (seq, at_us, kind, json) = self.page.next()?;
        self.after = seq;
        Some(
            event_row::from_row(at_us, &kind, &json).map_err(|error| StoreError::Event {
                path: self.recorded.path.clone(),
                seq,
                why: error.to_string(),
            }),
        )
    }
}
