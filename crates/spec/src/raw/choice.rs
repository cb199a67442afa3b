//! Words of which one must be chosen.

use model::Protocol;

use crate::error::Problems;
use crate::node::{Node, NodeKind, Spot};
use crate::read::{Read, must_be};
use crate::suggest;

/// Declares an enum whose variants are words of the text.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $( $(#[$word_about:meta])* $word:literal => $variant:ident, )* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        pub enum $name {
            $( $(#[$word_about])* #[cfg_attr(test, schemars(rename = $word))] $variant, )*
        }

        impl Read for Spot<$name> {
            fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
                let known = &[$( $word ),*];
                let NodeKind::Text(text) = &node.kind else {
                    must_be(node, place, &format!("one of {}", known.join(", ")), problems);
                    return None;
                };
                let value = match text.as_str() {
                    $( $word => $name::$variant, )*
                    other => {
                        let message = format!("{place} cannot be `{other}`");
                        problems.add(node.span, message, "", suggest::help(other, "choices", known));
                        return None;
                    }
                };
                Some(Spot { value, span: node.span })
            }
        }
    };
}

choice! {
    /// What is spoken on an edge.
    ProtocolWord {
        /// PostgreSQL's protocol, version 3.
        "postgres" => Postgres,
        /// RESP2 and RESP3.
        "redis" => Redis,
        /// HTTP/1.1.
        "http" => Http,
        /// Bytes that heisen does not look into.
        "tcp" => Tcp,
    }
}

choice! {
    /// A disposable server.
    ProvideWord {
        /// PostgreSQL.
        "postgres" => Postgres,
        /// Redis.
        "redis" => Redis,
    }
}

choice! {
    /// Which state each trial starts from.
    SetupWord {
        /// After the spec's `reset`.
        "reset" => Reset,
        /// After `reset` and then `near_limit`.
        "near_limit" => NearLimit,
    }
}

choice! {
    /// Whether a wait is drawn.
    JitterWord {
        /// Each wait is as long as it says.
        "none" => None,
        /// Each wait is drawn from nothing to its length.
        "full" => Full,
    }
}

choice! {
    /// How the times of a rate are spaced.
    ArrivalsWord {
        /// Evenly.
        "even" => Even,
        /// Each whenever it likes (Poisson).
        "random" => Random,
    }
}

choice! {
    /// What callers see of an outage.
    OutageWord {
        /// Calls fail at once, those that are open too.
        "refuse" => Refuse,
        /// Calls get no answer until it is over, and fail then.
        "hang" => Hang,
    }
}

impl From<ProtocolWord> for Protocol {
    fn from(word: ProtocolWord) -> Protocol {
        match word {
            ProtocolWord::Tcp => Protocol::Tcp,
            ProtocolWord::Http => Protocol::Http,
            ProtocolWord::Postgres => Protocol::Postgres,
            ProtocolWord::Redis => Protocol::Redis,
        }
    }
}

impl From<ProvideWord> for Protocol {
    fn from(word: ProvideWord) -> Protocol {
        match word {
            ProvideWord::Postgres => Protocol::Postgres,
            ProvideWord::Redis => Protocol::Redis,
        }
    }
}
