//! `reserve`, `{ login: { take: { token: /token } } }`, `{ think: 200ms }`, `{ meet: 20, patience: 1s }`:
//! a word, or one key that says what it is, so it is read by hand.

use super::{Fields, record};
use crate::error::Problems;
use crate::node::{Node, NodeKind, Spot};
use crate::read::{Anything, Entries, Read, Text, must_be};
use crate::suggest;

/// How steps are written.
const FORMS: &str = "write `OPERATION`, `{ OPERATION: { args: { event: 42 }, take: { token: /token } } }`, `{ think: 200ms }` \
                     or `{ meet: 20, patience: 1s }`, and a step for each";

/// A step of a scenario, as written.
#[derive(Debug, Clone)]
pub enum RawScenarioStep {
    /// An operation.
    Ask {
        /// Its name.
        operation: Spot<String>,
        /// What else is said of it.
        options: RawAsk,
    },
    /// `think: 200ms`
    Think(Text),
    /// `meet: 20, patience: 1s`
    Meet {
        /// How many.
        users: Spot<u64>,
        /// How long.
        patience: Text,
    },
}

record! {
    /// What a step says of its operation.
    RawAsk, "step", {
        /// Values of arguments, the same in every run.
        args: Option<Entries<Anything>>,
        /// Arguments of later steps, from the answer: a JSON pointer (`/token`), `header NAME`, or `between 'left' and 'right'` of the body.
        take: Option<Entries<Text>>,
    }
}

impl RawScenarioStep {
    /// The fixed keys.
    pub const KEYS: &'static [&'static str] = &["think", "meet", "patience"];
}

impl Read for RawScenarioStep {
    const NOUN: Option<&'static str> = Some("step");

    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        let entries = match &node.kind {
            NodeKind::Map(entries) => entries,
            NodeKind::Text(_) => {
                let operation = Spot::<String>::read(node, place, problems)?;
                let (args, take) = (None, None);
                let options = RawAsk { args, take };
                return Some(RawScenarioStep::Ask { operation, options });
            }
            _ => {
                must_be(node, place, "an operation or a map of keys", problems);
                return None;
            }
        };
        let inner = |key: &Spot<String>| format!("`{}` of {place}", key.value);
        let words: Vec<&str> = entries.iter().map(|(key, _)| key.value.as_str()).collect();
        match (words.as_slice(), entries.as_slice()) {
            (["think"], [(key, value)]) => {
                let think = Text::read(value, &inner(key), problems)?;
                Some(RawScenarioStep::Think(think))
            }
            (["meet"] | ["patience"] | ["meet", "patience"] | ["patience", "meet"], _) => {
                let fields = Fields::open(node, place, &["meet", "patience"], false, problems)?;
                let (users, patience) = (
                    fields.take("meet", problems),
                    fields.take("patience", problems),
                );
                Some(RawScenarioStep::Meet {
                    users: users?,
                    patience: patience?,
                })
            }
            ([word], [(key, value)])
                if !matches!(value.kind, NodeKind::Map(_) | NodeKind::Null)
                    && suggest::nearest(word, RawScenarioStep::KEYS).is_some() =>
            {
                let help = suggest::help(word, "keys with such a value", RawScenarioStep::KEYS);
                let message = format!("{place} knows no key `{word}`");
                problems.add(key.span, message, "unknown key", help);
                None
            }
            ([_], [(operation, value)]) => Some(RawScenarioStep::Ask {
                options: RawAsk::read(value, &inner(operation), problems)?,
                operation: operation.clone(),
            }),
            _ => {
                tell_more(node, entries, place, problems);
                None
            }
        }
    }
}

/// Tells of a step that is not one thing; mostly options are not indented, or a step lacks its `-`.
fn tell_more(node: &Node, entries: &[(Spot<String>, Node)], place: &str, problems: &mut Problems) {
    let [_, .., (last, _)] = entries else {
        problems.add(node.span, format!("{place} does nothing"), "", FORMS);
        return;
    };
    let mut keys = entries.iter().map(|(key, _)| key);
    let option = keys.find(|key| RawAsk::KEYS.contains(&key.value.as_str()));
    let meant = suggest::nearest(&last.value, RawScenarioStep::KEYS);
    let help = match (option, meant) {
        (Some(option), _) => format!(
            "`{0}` belongs below the operation: {{ OPERATION: {{ {0}: ... }} }}",
            option.value
        ),
        (None, Some(meant)) if meant != last.value => {
            format!("did you mean `{meant}`? {FORMS}")
        }
        _ => FORMS.to_string(),
    };
    let message = format!("{place} does more than one thing");
    problems.add(option.unwrap_or(last).span, message, "", help);
}
