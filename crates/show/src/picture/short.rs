//! Values in few cells: identifiers lose their tails, JSON its quotes. What is left is what one
//! racer's value differs from another's by.

use serde_json::Value;

use crate::text::clean;

/// A word of letters and digits that is longer than this is an identifier nobody reads whole.
const WORD_CHARS_MAX: usize = 20;

/// What is left of it.
const HEAD_CHARS: usize = 8;

/// A value as a person would say it: `201 {order: 25e66862…, remaining: -1}`.
pub fn short(text: &str) -> String {
    let text = clean(text);
    let at = text.find(['{', '[']).unwrap_or(0);
    let (before, body) = text.split_at(at);
    let short = match serde_json::from_str::<Value>(body) {
        Ok(value) => words(before) + &json(&value),
        // A body that was cut is no JSON any more; its quotes are in the way all the same.
        Err(_) if body.starts_with(['{', '[']) => words(&text.replace(['"', '\\'], "")),
        Err(_) => words(&text),
    };
    // An identifier that was cut before, and now again.
    short.replace("…...", "…")
}

/// JSON without quotes around names and words.
fn json(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| format!("{name}: {}", json(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items = items.iter().map(json);
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => words(&clean(text)),
        other => other.to_string(),
    }
}

/// Text in which long identifiers are cut, each by itself.
fn words(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            word.push(c);
        } else {
            out.push_str(&identifier(&word));
            word.clear();
            out.push(c);
        }
    }
    out + &identifier(&word)
}

fn identifier(word: &str) -> String {
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    if word.len() <= WORD_CHARS_MAX || !has_digit {
        return word.to_string();
    }
    format!("{}…", &word[..HEAD_CHARS])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_few_cells() {
        for (text, expected) in [
            ("9", "9"),
            ("42 sold", "42 sold"),
            (
                "201 {\"order\":\"25e66862-7a06-4ea1-a405-c68a1c384d9f\",\"left\":-1}",
                "201 {order: 25e66862…, left: -1}",
            ),
            ("200 null", "200 null"),
            (
                "{\"cart\":1,\"items\":{\"apple\":[1, \"two\"]}}",
                "{cart: 1, items: {apple: [1, two]}}",
            ),
            ("{\"cart\": 1, \"ver...", "{cart: 1, ver..."),
            (
                "null.780e5cd9a7d73823d540387c2e5443a21120db17732ad4881cd80c96",
                "null.780e5cd9…",
            ),
            (
                "customer_subscriptions_archive",
                "customer_subscriptions_archive",
            ),
            ("a\x1b[31mb", "a?[31mb"),
        ] {
            assert_eq!(short(text), expected);
        }
    }
}
