//! The processes of one run: started, watched and ended here and nowhere else, each written to
//! the journal before and after.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use super::logs::Log;
use super::spawn;
use crate::RUN_VARIABLE;
use crate::census::{self, Mark};
use crate::error::LabError;
use crate::journal::Journal;
use crate::pause::pause;
use crate::sweep::strike;

/// Tells what one start of a process has started from what others have.
const START_VARIABLE: &str = "HEISEN_START";
/// Between two looks at a process that is about to end.
const LOOK_MS: u64 = 2;
/// How long a paused process may take to be frozen.
const PAUSED_MS_MAX: u64 = 2_000;
/// How long a killed process may take to be gone.
const KILLED_MS_MAX: u64 = 5_000;

/// What is to be run.
#[derive(Debug)]
pub struct Launch {
    /// What it is, for the journal.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub words: Vec<OsString>,
    /// What its environment has beyond heisen's own.
    pub env: Vec<(String, String)>,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// Where its output goes.
    pub log: Log,
    /// Another user and group to run as.
    pub user: Option<(u32, u32)>,
}

impl Launch {
    /// The command as a user would type it.
    pub fn shown(&self) -> String {
        let mut all = vec![self.program.display().to_string()];
        all.extend(
            self.words
                .iter()
                .map(|word| word.to_string_lossy().into_owned()),
        );
        show_words(&all)
    }
}

/// Words as they would be typed, quoted where needed.
pub fn show_words(words: &[String]) -> String {
    let plain = |word: &str| {
        !word.is_empty()
            && !word.contains(|c: char| c.is_whitespace() || "'\"\\$&|;<>()*?`".contains(c))
    };
    let shown: Vec<String> = words
        .iter()
        .map(|word| {
            if plain(word) {
                word.clone()
            } else {
                format!("'{}'", word.replace('\'', "'\\''"))
            }
        })
        .collect();
    shown.join(" ")
}

#[derive(Debug)]
struct Member {
    pid: u32,
    /// What this process and its children bear in their environment.
    token: String,
    child: Child,
    ended: Option<ExitStatus>,
}

/// All processes of a run, and its journal.
#[derive(Debug)]
pub struct Crew {
    run: String,
    started: AtomicU32,
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    journal: Journal,
    members: Vec<Member>,
}

impl Crew {
    /// A crew without members.
    pub fn new(run: &str, journal: Journal) -> Crew {
        Crew {
            run: run.to_string(),
            started: AtomicU32::new(0),
            inside: Mutex::new(Inside {
                journal,
                members: Vec::new(),
            }),
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A folder is about to be made.
    pub fn note_folder(&self, folder: &std::path::Path) -> Result<(), LabError> {
        self.inside().journal.folder(folder)
    }

    /// Starts a process and returns its number, which is also its group's.
    pub async fn start(&self, launch: &Launch) -> Result<u32, LabError> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&launch.log.path)
            .map_err(LabError::file("write", &launch.log.path))?;
        let twin = log
            .try_clone()
            .map_err(LabError::file("write", &launch.log.path))?;
        let mut command = Command::new(&launch.program);
        command.args(&launch.words).current_dir(&launch.folder);
        command.envs(launch.env.iter().map(|(name, value)| (name, value)));
        let token = format!(
            "{}-{}",
            self.run,
            self.started.fetch_add(1, Ordering::Relaxed)
        );
        command
            .env(RUN_VARIABLE, &self.run)
            .env(START_VARIABLE, &token);
        command.stdin(Stdio::null()).stdout(log).stderr(twin);
        if let Some((user, group)) = launch.user {
            use std::os::unix::process::CommandExt;
            command.uid(user).gid(group);
        }
        self.inside().journal.starting(&launch.name)?;
        let child = spawn::spawn(command)
            .await
            .map_err(|source| LabError::Spawn {
                command: launch.shown(),
                folder: launch.folder.clone(),
                source,
            })?;
        let pid = child.id();
        let mark = Mark::of(pid);
        let mut inside = self.inside();
        inside.members.push(Member {
            pid,
            token,
            child,
            ended: None,
        });
        if let Some(mark) = mark {
            inside.journal.process(mark, &launch.name)?;
        }
        Ok(pid)
    }

