//! What is wrong with an answer on its face, given what the operation answers when it runs alone:
//! rules that give a violation of serial equivalence a name of its own.

use model::oracle::{FAKE_SUCCESS, NULL, SERVER_ERROR};
use model::{Attempt, Outcome, Violation};
use serde_json::Value;

/// What is wrong with `attempt` on its face; `alone` are answers to its operation in serial runs.
pub fn broken(attempt: &Attempt, alone: &[&Attempt]) -> Option<Violation> {
    let Outcome::Answered { status, body, .. } = &attempt.outcome else {
        return None;
    };
    let says = |oracle: &str, what: &str| {
        Some(Violation {
            oracle: oracle.to_string(),
            saw: format!("{} got {status} {}{what}", attempt.racer, short(body)),
        })
    };
    let usual = |test: &dyn Fn(u16, &str) -> bool| {
        alone.iter().any(|attempt| match &attempt.outcome {
            Outcome::Answered { status, body, .. } => test(*status, body),
            _ => false,
        })
    };
    if *status >= 500 && !usual(&|status, _| status >= 500) {
        return says(SERVER_ERROR, ": never so one after another");
    }
    if !(200..300).contains(status) {
        return None;
    }
    if has_error(body) && !usual(&|_, body| has_error(body)) {
        return says(FAKE_SUCCESS, ": success with an error inside");
    }
    let missing = nulls(body).into_iter().find(|pointer| {
        usual(&|status, body| (200..300).contains(&status) && has_value(body, pointer))
            && !usual(&|_, body| nulls(body).contains(pointer))
    });
    missing.and_then(|pointer| says(NULL, &format!(": {pointer} is null")))
}

fn has_error(body: &str) -> bool {
    let Ok(Value::Object(fields)) = serde_json::from_str(body) else {
        return false;
    };
    ["error", "errors"].into_iter().any(|name| {
        fields.get(name).is_some_and(|value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Array(all) => !all.is_empty(),
            Value::Object(all) => !all.is_empty(),
            Value::String(text) => !text.is_empty(),
            _ => true,
        })
    })
}

fn has_value(body: &str, pointer: &str) -> bool {
    let json: Option<Value> = serde_json::from_str(body).ok();
    json.as_ref()
        .and_then(|json| json.pointer(pointer))
        .is_some_and(|value| !value.is_null())
}

/// Pointers to the nulls of a JSON body.
fn nulls(body: &str) -> Vec<String> {
    fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Null => found.push(path.to_string()),
            Value::Object(fields) => {
                for (name, value) in fields {
                    walk(value, &format!("{path}/{name}"), found);
                }
            }
            Value::Array(all) => {
                for (at, value) in all.iter().enumerate() {
                    walk(value, &format!("{path}/{at}"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(json) = serde_json::from_str(body) {
        walk(&json, "", &mut found);
    }
    found
}

/// The start of a body, on one line.
pub fn short(body: &str) -> String {
    const CHARS_MAX: usize = 120;
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(CHARS_MAX) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}
