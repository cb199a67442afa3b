//! What frameworks write into comments of their statements: which request it is, and what kind.
//! sqlcommenter writes `/*action='create',traceparent='00-...-01'*/`, Marginalia and Rails
//! `/*application:Shop,controller:orders,action:create*/`.

use super::lines::beginning;

/// Longer comments are a user's.
const COMMENT_BYTES_MAX: usize = 2048;
/// More comments of one statement are not looked at.
const COMMENTS_MAX: usize = 4;
/// Longer names are cut.
const NAME_BYTES_MAX: usize = 100;

/// What a statement's comments tell.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comment {
    /// The request, the same in all its statements.
    pub request: Option<String>,
    /// The kind: `orders#create`.
    pub name: Option<String>,
}

const REQUESTS: &[&str] = &[
    "request_id",
    "requestid",
    "x_request_id",
    "trace_id",
    "correlation_id",
];

/// Reads the comments of a statement.
pub fn of(statement: &str) -> Comment {
    let mut comment = Comment::default();
    let (mut controller, mut action, mut route) = (None, None, None);
    for pair in pairs(statement) {
        let (key, value) = (pair.0.to_ascii_lowercase(), pair.1);
        match key.as_str() {
            "traceparent" => {
                let trace = value.split('-').nth(1).filter(|trace| trace.len() == 32);
                comment.request = trace.map(str::to_string).or(comment.request);
            }
            key if REQUESTS.contains(&key) => {
                comment.request.get_or_insert(value);
            }
            "controller" | "namespaced_controller" => controller = Some(value),
            "action" => action = Some(value),
            "route" | "job" | "operation" | "handler" | "view" | "func" => {
                route.get_or_insert(value);
            }
            _ => {}
        }
    }
    comment.name = match (controller, action) {
        (Some(controller), Some(action)) => Some(format!("{controller}#{action}")),
        (None, None) => route,
        (controller, action) => route.or(action).or(controller),
    };
    comment.name = comment
        .name
        .map(|name| beginning(&name, NAME_BYTES_MAX).to_string());
    comment
}

/// `key='value'` and `key:value` in all comments.
fn pairs(statement: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    for rest in comments(statement) {
        for pair in rest.split(',') {
            let parts = pair.split_once('=').or_else(|| pair.split_once(':'));
            let Some((key, value)) = parts else { continue };
            let value = decoded(value.trim().trim_matches('\''));
            if !value.is_empty() {
                found.push((key.trim(), value));
            }
        }
    }
    found
}

fn comments(statement: &str) -> impl Iterator<Item = &str> {
    let begun = statement.match_indices("/*").take(COMMENTS_MAX);
    begun.filter_map(|(at, _)| {
        let rest = beginning(&statement[at + 2..], COMMENT_BYTES_MAX);
        Some(rest.split_once("*/")?.0)
    })
}

/// With `%20` and the like as what they stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (byte, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_tell_request_and_kind() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let traced = format!(
            "SELECT 1 /*action='%2Fbuy',controller='orders',traceparent='00-{trace}-b7ad6b7169203331-01'*/"
        );
        for (statement, request, name) in [
            (traced.as_str(), Some(trace), Some("orders#/buy")),
            ("/*request_id:ab-1*/ SELECT 1", Some("ab-1"), None),
            (
                "/*application:Shop,controller:orders,action:create*/ SELECT 1",
                None,
                Some("orders#create"),
            ),
            (
                "SELECT 1 /* route='/buy/%3Cid%3E' */",
                None,
                Some("/buy/<id>"),
            ),
            ("SELECT 1 /* root select */", None, None),
            ("SELECT 1 /* request_id:x", None, None),
            ("SELECT '/*request_id=%zz%'", None, None),
        ] {
            let found = of(statement);
            assert_eq!(
                (found.request.as_deref(), found.name.as_deref()),
                (request, name),
                "{statement}"
            );
        }
    }
}
