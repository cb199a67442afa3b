//! Writing: events come in one by one, are kept back for a moment, and are committed together.
//!
//! Recording never fails a run: what cannot be written is counted as lost, told once, and tried
//! again with what comes next.

use std::fs;
use std::path::{Path, PathBuf};

use model::{Event, EventKind, StepRecord, WireId};
use rusqlite::{Connection, OpenFlags, Transaction, params};

use crate::error::StoreError;
use crate::event_row::{self, EventRow, integer};
use crate::recording;
use crate::runs::runs_folder;
use crate::schema;

/// Rows kept back before they are committed.
const PENDING_ROWS_MAX: usize = 1024;

/// Bytes kept back before they are committed.
const PENDING_BYTES_MAX: usize = 1 << 20;

/// Longest run id; it becomes a file name.
const RUN_ID_BYTES_MAX: usize = 100;

/// The evidence of a run that goes on. Dropping it keeps what was recorded.
#[derive(Debug)]
pub struct Evidence {
    connection: Connection,
    path: PathBuf,
    pending: Vec<Pending>,
    pending_bytes: usize,
    last_seq: i64,
    phase: Option<String>,
    about: About,
    lost: i64,
    failure: Option<StoreError>,
    failed_before: bool,
    closed: bool,
}

/// What waits for the next commit.
#[derive(Debug)]
enum Pending {
    Event(i64, EventRow),
    Steps(u16, Vec<u8>),
    Shape(u16, u32, String),
}

/// What the one row of `run` will say. It is kept here too, so a commit that fails does not
/// lose it.
#[derive(Debug, Default)]
struct About {
    started: Option<EventKind>,
    ended: Option<(String, i64)>,
    changed: bool,
}

