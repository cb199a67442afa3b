//! Cleans up after runs that were killed together with their guard: what `heisen recover` does
//! and `heisen doctor` looks for.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::census::{self, Mark};
use crate::journal::{self, FOLDER_PREFIX, Record};
use crate::sweep;

/// The file in a run's folder that says whose it is: a journal in a runtime folder is gone after
/// a restart of the machine, the run's folder is not.
pub const OWNER_FILE: &str = "owner";

/// What a run left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The run.
    pub run: String,
    /// Its processes that are alive.
    pub processes: Vec<u32>,
    /// Its folders that are there.
    pub folders: Vec<PathBuf>,
    /// Its journal; the file need not exist.
    journal: PathBuf,
}

/// What a recovery did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Runs of which nothing is left now.
    pub recovered: Vec<Leftover>,
    /// Runs of which something is still there, and why.
    pub failed: Vec<(String, String)>,
}

/// Runs that nobody watches any more and that left something.
pub fn leftovers() -> Vec<Leftover> {
    found().into_iter().map(|(leftover, _)| leftover).collect()
}

/// Removes what they left.
pub fn recover() -> Report {
    let mut report = Report::default();
    for (leftover, record) in found() {
        match sweep::sweep(&leftover.journal, &record) {
            Ok(_) => report.recovered.push(leftover),
            Err(error) => report.failed.push((leftover.run, error.to_string())),
        }
    }
    report
}

fn found() -> Vec<(Leftover, Record)> {
    let mut all: Vec<(PathBuf, Record)> = journal::folders()
        .iter()
        .flat_map(|folder| journal::list(folder))
        .filter_map(|path| Record::read(&path).ok().map(|record| (path, record)))
        .collect();
    for folder in run_folders() {
        let run = run_of(&folder);
        match all.iter_mut().find(|(_, record)| record.run == run) {
            // A journal names all its folders; without one, each folder tells of itself.
            Some((_, record)) if record.folders.contains(&folder) => {}
            Some((_, record)) => record.folders.push(folder),
            None => {
                let path = journal::path_in(&journal::folder(), &run);
                all.push((path, owned(run, folder)));
            }
        }
    }
    all.into_iter()
        .filter(|(_, record)| !record.is_watched())
        .map(|(journal, record)| {
            let leftover = Leftover {
                run: record.run.clone(),
                processes: census::of_run(&record)
                    .iter()
                    .map(|mark| mark.pid)
                    .collect(),
                folders: record
                    .folders
                    .iter()
                    .filter(|folder| folder.exists())
                    .cloned()
                    .collect(),
                journal,
            };
            (leftover, record)
        })
        .collect()
}

/// A record for a folder whose journal is lost.
fn owned(run: String, folder: PathBuf) -> Record {
    let text = std::fs::read_to_string(folder.join(OWNER_FILE)).unwrap_or_default();
    let (mark, boot) = text.trim().rsplit_once(' ').unwrap_or_default();
    Record {
        run,
        boot: boot.to_string(),
        heisen: Mark::parse(mark),
        folders: vec![folder],
        ..Record::default()
    }
}

/// What [`OWNER_FILE`] holds.
pub(crate) fn owner_line() -> String {
    let mark = Mark::of(std::process::id()).unwrap_or(Mark { pid: 0, start: 0 });
    format!("{mark} {}\n", census::boot())
}

fn run_of(folder: &Path) -> String {
    let name = folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("");
    name.strip_prefix(FOLDER_PREFIX).unwrap_or("").to_string()
}

/// Folders of runs of this user, wherever labs put them.
fn run_folders() -> Vec<PathBuf> {
    let user = nix::unistd::geteuid().as_raw();
    let mut found: Vec<PathBuf> = crate::local::temporary_folders()
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten())
        .map(|entry| entry.path())
        .filter(|path| !run_of(path).is_empty())
        .filter(|path| {
            std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir() && meta.uid() == user)
        })
        .collect();
    found.sort();
    found.dedup();
    found
}
