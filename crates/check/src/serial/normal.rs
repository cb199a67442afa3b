//! A run as a list of places with their values, in which whatever may differ between two right
//! runs has been replaced: ids by their order of appearance, tokens and uuids likewise, times by a
//! word.

use std::collections::HashMap;
use std::fmt::Write;

use model::{Attempt, Outcome, StateSeen};
use serde_json::Value;

/// Text that is at least so long and has both letters and digits counts as a drawn token.
const TOKEN_CHARS_MIN: usize = 20;

/// One value of a run and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// `A answers /remaining`, `db SELECT ... [0]/sold`.
    pub path: String,
    /// The value, as compared.
    pub value: String,
}

/// The names given to ids and tokens of one run.
#[derive(Default)]
struct Namer {
    known: HashMap<(String, String), usize>,
    counts: HashMap<String, usize>,
}

impl Namer {
    /// The name of a value among those of its kind, by order of appearance.
    fn name(&mut self, kind: &str, value: &str) -> String {
        let Namer { known, counts } = self;
        let next = known
            .entry((kind.to_string(), value.to_string()))
            .or_insert_with(|| {
                let count = counts.entry(kind.to_string()).or_default();
                *count += 1;
                *count
            });
        format!("<{kind} {next}>")
    }
}

/// The places of a run: the answers of `racers` (name, attempt), then the states.
pub fn places(racers: &[(&str, &Attempt)], states: &[StateSeen]) -> Vec<Place> {
    let mut walk = Walk::default();
    for (name, attempt) in racers {
        walk.answer(name, attempt);
    }
    for state in states {
        walk.state(state);
    }
    walk.places
}

#[derive(Default)]
struct Walk {
    namer: Namer,
    places: Vec<Place>,
}

impl Walk {
    fn put(&mut self, path: String, value: String) {
        self.places.push(Place { path, value });
    }

    fn answer(&mut self, name: &str, attempt: &Attempt) {
        let path = format!("{name} answers");
        match &attempt.outcome {
            Outcome::Answered {
                status,
                location,
                body,
            } => {
                self.put(path.clone(), status.to_string());
                if let Some(location) = location {
                    let location = self.text(location);
                    self.put(format!("{path} with location"), location);
                }
                // Ids of one operation are of one kind, whoever was given them.
                self.body(&path, &attempt.operation, body);
            }
            Outcome::Unknown(_) => self.put(path, "unknown".to_string()),
            Outcome::NotSent { .. } => self.put(path, "not sent".to_string()),
        }
    }

    fn body(&mut self, path: &str, kind: &str, body: &str) {
        match serde_json::from_str::<Value>(body) {
            Ok(value) => self.value(path, kind, &value),
            Err(_) if body.trim().is_empty() => {}
            Err(_) => {
                let text = self.text(body.trim());
                self.put(format!("{path} with"), text);
            }
        }
    }

    fn state(&mut self, state: &StateSeen) {
        let path = format!("{} {}", state.target, state.command);
        match &state.value {
            Ok(value) => {
                let ordered = state.command.to_ascii_uppercase().contains("ORDER BY");
                match value {
                    Value::Array(rows) if !ordered => {
                        self.value(&path, &path, &Value::Array(sorted(rows)))
                    }
                    // A body or a stored document that is JSON is compared as such.
                    Value::String(text) => self.body(&path, &path, text),
                    value => self.value(&path, &path, value),
                }
            }
            Err(why) => self.put(path, format!("no answer: {why}")),
        }
    }

    fn value(&mut self, path: &str, kind: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let path = format!("{path} /{name}");
                    match scalar(value) {
                        Some(text) if is_id(name) => {
                            let named = self.namer.name(&format!("{name} of {kind}"), &text);
                            self.put(path, named);
                        }
                        _ => self.value(&path, kind, value),
                    }
                }
            }
            Value::Array(all) => {
                self.put(format!("{path} count"), all.len().to_string());
                for (at, value) in all.iter().enumerate() {
                    self.value(&format!("{path} [{at}]"), kind, value);
                }
            }
            Value::String(text) => {
                let text = self.text(text);
                self.put(path.to_string(), text);
            }
            Value::Number(number) => {
                let text = number.to_string();
                let shown = if is_epoch(&text) {
                    "<time>".to_string()
                } else {
                    text
                };
                self.put(path.to_string(), shown);
            }
            other => self.put(path.to_string(), other.to_string()),
        }
    }

    /// Text with its tokens named and its times taken out.
    fn text(&mut self, text: &str) -> String {
        if is_time(text) || is_epoch(text) {
            return "<time>".to_string();
        }
        let mut shown = String::new();
        for piece in pieces(text) {
            if is_uuid(piece) {
                let _ = write!(shown, "{}", self.namer.name("uuid", piece));
            } else if is_token(piece) {
                let _ = write!(shown, "{}", self.namer.name("token", piece));
            } else {
                shown.push_str(piece);
            }
        }
        shown
    }
}

/// Rows that were asked for without an order, in an order that does not depend on their ids.
fn sorted(rows: &[Value]) -> Vec<Value> {
    let mut rows = rows.to_vec();
    rows.sort_by_cached_key(|row| {
        let mut walk = Walk::default();
        walk.value("", "", row);
        let values: Vec<String> = walk
            .places
            .into_iter()
            .map(|place| place.value)
            .filter(|value| !value.starts_with('<'))
            .collect();
        values.join("\u{1f}")
    });
    rows
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a field of this name holds an identity: `id`, `order_id`, `orderId`, `uuid`.
fn is_id(name: &str) -> bool {
    let small = name.to_ascii_lowercase();
    matches!(small.as_str(), "id" | "uuid" | "guid" | "pk")
        || small.ends_with("_id")
        || small.ends_with("_uuid")
        || name.ends_with("Id")
        || name.ends_with("ID")
}

/// Runs of what tokens are made of, and what stands between them.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let word = is_word(first);
        let end = rest.find(|c: char| is_word(c) != word);
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some(piece)
    })
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

fn is_token(text: &str) -> bool {
    text.len() >= TOKEN_CHARS_MIN
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// `2026-03-01T12:00:00`, `2026-03-01 12:00:00.123+00`.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    bytes.len() >= 16
        && bytes.len() <= 40
        && [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15]
            .into_iter()
            .all(digit)
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && matches!(bytes[10], b'T' | b' ')
        && bytes[13] == b':'
}

/// Seconds or milliseconds since 1970 of a time between 2017 and 2049.
fn is_epoch(text: &str) -> bool {
    text.parse::<f64>()
        .is_ok_and(|number| (1.5e9..2.5e9).contains(&number) || (1.5e12..2.5e12).contains(&number))
}
