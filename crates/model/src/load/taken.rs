//! What a step takes from its answer for the steps after it.

use std::fmt;

use serde_json::Value;
use thiserror::Error;

/// Where in an answer a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// `/items/0/id`: a JSON pointer into the body.
    Pointer(String),
    /// `header location`, in any case.
    Header(String),
    /// `between 'token=' and '&'`: the first text of the body between these two.
    Between(String, String),
}

/// Why a text does not say what is taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` does not say what is taken; write a JSON pointer such as /items/0/id, `header NAME`, or \"between 'left' and 'right'\""
)]
pub struct BadTaken(pub String);

impl Taken {
    /// Reads how users write it.
    pub fn parse(text: &str) -> Result<Taken, BadTaken> {
        let bad = || BadTaken(text.to_string());
        let text = text.trim();
        if text.starts_with('/') {
            return Ok(Taken::Pointer(text.to_string()));
        }
        let (word, rest) = text.split_once(char::is_whitespace).ok_or_else(bad)?;
        let rest = rest.trim();
        match word {
            "header" => {
                let good = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
                let name = Some(rest).filter(|name| name.chars().all(good));
                Ok(Taken::Header(name.ok_or_else(bad)?.to_string()))
            }
            "between" => {
                let (left, right) = quoted_pair(rest).ok_or_else(bad)?;
                Ok(Taken::Between(left.to_string(), right.to_string()))
            }
            _ => Err(bad()),
        }
    }

    /// What stands there; none when nothing does.
    pub fn from_answer(&self, headers: &[(String, String)], body: &str) -> Option<Value> {
        match self {
            Taken::Pointer(pointer) => {
                let json: Value = serde_json::from_str(body).ok()?;
                json.pointer(pointer).cloned()
            }
            Taken::Header(wanted) => {
                let mut headers = headers.iter();
                let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
                Some(Value::from(value.trim()))
            }
            Taken::Between(left, right) => {
                let (_, rest) = body.split_once(left.as_str())?;
                let (value, _) = rest.split_once(right.as_str())?;
                Some(Value::from(value))
            }
        }
    }
}

/// `'left' and 'right'`, with either kind of quotes; neither may be empty.
fn quoted_pair(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let (left, right) = inner.split_once(&format!("{quote} and {quote}"))?;
    (!left.is_empty() && !right.is_empty()).then_some((left, right))
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Taken::Pointer(pointer) => f.write_str(pointer),
            Taken::Header(name) => write!(f, "header {name}"),
            Taken::Between(left, right) => {
                let has_quote = left.contains('\'') || right.contains('\'');
                let quote = if has_quote { '"' } else { '\'' };
                write!(f, "between {quote}{left}{quote} and {quote}{right}{quote}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_found_in_answers() {
        let headers = [("Location".to_string(), " /orders/7".to_string())];
        let body = r#"{"token": "t=1&u", "items": [{"id": 5}], "none": null}"#;
        for (text, expected) in [
            ("/token", Some(json!("t=1&u"))),
            ("/items/0/id", Some(json!(5))),
            ("/items/1/id", None),
            ("/none", Some(Value::Null)),
            ("header location", Some(json!("/orders/7"))),
            ("header etag", None),
            ("between 't=' and '&'", Some(json!("1"))),
            ("between \"\"id\": \" and \"}\"", Some(json!("5"))),
            ("between 'x' and '&'", None),
            ("between '&' and 'x'", None),
        ] {
            let found = Taken::parse(text).ok();
            let found = found.and_then(|taken| taken.from_answer(&headers, body));
            assert_eq!(found, expected, "{text}");
        }
        let pointer = Taken::Pointer("/a".into());
        assert_eq!(pointer.from_answer(&[], "no json"), None);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "/token",
            "header x-id",
            "between 'a' and 'b'",
            "between \"it's\" and \"<\"",
        ] {
            assert_eq!(Taken::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "token",
            "header",
            "header a b",
            "between 'a'",
            "between '' and 'b'",
            "between 'a' and b",
            "after 'a'",
        ] {
            assert_eq!(Taken::parse(text), Err(BadTaken(text.into())), "{text}");
        }
    }
}
