//! The few verbs that change what replies look like or which command they answer.

/// Verbs that a conversation has to know; all others only wait for one reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Other,
    Multi,
    Exec,
    Discard,
    Hello,
    Select,
    Reset,
    Monitor,
    Client,
    Sync,
    Subscription(Subscription),
}

/// One of the six that are answered by a confirmation for each channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subscription(u8);

const SUBSCRIPTIONS: [&str; 6] = [
    "subscribe",
    "psubscribe",
    "ssubscribe",
    "unsubscribe",
    "punsubscribe",
    "sunsubscribe",
];

impl Subscription {
    /// As confirmations spell it.
    pub(super) fn name(self) -> &'static str {
        SUBSCRIPTIONS[usize::from(self.0) % SUBSCRIPTIONS.len()]
    }
}

/// The verb that a command's first word is. On the path of every command: length and first
/// letter decide nearly always.
pub(super) fn verb(word: &[u8]) -> Verb {
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    match word.len() {
        4 if is("EXEC") => Verb::Exec,
        4 if is("SYNC") => Verb::Sync,
        5 => match word[0] | 0x20 {
            b'm' if is("MULTI") => Verb::Multi,
            b'h' if is("HELLO") => Verb::Hello,
            b'r' if is("RESET") => Verb::Reset,
            b'p' if is("PSYNC") => Verb::Sync,
            _ => Verb::Other,
        },
        6 if is("SELECT") => Verb::Select,
        6 if is("CLIENT") => Verb::Client,
        7 if is("DISCARD") => Verb::Discard,
        7 if is("MONITOR") => Verb::Monitor,
        9..=12 if word[word.len() - 5..].eq_ignore_ascii_case(b"CRIBE") => {
            match SUBSCRIPTIONS.iter().position(|name| is(name)) {
                Some(nth) => Verb::Subscription(Subscription(nth as u8)),
                None => Verb::Other,
            }
        }
        _ => Verb::Other,
    }
}
