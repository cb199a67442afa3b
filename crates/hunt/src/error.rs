//! Why a hunt could not go on. What the system under test does wrong is never an error here.

use thiserror::Error;

/// Why a hunt could not go on.
#[derive(Debug, Error)]
pub enum HuntError {
    /// The system could not be started.
    #[error(transparent)]
    Lab(#[from] lab::LabError),
    /// A wire could not be opened.
    #[error(transparent)]
    Wire(#[from] wire::WireError),
    /// The state could not be brought to where a trial begins.
    #[error("preparing the state for a trial: {0}")]
    State(String),
    /// A request could not be made.
    #[error(transparent)]
    Request(#[from] drive::RequestError),
    /// The spec lacks something that this command needs.
    #[error("{0}")]
    Lacking(String),
    /// Who is to be asked is not there.
    #[error("{address} cannot be asked: {why}")]
    Unreachable {
        /// Where.
        address: String,
        /// What was said.
        why: String,
    },
    /// The user asked to stop before anything could be said.
    #[error("interrupted")]
    Interrupted,
}
