//! What a frame from the server does to a conversation: which command it answers, if any.

use super::arguments::number;
use super::conversation::{Conversation, Got, Kind, OPEN_KEPT_MAX};
use super::value::{Token, Tokens};

impl Conversation {
    /// Takes a frame from the server.
    pub(super) fn received(&mut self, frame: &[u8]) -> Got {
        let is_calm = !self.is_monitor && self.channels + self.patterns + self.shards == 0;
        if is_calm
            && !matches!(frame.first(), Some(b'>' | b'|' | b';'))
            && self.open.front() == Some(&Kind::Plain)
        {
            self.close();
            return Got::End;
        }
        self.received_special(frame)
    }

    /// The oldest open command is answered.
    fn close(&mut self) {
        self.open.pop_front();
        if self.open.is_empty() && self.open.capacity() > OPEN_KEPT_MAX {
            self.open.shrink_to(OPEN_KEPT_MAX);
        }
    }

    #[cold]
    fn received_special(&mut self, frame: &[u8]) -> Got {
        let is_push = frame.first() == Some(&b'>');
        let mut tokens = Tokens(frame);
        let first = tokens.value();
        if self.is_monitor
            && let Some(Token::Plain(line)) = first
            && line.first().is_some_and(u8::is_ascii_digit)
            && line.contains(&b'[')
        {
            return Got::Aside;
        }
        let front = self.open.front().copied();
        if let Some(Token::List(_)) = first
            && let Some(Token::Bulk(word) | Token::Plain(word)) = tokens.next()
        {
            if let Some(Kind::Subscription(which)) = front
                && word == which.name().as_bytes()
            {
                return self.confirmed(which.name(), tokens);
            }
            let is_subscribed = self.channels + self.patterns + self.shards > 0;
            if is_push || !self.is_resp3 && is_subscribed && is_message(word) {
                if word == b"sunsubscribe" {
                    // The server took the subscription away: its slot moved.
                    self.shards = self.shards.saturating_sub(1);
                }
                return Got::Aside;
            }
        }
        if is_push {
            return Got::Aside;
        }
        let is_error = matches!(first, Some(Token::Error(_)));
        match front {
            None if is_error => return Got::Aside,
            None => {
                self.lose("a reply to no command");
                return Got::Aside;
            }
            Some(Kind::Subscription(_)) if !is_error => {
                self.lose("a subscription without its confirmation");
                return Got::Aside;
            }
            Some(kind) => self.answered(kind, first),
        }
        self.close();
        Got::End
    }

    /// What the reply to a command changes.
    fn answered(&mut self, kind: Kind, reply: Option<Token<'_>>) {
        match (kind, reply) {
            (Kind::Multi, Some(Token::Error(why)))
                if memchr::memmem::find(why, b"nested").is_none() =>
            {
                self.in_multi = false;
            }
            (Kind::Hello, Some(Token::Map(_))) => self.is_resp3 = true,
            (Kind::Hello, Some(Token::List(_))) => self.is_resp3 = false,
            (Kind::Select, Some(Token::Error(_))) => self.database = self.database_before,
            (Kind::Reset, _) => {
                (self.channels, self.patterns, self.shards) = (0, 0, 0);
                self.is_resp3 = false;
                self.is_monitor = false;
            }
            (Kind::Monitor, Some(Token::Plain(b"OK"))) => self.is_monitor = true,
            (Kind::Subscription(_), _) => {
                self.counts.pop_front();
            }
            _ => {}
        }
    }

    /// A confirmation of the oldest open command: its channel, then what is subscribed now.
    fn confirmed(&mut self, name: &'static str, mut tokens: Tokens<'_>) -> Got {
        let _channel = tokens.next();
        let Some(Token::Plain(count)) = tokens.next() else {
            self.lose("a confirmation that could not be read");
            return Got::Aside;
        };
        let count = number(count).unwrap_or(0).min(u32::MAX as usize) as u64;
        // Channels and patterns are counted together, shard channels apart.
        let of_kind = match name {
            "ssubscribe" | "sunsubscribe" => {
                self.shards = count;
                self.shards
            }
            "psubscribe" | "punsubscribe" => {
                self.patterns = count.saturating_sub(self.channels);
                self.patterns
            }
            _ => {
                self.channels = count.saturating_sub(self.patterns);
                self.channels
            }
        };
        let is_last = match self.counts.front_mut() {
            Some(0) => of_kind == 0,
            Some(left) => {
                *left -= 1;
                *left == 0
            }
            None => true,
        };
        if !is_last {
            return Got::Part;
        }
        self.counts.pop_front();
        self.close();
        Got::End
    }
}

/// What RESP2 says of messages without being asked.
fn is_message(word: &[u8]) -> bool {
    matches!(
        word,
        b"message" | b"pmessage" | b"smessage" | b"sunsubscribe"
    )
}
