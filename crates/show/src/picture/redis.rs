//! What a Redis command tells about the value of a key.

use model::{Effect, Reply, ReplyKind, Step};

use super::change::Change;
use super::words::arguments;

/// What stands for a key that is not there.
const NIL: &str = "nil";

/// What the command tells of the key its effect names.
pub fn change(step: &Step, effect: &Effect, reply: &Reply) -> Option<Change> {
    let all = arguments(&step.text);
    let argument = |at: usize| all.get(at).cloned();
    let is = |value: Option<String>| Some(value.map_or(Change::Unknown, Change::Is));
    // Inside MULTI nothing has been answered yet.
    let is_queued = reply.value == "QUEUED";
    let told = (!is_queued).then(|| reply.value.clone());
    let is_done = is_queued || reply.kind == ReplyKind::Ok;
    match step.verb.to_ascii_uppercase().as_str() {
        "SET" => is_done.then(|| is(argument(2))).flatten(),
        "SETNX" | "HSETNX" if reply.value == "0" => None,
        "SETNX" | "GETSET" => is(argument(2)),
        "SETEX" | "PSETEX" => is(argument(3)),
        "MSET" => is(after_key(&all, effect)),
        "GETDEL" | "DEL" | "UNLINK" => is(Some(NIL.to_string())),
        "INCR" | "DECR" | "INCRBY" | "DECRBY" | "INCRBYFLOAT" => is(told),
        "HSET" | "HMSET" | "HSETNX" => Some(Change::Columns(pairs(all.get(2..)?))),
        "HDEL" => {
            let fields = all.iter().skip(2);
            let gone = fields.map(|field| (field.clone(), NIL.to_string()));
            Some(Change::Columns(gone.collect()))
        }
        "HGET" => Some(Change::Columns(vec![(argument(2)?, told?)])),
        "HINCRBY" | "HINCRBYFLOAT" => match told {
            Some(told) => Some(Change::Columns(vec![(argument(2)?, told)])),
            None => Some(Change::Unknown),
        },
        "LPUSH" | "RPUSH" => is(told.map(|length| format!("{length} items"))),
        "EXPIRE" | "PEXPIRE" | "PERSIST" | "TTL" | "PTTL" | "WATCH" | "EXISTS" => None,
        "EXEC" => None,
        _ if effect.access.changes() => Some(Change::Unknown),
        "GET" => Some(Change::Is(told?)),
        _ if effect.access.looks() => Some(Change::Is(told?)),
        _ => None,
    }
}

/// The value that follows the key in `MSET a 1 b 2`.
fn after_key(all: &[String], effect: &Effect) -> Option<String> {
    let pairs = pairs(all.get(1..)?);
    let found = pairs.into_iter().find(|(key, _)| *key == effect.resource);
    found.map(|(_, value)| value)
}

fn pairs(all: &[String]) -> Vec<(String, String)> {
    let pairs = all.chunks_exact(2);
    pairs
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect()
}
