//! The guard: a process of its own that outlives heisen by a moment and undoes what heisen's
//! journal says. `heisen guard --journal PATH` is hidden and runs [`run`].
//!
//! It holds the reading end of a pipe whose writing end only heisen holds. Whatever ends heisen
//! closes that end; no signal, no polling and no good will is needed.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::sys::signal::{SigSet, Signal};

use crate::census::Mark;
use crate::error::LabError;
use crate::journal::{self, Journal, Record};
use crate::pause::pause;
use crate::{sweep, sys};

/// How long the guard may take to make the journal.
const GUARD_START_MS_MAX: u64 = 10_000;
/// How long the guard may take to sweep.
const GUARD_END_MS_MAX: u64 = 15_000;
/// Between two looks.
const LOOK_MS: u64 = 1;
/// How much of what a failed guard says is shown.
const GUARD_WORDS_BYTES_MAX: u64 = 2000;

/// Makes the journal at `path`, waits until heisen is gone, and undoes what the journal says.
pub fn run(path: &Path) -> Result<(), LabError> {
    // An interrupt or a hang-up is heisen's to handle; the guard must still be there afterwards.
    let mut signals = SigSet::empty();
    for signal in [
        Signal::SIGHUP,
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGQUIT,
        Signal::SIGPIPE,
    ] {
        signals.add(signal);
    }
    let _ = signals.thread_block();
    let parent = u32::try_from(nix::unistd::getppid().as_raw()).unwrap_or(0);
    // heisen may be gone already; then there is nothing to undo but this journal.
    let heisen = Mark::of(parent).unwrap_or(Mark { pid: 0, start: 0 });
    let guard = Mark::of(std::process::id()).unwrap_or(Mark { pid: 0, start: 0 });
    drop(Journal::create(path, heisen, guard)?);
    wait_for_end(&mut io::stdin().lock());
    sweep::sweep(path, &Record::read(path)?)?;
    Ok(())
}

fn wait_for_end(pipe: &mut impl Read) {
    let mut buffer = [0; 64];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// heisen's side of the guard.
#[derive(Debug)]
pub struct Watch {
    child: Child,
    pipe: Option<OwnedFd>,
    path: PathBuf,
}

impl Watch {
    /// Starts `program guard --journal PATH` and waits until the journal is there.
    pub async fn start(program: &Path, run: &str) -> Result<(Watch, Journal), LabError> {
        journal::check_run(run)?;
        let path = journal::path_in(&journal::folder(), run);
        let words: [OsString; 3] = ["guard".into(), "--journal".into(), path.clone().into()];
        let shown = format!("{} guard --journal {}", program.display(), path.display());
        let failed = |why: String| LabError::Guard {
            command: shown.clone(),
            why,
        };
        // Both ends close on exec, so no child can keep the guard waiting.
        let (reading, writing) =
            nix::unistd::pipe2(OFlag::O_CLOEXEC).map_err(|error| failed(error.to_string()))?;
        let mut command = Command::new(program);
        command.args(words).current_dir("/");
        command
            .stdin(Stdio::from(reading))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        sys::own_session(&mut command);
        let child = command.spawn().map_err(|error| failed(error.to_string()))?;
        // `command` holds the reading end as long as it lives, which would be no harm, but no use.
        drop(command);
        let mut watch = Watch {
            child,
            pipe: Some(writing),
            path,
        };
        let deadline = Instant::now() + Duration::from_millis(GUARD_START_MS_MAX);
        loop {
            if Record::read(&watch.path).is_ok_and(|record| watch.is_its(&record)) {
                let journal = Journal::open(&watch.path)?;
                return Ok((watch, journal));
            }
            if let Ok(Some(status)) = watch.child.try_wait() {
                return Err(failed(format!(
                    "it {}{}",
                    crate::local::how(status),
                    watch.words()
                )));
            }
            if Instant::now() > deadline {
                return Err(failed(format!(
                    "it made no journal within {} s",
                    GUARD_START_MS_MAX / 1000
                )));
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    /// Whether the journal was made by this guard and is not one of an earlier run of that name.
    fn is_its(&self, record: &Record) -> bool {
        record
            .guard
            .is_some_and(|guard| guard.pid == self.child.id())
    }

    fn words(&mut self) -> String {
        let mut text = Vec::new();
        if let Some(stderr) = self.child.stderr.take() {
            let _ = stderr.take(GUARD_WORDS_BYTES_MAX).read_to_end(&mut text);
        }
        let text = String::from_utf8_lossy(&text).trim().to_string();
        if text.is_empty() {
            text
        } else {
            format!(" and said: {text}")
        }
    }

    /// Whether the guard still watches.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Lets the guard sweep and waits until it has; sweeps itself if the guard is lost.
    pub async fn end(mut self) -> Result<(), LabError> {
        self.pipe = None;
        let deadline = Instant::now() + Duration::from_millis(GUARD_END_MS_MAX);
        while self.is_alive() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
        self.finish()
    }

    /// The same without a runtime, for a lab that is dropped.
    pub fn end_now(&mut self) -> Result<(), LabError> {
        self.pipe = None;
        let deadline = Instant::now() + Duration::from_millis(GUARD_END_MS_MAX);
        while self.is_alive() && Instant::now() < deadline {
            pause(LOOK_MS);
        }
        self.finish()
    }

    fn finish(&mut self) -> Result<(), LabError> {
        if self.is_alive() {
            return Err(LabError::LeftBehind(format!(
                "the guard, process {}, does not end",
                self.child.id()
            )));
        }
        match Record::read(&self.path) {
            Ok(record) if self.is_its(&record) => sweep::sweep(&self.path, &record).map(drop),
            _ => Ok(()),
        }
    }
}
