//! Exit codes: what scripts rely on. Documented in the README, each visited by a test.

/// How heisen ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, and nothing wrong found.
    Done = 0,
    /// A violation was found or reproduced, or a fix did not hold.
    Violation = 1,
    /// Wrong arguments (clap's own code for them).
    Usage = 2,
    /// The spec or schedule is wrong.
    Spec = 3,
    /// The system could not be started or set up.
    Setup = 4,
    /// Inconclusive or invalid.
    Inconclusive = 5,
    /// heisen's own fault.
    OwnFault = 70,
    /// Interrupted by the user.
    Interrupted = 130,
}

/// What is printed when nothing can be reported, and how heisen then ends.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// For the user, whole.
    pub message: String,
}

impl Failure {
    /// Wrong arguments.
    pub fn usage(message: impl std::fmt::Display) -> Failure {
        Failure {
            exit: Exit::Usage,
            message: format!("error: {message}"),
        }
    }

    /// The system could not be started or set up.
    pub fn setup(message: impl std::fmt::Display) -> Failure {
        Failure {
            exit: Exit::Setup,
            message: format!("error: {message}"),
        }
    }
}

impl From<hunt::HuntError> for Failure {
    fn from(error: hunt::HuntError) -> Failure {
        let exit = match error {
            hunt::HuntError::Interrupted => Exit::Interrupted,
            hunt::HuntError::Lacking(_) | hunt::HuntError::Request(_) => Exit::Spec,
            _ => Exit::Setup,
        };
        Failure {
            exit,
            message: format!("error: {error}"),
        }
    }
}
