//! Retention: old runs go, the newest and those in use stay.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;
use crate::runs::{RunSummary, files_of, runs};

/// What may stay. The newest run always does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// This many runs.
    pub runs: usize,
    /// This many bytes over all runs.
    pub bytes: u64,
    /// Runs written to in the last so many days.
    pub days: u64,
}

impl Default for Keep {
    fn default() -> Keep {
        Keep {
            runs: 100,
            bytes: 1 << 30,
            days: 30,
        }
    }
}

/// What retention did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retained {
    /// Ids of the runs that were removed, newest first.
    pub removed: Vec<String>,
    /// Bytes that became free.
    pub bytes: u64,
}

/// Removes the runs beyond any of the limits. Files that cannot be read as evidence are left
/// alone: they are not ours to judge.
pub fn retain(folder: &Path, keep: Keep, now: SystemTime) -> Result<Retained, StoreError> {
    let mut done = Retained::default();
    let mut bytes = 0u64;
    let all = runs(folder)?;
    for (place, run) in all.iter().filter(|run| run.problem.is_none()).enumerate() {
        bytes = bytes.saturating_add(run.bytes);
        let beyond = place >= keep.runs || bytes > keep.bytes || age_days(run, now) >= keep.days;
        if place == 0 || !beyond || in_use(&run.path) {
            continue;
        }
        if remove(&run.path) {
            bytes -= run.bytes;
            done.bytes += run.bytes;
            done.removed.push(run.id.clone());
        }
    }
    Ok(done)
}

/// Whole days since the run was last written to.
fn age_days(run: &RunSummary, now: SystemTime) -> u64 {
    let written = fs::metadata(&run.path)
        .and_then(|data| data.modified())
        .unwrap_or(now);
    now.duration_since(written)
        .unwrap_or(Duration::ZERO)
        .as_secs()
        / 86_400
}

/// Whether some process has the file open: only then does SQLite refuse to fold its log in.
fn in_use(path: &Path) -> bool {
    let fold = || -> rusqlite::Result<bool> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(Duration::ZERO)?;
        let mode: String =
            connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
        Ok(mode != "delete")
    };
    fold().unwrap_or(true)
}

/// Removes a run's files, the log first: a file without its log would be missing its end.
fn remove(path: &Path) -> bool {
    let [file, log, index, journal] = files_of(path);
    for beside in [log, index, journal] {
        let _ = fs::remove_file(beside);
    }
    fs::remove_file(file).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Folder, started, write_run};
    use crate::{Evidence, runs};

    const ALL: Keep = Keep {
        runs: usize::MAX,
        bytes: u64::MAX,
        days: u64::MAX,
    };

    fn five_runs() -> Folder {
        let folder = Folder::new();
        for i in 0..5 {
            write_run(
                folder.path(),
                &format!("run-{i}"),
                &format!("2026-11-2{i}T00:00:00Z"),
                None,
            );
        }
        folder
    }

    fn left(folder: &Folder) -> Vec<String> {
        runs(folder.path())
            .unwrap()
            .into_iter()
            .map(|run| run.id)
            .collect()
    }

    /// The time, as far as the files know it.
    fn written_last(folder: &Folder) -> SystemTime {
        let run = &runs(folder.path()).unwrap()[0];
        fs::metadata(&run.path).unwrap().modified().unwrap()
    }

    #[test]
    fn limits_by_number_bytes_and_age() {
        let now = written_last(&five_runs());
        let in_40_days = now + Duration::from_secs(40 * 86_400);
        let one = runs(five_runs().path()).unwrap()[0].bytes;
        for (keep, at, expected) in [
            (ALL, now, vec!["run-4", "run-3", "run-2", "run-1", "run-0"]),
            (Keep { runs: 2, ..ALL }, now, vec!["run-4", "run-3"]),
            (Keep { runs: 0, ..ALL }, now, vec!["run-4"]),
            (
                Keep {
                    bytes: one * 3,
                    ..ALL
                },
                now,
                vec!["run-4", "run-3", "run-2"],
            ),
            (Keep { bytes: 0, ..ALL }, now, vec!["run-4"]),
            (
                Keep { days: 30, ..ALL },
                now,
                vec!["run-4", "run-3", "run-2", "run-1", "run-0"],
            ),
            (Keep { days: 30, ..ALL }, in_40_days, vec!["run-4"]),
        ] {
            let folder = five_runs();
            let done = retain(folder.path(), keep, at).unwrap();
            assert_eq!(left(&folder), expected, "{keep:?}");
            assert_eq!(done.removed.len(), 5 - expected.len());
            assert_eq!(done.bytes, one * done.removed.len() as u64);
        }
    }

    #[test]
    fn a_run_that_goes_on_and_a_foreign_file_stay() {
        let folder = five_runs();
        let mut going_on = Evidence::create(folder.path(), "going-on").unwrap();
        going_on.record(&started("going-on"));
        assert!(going_on.flush().is_none());
        let foreign = folder.path().join("runs/notes.sqlite");
        fs::write(&foreign, "my notes").unwrap();

        let far = written_last(&folder) + Duration::from_secs(400 * 86_400);
        let keep = Keep {
            runs: 0,
            bytes: 0,
            days: 0,
        };
        let done = retain(folder.path(), keep, far).unwrap();
        assert_eq!(done.removed, ["run-3", "run-2", "run-1", "run-0"]);
        assert!(foreign.exists() && going_on.path().exists());

        // It goes on unharmed, and may go once it is over.
        going_on.record(&started("going-on"));
        let path = going_on.finish().unwrap();
        assert_eq!(Evidence::open(&path).unwrap().events().count(), 2);
        retain(folder.path(), keep, far).unwrap();
        assert_eq!(left(&folder), ["run-4", "notes"]);
    }
}
