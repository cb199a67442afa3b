//! What a step tells about the value of a resource: what it saw, or what it made of it.

use model::{Effect, Protocol, Reply, ReplyKind, Step};

use super::{redis, sql};

/// What is known of a value after a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is this.
    Is(String),
    /// These columns or fields are this.
    Columns(Vec<(String, String)>),
    /// So many rows more.
    Rows(i64),
    /// Another one, and nobody knows which.
    Unknown,
}

/// What a step tells of the resource of one of its effects; none when it leaves it as it is or
/// says nothing of it.
pub fn of(step: &Step, effect: &Effect, reply: &Reply) -> Option<Change> {
    match (reply.kind, step.protocol) {
        (ReplyKind::Cut, _) if effect.access.changes() => Some(Change::Unknown),
        (ReplyKind::Cut, _) => None,
        (ReplyKind::Error, _) => None,
        (_, Protocol::Redis) => redis::change(step, effect, reply),
        (_, Protocol::Postgres) => sql::change(step, effect, reply),
        (_, Protocol::Http) => http(effect, reply),
        (_, Protocol::Tcp) => effect.access.changes().then_some(Change::Unknown),
    }
}

/// A body tells what is there, an answer to a change tells what it came to; a refusal changes
/// nothing.
fn http(effect: &Effect, reply: &Reply) -> Option<Change> {
    let value = reply.value.trim();
    let (status, body) = value.split_once(' ').unwrap_or((value, ""));
    let is_success = status.starts_with('2');
    match (effect.access.changes(), is_success) {
        (true, true) => Some(Change::Is(value.to_string())),
        (true, false) => None,
        (false, true) if !body.is_empty() => Some(Change::Is(body.to_string())),
        (false, _) => Some(Change::Is(status.to_string())),
    }
}
