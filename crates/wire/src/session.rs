//! The seam between a pipe and a protocol. A [`Session`] is the sans-I/O state of one connection:
//! it finds where frames end, and says what each frame means for the steps of that connection.
//! It never sees a socket, a clock or a director.
//!
//! A pipe calls `scan` with bytes as they arrive until a frame ends, then `up` or `down` with
//! that frame. Frames of one direction come in order; the two directions come interleaved as
//! they were seen. Whatever the peers send, a session neither panics nor grows without limit.

use model::{
    Access, ConnectionId, Effect, Isolation, LaneId, Protocol, Reply, Step, Transaction, WireId,
};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the service to what it calls.
    Up,
    /// From what is called back to the service.
    Down,
}

/// What `scan` found in bytes that continue the current frame of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// The frame ends after this many of the bytes; at least 1, at most all.
    End(usize),
    /// All of the bytes belong to a frame that goes on.
    More,
    /// This is not the protocol: from here on the connection passes untouched.
    Alien(&'static str),
}

/// A frame whose end was found, or as much of it as a pipe keeps.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Its bytes from the first; at most [`FRAME_KEPT_BYTES_MAX`].
    pub bytes: &'a [u8],
    /// False when the frame is longer than what is kept, or has not wholly arrived.
    pub whole: bool,
}

/// A pipe keeps at most this much of one frame; the rest streams through.
pub const FRAME_KEPT_BYTES_MAX: usize = 64 * 1024;

/// How closely to look at a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Keep the session's state, allocate nothing on the common path, describe nothing.
    Brief,
    /// Also describe steps and replies.
    Full,
}

/// What a frame on its way up means.
#[derive(Debug)]
pub enum Up {
    /// No step begins: part of an earlier step, or of no step at all.
    Pass,
    /// A step begins, and a [`Down::End`] will close it. Described when the look was full.
    Step(Option<Box<Draft>>),
    /// As `Step`, but nothing will answer it.
    OneWay(Option<Box<Draft>>),
    /// The frame must not go up; these bytes are the answer (PostgreSQL's SSLRequest).
    Local(&'static [u8]),
}

/// What a frame on its way down means.
#[derive(Debug)]
pub enum Down {
    /// Belongs to no step (a notice, a push message).
    Aside,
    /// Answers no step, yet has a gate of its own (a piece of raw TCP).
    OneWay,
    /// Part of the reply to the oldest open step; more will come, and it may wait for that.
    Part,
    /// As `Part`, but the client needs it now to go on (COPY's go-ahead, 100 Continue).
    PartNow,
    /// The reply to the oldest open step is whole.
    End {
        /// Described when the look was full.
        reply: Option<Box<Reply>>,
        /// How many further open steps the backend skipped and will never answer.
        skipped: u32,
    },
    /// From here on both directions pass untouched (HTTP upgrade). Closes the oldest open step.
    Opaque {
        /// Described when the look was full.
        reply: Option<Box<Reply>>,
    },
}

/// A step as far as the protocol knows it; the pipe adds where it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// As in [`model::Step`].
    pub verb: String,
    /// As in [`model::Step`].
    pub shape: String,
    /// As in [`model::Step`]; at most [`TEXT_BYTES_MAX`].
    pub text: String,
    /// As in [`model::Step`].
    pub parameters: Vec<Option<String>>,
    /// As in [`model::Step`].
    pub effects: Vec<Effect>,
    /// As in [`model::Step`].
    pub transaction: Transaction,
    /// As in [`model::Step`].
    pub isolation: Option<Isolation>,
    /// As in [`model::Step`].
    pub commits: Vec<String>,
    /// As in [`model::Step`].
    pub noise: bool,
    /// As in [`model::Step`].
    pub session: Option<u32>,
}

/// Where a step was seen: what the protocol does not know of it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The wire.
    pub wire: WireId,
    /// Its lane.
    pub lane: LaneId,
    /// Where it leads.
    pub target: &'a str,
    /// What is spoken there.
    pub protocol: Protocol,
    /// The connection.
    pub connection: ConnectionId,
    /// The nth step of that connection.
    pub ordinal: u64,
}

