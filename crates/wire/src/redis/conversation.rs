//! The state of a connection that says which reply answers which command: what was sent and is
//! open, transactions, subscriptions, muted replies. Kept on every frame, so it is small: a byte
//! for each open command. Where an answer could be given to the wrong command it is `lost`
//! instead, and the connection passes untouched.

use std::collections::VecDeque;

use model::Transaction;

use super::verbs::Subscription;

/// Commands that wait for a reply. A client this far ahead never reads.
pub(super) const OPEN_MAX: usize = 1 << 20;
/// An idle connection gives memory beyond this back.
pub(super) const OPEN_KEPT_MAX: usize = 4096;

/// What an open command's reply does to the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Multi,
    Hello,
    Select,
    Reset,
    Monitor,
    /// Answered by confirmations; how many are to come stands in `counts`.
    Subscription(Subscription),
}

/// Which commands get replies (CLIENT REPLY).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Mute {
    #[default]
    No,
    /// The command that comes next gets none.
    Next,
    All,
}

/// What a command means for the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It begins a step.
    Step(Transaction),
    /// It gets no reply, and is no step.
    NoReply,
    /// It is no command (an empty line).
    Nothing,
}

/// What a frame from the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Got {
    Aside,
    Part,
    End,
}

/// The state of one connection.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) open: VecDeque<Kind>,
    /// For each open subscription command its confirmations to come; 0: all there are.
    pub(super) counts: VecDeque<u32>,
    pub(super) mute: Mute,
    pub(super) in_multi: bool,
    /// The database that commands sent now go to.
    pub(super) database: u32,
    /// Where a failed SELECT, or DISCARD, goes back to.
    pub(super) database_before: u32,
    pub(super) database_outside: u32,
    pub(super) channels: u64,
    pub(super) patterns: u64,
    pub(super) shards: u64,
    pub(super) is_resp3: bool,
    pub(super) is_monitor: bool,
    /// Why replies can no longer be told apart.
    pub(super) lost: Option<&'static str>,
}

impl Conversation {
    /// Nobody will answer what was sent, and it went as it was meant to.
    pub(super) fn forget_open(&mut self) {
        self.open.clear();
        self.counts.clear();
        self.mute = Mute::No;
        self.lost = None;
    }

    /// From here on replies cannot be told apart.
    pub(super) fn lose(&mut self, why: &'static str) {
        self.lost = Some(why);
    }
}
