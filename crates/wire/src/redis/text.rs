//! Commands that were never on a wire, described as if one connection had sent them. A text is
//! split into words the way `redis-cli` does it.

use model::Transaction;

use super::conversation::Sent;
use super::steps::anything;
use super::{Session, encode};
use crate::session::{Draft, FRAME_KEPT_BYTES_MAX, readable};

/// The verb of a text that has no words is cut here.
const VERB_BYTES_MAX: usize = 32;

impl Session {
    /// The step that a command is. What it does to the connection counts as if it had worked.
    pub fn describe_text(&mut self, text: &[u8]) -> Draft {
        let Some(words) = words(text) else {
            self.wonder("quotes that do not close");
            return unknown(text);
        };
        if words.is_empty() {
            return Draft {
                verb: "EMPTY".to_string(),
                noise: true,
                ..Draft::default()
            };
        }
        let mut frame = Vec::with_capacity(text.len() + 16);
        encode::command(&words, &mut frame);
        // A wire keeps no more of it either.
        frame.truncate(FRAME_KEPT_BYTES_MAX);
        let database = self.conversation.database;
        let transaction = match self.conversation.sent(&frame) {
            Sent::Step(transaction) => transaction,
            Sent::NoReply | Sent::Nothing if self.conversation.in_multi => Transaction::Inside,
            Sent::NoReply | Sent::Nothing => Transaction::None,
        };
        self.conversation.forget_open();
        self.describe(&frame, database, transaction)
    }
}

fn unknown(text: &[u8]) -> Draft {
    let text = text.trim_ascii();
    let end = text.iter().position(u8::is_ascii_whitespace);
    let verb = &text[..end.unwrap_or(text.len()).min(VERB_BYTES_MAX)];
    let verb = readable(verb).to_uppercase();
    Draft {
        shape: verb.clone(),
        verb,
        text: readable(text),
        effects: vec![anything(model::Access::Unknown)],
        ..Draft::default()
    }
}

/// The words of a line: blanks part them, quotes keep them together, and within double quotes
/// escapes stand for bytes. None when a quote does not close, or closes within a word.
pub(super) fn words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Some(words);
        }
        let mut word = Vec::new();
        while let [first, after @ ..] = rest {
            if first.is_ascii_whitespace() {
                break;
            }
            rest = after;
            match first {
                b'"' => rest = double_quoted(rest, &mut word)?,
                b'\'' => rest = single_quoted(rest, &mut word)?,
                _ => {
                    word.push(*first);
                    continue;
                }
            }
            if rest.first().is_some_and(|next| !next.is_ascii_whitespace()) {
                return None;
            }
        }
        words.push(word);
    }
}

/// What stands up to the closing quote goes into the word; gives what stands behind it.
fn double_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        rest = match rest {
            [b'"', after @ ..] => return Some(after),
            [b'\\', b'x', high, low, after @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                word.push(hex(*high) << 4 | hex(*low));
                after
            }
            [b'\\', escaped, after @ ..] => {
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                after
            }
            [byte, after @ ..] => {
                word.push(*byte);
                after
            }
            [] => return None,
        };
    }
}

fn single_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        rest = match rest {
            [b'\'', after @ ..] => return Some(after),
            [b'\\', b'\'', after @ ..] => {
                word.push(b'\'');
                after
            }
            [byte, after @ ..] => {
                word.push(*byte);
                after
            }
            [] => return None,
        };
    }
}

fn hex(digit: u8) -> u8 {
    char::from(digit).to_digit(16).unwrap_or(0) as u8
}