    /// How a process ended, if it has. What is left of its group is ended with it.
    pub fn ended(&self, pid: u32) -> Option<ExitStatus> {
        let mut inside = self.inside();
        let Inside { journal, members } = &mut *inside;
        let member = members.iter_mut().find(|member| member.pid == pid)?;
        if member.ended.is_none() && has_ended(pid) {
            // Not reaped yet, so the group's number cannot be somebody else's.
            signal_group(pid, Signal::SIGKILL);
            member.ended = member.child.wait().ok();
            // A line that cannot be written only makes the guard look once more.
            let _ = journal.ended(pid);
        }
        member.ended
    }

    /// Sends a signal to a process and its group, unless it has ended.
    pub fn signal(&self, pid: u32, signal: Signal) {
        if self.ended(pid).is_none() {
            signal_group(pid, signal);
        }
    }

    /// Freezes a process and its group, and waits until it is.
    pub async fn pause(&self, pid: u32) -> Result<(), LabError> {
        self.signal(pid, Signal::SIGSTOP);
        let deadline = Instant::now() + Duration::from_millis(PAUSED_MS_MAX);
        while self.ended(pid).is_none() && !census::is_stopped(pid) {
            if Instant::now() >= deadline {
                return Err(LabError::NotPaused(pid));
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
        Ok(())
    }

    /// Ends a process and what it started: by `first`, with so much patience, then by force.
    pub async fn stop(&self, pid: u32, first: Signal, patience: Duration) -> Result<(), LabError> {
        let mut family = Vec::new();
        if self.ended(pid).is_none() {
            family = census::family(pid);
            self.signal(pid, first);
            // One that was paused would not hear it.
            self.signal(pid, Signal::SIGCONT);
            if !self.wait(pid, patience).await {
                self.signal(pid, Signal::SIGKILL);
            }
        }
        let deadline = Instant::now() + Duration::from_millis(KILLED_MS_MAX);
        loop {
            let rest = self.rest(pid, &family);
            if rest.is_empty() && self.ended(pid).is_some() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(LabError::LeftBehind(format!("process {pid} does not end")));
            }
            for mark in rest {
                strike(mark, Signal::SIGKILL);
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    /// What a process started that went its own way: known from before, or by what it bears.
    fn rest(&self, pid: u32, family: &[Mark]) -> Vec<Mark> {
        let token = self
            .inside()
            .members
            .iter()
            .find(|member| member.pid == pid)
            .map(|member| member.token.clone());
        let mut rest = token.map_or(Vec::new(), |token| census::bearing(START_VARIABLE, &token));
        for child in family.iter().filter(|child| child.is_alive()) {
            rest.extend(census::family(child.pid));
        }
        rest.retain(|mark| mark.pid != pid);
        rest
    }

    /// Waits until a process has ended, at most so long.
    pub async fn wait(&self, pid: u32, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.ended(pid).is_none() {
            if Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
        true
    }

    /// Processes that have not ended.
    pub fn alive(&self) -> Vec<u32> {
        let all: Vec<u32> = self
            .inside()
            .members
            .iter()
            .map(|member| member.pid)
            .collect();
        all.into_iter()
            .filter(|pid| self.ended(*pid).is_none())
            .collect()
    }

    /// Kills everything at once and reaps it, without a runtime: for a lab that is dropped.
    pub fn kill_all_now(&self) {
        for pid in self.alive() {
            signal_group(pid, Signal::SIGKILL);
        }
        let deadline = Instant::now() + Duration::from_millis(KILLED_MS_MAX);
        while !self.alive().is_empty() && Instant::now() < deadline {
            pause(LOOK_MS);
        }
    }
}

/// Whether a child has ended; it is not reaped by this.
fn has_ended(pid: u32) -> bool {
    let Ok(raw) = i32::try_from(pid) else {
        return true;
    };
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    !matches!(
        waitid(Id::Pid(Pid::from_raw(raw)), flags),
        Ok(WaitStatus::StillAlive)
    )
}

fn signal_group(pid: u32, signal: Signal) {
    if let Ok(raw) = i32::try_from(pid) {
        // An empty group is what is wanted.
        let _ = killpg(Pid::from_raw(raw), signal);
    }
}

/// How a process ended, in words that follow its name.
pub fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit status {code}"),
        (None, Some(signal)) => {
            let name = Signal::try_from(signal).map_or("unknown", Signal::as_str);
            format!("was ended by signal {signal} ({name})")
        }
        (None, None) => "ended".to_string(),
    }
}
