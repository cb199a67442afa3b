//! Undoes what a journal says: ends the run's processes, removes its shared memory and folders,
//! and at last the journal. The guard, recovery and a lab whose guard was lost all do it this way.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::census::{self, Mark};
use crate::error::LabError;
use crate::journal::{FOLDER_PREFIX, Record};
use crate::pause::pause;
use crate::sys;

/// How long a sweep tries before it says what is left.
const SWEEP_MS_MAX: u64 = 10_000;
/// Between two looks.
const LOOK_MS: u64 = 2;
/// How often nothing must be seen in a row: what was forked during one look shows in the next.
const QUIET_LOOKS: u32 = 2;
/// PostgreSQL's lasting segment has 56 bytes; larger ones are somebody else's.
const SHARED_MEMORY_BYTES_MAX: u64 = 4096;

/// What a sweep did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Processes ended.
    pub processes: usize,
    /// Folders removed.
    pub folders: Vec<PathBuf>,
}

/// Undoes what the journal at `path` says.
pub fn sweep(path: &Path, record: &Record) -> Result<Swept, LabError> {
    let deadline = Instant::now() + Duration::from_millis(SWEEP_MS_MAX);
    let mut ended: HashSet<Mark> = record.leaders.iter().copied().collect();
    let known = ended.len();
    end_processes(record, deadline, &mut ended)?;
    if record.is_of_this_boot() {
        remove_shared_memory(record, &ended);
    }
    let mut swept = Swept {
        processes: ended.len() - known,
        folders: Vec::new(),
    };
    for folder in &record.folders {
        if remove_folder(folder, deadline)? {
            swept.folders.push(folder.clone());
        }
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(LabError::file("remove", path)(error));
        }
        _ => {}
    }
    if let Some(folder) = path.parent() {
        // Only goes when no other run has a journal there.
        let _ = std::fs::remove_dir(folder);
    }
    Ok(swept)
}

fn end_processes(
    record: &Record,
    deadline: Instant,
    ended: &mut HashSet<Mark>,
) -> Result<(), LabError> {
    let mut quiet = 0;
    while quiet < QUIET_LOOKS {
        let alive = census::of_run(record);
        if alive.is_empty() {
            quiet += 1;
            continue;
        }
        quiet = 0;
        if Instant::now() > deadline {
            let pids: Vec<String> = alive.iter().map(|mark| mark.pid.to_string()).collect();
            return Err(LabError::LeftBehind(format!(
                "processes {} do not end",
                pids.join(", ")
            )));
        }
        for mark in &alive {
            strike(*mark, Signal::SIGKILL);
        }
        ended.extend(alive);
        pause(LOOK_MS);
    }
    Ok(())
}

/// Sends a signal to a process if it is still the one that is meant.
pub fn strike(mark: Mark, signal: Signal) {
    if let (true, Ok(pid)) = (mark.is_alive(), i32::try_from(mark.pid)) {
        // It may end by itself in between; then there is nothing to do.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

fn remove_folder(folder: &Path, deadline: Instant) -> Result<bool, LabError> {
    // A journal is a file: whatever was done to it, nothing but our own folders goes.
    let ours = folder
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with(FOLDER_PREFIX));
    let is_folder = std::fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir());
    if !ours || !is_folder {
        return Ok(false);
    }
    loop {
        match std::fs::remove_dir_all(folder) {
            Ok(()) => return Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !folder.exists() => {
                return Ok(true);
            }
            Err(error) if Instant::now() > deadline => {
                return Err(LabError::file("remove", folder)(error));
            }
            Err(_) => pause(LOOK_MS),
        }
    }
}

/// Removes the segments that killed PostgreSQL servers left: those they name in their lock files
/// and those made by a process that was ended, when nobody uses them any more.
fn remove_shared_memory(record: &Record, ended: &HashSet<Mark>) {
    let named: Vec<i32> = record
        .folders
        .iter()
        .flat_map(|folder| named_segments(folder))
        .collect();
    let table = std::fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    for segment in table.lines().filter_map(Segment::parse) {
        let ours =
            named.contains(&segment.id) || ended.iter().any(|mark| mark.pid == segment.maker);
        if ours && segment.users == 0 && segment.bytes <= SHARED_MEMORY_BYTES_MAX {
            // What cannot be removed was removed by its server a moment ago.
            let _ = sys::remove_shared_memory(segment.id);
        }
    }
}

/// The segments named in `FOLDER/*/data/postmaster.pid`, line 7: `key id`.
fn named_segments(folder: &Path) -> Vec<i32> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("data/postmaster.pid")).ok())
        .filter_map(|text| text.lines().nth(6)?.split_whitespace().nth(1)?.parse().ok())
        .collect()
}

/// A line of `/proc/sysvipc/shm`.
struct Segment {
    id: i32,
    bytes: u64,
    maker: u32,
    users: u64,
}

impl Segment {
    fn parse(line: &str) -> Option<Segment> {
        let words: Vec<&str> = line.split_whitespace().collect();
        Some(Segment {
            id: words.get(1)?.parse().ok()?,
            bytes: words.get(3)?.parse().ok()?,
            maker: words.get(4)?.parse().ok()?,
            users: words.get(6)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_runs_are_removed() {
        let root = std::env::temp_dir().join(format!("heisen-sweep-{}", std::process::id()));
        let (ours, theirs) = (root.join("heisen-run-x"), root.join("precious"));
        for folder in [&ours, &theirs] {
            std::fs::create_dir_all(folder.join("below")).unwrap();
        }
        let journal = root.join("x.journal");
        std::fs::write(&journal, "").unwrap();
        let record = Record {
            run: "sweep-x".to_string(),
            folders: vec![ours.clone(), theirs.clone()],
            ..Record::default()
        };
        let swept = sweep(&journal, &record).unwrap();
        assert_eq!(
            swept,
            Swept {
                processes: 0,
                folders: vec![ours.clone()]
            }
        );
        assert!(!ours.exists() && theirs.exists() && !journal.exists());
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn the_table_of_segments_is_read() {
        let line = "   5432001         7  600                    56   812   900      0   101   104   101   104 1 2 3 4096 0";
        let segment = Segment::parse(line).unwrap();
        assert_eq!(
            (segment.id, segment.bytes, segment.maker, segment.users),
            (7, 56, 812, 0)
        );
        assert!(Segment::parse("key shmid perms size cpid lpid nattch uid").is_none());
        assert!(Segment::parse("").is_none());
    }
}
