//! The journal of a run: what was begun, written before it is done, so that whoever comes after
//! heisen can undo it. The guard makes it, heisen appends to it, guard and recovery read it.
//!
//! One line per act, each written with one call to an append-only file, so a line is there whole
//! or (the last one, in a crash) torn and skipped. Processes carry their start time, so a number
//! given to another process later is never taken for ours.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::census::{self, Mark};
use crate::error::LabError;

const HEADER: &str = "heisen-journal 1";
const ENDING: &str = "journal";
/// A journal longer than this is cut: 200 bytes a line, 80 000 processes.
const JOURNAL_BYTES_MAX: u64 = 16 << 20;
/// How often to make the folder again when another run removes it at the same moment.
const FOLDER_TRIES_MAX: u32 = 20;
/// The longest run id; PostgreSQL shows it in its process titles, which have 63 characters.
const RUN_CHARS_MAX: usize = 48;

/// What the name of every run's temporary folder begins with.
pub const FOLDER_PREFIX: &str = "heisen-run-";

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
}

/// What a journal says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// The run.
    pub run: String,
    /// Which start of the machine the processes belong to.
    pub boot: String,
    /// heisen itself.
    pub heisen: Option<Mark>,
    /// Its guard.
    pub guard: Option<Mark>,
    /// Folders that are, or were about to be, made.
    pub folders: Vec<PathBuf>,
    /// Processes that lead a group and have not ended.
    pub leaders: Vec<Mark>,
}

/// Whether a run's id can be part of a file's name and of a process title.
pub fn check_run(run: &str) -> Result<(), LabError> {
    let right = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if run.is_empty() || run.len() > RUN_CHARS_MAX || !run.chars().all(right) {
        return Err(LabError::BadRun(run.to_string()));
    }
    Ok(())
}

/// The folder new journals go to.
pub fn folder() -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    match runtime.filter(|path| path.is_absolute() && path.is_dir()) {
        Some(path) => path.join("heisen"),
        None => fallback_folder(),
    }
}

/// Every folder a journal of this user may be in: a run started without a login session has no
/// runtime folder, and whoever recovers it may have one.
pub fn folders() -> Vec<PathBuf> {
    let mut all = vec![folder(), fallback_folder()];
    all.push(PathBuf::from(format!(
        "/run/user/{}/heisen",
        nix::unistd::geteuid()
    )));
    all.dedup();
    all
}

fn fallback_folder() -> PathBuf {
    PathBuf::from(format!("/tmp/heisen-{}", nix::unistd::geteuid()))
}

/// Where a run's journal is, in a folder of journals.
pub fn path_in(folder: &Path, run: &str) -> PathBuf {
    folder.join(format!("{run}.{ENDING}"))
}

/// The journals in a folder.
pub fn list(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == ENDING))
        .collect();
    found.sort();
    found
}

impl Journal {
    /// Makes the journal of a run, with who it belongs to. Fails when there is one already.
    pub fn create(path: &Path, heisen: Mark, guard: Mark) -> Result<Journal, LabError> {
        let run = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or("");
        check_run(run)?;
        let file = create_file(path)?;
        let mut journal = Journal {
            file,
            path: path.to_path_buf(),
        };
        let boot = census::boot();
        journal.write(&format!(
            "{HEADER}\nrun {run}\nboot {boot}\nheisen {heisen}\nguard {guard}\n"
        ))?;
        Ok(journal)
    }

    /// Opens a journal that the guard has made.
    pub fn open(path: &Path) -> Result<Journal, LabError> {
        let file = OpenOptions::new()
            .append(true)
            .open(path)
            .map_err(LabError::file("write", path))?;
        Ok(Journal {
            file,
            path: path.to_path_buf(),
        })
    }

    /// A folder is about to be made.
    pub fn folder(&mut self, folder: &Path) -> Result<(), LabError> {
        self.write(&format!("folder {}\n", folder.display()))
    }

    /// A process is about to be started.
    pub fn starting(&mut self, name: &str) -> Result<(), LabError> {
        self.write(&format!("starting {}\n", one_line(name)))
    }

    /// A process was started and leads a group.
    pub fn process(&mut self, mark: Mark, name: &str) -> Result<(), LabError> {
        self.write(&format!("process {mark} {}\n", one_line(name)))
    }

    /// A process has ended and nothing is left of its group.
    pub fn ended(&mut self, pid: u32) -> Result<(), LabError> {
        self.write(&format!("ended {pid}\n"))
    }

    fn write(&mut self, lines: &str) -> Result<(), LabError> {
        self.file
            .write_all(lines.as_bytes())
            .map_err(LabError::file("write", &self.path))
    }
}

