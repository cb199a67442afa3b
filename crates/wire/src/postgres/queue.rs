//! The answers a connection awaits, and which steps each of them closes. PostgreSQL answers in
//! the order of asking, so a queue with a ledger of step numbers is all it takes.
//!
//! Every step gets a number when it opens. An awaited answer remembers through which number steps
//! are closed once it has come; closing is then a subtraction, in order by construction.

use std::collections::VecDeque;

/// A client that asks more than this without reading is not followed any further.
pub const AWAITED_MAX: usize = 1 << 18;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    StartUp,
    Parse,
    Bind,
    DescribeStatement,
    DescribePortal,
    Execute,
    Close,
    Sync,
    Query,
    Call,
    /// No answer of its own: the client ended its COPY data here.
    CopyEnd,
}

/// One awaited answer.
#[derive(Debug, Clone, Copy)]
pub struct Awaited {
    pub asked: Asked,
    /// When this is answered, the steps up to this number are closed.
    pub closes: u32,
    /// The statement it is about (see `statements`), so that its columns can be kept.
    pub statement: u32,
}

/// The queue and the ledger.
#[derive(Debug, Default)]
pub struct Queue {
    awaited: VecDeque<Awaited>,
    /// How many steps opened, were promised an end, and were closed. Always in that order of size.
    opened: u32,
    promised: u32,
    closed: u32,
    /// Pushes so far, and how many of them a Flush covered.
    pushed: u64,
    flushed: u64,
    popped: u64,
    /// Of the Syncs at the front, how many may never be answered.
    doubtful: usize,
}

impl Queue {
    /// Opens a step.
    #[inline]
    pub fn open(&mut self) {
        self.opened = self.opened.wrapping_add(1);
    }

    /// Awaits an answer. With `resolves`, it closes every step that is open by now; else only
    /// those that something before it was to close. False when too much is awaited.
    #[inline]
    pub fn push(&mut self, asked: Asked, resolves: bool, statement: u32) -> bool {
        if resolves {
            self.promised = self.opened;
        }
        self.pushed += 1;
        self.awaited.push_back(Awaited {
            asked,
            closes: self.promised,
            statement,
        });
        self.awaited.len() <= AWAITED_MAX
    }

    /// The client needs the answers to all it asked so far, without a Sync.
    pub fn flush(&mut self) {
        self.flushed = self.pushed;
    }

    /// What is answered next.
    #[inline]
    pub fn front(&mut self) -> Option<Awaited> {
        while let Some(front) = self.awaited.front() {
            if front.asked != Asked::CopyEnd {
                return Some(*front);
            }
            self.pop();
        }
        None
    }

    /// Whether the client may be waiting for the answer at the front before it goes on.
    #[inline]
    pub fn is_urgent(&self) -> bool {
        self.popped < self.flushed
    }

    /// Takes the front off.
    #[inline]
    pub fn pop(&mut self) {
        if self.awaited.pop_front().is_some() {
            self.popped += 1;
        }
    }

    /// Takes answers off until one that `is` holds for is at the front.
    pub fn skip_until(&mut self, is: impl Fn(Asked) -> bool) -> Option<Awaited> {
        while let Some(front) = self.awaited.front() {
            if is(front.asked) {
                return Some(*front);
            }
            self.pop();
        }
        None
    }

    /// Nothing more will be answered.
    pub fn clear(&mut self) {
        self.awaited.clear();
        self.popped = self.pushed;
        self.doubtful = 0;
    }

    /// Whether nothing is awaited.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.awaited.is_empty()
    }

    /// Whether a step is open.
    #[inline]
    pub fn has_open(&self) -> bool {
        self.opened != self.closed
    }

    /// Every step that is open by now.
    pub fn all(&self) -> u32 {
        self.opened
    }

    /// The number of the oldest open step, or of the next one when none is open.
    pub fn oldest(&self) -> u32 {
        self.closed.wrapping_add(1)
    }

    /// Whether closing up to a number closes any step.
    #[inline]
    pub fn would_close(&self, through: u32) -> bool {
        let many = through.wrapping_sub(self.closed);
        many > 0 && many <= self.opened.wrapping_sub(self.closed)
    }

    /// Closes the steps up to a number; how many that were.
    #[inline]
    pub fn close(&mut self, through: u32) -> u32 {
        if !self.would_close(through) {
            return 0; // closed before
        }
        let many = through.wrapping_sub(self.closed);
        self.closed = through;
        many
    }

    /// Syncs right behind the answer at the front.
    fn syncs_behind(&self) -> usize {
        let behind = self.awaited.iter().skip(1);
        behind.take_while(|a| a.asked == Asked::Sync).count()
    }

    /// The COPY at the front read its data to the end, and PostgreSQL ignores a Sync within that.
    pub fn copied(&mut self) {
        let ignored = self.syncs_behind();
        let ended = self.awaited.get(1 + ignored).map(|a| a.asked) == Some(Asked::CopyEnd);
        let gone = ignored + usize::from(ended);
        if gone > 0 {
            self.awaited.drain(1..=gone);
            self.popped += gone as u64;
        }
    }

    /// The COPY at the front failed: whether the Syncs behind it were ignored as part of its data,
    /// or still end the stretch that failed, only the answers will tell.
    pub fn doubt(&mut self) {
        self.doubtful = self.syncs_behind();
    }

    /// Whether Syncs at the front may never be answered.
    #[inline]
    pub fn is_doubtful(&self) -> bool {
        self.doubtful > 0
    }

    /// An answer came that is not for a Sync: the doubtful ones were ignored.
    pub fn settle(&mut self) {
        while self.doubtful > 0 && self.is_sync_next() {
            self.doubtful -= 1;
            self.pop();
        }
        self.doubtful = 0;
    }

    /// A ReadyForQuery came: doubt remains as long as another Sync could have been meant.
    pub fn doubt_less(&mut self) {
        if !self.is_sync_next() {
            self.doubtful = 0;
        }
    }

    fn is_sync_next(&mut self) -> bool {
        self.front().is_some_and(|front| front.asked == Asked::Sync)
    }
}
