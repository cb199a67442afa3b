//! Lines of JSON: the neutral form, for tracers and for logs that are none of the others. Each
//! line is an object; only `statement` or `command` is required.
//!
//! | field | meaning |
//! |---|---|
//! | `statement`, `command` | what was said: SQL, a Redis command, `METHOD /path` |
//! | `protocol` | `postgres`, `mysql`, `redis` or `http`; else read off what was said |
//! | `target` | the backend; else `db`, `cache` or `http` by the protocol |
//! | `time` | RFC 3339, or a number of seconds, ms, us or ns since 1970 (told by its size) |
//! | `session` | the connection |
//! | `request` | the request, such as its trace id: those with the same one belong together |
//! | `parameters` | bound values, in order; `null` is NULL |
//! | `rows` | rows returned or changed: 0 tells that nothing was found |
//! | `took_ms` | how long it took |
//! | `database`, `transaction`, `error` | what they say; an `error` tells that it failed |

use serde_json::{Map, Value};

use super::collector::Collector;
use super::lines::{self, BINARY, TOO_LONG};
use super::postgres::micros;
use super::time::{self, Moment};
use super::{Said, Spoken};

/// More bound values are not kept.
const PARAMETERS_MAX: usize = 65_535;

/// Reads all lines.
pub fn read(text: &[u8], collector: &mut Collector) {
    for line in lines::of(text) {
        let why = match object(&line.text) {
            _ if line.is_binary => BINARY,
            _ if line.is_cut => TOO_LONG,
            _ if line.text.trim().is_empty() => continue,
            None => "not an object of JSON",
            Some(fields) => match said(&fields, line.number, collector) {
                Ok(said) => {
                    collector.push(said);
                    continue;
                }
                Err(why) => why,
            },
        };
        collector.skipped.count(why, line.number);
    }
}

/// The object on a line.
pub fn object(line: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(line.trim()) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}

/// What was said, by an object's fields.
pub fn text(fields: &Map<String, Value>) -> Option<&str> {
    let named = ["statement", "command"].into_iter();
    named.filter_map(|name| fields.get(name)?.as_str()).next()
}

fn said(
    fields: &Map<String, Value>,
    line: u64,
    collector: &mut Collector,
) -> Result<Said, &'static str> {
    let text = text(fields).ok_or("neither `statement` nor `command`")?;
    let language = match fields.get("protocol").and_then(Value::as_str) {
        Some(name) => spoken(name).ok_or("a protocol that is not known")?,
        None => guessed(text, fields.contains_key("command")),
    };
    let moment = fields.get("time").and_then(moment);
    let parameters = match fields.get("parameters") {
        Some(Value::Array(values)) => values.iter().take(PARAMETERS_MAX).map(shown).collect(),
        _ => Vec::new(),
    };
    let target = match language {
        Spoken::Postgres | Spoken::MySql => "db",
        Spoken::Redis => "cache",
        Spoken::Http => "http",
    };
    let given = |name: &str| fields.get(name).and_then(shown);
    Ok(Said {
        line,
        at_us: moment.map(|moment| collector.since_first(moment)),
        session: given("session").unwrap_or_default(),
        request: given("request"),
        target: given("target").unwrap_or_else(|| target.to_string()),
        language,
        text: text.to_string(),
        parameters,
        took_us: fields
            .get("took_ms")
            .and_then(Value::as_f64)
            .and_then(micros),
        rows: fields.get("rows").and_then(Value::as_u64),
        database: given("database"),
        transaction: given("transaction"),
        failed: given("error"),
    })
}

/// A value as text; none for null.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn moment(value: &Value) -> Option<Moment> {
    match value {
        Value::String(text) => {
            let read = time::leading(text).map(|(moment, _)| moment);
            read.or_else(|| time::of_number(text.parse().ok()?))
        }
        Value::Number(number) => time::of_number(number.as_f64()?),
        _ => None,
    }
}

fn spoken(name: &str) -> Option<Spoken> {
    Some(match name.to_ascii_lowercase().as_str() {
        "postgres" | "postgresql" | "sql" => Spoken::Postgres,
        "mysql" | "mariadb" => Spoken::MySql,
        "redis" | "valkey" => Spoken::Redis,
        "http" | "https" => Spoken::Http,
        _ => return None,
    })
}

fn guessed(text: &str, is_command: bool) -> Spoken {
    let mut words = text.split_whitespace();
    let verb = words.next().unwrap_or_default();
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    let place = words.next().unwrap_or_default();
    if methods.contains(&verb) && (place.starts_with('/') || place.contains("://")) {
        Spoken::Http
    } else if is_command {
        Spoken::Redis
    } else {
        Spoken::Postgres
    }
}
