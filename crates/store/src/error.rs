//! What can go wrong with evidence, in words a user can act upon.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

/// Why evidence could not be written, found or read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The folder cannot be made or listed.
    #[error(
        "the evidence folder `{folder}` cannot be used: {source}; give one that can be written with --out DIR"
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The id would not make a file name.
    #[error(
        "`{run}` cannot name a run; use letters, digits, `-`, `_` and `.`, at most 100 of them"
    )]
    RunId {
        /// The id.
        run: String,
    },
    /// There is evidence of a run with this id.
    #[error("evidence of a run of this id is there already: `{path}`; give the run another id")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be made or written.
    #[error(
        "evidence cannot be written to `{path}`: {why}; the run goes on, but what is lost cannot be shown again: {cure}"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        why: String,
        /// What to do.
        cure: &'static str,
    },
    /// There is no such file.
    #[error("there is no evidence at `{path}`; `heisen runs` lists what there is")]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("`{path}` is not the evidence of a run: {why}; `heisen runs` lists what there is")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        why: String,
    },
    /// A newer heisen wrote it.
    #[error(
        "`{path}` was written by a newer heisen (schema {found}, this one reads up to {known}); read it with that one, or update this one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest this build reads.
        known: i64,
    },
    /// The file is broken.
    #[error(
        "`{path}` is damaged: {why}; what stands before the damage was read; run again for whole evidence"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// The file is sound but cannot be read now.
    #[error(
        "`{path}` cannot be read: {why}; see that the file and its folder may be read by you, and that the disk is there"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// One event is not understood; the others are.
    #[error("event {seq} of `{path}` is not understood: {why}; it is left out")]
    Event {
        /// The file.
        path: PathBuf,
        /// Its number.
        seq: i64,
        /// Why not.
        why: String,
    },
    /// Nothing was recorded yet.
    #[error("there are no runs in `{folder}`; start one, such as `heisen replay SCHEDULE`")]
    NoRuns {
        /// The folder.
        folder: PathBuf,
    },
    /// No run is called that.
    #[error("there is no run `{wanted}` in `{folder}`; {hint}")]
    NoSuchRun {
        /// What was asked for.
        wanted: String,
        /// Where.
        folder: PathBuf,
        /// What may have been meant.
        hint: String,
    },
    /// More than one run begins like that.
    #[error("`{wanted}` is the beginning of {count} runs: {some}; write more of the id")]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// How many fit.
        count: usize,
        /// The first of them.
        some: String,
    },
}

impl StoreError {
    /// Tells what a failed read means for the user.
    pub(crate) fn reading(path: &Path, error: rusqlite::Error) -> StoreError {
        let path = path.to_path_buf();
        let why = words(&error);
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => StoreError::Foreign {
                path,
                why: "it is no SQLite file".to_string(),
            },
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged { path, why },
            _ => StoreError::Read { path, why },
        }
    }

    /// Tells what a failed write means for the user.
    pub(crate) fn writing(path: &Path, error: &rusqlite::Error) -> StoreError {
        let cure = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => "free some space, or remove old runs",
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                "give a folder that can be written with --out DIR"
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "close the program that has the file locked"
            }
            _ => "see that the disk is sound, or use another with --out DIR",
        };
        StoreError::Write {
            path: path.to_path_buf(),
            why: words(error),
            cure,
        }
    }
}

/// SQLite's own words, without its numbers.
fn words(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}
