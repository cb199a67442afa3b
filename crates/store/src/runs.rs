//! The list of runs: what each file says of itself, newest first.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::error::StoreError;
use crate::recorded::Recorded;

/// A run in short.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunSummary {
    /// Its id.
    pub id: String,
    /// Its file.
    pub path: PathBuf,
    /// The verb.
    pub command: String,
    /// The system.
    pub system: String,
    /// The variant.
    pub variant: Option<String>,
    /// When it began, RFC 3339; empty when it was killed before it could say.
    pub started: String,
    /// The verdict; none when it did not end.
    pub verdict: Option<String>,
    /// How long it took; none when it did not end.
    pub wall_ms: Option<u64>,
    /// Events kept.
    pub events: u64,
    /// Events that could not be written.
    pub lost: u64,
    /// Bytes on the disk.
    pub bytes: u64,
    /// Why nothing of this is known: the file cannot be read.
    pub problem: Option<String>,
}

impl RunSummary {
    /// The verdict, or that there is none.
    pub fn verdict_or(&self) -> &str {
        self.verdict.as_deref().unwrap_or("did not end")
    }
}

/// Where the runs of an output folder are.
pub fn runs_folder(folder: &Path) -> PathBuf {
    folder.join("runs")
}

/// All runs of an output folder, newest first; files that cannot be read come last and say why.
/// A folder that is not there has no runs.
pub fn runs(folder: &Path) -> Result<Vec<RunSummary>, StoreError> {
    let folder = runs_folder(folder);
    let failed = |source| StoreError::Folder {
        folder: folder.clone(),
        source,
    };
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "sqlite")
        {
            all.push(summary(&path));
        }
    }
    all.sort_by(|a, b| {
        let key = |run: &RunSummary| (run.problem.is_none(), run.started.clone(), run.id.clone());
        key(b).cmp(&key(a))
    });
    Ok(all)
}

/// What one file says of itself, or why it cannot.
fn summary(path: &Path) -> RunSummary {
    match Recorded::open(path).and_then(|recorded| recorded.summary()) {
        Ok(summary) => summary,
        Err(error) => RunSummary {
            id: stem(path),
            path: path.to_path_buf(),
            bytes: bytes_of(path),
            problem: Some(error.to_string()),
            ..RunSummary::default()
        },
    }
}

pub(crate) fn summary_of(connection: &Connection, path: &Path) -> rusqlite::Result<RunSummary> {
    let number = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
    connection.query_row(
        // Counting rows would read the whole file; numbers are given without gaps, but for
        // those that were lost.
        "SELECT command, system, variant, started, verdict, wall_ms, lost,
         (SELECT coalesce(max(seq), 0) FROM events) FROM run",
        [],
        |row| {
            let lost = number(row.get(6)?).unwrap_or(0);
            let last = number(row.get(7)?).unwrap_or(0);
            Ok(RunSummary {
                id: stem(path),
                path: path.to_path_buf(),
                command: row.get::<_, Option<String>>(0)?.unwrap_or_default(),
                system: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
                variant: row.get(2)?,
                started: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
                verdict: row.get(4)?,
                wall_ms: number(row.get(5)?),
                events: last.saturating_sub(lost),
                lost,
                bytes: bytes_of(path),
                problem: None,
            })
        },
    )
}

/// The file's name without its ending. The file may have been renamed, and that name is what
/// a user sees.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The file and what SQLite keeps beside it.
pub(crate) fn files_of(path: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-journal"].map(|ending| {
        let mut name = path.as_os_str().to_os_string();
        name.push(ending);
        PathBuf::from(name)
    })
}

fn bytes_of(path: &Path) -> u64 {
    // The shared-memory file is an index of the log, not data.
    let [file, log, _, journal] = files_of(path);
    [file, log, journal]
        .iter()
        .filter_map(|path| fs::metadata(path).ok())
        .map(|data| data.len())
        .sum()
}

#[cfg(test)]
#[path = "runs_tests.rs"]
mod tests;