impl Evidence {
    /// Makes `<folder>/runs/<run>.sqlite`, and the folder when it is not there. A caller who
    /// gets an error warns with it and goes on without evidence.
    pub fn create(folder: &Path, run: &str) -> Result<Evidence, StoreError> {
        let fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let named = !run.is_empty() && run.len() <= RUN_ID_BYTES_MAX && !run.starts_with('.');
        if !named || !run.chars().all(fit) {
            return Err(StoreError::RunId {
                run: run.to_string(),
            });
        }
        let folder = runs_folder(folder);
        fs::create_dir_all(&folder).map_err(|source| StoreError::Folder {
            folder: folder.clone(),
            source,
        })?;
        let path = folder.join(format!("{run}.sqlite"));
        if path.exists() {
            return Err(StoreError::Exists { path });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let writing = |error| StoreError::writing(&path, &error);
        let mut connection = Connection::open_with_flags(&path, flags).map_err(writing)?;
        schema::create(&mut connection, run).map_err(writing)?;
        Ok(Evidence {
            connection,
            path,
            pending: Vec::new(),
            pending_bytes: 0,
            last_seq: 0,
            phase: None,
            about: About::default(),
            lost: 0,
            failure: None,
            failed_before: false,
            closed: false,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many events could not be written so far.
    pub fn lost(&self) -> u64 {
        u64::try_from(self.lost).unwrap_or(0)
    }

    /// Takes an event. Never fails: [`Evidence::flush`] tells what went wrong.
    pub fn record(&mut self, event: &Event) {
        match &event.kind {
            started @ EventKind::RunStarted { .. } => {
                self.about.started = Some(started.clone());
                self.about.changed = true;
            }
            EventKind::RunEnded {
                verdict, wall_ms, ..
            } => {
                self.about.ended = Some((verdict.clone(), integer(*wall_ms)));
                self.about.changed = true;
            }
            EventKind::PhaseStarted { phase, .. } => self.phase = Some(phase.clone()),
            _ => {}
        }
        self.last_seq += 1;
        match event_row::to_row(event, self.phase.as_deref()) {
            Ok(row) => {
                let bytes = row.json.len();
                self.push(Pending::Event(self.last_seq, row), bytes);
            }
            Err(_) => self.lose(1),
        }
        if let EventKind::PhaseEnded { phase, .. } = &event.kind
            && self.phase.as_ref() == Some(phase)
        {
            self.phase = None;
        }
    }

    /// Takes step records of a wire, in order.
    pub fn record_steps(&mut self, wire: WireId, records: &[StepRecord]) {
        for blob in recording::pack(records) {
            let bytes = blob.len();
            self.push(Pending::Steps(wire.0, blob), bytes);
        }
    }

    /// Says which text the number of a shape stands for. The first text stays.
    pub fn record_shape(&mut self, wire: WireId, id: u32, text: &str) {
        self.push(Pending::Shape(wire.0, id, text.to_string()), text.len());
    }

    /// Commits what waits; call it every 100 ms or so. Gives the warning to show when recording
    /// fails, once in a run.
    #[must_use = "the warning is shown nowhere else"]
    pub fn flush(&mut self) -> Option<StoreError> {
        self.commit();
        self.failure.take()
    }

    /// Commits what waits and makes the evidence one file that can be copied.
    pub fn finish(mut self) -> Result<PathBuf, StoreError> {
        self.close();
        match self.failure.take() {
            Some(error) => Err(error),
            None => Ok(self.path.clone()),
        }
    }

    fn push(&mut self, pending: Pending, bytes: usize) {
        self.pending.push(pending);
        self.pending_bytes += bytes;
        if self.pending.len() >= PENDING_ROWS_MAX || self.pending_bytes >= PENDING_BYTES_MAX {
            self.commit();
        }
    }

    fn lose(&mut self, events: i64) {
        self.lost += events;
        self.about.changed = true;
    }

    fn commit(&mut self) {
        if self.pending.is_empty() && !self.about.changed {
            return;
        }
        let pending = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        match write(&mut self.connection, &pending, &self.about, self.lost) {
            Ok(()) => self.about.changed = false,
            Err(error) => {
                let events = pending
                    .iter()
                    .filter(|row| matches!(row, Pending::Event(..)));
                let events = events.count();
                self.lose(i64::try_from(events).unwrap_or(i64::MAX));
                if !self.failed_before {
                    self.failed_before = true;
                    self.failure = Some(StoreError::writing(&self.path, &error));
                }
            }
        }
    }

    fn close(&mut self) {
        self.commit();
        // One plain file without a log beside it. When someone is reading just now the log
        // stays, and whoever opens the file finds everything all the same.
        let _ = self
            .connection
            .pragma_update(None, "journal_mode", "DELETE");
        self.closed = true;
    }
}

impl Drop for Evidence {
    fn drop(&mut self) {
        if !self.closed {
            self.close();
        }
    }
}

/// Writes everything in one transaction, or nothing.
fn write(
    connection: &mut Connection,
    pending: &[Pending],
    about: &About,
    lost: i64,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for row in pending {
        write_row(&transaction, row)?;
    }
    if about.changed {
        write_about(&transaction, about, lost)?;
    }
    transaction.commit()
}

fn write_row(transaction: &Transaction<'_>, row: &Pending) -> rusqlite::Result<()> {
    match row {
        Pending::Event(seq, row) => transaction
            .prepare_cached(
                "INSERT INTO events (seq, at_us, kind, phase, trial, json)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                seq, row.at_us, row.kind, row.phase, row.trial, row.json
            ])?,
        Pending::Steps(wire, blob) => transaction
            .prepare_cached(
                "INSERT INTO recording (wire, ordinal, blob) SELECT ?1,
                 (SELECT coalesce(max(ordinal) + 1, 0) FROM recording WHERE wire = ?1), ?2",
            )?
            .execute(params![wire, blob])?,
        Pending::Shape(wire, id, text) => transaction
            .prepare_cached("INSERT OR IGNORE INTO shapes (wire, id, text) VALUES (?1, ?2, ?3)")?
            .execute(params![wire, id, text])?,
    };
    Ok(())
}

fn write_about(transaction: &Transaction<'_>, about: &About, lost: i64) -> rusqlite::Result<()> {
    if let Some(EventKind::RunStarted {
        command,
        version,
        system,
        variant,
        spec,
        seed,
        started,
        ..
    }) = &about.started
    {
        let spec_path = spec.as_ref().map(|(path, _)| path);
        let spec_digest = spec.as_ref().map(|(_, digest)| digest);
        transaction.execute(
            "UPDATE run SET command = ?1, version = ?2, system = ?3, variant = ?4,
             spec = ?5, spec_digest = ?6, seed = ?7, started = ?8",
            params![
                command,
                version,
                system,
                variant,
                spec_path,
                spec_digest,
                seed.to_string(),
                started
            ],
        )?;
    }
    if let Some((verdict, wall_ms)) = &about.ended {
        transaction.execute(
            "UPDATE run SET verdict = ?1, wall_ms = ?2",
            params![verdict, wall_ms],
        )?;
    }
    transaction.execute("UPDATE run SET lost = ?1", [lost])?;
    Ok(())
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
