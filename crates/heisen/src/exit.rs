//! Exit codes: what scripts rely on. Documented in the README, each visited by a test.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};

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
    /// A threshold was crossed.
    Threshold = 6,
    /// heisen's own fault.
    OwnFault = 70,
    /// Interrupted by the user.
    Interrupted = 130,
}

/// Does the work and says how heisen ends. A defect of heisen's own, in whichever thread, must not
/// look like a finding: it has a code of its own.
pub fn of(work: impl FnOnce() -> Result<Exit, Failure>) -> Exit {
    static FAULTY: AtomicBool = AtomicBool::new(false);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        FAULTY.store(true, Ordering::SeqCst);
        usual(panic);
    }));
    let result = std::panic::catch_unwind(AssertUnwindSafe(work));
    if FAULTY.load(Ordering::SeqCst) {
        eprintln!("heisen: this is heisen's own fault; please report what is printed above");
        return Exit::OwnFault;
    }
    match result {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            eprintln!("{}", failure.message.trim_end());
            failure.exit
        }
        Err(_) => Exit::OwnFault,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_any_thread_is_heisens_own() {
        let exit = of(|| {
            let _ = std::thread::spawn(|| panic!("a wire")).join();
            Ok(Exit::Done)
        });
        assert_eq!(exit as u8, 70);
        assert_eq!(of(|| panic!("main")) as u8, 70);
    }
}
