//! Redis: a command line, split into words as a shell would, answered as text.

use std::fmt::Write;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Value};

use super::{Answer, Fault};
use crate::place::Place;

/// How long connecting may take.
const CONNECT_MS_MAX: u64 = 5_000;
/// How long an answer may take; shorter than what is waited for a whole command.
const ANSWER_MS_MAX: u64 = 9_000;

/// A connection to Redis.
pub struct Cache {
    connection: MultiplexedConnection,
}

impl Cache {
    /// Connects; the error is in words.
    pub async fn connect(place: &Place) -> Result<Cache, String> {
        let client = Client::open(place.url()).map_err(|error| error.to_string())?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Duration::from_millis(CONNECT_MS_MAX)))
            .set_response_timeout(Some(Duration::from_millis(ANSWER_MS_MAX)));
        let connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Cache { connection })
    }

    /// Carries out one command line.
    pub(crate) async fn ask(&self, line: &str) -> Result<Answer, Fault> {
        let words = split(line).map_err(Fault::told)?;
        let Some((name, arguments)) = words.split_first() else {
            return Err(Fault::told(
                "the command is empty; write one such as `SET seats 10`",
            ));
        };
        let mut command = redis::cmd(name);
        for argument in arguments {
            command.arg(argument);
        }
        // A clone is the same connection; commands of several go up one behind the other.
        let mut connection = self.connection.clone();
        let asked: Result<Value, redis::RedisError> = command.query_async(&mut connection).await;
        match asked {
            Ok(Value::ServerError(error)) => Err(Fault::told(error.to_string())),
            Ok(value) => Ok(Answer {
                first: show(&value),
                whole: json(&value),
            }),
            Err(error) => {
                let lost = error.is_connection_dropped()
                    || error.is_io_error()
                    || error.is_unrecoverable_error();
                let text = error.to_string();
                let why = text
                    .strip_prefix("ResponseError: ")
                    .unwrap_or(&text)
                    .to_string();
                Err(Fault { why, lost })
            }
        }
    }
}

/// An answer as text; several values become a JSON array, so a pointer can look into them.
fn show(value: &Value) -> Option<String> {
    match value {
        Value::Nil => None,
        Value::Array(_) | Value::Set(_) | Value::Map(_) => Some(json(value).to_string()),
        _ => match json(value) {
            serde_json::Value::String(text) => Some(text),
            other => Some(other.to_string()),
        },
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Nil => serde_json::Value::Null,
        Value::Int(number) => (*number).into(),
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned().into(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => text.clone().into(),
        Value::Okay => "OK".into(),
        Value::Boolean(truth) => (*truth).into(),
        Value::Double(number) => (*number).into(),
        Value::Array(all) | Value::Set(all) => all.iter().map(json).collect(),
        Value::Map(pairs) => pairs
            .iter()
            .flat_map(|(key, value)| [json(key), json(value)])
            .collect(),
        other => format!("{other:?}").into(),
    }
}

/// Words of a command line: separated by blanks, held together by `'` or `"`; in `"` a backslash
/// keeps the next character, and `\n`, `\t`, `\r` are what they usually are.
pub(crate) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' | '"' => {
                let inner =
                    quoted(&mut characters, c).ok_or_else(|| format!("a {c} is not closed"))?;
                let _ = word.get_or_insert_default().write_str(&inner);
            }
            '\\' => word
                .get_or_insert_default()
                .push(characters.next().unwrap_or('\\')),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(characters: &mut std::str::Chars<'_>, quote: char) -> Option<String> {
    let mut inner = String::new();
    loop {
        match characters.next()? {
            c if c == quote => return Some(inner),
            '\\' if quote == '"' => inner.push(match characters.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            }),
            c => inner.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_as_in_a_shell() {
        let check = |line: &str, expected: Result<&[&str], &str>| {
            let found = split(line);
            let found: Result<Vec<&str>, &str> = match &found {
                Ok(words) => Ok(words.iter().map(String::as_str).collect()),
                Err(why) => Err(why),
            };
            assert_eq!(found.as_deref().map_err(|why| *why), expected, "{line}");
        };
        check("SET inv:42 10", Ok(&["SET", "inv:42", "10"]));
        check("  GET\t k ", Ok(&["GET", "k"]));
        check("SET k ''", Ok(&["SET", "k", ""]));
        check(
            r#"SET k "a b\n\"c\"" 'd "e"'f"#,
            Ok(&["SET", "k", "a b\n\"c\"", "d \"e\"f"]),
        );
        check(r"SET a\ b c\\", Ok(&["SET", "a b", r"c\"]));
        check("", Ok(&[]));
        check("SET k 'x", Err("a ' is not closed"));
        check("SET k \"x\\", Err("a \" is not closed"));
    }

    #[test]
    fn answers_become_text() {
        let bulk = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        for (value, expected) in [
            (Value::Nil, None),
            (Value::Int(-3), Some("-3")),
            (bulk("10"), Some("10")),
            (Value::Okay, Some("OK")),
            (
                Value::Array(vec![bulk("a"), Value::Nil, Value::Int(1)]),
                Some(r#"["a",null,1]"#),
            ),
            (
                Value::Map(vec![(bulk("k"), bulk("v"))]),
                Some(r#"["k","v"]"#),
            ),
        ] {
            assert_eq!(show(&value).as_deref(), expected, "{value:?}");
        }
    }
}
