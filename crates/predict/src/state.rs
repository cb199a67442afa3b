//! The state worth comparing when nobody declared any: what operations were seen to change.

use model::{Protocol, StateCommand};

use crate::footprint::Deed;
use crate::suspect::Learned;
use crate::template::TemplateStep;

/// Questions about everything that these operations change: whole tables, and keys by what is done
/// to them. What a service keeps to itself cannot be asked for like this.
pub fn worth_comparing(learned: &[Learned]) -> Vec<StateCommand> {
    let mut questions: Vec<StateCommand> = Vec::new();
    let steps = learned.iter().flat_map(|lesson| &lesson.template.steps);
    for step in steps {
        for deed in step
            .footprint
            .deeds
            .iter()
            .filter(|deed| deed.effect.access.changes())
        {
            if let Some(command) = question(step, deed) {
                let question = StateCommand {
                    target: deed.target.clone(),
                    command,
                };
                if !questions.contains(&question) {
                    questions.push(question);
                }
            }
        }
    }
    questions
}

fn question(step: &TemplateStep, deed: &Deed) -> Option<String> {
    let resource = &deed.effect.resource;
    match step.step.protocol {
        // A lock is no state, and what could be anything cannot be asked for.
        Protocol::Postgres if resource == "*" || resource.contains(':') => None,
        Protocol::Postgres => Some(format!("SELECT * FROM {resource}")),
        Protocol::Redis => key(step, resource),
        Protocol::Http | Protocol::Tcp => None,
    }
}

/// The whole value of a key, by what is done to it; a key that is drawn anew each time has no name.
fn key(step: &TemplateStep, resource: &str) -> Option<String> {
    let own = step.pattern.resource.as_deref() == Some(resource);
    let verb = step.pattern.verb.as_str();
    let takes_lock = verb == "SET" && step.step.text.to_ascii_uppercase().contains(" NX");
    if !own || takes_lock || resource.contains(char::is_whitespace) {
        return None;
    }
    let question = match verb {
        "SET" | "GETSET" | "GETDEL" | "INCR" | "INCRBY" | "INCRBYFLOAT" | "DECR" | "DECRBY"
        | "APPEND" | "SETEX" | "PSETEX" => format!("GET {resource}"),
        "HSET" | "HDEL" | "HINCRBY" | "HINCRBYFLOAT" | "HMSET" | "HSETNX" => {
            format!("HGETALL {resource}")
        }
        "RPUSH" | "LPUSH" | "LPOP" | "RPOP" | "LSET" | "LREM" | "LTRIM" => {
            format!("LRANGE {resource} 0 -1")
        }
        "SADD" | "SREM" | "SPOP" => format!("SMEMBERS {resource}"),
        "ZADD" | "ZREM" | "ZINCRBY" => format!("ZRANGE {resource} 0 -1 WITHSCORES"),
        _ => return None,
    };
    Some(question)
}
