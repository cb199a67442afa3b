//! What a command does to a conversation: whether it gets a reply, and what the commands and
//! replies after it will mean.

use model::Transaction;

use super::arguments::{Arguments, number};
use super::conversation::{Conversation, Kind, Mute, OPEN_MAX, Sent};
use super::verbs::{Verb, verb};

impl Conversation {
    /// Takes a command.
    pub(super) fn sent(&mut self, frame: &[u8]) -> Sent {
        let mut arguments = Arguments::new(frame);
        let Some(word) = arguments.next() else {
            return Sent::Nothing;
        };
        let verb = verb(word);
        if verb == Verb::Other && self.mute == Mute::No {
            return self.begin(Kind::Plain);
        }
        self.sent_special(verb, arguments)
    }

    fn begin(&mut self, kind: Kind) -> Sent {
        if self.open.len() >= OPEN_MAX {
            return self.lost("too many open commands");
        }
        self.open.push_back(kind);
        Sent::Step(if self.in_multi {
            Transaction::Inside
        } else {
            Transaction::None
        })
    }

    fn lost(&mut self, why: &'static str) -> Sent {
        self.lose(why);
        Sent::Nothing
    }

    #[cold]
    fn sent_special(&mut self, verb: Verb, arguments: Arguments<'_>) -> Sent {
        let mute = self.mute;
        if mute == Mute::Next {
            self.mute = Mute::No;
        }
        let was_in_multi = self.in_multi;
        if let Some(sent) = self.note(verb, &arguments, mute) {
            return sent;
        }
        let is_muted = match mute {
            Mute::No => false,
            Mute::Next => true,
            Mute::All => verb != Verb::Reset,
        };
        if is_muted {
            if matches!(verb, Verb::Subscription(_) | Verb::Hello | Verb::Monitor) {
                return self.lost("a change of protocol without a reply");
            }
            return Sent::NoReply;
        }
        let kind = match verb {
            Verb::Multi => Kind::Multi,
            Verb::Hello => Kind::Hello,
            Verb::Select => Kind::Select,
            Verb::Reset => Kind::Reset,
            Verb::Monitor => Kind::Monitor,
            Verb::Subscription(which) => {
                // Channels may have been cut off the frame, their count was not.
                let count = arguments.declared();
                self.counts
                    .push_back(u32::try_from(count).unwrap_or(u32::MAX));
                Kind::Subscription(which)
            }
            _ => Kind::Plain,
        };
        let sent = self.begin(kind);
        match (verb, sent) {
            (Verb::Multi, Sent::Step(_)) if !was_in_multi => Sent::Step(Transaction::Begin),
            (Verb::Exec, Sent::Step(_)) if was_in_multi => Sent::Step(Transaction::Commit),
            (Verb::Discard, Sent::Step(_)) if was_in_multi => Sent::Step(Transaction::Rollback),
            _ => sent,
        }
    }

    /// What a verb changes for the commands after it. Some when that is all there is to say.
    fn note(&mut self, verb: Verb, arguments: &Arguments<'_>, mute: Mute) -> Option<Sent> {
        let was_in_multi = self.in_multi;
        match verb {
            Verb::Multi if !was_in_multi => {
                self.in_multi = true;
                self.database_outside = self.database;
            }
            Verb::Exec => self.in_multi = false,
            Verb::Discard => {
                if was_in_multi {
                    self.database = self.database_outside;
                }
                self.in_multi = false;
            }
            Verb::Reset => {
                self.in_multi = false;
                self.database = 0;
                self.mute = Mute::No;
            }
            Verb::Sync => return Some(self.lost("a replica's connection")),
            Verb::Subscription(_) if was_in_multi => {
                return Some(self.lost("a subscription inside a transaction"));
            }
            Verb::Hello if was_in_multi => {
                return Some(self.lost("a change of protocol inside a transaction"));
            }
            Verb::Select => {
                self.database_before = self.database;
                if let Some(database) = arguments.clone().next().and_then(number) {
                    self.database = u32::try_from(database).unwrap_or(u32::MAX);
                }
            }
            Verb::Client => {
                return self.client(arguments.clone(), mute);
            }
            _ => {}
        }
        None
    }

    /// CLIENT REPLY changes which commands get replies, itself included.
    fn client(&mut self, mut arguments: Arguments<'_>, mute: Mute) -> Option<Sent> {
        let is = |argument: Option<&[u8]>, word: &str| {
            argument.is_some_and(|argument| argument.eq_ignore_ascii_case(word.as_bytes()))
        };
        if !is(arguments.next(), "REPLY") {
            return None;
        }
        let how = arguments.next();
        if arguments.next().is_some() {
            return None;
        }
        let new = match how {
            _ if is(how, "ON") => Mute::No,
            _ if is(how, "OFF") => Mute::All,
            _ if is(how, "SKIP") => Mute::Next,
            _ => return None,
        };
        if self.in_multi {
            return Some(self.lost("CLIENT REPLY inside a transaction"));
        }
        match new {
            Mute::No => {
                self.mute = Mute::No;
                // After SKIP even this reply is left out.
                Some(if mute == Mute::Next {
                    Sent::NoReply
                } else {
                    self.begin(Kind::Plain)
                })
            }
            Mute::Next if mute == Mute::All => Some(Sent::NoReply),
            _ => {
                self.mute = new;
                Some(Sent::NoReply)
            }
        }
    }
}
