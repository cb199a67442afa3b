//! What can go wrong in a lab. Each message says what, where and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::find::Missing;
use crate::plan::ReplicaName;

/// Why a lab could not do what it was asked for.
#[derive(Debug, Error)]
pub enum LabError {
    /// A run's id cannot be part of a file's name.
    #[error("`{0}` cannot be the id of a run; use 1 to 48 letters, digits, `-` or `_`")]
    BadRun(String),
    /// A file or folder could not be made, read or written.
    #[error("cannot {act} {path}: {source}", path = path.display())]
    File {
        /// `create`, `read`, `write`.
        act: &'static str,
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder is not ours alone.
    #[error("{path} belongs to user {owner}; heisen keeps its journals there and trusts only a folder of its own; remove it, or set XDG_RUNTIME_DIR to a folder of yours", path = path.display())]
    ForeignFolder {
        /// Which.
        path: PathBuf,
        /// Its owner's number.
        owner: u32,
    },
    /// No temporary folder can be entered by the user that PostgreSQL runs as.
    #[error("user `{user}`, which PostgreSQL must run as because it refuses to run as root, cannot enter {path}; set TMPDIR to a folder everybody may enter, such as /tmp", path = path.display())]
    Unreachable {
        /// The user.
        user: String,
        /// The folder that cannot be entered.
        path: PathBuf,
    },
    /// The guard did not start.
    #[error(
        "the guard `{command}` did not start: {why}; without it something could be left behind, so nothing was started"
    )]
    Guard {
        /// What was run.
        command: String,
        /// How it ended or what it said.
        why: String,
    },
    /// A server's binaries were not found.
    #[error("backend `{backend}` cannot be provided: {missing}")]
    Missing {
        /// The backend.
        backend: String,
        /// What was looked for, and how to get it.
        missing: Missing,
    },
    /// There is nothing to provide for this protocol.
    #[error(
        "backend `{backend}` speaks {protocol} and cannot be provided; `provide` knows postgres and redis; name one that runs already with `at: {protocol}://HOST:PORT`"
    )]
    NotProvided {
        /// The backend.
        backend: String,
        /// What it speaks.
        protocol: model::Protocol,
    },
    /// Stand-ins do not exist yet.
    #[error("backend `{backend}` is a stand-in from {folder}, and stand-ins cannot be run yet; start one yourself and name it with `at: http://HOST:PORT`", folder = folder.display())]
    Stub {
        /// The backend.
        backend: String,
        /// Its mappings.
        folder: PathBuf,
    },
    /// It is only described.
    #[error(
        "`{name}` is only described, which is enough to predict and too little to run; say where it comes from: `provide:` or `at:` for a backend, `run:` for a service"
    )]
    Described {
        /// The backend or service.
        name: String,
    },
    /// An address cannot be used.
    #[error("backend `{backend}` has the address `{address}`: {why}")]
    Address {
        /// The backend.
        backend: String,
        /// As written.
        address: String,
        /// What is wrong, and what a right one looks like.
        why: String,
    },
    /// Nobody answers at an address.
    #[error(
        "backend `{backend}` does not answer at {address}: {why}; start it, correct its `at:`, or let heisen start a disposable one with `provide:`"
    )]
    NoAnswer {
        /// The backend.
        backend: String,
        /// Host and port.
        address: String,
        /// What the system said.
        why: String,
    },
    /// A provided backend did not start.
    #[error("backend `{backend}` did not start: `{command}` {how}{log}")]
    Backend {
        /// The backend.
        backend: String,
        /// What was run.
        command: String,
        /// How it ended.
        how: String,
        /// Its last lines, introduced, or nothing.
        log: String,
    },
    /// A backend's setup failed.
    #[error("setup of backend `{backend}` failed in {file}{line}: {why}")]
    Setup {
        /// The backend.
        backend: String,
        /// The file.
        file: String,
        /// `:12`, or nothing when it is not known.
        line: String,
        /// What the backend said.
        why: String,
    },
    /// A command has no words.
    #[error(
        "{0} has an empty `run:`; write the command that starts it, such as `run: ./server --port ${{port}}`"
    )]
    NoCommand(ReplicaName),
    /// A program was not found.
    #[error(
        "{replica} cannot be started: there is no program `{program}`; looked {looked}; build it, or correct the first word of its `run:`"
    )]
    NoProgram {
        /// The replica.
        replica: ReplicaName,
        /// As written.
        program: String,
        /// Where it was looked for.
        looked: String,
    },
    /// A process could not be started.
    #[error("cannot run `{command}` in {folder}: {source}", folder = folder.display())]
    Spawn {
        /// What was run.
        command: String,
        /// Where.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A replica's port was taken by somebody else.
    #[error(
        "{replica} could not listen on port {port}: somebody else does; start it again on another port{log}"
    )]
    PortTaken {
        /// The replica.
        replica: ReplicaName,
        /// The port.
        port: u16,
        /// Its last lines, introduced, or nothing.
        log: String,
    },
    /// A replica ended before it was ready.
    #[error("{replica} {how} before it was ready; it was run as {ran}; run that by hand to see why{log}", log = ran.log)]
    EndedEarly {
        /// The replica.
        replica: ReplicaName,
        /// `ended with exit status 1`.
        how: String,
        /// What was run.
        ran: Box<Ran>,
    },
    /// A replica runs but is not ready.
    #[error("{replica} was not ready within {seconds} s: {why}; it was run as {ran}; {cure}{log}", log = ran.log)]
    NotReady {
        /// The replica.
        replica: ReplicaName,
        /// How long was waited.
        seconds: u64,
        /// What the last look found.
        why: String,
        /// What was run.
        ran: Box<Ran>,
        /// What to check.
        cure: &'static str,
    },
    /// No such replica.
    #[error("there is no replica {0}; it was never started in this lab")]
    NoReplica(ReplicaName),
    /// A replica of that name runs already.
    #[error("{0} runs already; stop it first, or restart it")]
    RunsAlready(ReplicaName),
    /// A process is not frozen.
    #[error(
        "process {0} was paused and still runs; it may be stuck in a system call, so try again"
    )]
    NotPaused(u32),
    /// No port is free.
    #[error(
        "no free port on 127.0.0.1 after {0} tries; end programs that hold many ports and try again"
    )]
    NoPort(u32),
    /// Something is left after closing.
    #[error("could not remove everything: {0}; run `heisen recover`")]
    LeftBehind(String),
}

/// What was run, where, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The command, as it would be typed.
    pub command: String,
    /// The folder.
    pub folder: PathBuf,
    /// Its last lines, introduced.
    pub log: String,
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in {}", self.command, self.folder.display())
    }
}

impl LabError {
    /// Wraps what the system said about a path.
    pub(crate) fn file(
        act: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> LabError {
        let path = path.into();
        move |source| LabError::File { act, path, source }
    }
}