impl Draft {
    /// The step, seen there.
    pub fn at(self, place: Place<'_>) -> Step {
        Step {
            wire: place.wire,
            lane: place.lane,
            target: place.target.to_string(),
            connection: place.connection,
            ordinal: place.ordinal,
            protocol: place.protocol,
            verb: self.verb,
            shape: self.shape,
            text: self.text,
            parameters: self.parameters,
            effects: self.effects,
            transaction: self.transaction,
            isolation: self.isolation,
            commits: self.commits,
            noise: self.noise,
            session: self.session,
        }
    }
}

/// What the open transaction of a session has changed or locked, in the order it did so first.
#[derive(Debug, Default)]
pub(crate) struct Uncommitted(Vec<String>);

/// Of more resources than this a transaction is told by the first.
const UNCOMMITTED_MAX: usize = 16;

impl Uncommitted {
    /// Takes the session's next step; says what it commits.
    pub fn take(&mut self, transaction: Transaction, effects: &[Effect]) -> Vec<String> {
        if !matches!(transaction, Transaction::Inside | Transaction::Commit) {
            self.0.clear();
        }
        if matches!(transaction, Transaction::None | Transaction::Rollback) {
            return Vec::new();
        }
        let kept = |effect: &&Effect| effect.access.changes() || effect.access == Access::Lock;
        for effect in effects.iter().filter(kept) {
            if self.0.len() < UNCOMMITTED_MAX && !self.0.contains(&effect.resource) {
                self.0.push(effect.resource.clone());
            }
        }
        match transaction {
            Transaction::Commit => std::mem::take(&mut self.0),
            _ => Vec::new(),
        }
    }
}

/// Texts, parameters and reply values kept for people are cut here.
pub const TEXT_BYTES_MAX: usize = 2048;

/// The state of one connection of one protocol.
pub trait Session: Send {
    /// Looks for the end of the direction's current frame in bytes that were not scanned yet.
    fn scan(&mut self, direction: Direction, bytes: &[u8]) -> Scan;

    /// Takes a frame that goes up.
    fn up(&mut self, frame: Frame<'_>, look: Look) -> Up;

    /// Takes a frame that comes down.
    fn down(&mut self, frame: Frame<'_>, look: Look) -> Down;

    /// Writes the shape of the step that the last `up` began: what recordings count by. Called
    /// only right after `up` said `Step`, with the same frame. Must be cheap.
    fn brief(&self, frame: Frame<'_>, out: &mut Vec<u8>);

    /// Whether the unfinished current frame already says what it means (the head of an HTTP
    /// message is whole), so that a gate need not wait for a body that may be long in coming.
    fn is_telling(&self, _direction: Direction) -> bool {
        false
    }

    /// Whether the step that the last `up` began can be answered in the backend's place: one
    /// frame is the whole of it. Called with that frame.
    fn can_answer(&self, _frame: &[u8]) -> bool {
        true
    }

    /// Frames that passed without being understood so far, and why the first was not.
    fn not_understood(&self) -> (u64, Option<&str>) {
        (0, None)
    }
}

/// A fresh session.
pub fn session(protocol: Protocol) -> Box<dyn Session> {
    match protocol {
        Protocol::Tcp => Box::new(crate::tcp::Session::default()),
        Protocol::Http => Box::new(crate::http::Session::default()),
        Protocol::Postgres => Box::new(crate::postgres::Session::default()),
        Protocol::Redis => Box::new(crate::redis::Session::default()),
    }
}

/// Text for people: lossy, cut at [`TEXT_BYTES_MAX`] on a character's edge.
pub fn readable(bytes: &[u8]) -> String {
    if bytes.len() <= TEXT_BYTES_MAX {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut text = String::from_utf8_lossy(&bytes[..TEXT_BYTES_MAX]).into_owned();
    while text.ends_with('\u{fffd}') {
        text.pop();
    }
    text.push_str("...");
    text
}
