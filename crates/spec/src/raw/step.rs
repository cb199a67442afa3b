//! `{ db: "UPDATE ...", takes: 1ms, background: true }`: one key names who is asked, the others
//! are fixed, so it is read by hand.

use crate::error::Problems;
use crate::node::{Node, NodeKind, Spot};
use crate::read::{COMMA_HELP, Read, Text, entries};
use crate::source::Span;
use crate::suggest;

/// A step of an operation, as written.
#[derive(Debug, Clone)]
pub struct RawStep {
    /// Where it stands.
    pub span: Span,
    /// What is done.
    pub act: RawAct,
    /// How long it takes.
    pub takes: Option<Text>,
    /// What it reads decides.
    pub decides: Option<Spot<bool>>,
    /// Made only after a read found nothing.
    pub on_miss: Option<Spot<bool>>,
    /// Made after the answer was given.
    pub background: Option<Spot<bool>>,
}

/// What a step does, as written.
#[derive(Debug, Clone)]
pub enum RawAct {
    /// `db: "UPDATE ..."`
    Ask {
        /// Backend or service.
        target: Spot<String>,
        /// What it is asked.
        command: Spot<String>,
    },
    /// `work: 0.3ms`
    Work(Text),
}

impl RawStep {
    /// The fixed keys.
    pub const KEYS: &'static [&'static str] =
        &["work", "takes", "decides", "on_miss", "background"];

    /// Whether the step is said to be so.
    pub fn is(flag: Option<&Spot<bool>>) -> bool {
        flag.is_some_and(|flag| flag.value)
    }
}

impl Read for RawStep {
    const NOUN: Option<&'static str> = Some("step");

    fn read(node: &Node, place: &str, problems: &mut Problems) -> Option<Self> {
        let (mut takes, mut decides, mut on_miss, mut background) = (None, None, None, None);
        let mut acts = Vec::new();
        for (key, value) in entries(node, place, problems)? {
            let inner = format!("`{}` of {place}", key.value);
            match key.value.as_str() {
                "takes" => takes = Some(Text::read(value, &inner, problems)?),
                "decides" => decides = Some(Spot::<bool>::read(value, &inner, problems)?),
                "on_miss" => on_miss = Some(Spot::<bool>::read(value, &inner, problems)?),
                "background" => background = Some(Spot::<bool>::read(value, &inner, problems)?),
                _ => acts.push((key, value, inner)),
            }
        }
        let act = match acts.as_slice() {
            [(key, value, inner)] if key.value == "work" => {
                RawAct::Work(Text::read(value, inner, problems)?)
            }
            [(key, value, inner)] => RawAct::Ask {
                target: (*key).clone(),
                command: Spot::<String>::read(value, inner, problems)?,
            },
            [] => {
                let help = "write { db: \"SELECT ...\" }, { cache: \"GET key\" }, { service: \"POST /path\" } or { work: 0.3ms }";
                problems.add(node.span, format!("{place} does nothing"), "", help);
                return None;
            }
            [_, _, ..] => {
                tell_more(place, &acts, problems);
                return None;
            }
        };
        Some(RawStep {
            span: node.span,
            act,
            takes,
            decides,
            on_miss,
            background,
        })
    }
}

/// Tells of a step that does more than one thing; mostly it is a misspelt key or a lost quote.
fn tell_more(place: &str, acts: &[(&Spot<String>, &Node, String)], problems: &mut Problems) {
    let fixed = &RawStep::KEYS[1..];
    let meant = |key: &Spot<String>| suggest::nearest(&key.value, fixed);
    let odd = acts
        .iter()
        .skip(1)
        .find(|(_, value, _)| value.kind == NodeKind::Null);
    let misspelt = acts.iter().find(|(key, ..)| meant(key).is_some());
    let Some((key, ..)) = odd.or(misspelt).or(acts.get(1)) else {
        return;
    };
    let help = match meant(key) {
        _ if odd.is_some() => COMMA_HELP.to_string(),
        Some(name) => format!("did you mean `{name}`?"),
        None => {
            "ask one backend or service, or `work`, and write a step for each; quote a text that holds commas"
                .to_string()
        }
    };
    let message = format!("{place} does more than one thing");
    problems.add(key.span, message, "", help);
}
