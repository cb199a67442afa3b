//! What the server answers: matches it with what was asked, keeps what it says about statements
//! and transactions, and closes steps.

use model::Reply;

use super::Session;
use super::frame::{self, Cursor};
use super::queue::{Asked, Awaited};
use super::reply::{Gathered, column_count, columns};
use super::statements::read_types;
use crate::session::Down;

/// Tags of messages that answer something other than a Sync. An error may answer a Sync as well,
/// but not after a COPY that failed: nothing is left to commit.
const ANSWERS: &[u8] = b"123CDEGHITVWcdnst";

impl Session {
    /// Takes a message.
    pub(super) fn answered(&mut self, message: &[u8], full: bool) -> Down {
        let tag = message.first().copied().unwrap_or(0);
        if self.queue.is_doubtful() && ANSWERS.contains(&tag) {
            self.queue.settle();
        }
        match tag {
            b'D' => self.row(message, full),
            b'C' | b'I' | b's' => self.command(message, full),
            b'Z' => self.ready(message, full),
            b'1' => self.one_of(Asked::Parse, full),
            b'2' => self.one_of(Asked::Bind, full),
            b'3' => self.one_of(Asked::Close, full),
            b'T' | b'n' => self.columns(message, full),
            b't' => self.parameter_types(message),
            b'E' => self.error(message, full),
            b'G' => self.copy_in(full),
            b'W' => {
                self.lost = Some("replication");
                self.part(full)
            }
            b'K' => {
                self.process = Cursor(frame::body(message)).int32();
                Down::Aside
            }
            b'H' | b'd' | b'c' | b'V' => self.part(full),
            // Authentication, protocol negotiation, notices, notifications, settings.
            _ => Down::Aside,
        }
    }

    /// The answers no longer fit what was asked: better to stop than to guess.
    fn lose(&mut self) -> Down {
        self.lost = Some("an answer to nothing that was asked");
        self.piece(true)
    }

    /// A part that belongs to the answer at the front.
    fn part(&mut self, full: bool) -> Down {
        match self.queue.front() {
            Some(front) => {
                let urgent = self.queue.is_urgent();
                self.begin(front, full)
                    .unwrap_or_else(|| self.piece(urgent))
            }
            None => Down::Aside,
        }
    }

    fn piece(&self, urgent: bool) -> Down {
        match (self.queue.has_open(), urgent) {
            (false, _) => Down::Aside,
            (true, false) => Down::Part,
            (true, true) => Down::PartNow,
        }
    }

    /// Closes steps through a number, if any of them is open.
    #[inline]
    fn close(
        &mut self,
        through: u32,
        full: bool,
        reply: fn(&mut Gathered, u32) -> Box<Reply>,
    ) -> Option<Down> {
        let many = self.queue.close(through);
        if many == 0 {
            return None;
        }
        let reply = if full {
            Some(reply(&mut self.gathered, through))
        } else {
            self.gathered.forget(through);
            None
        };
        Some(Down::End {
            reply,
            skipped: many - 1,
        })
    }

    /// A simple query or call ends whatever was bound and not executed before it. Its own answer
    /// has at least one more message, so the first one can stand for the end of that.
    fn begin(&mut self, front: Awaited, full: bool) -> Option<Down> {
        if !matches!(front.asked, Asked::Query | Asked::Call) {
            return None;
        }
        self.close(front.closes.wrapping_sub(1), full, Gathered::bound)
    }

    /// ParseComplete, BindComplete, CloseComplete.
    fn one_of(&mut self, asked: Asked, full: bool) -> Down {
        match self.queue.front() {
            Some(front) if front.asked == asked => {
                let urgent = self.queue.is_urgent();
                self.queue.pop();
                let end = self.close(front.closes, full, Gathered::bound);
                end.unwrap_or_else(|| self.piece(urgent))
            }
            _ => self.lose(),
        }
    }

    fn parameter_types(&mut self, message: &[u8]) -> Down {
        let Some(front) = self
            .queue
            .front()
            .filter(|front| front.asked == Asked::DescribeStatement)
        else {
            return self.lose();
        };
        if let Some(statement) = self.statements.by_id_mut(front.statement) {
            read_types(
                Cursor(frame::body(message).get(2..).unwrap_or_default()),
                &mut statement.types,
            );
        }
        let urgent = self.queue.is_urgent();
        self.piece(urgent)
    }

