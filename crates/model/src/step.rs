//! A step: one exchange on a wire, and what it means for the state that lanes share.

use serde::{Deserialize, Serialize};

use crate::effect::Effect;
use crate::names::{ConnectionId, LaneId, Protocol, WireId};

/// Where a step stands in a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Transaction {
    /// In no transaction.
    #[default]
    None,
    /// Opens one.
    Begin,
    /// Inside one.
    Inside,
    /// Commits one.
    Commit,
    /// Rolls one back.
    Rollback,
}

/// What a transaction sees of others that run beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    #[default]
    ReadCommitted,
    /// All statements see what was committed before the first.
    RepeatableRead,
    /// As if transactions ran one after the other.
    Serializable,
}

impl Isolation {
    /// Whether all statements of a transaction see the state of one moment.
    pub fn is_of_one_moment(self) -> bool {
        self != Isolation::ReadCommitted
    }
}

/// One exchange on a wire: what was asked. Its answer is a [`Reply`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The wire it was seen on.
    pub wire: WireId,
    /// The lane it belongs to.
    pub lane: LaneId,
    /// The backend or service it goes to.
    pub target: String,
    /// The connection of that wire.
    pub connection: ConnectionId,
    /// The nth step of that connection, from 0.
    pub ordinal: u64,
    /// What is spoken there.
    pub protocol: Protocol,
    /// `GET`, `SELECT`, `BEGIN`, `POST`.
    pub verb: String,
    /// The statement with its values taken out: equal for equal code. Stable across builds.
    pub shape: String,
    /// As it was sent, cut at a limit, for people to read.
    pub text: String,
    /// Bound values, in order, as text; absent for NULL.
    pub parameters: Vec<Option<String>>,
    /// What it does to which resources.
    pub effects: Vec<Effect>,
    /// Where it stands in a transaction.
    pub transaction: Transaction,
    /// The isolation level in force in that transaction, as far as was seen on the connection;
    /// outside of one only when the session was set to another level than the common one.
    pub isolation: Option<Isolation>,
    /// What the transaction that it commits has changed or locked, the first first: which of its
    /// lane's commits it is. Empty for all other steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<String>,
    /// Set when it only keeps the session going (HELLO, SET, SELECT 1) and touches no shared state.
    pub noise: bool,
    /// The backend's own name for the session (PostgreSQL's process id).
    pub session: Option<u32>,
}

/// What a reply was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyKind {
    /// It worked.
    Ok,
    /// The backend said no.
    Error,
    /// Nothing was there (nil, no rows, 404).
    Empty,
    /// The connection ended before the reply was whole.
    Cut,
}

/// The answer to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// What it was.
    pub kind: ReplyKind,
    /// The value in short: `9`, `OK`, `3 rows: 42,10,9`, `201 {"id":7}`.
    pub value: String,
    /// Rows returned or affected, where the protocol says.
    pub rows: Option<u64>,
    /// A machine-readable error code (SQLSTATE, Redis error word, HTTP status).
    pub code: Option<String>,
}

impl Reply {
    /// A reply without rows or code.
    pub fn of(kind: ReplyKind, value: &str) -> Reply {
        Reply {
            kind,
            value: value.to_string(),
            rows: None,
            code: None,
        }
    }
}

impl Step {
    /// `cache GET inv:42`: what people and schedules call this step.
    pub fn name(&self) -> String {
        match self.resource() {
            Some(resource) => format!("{} {} {resource}", self.target, self.verb),
            None => format!("{} {}", self.target, self.verb),
        }
    }

    /// What it is called by: the first of what it touches, or of what it commits.
    pub fn resource(&self) -> Option<&str> {
        self.resources().next()
    }

    /// All that it touches or commits.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        let touched = self.effects.iter().map(|effect| effect.resource.as_str());
        touched.chain(self.commits.iter().map(String::as_str))
    }

    /// Whether the step can touch state that another lane sees.
    pub fn is_shared(&self) -> bool {
        !self.noise && !self.effects.is_empty()
    }
}
