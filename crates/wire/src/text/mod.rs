//! Texts that were never on a wire: the steps of a spec, the statements of a log. What a text
//! means is found out by the very code that describes what wires see, so that a described step
//! equals the step that a wire would see. Off every data path.

mod mysql;
#[cfg(test)]
mod tests;
mod unique;

use model::{Access, Effect};

pub use self::unique::{Unique, unique};
use crate::session::{Draft, FRAME_KEPT_BYTES_MAX, Session as _, readable};
use crate::{http, postgres, redis};

/// The verb of a text that is no request is cut here.
const VERB_BYTES_MAX: usize = 32;

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// SQL as PostgreSQL takes it.
    Postgres,
    /// SQL as MySQL and MariaDB take it.
    MySql,
    /// Commands as `redis-cli` takes them.
    Redis,
    /// `METHOD /path`, then a body if there is one.
    Http,
}

/// Describes the texts of one session, in their order: transactions, isolation levels and what
/// was prepared are followed from text to text.
#[derive(Debug)]
pub struct Describer(Speaker);

#[derive(Debug)]
enum Speaker {
    Postgres(Box<postgres::Session>),
    MySql(mysql::Session),
    Redis(Box<redis::Session>),
    Http(Unread),
}

/// What was not understood so far, and why the first was not.
#[derive(Debug, Default)]
struct Unread {
    count: u64,
    first: Option<String>,
}

impl Describer {
    /// Of a fresh session.
    pub fn new(language: Language) -> Describer {
        Describer(match language {
            Language::Postgres => Speaker::Postgres(Box::default()),
            Language::MySql => Speaker::MySql(mysql::Session::default()),
            Language::Redis => Speaker::Redis(Box::default()),
            Language::Http => Speaker::Http(Unread::default()),
        })
    }

    /// The step that a text is. Bound values count for SQL only: `$1` or `?` is the first. What is
    /// not understood may do anything to `*`. Of a text longer than a wire keeps of a message,
    /// only so much is looked at, as there.
    pub fn describe(&mut self, text: &str, parameters: &[Option<String>]) -> Draft {
        match &mut self.0 {
            Speaker::Postgres(session) => session.describe_text(kept(text), parameters),
            Speaker::MySql(session) => session.describe(kept(text), parameters),
            Speaker::Redis(session) => session.describe_text(text.as_bytes()),
            Speaker::Http(unread) => match http::describe_text(text.as_bytes()) {
                Ok(draft) => draft,
                Err(why) => {
                    unread.note(why);
                    unknown_request(text)
                }
            },
        }
    }

    /// How many texts were not understood so far, and why the first was not.
    pub fn not_understood(&self) -> (u64, Option<&str>) {
        match &self.0 {
            Speaker::Postgres(session) => session.not_understood(),
            Speaker::MySql(session) => session.not_understood(),
            Speaker::Redis(session) => session.not_understood(),
            Speaker::Http(unread) => (unread.count, unread.first.as_deref()),
        }
    }
}

impl Unread {
    fn note(&mut self, why: &str) {
        self.count += 1;
        self.first.get_or_insert_with(|| why.to_string());
    }
}

/// As much of a statement as is looked at.
fn kept(text: &str) -> &[u8] {
    &text.as_bytes()[..text.len().min(FRAME_KEPT_BYTES_MAX)]
}

fn unknown_request(text: &str) -> Draft {
    let first = text.split_whitespace().next().unwrap_or_default();
    let verb = readable(&first.as_bytes()[..first.len().min(VERB_BYTES_MAX)]);
    Draft {
        shape: verb.clone(),
        verb,
        text: readable(text.as_bytes()),
        effects: vec![Effect::of(Access::Unknown, model::effect::ANYTHING)],
        ..Draft::default()
    }
}