    /// RowDescription and NoData.
    fn columns(&mut self, message: &[u8], full: bool) -> Down {
        let Some(front) = self.queue.front() else {
            return self.lose();
        };
        let described = matches!(
            front.asked,
            Asked::DescribeStatement | Asked::DescribePortal
        );
        if !described {
            let down = self.part(full);
            if full {
                self.gathered.describe(message);
            }
            return down;
        }
        if let Some(statement) = self.statements.by_id_mut(front.statement) {
            // Many clients ask for each execution anew; only one that was cut is read again.
            if statement.columns.len() < column_count(message) {
                statement.columns.clear();
                columns(message, |oid, _| statement.columns.push(oid));
            }
        }
        let urgent = self.queue.is_urgent();
        self.queue.pop();
        self.piece(urgent)
    }

    #[inline]
    fn row(&mut self, message: &[u8], full: bool) -> Down {
        match self.queue.front() {
            Some(front) if matches!(front.asked, Asked::Execute | Asked::Query) => {
                let down = self.part(full);
                // A portal that was executed out of turn has no step to gather for.
                if full && self.queue.would_close(front.closes) {
                    self.gathered
                        .row(message, self.queue.oldest(), &self.statements);
                }
                down
            }
            _ => self.lose(),
        }
    }

    /// CommandComplete, EmptyQueryResponse, PortalSuspended.
    fn command(&mut self, message: &[u8], full: bool) -> Down {
        let Some(front) = self.queue.front() else {
            return self.lose();
        };
        match front.asked {
            Asked::Query => {
                self.end_copy();
                let down = self.part(full);
                if full {
                    self.gathered.command(message);
                }
                down
            }
            Asked::Execute => {
                self.end_copy();
                let urgent = self.queue.is_urgent();
                self.queue.pop();
                if full && self.queue.would_close(front.closes) {
                    self.gathered.command(message);
                }
                let end = self.close(front.closes, full, Gathered::finish);
                end.unwrap_or_else(|| self.piece(urgent))
            }
            _ => self.lose(),
        }
    }

    fn end_copy(&mut self) {
        if std::mem::take(&mut self.copying) {
            self.queue.copied();
        }
    }

    fn copy_in(&mut self, full: bool) -> Down {
        self.copying = true;
        match self.part(full) {
            Down::Part => Down::PartNow,
            other => other,
        }
    }

    fn error(&mut self, message: &[u8], full: bool) -> Down {
        // `V` is never translated; old servers and poolers have only `S`.
        let severity =
            frame::error_field(message, b'V').or_else(|| frame::error_field(message, b'S'));
        let fatal = matches!(severity, Some(b"FATAL" | b"PANIC"));
        let front = self.queue.front();
        if fatal {
            // The server hangs up: nothing else will be answered.
            self.queue.clear();
            return self.failed(message, self.queue.all(), full, true);
        }
        if std::mem::take(&mut self.copying) {
            self.queue.doubt();
        }
        match front.map(|front| (front, front.asked)) {
            None => Down::Aside,
            Some((_, Asked::StartUp)) => self.piece(true),
            Some((front, Asked::Query | Asked::Call)) => {
                let down = self.begin(front, full).unwrap_or_else(|| self.piece(false));
                if full {
                    self.gathered.error(message);
                }
                down
            }
            // Committing failed; the server goes on with ReadyForQuery.
            Some((front, Asked::Sync)) => self.failed(message, front.closes, full, false),
            Some(_) => {
                let urgent = self.queue.is_urgent();
                let through = match self.queue.skip_until(|asked| asked == Asked::Sync) {
                    Some(sync) => sync.closes,
                    None => {
                        self.discarding = true;
                        self.is_bound = false;
                        self.queue.all()
                    }
                };
                self.failed(message, through, full, urgent)
            }
        }
    }

    /// An error closes the oldest open step; those after it through a number are skipped.
    fn failed(&mut self, message: &[u8], through: u32, full: bool, urgent: bool) -> Down {
        if full && self.queue.would_close(through) {
            self.gathered.error(message);
        }
        self.close(through, full, Gathered::finish)
            .unwrap_or_else(|| self.piece(urgent))
    }

    fn ready(&mut self, message: &[u8], full: bool) -> Down {
        self.copying = false;
        let ends = |asked| {
            matches!(
                asked,
                Asked::StartUp | Asked::Sync | Asked::Query | Asked::Call
            )
        };
        let Some(front) = self.queue.skip_until(ends) else {
            return self.lose();
        };
        self.queue.pop();
        self.queue.doubt_less();
        if self.queue.is_empty() {
            self.in_transaction = message.get(5) != Some(&b'I');
            if !self.in_transaction {
                self.portals.clear();
                self.memory.forget_level();
            }
        }
        let reply = if front.asked == Asked::Sync {
            Gathered::bound
        } else {
            Gathered::finish
        };
        let end = self.close(front.closes, full, reply);
        // The client may wait for this before it sends the rest of what it pipelines.
        end.unwrap_or_else(|| self.piece(true))
    }
}
