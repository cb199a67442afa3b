//! What the client asks: keeps statements and portals, awaits answers, opens steps.

use super::Session;
use super::describe::describe_cancel;
use super::frame::{self, Bind};
use super::queue::Asked;
use super::scan::StartUp;
use super::statements::NAME_BYTES_MAX;
use crate::session::Up;

/// What was asked does not begin a step.
const NO_STATEMENT: u32 = 0;

impl Session {
    /// Takes a packet of the start-up.
    pub(super) fn start_up(&mut self, packet: &[u8], full: bool) -> Up {
        let code = packet
            .get(4..8)
            .map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
        match StartUp::of(code) {
            StartUp::Encryption => return Up::Local(b"N"),
            StartUp::Session => {
                self.framing.starting = false;
                self.memory.start(packet);
                self.push(Asked::StartUp, false, NO_STATEMENT);
            }
            // A connection of its own, which the server closes without a word.
            StartUp::Cancel => return Up::OneWay(full.then(|| describe_cancel(packet))),
            StartUp::Unknown => {}
        }
        Up::Pass
    }

    /// Takes a message.
    pub(super) fn asked(&mut self, message: &[u8], full: bool) -> Up {
        let tag = message.first().copied().unwrap_or(0);
        if self.discarding && tag != b'S' {
            return Up::Pass;
        }
        match tag {
            b'Q' | b'F' => return self.asked_simply(tag, message, full),
            b'B' => return self.asked_bind(message, full),
            b'E' => return self.asked_execute(message, full),
            b'P' => {
                if let Some(parse) = frame::parse(message) {
                    self.statements.set(&parse);
                    if parse.name.is_empty() {
                        // What has no name is parsed to be executed once.
                        self.remember_all(parse.sql);
                    }
                }
                self.push(Asked::Parse, false, NO_STATEMENT);
            }
            b'D' => self.asked_describe(message),
            b'C' => self.asked_close(message),
            b'H' => self.queue.flush(),
            b'S' => {
                self.discarding = false;
                self.is_bound = false;
                self.push(Asked::Sync, true, NO_STATEMENT);
            }
            b'c' | b'f' if !self.queue.is_empty() => self.push(Asked::CopyEnd, false, NO_STATEMENT),
            _ => {}
        }
        Up::Pass
    }

    fn push(&mut self, asked: Asked, resolves: bool, statement: u32) {
        if !self.queue.push(asked, resolves, statement) {
            self.lost = Some("too many answers awaited");
        }
    }

    /// A simple query or a function call: a step of its own.
    fn asked_simply(&mut self, tag: u8, message: &[u8], full: bool) -> Up {
        self.is_bound = false;
        self.queue.open();
        self.push(
            if tag == b'Q' {
                Asked::Query
            } else {
                Asked::Call
            },
            true,
            NO_STATEMENT,
        );
        if !full && tag == b'Q' {
            self.remember_all(frame::query(message));
        }
        Up::Step(match (full, tag) {
            (false, _) => None,
            (true, b'Q') => Some(self.describe_query(message)),
            (true, _) => Some(self.describe_call(message)),
        })
    }

    fn asked_bind(&mut self, message: &[u8], full: bool) -> Up {
        let nothing = Bind {
            portal: b"",
            statement: b"",
            rest: frame::Cursor(b""),
        };
        let bind = frame::bind(message).unwrap_or(nothing);
        // A bound portal that was not executed ends here: the answer to this Bind closes it.
        self.push(Asked::Bind, self.is_bound, NO_STATEMENT);
        self.queue.open();
        self.is_bound = true;
        self.bound.clear();
        self.bound
            .extend_from_slice(&bind.portal[..bind.portal.len().min(NAME_BYTES_MAX)]);
        if bind.portal.is_empty() {
            self.portals.set_unnamed(bind.statement, &self.statements);
        } else {
            self.portals
                .set_named(bind.portal, bind.statement, &self.statements);
        }
        Up::Step(full.then(|| self.describe_bind(bind)))
    }

    fn asked_execute(&mut self, message: &[u8], full: bool) -> Up {
        let portal = frame::executed(message).unwrap_or_default();
        if self.is_bound {
            let same = self.bound == portal[..portal.len().min(NAME_BYTES_MAX)];
            self.is_bound &= !same;
            self.push(Asked::Execute, same, NO_STATEMENT);
            if !same {
                // Its step would have to end after the bound one began and before that ends.
                self.obscure("a portal was executed while another was bound");
            }
            return Up::Pass;
        }
        self.queue.open();
        self.push(Asked::Execute, true, NO_STATEMENT);
        Up::Step(full.then(|| self.describe_fetch(portal)))
    }

    fn asked_describe(&mut self, message: &[u8]) {
        let (kind, name) = frame::kind_and_name(message).unwrap_or_default();
        let (asked, statement) = match kind {
            b'S' => (Asked::DescribeStatement, self.statements.get(name)),
            _ => (
                Asked::DescribePortal,
                self.portals.statement(name, &self.statements),
            ),
        };
        let id = statement.map_or(NO_STATEMENT, |statement| statement.id);
        self.push(asked, false, id);
    }

    fn asked_close(&mut self, message: &[u8]) {
        let (kind, name) = frame::kind_and_name(message).unwrap_or_default();
        let mut resolves = false;
        if kind == b'S' {
            self.statements.remove(name);
        } else {
            resolves = self.is_bound && self.bound == name[..name.len().min(NAME_BYTES_MAX)];
            self.is_bound &= !resolves;
            self.portals.remove(name);
        }
        self.push(Asked::Close, resolves, NO_STATEMENT);
    }
}