impl Record {
    /// Reads a journal.
    pub fn read(path: &Path) -> Result<Record, LabError> {
        let mut text = Vec::new();
        File::open(path)
            .and_then(|file| file.take(JOURNAL_BYTES_MAX).read_to_end(&mut text))
            .map_err(LabError::file("read", path))?;
        let mut record = Record::parse(&String::from_utf8_lossy(&text));
        // The name says it even when the first write was lost.
        if let Some(run) = path.file_stem().and_then(|stem| stem.to_str()) {
            record.run = run.to_string();
        }
        Ok(record)
    }

    /// Reads what is written; a line that is torn or unknown is skipped.
    pub fn parse(text: &str) -> Record {
        let mut record = Record::default();
        for line in text.split_inclusive('\n') {
            let Some((word, rest)) = line
                .strip_suffix('\n')
                .and_then(|line| line.split_once(' '))
            else {
                continue;
            };
            match word {
                "run" => record.run = rest.to_string(),
                "boot" => record.boot = rest.to_string(),
                "heisen" => record.heisen = Mark::parse(rest),
                "guard" => record.guard = Mark::parse(rest),
                "folder" => record.folders.push(PathBuf::from(rest)),
                "process" => record.leaders.extend(Mark::parse(rest)),
                "ended" => record.leaders.retain(|mark| mark.pid.to_string() != rest),
                _ => {}
            }
        }
        record
    }

    /// Whether the processes it names can still be those it means: not after a restart of the
    /// machine.
    pub fn is_of_this_boot(&self) -> bool {
        self.boot.is_empty() || self.boot == census::boot()
    }

    /// Whether heisen or its guard still lives.
    pub fn is_watched(&self) -> bool {
        self.is_of_this_boot()
            && [self.heisen, self.guard]
                .into_iter()
                .flatten()
                .any(Mark::is_alive)
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

fn create_file(path: &Path) -> Result<File, LabError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut tries = 0;
    loop {
        make_folder(folder)?;
        let made = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        tries += 1;
        match made {
            Ok(file) => return Ok(file),
            // Another run ended and removed the empty folder in between.
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < FOLDER_TRIES_MAX => {}
            Err(error) => return Err(LabError::file("create", path)(error)),
        }
    }
}

fn make_folder(folder: &Path) -> Result<(), LabError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(LabError::file("create", folder)(error));
        }
        _ => {}
    }
    // Another user could have made it first, in a folder everybody may write to.
    let meta = match std::fs::symlink_metadata(folder) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(LabError::file("read", folder)(error)),
    };
    if !meta.is_dir() || meta.uid() != nix::unistd::geteuid().as_raw() || meta.mode() & 0o022 != 0 {
        return Err(LabError::ForeignFolder {
            path: folder.to_path_buf(),
            owner: meta.uid(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "heisen-journal 1\nrun r1\nboot b\nheisen 10 100\nguard 11 101\n\
        folder /tmp/heisen-run-r1 with a space\nstarting db\nprocess 12 102 db\n\
        starting inventory 1\nprocess 13 103 inventory 1\nended 12\n";

    #[test]
    fn a_journal_is_read_back() {
        let record = Record::parse(TEXT);
        assert_eq!(record.run, "r1");
        assert_eq!(
            record.heisen,
            Some(Mark {
                pid: 10,
                start: 100
            })
        );
        assert_eq!(
            record.guard,
            Some(Mark {
                pid: 11,
                start: 101
            })
        );
        assert_eq!(
            record.folders,
            [PathBuf::from("/tmp/heisen-run-r1 with a space")]
        );
        assert_eq!(
            record.leaders,
            [Mark {
                pid: 13,
                start: 103
            }]
        );
    }

    #[test]
    fn a_journal_torn_anywhere_is_read_without_inventing_anything() {
        let whole = Record::parse(TEXT);
        for end in 0..TEXT.len() {
            let record = Record::parse(&TEXT[..end]);
            assert!(record.run.is_empty() || record.run == whole.run);
            assert!(
                record
                    .folders
                    .iter()
                    .all(|folder| whole.folders.contains(folder)),
                "{end}"
            );
            for mark in record.leaders {
                assert!(
                    [(12, 102), (13, 103)].contains(&(mark.pid, mark.start)),
                    "{end}"
                );
            }
        }
    }

    #[test]
    fn run_ids_are_checked() {
        for run in ["", "a/b", "..", "a b", "a\n", &"x".repeat(49)] {
            assert!(check_run(run).is_err(), "{run:?}");
        }
        check_run("20260301-120000-a1_b").unwrap();
    }
}
