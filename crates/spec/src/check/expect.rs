//! `>= 0`, `is not null`, `starts with x`: what a value must be.

use model::Expect;
use thiserror::Error;

/// Why an expectation could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExpectError {
    /// No known comparison.
    #[error("`{0}` does not say what the value must be")]
    Unknown(String),
    /// Nothing to compare with.
    #[error("`{0}` lacks what to compare with")]
    Bare(String),
    /// An order needs a number.
    #[error("`{0}` is no number, and only numbers have an order")]
    NoNumber(String),
}

impl ExpectError {
    /// How to cure it.
    pub fn help(&self) -> &'static str {
        match self {
            ExpectError::Unknown(_) => {
                "write one of `== v`, `!= v`, `< n`, `<= n`, `> n`, `>= n`, `contains T`, `not contains T`, \
                 `starts with T`, `not starts with T`, `is null`, `is not null`, `is true`, in quotes"
            }
            ExpectError::Bare(_) => "write the value after it, all of it in quotes: \">= 0\"",
            ExpectError::NoNumber(_) => {
                "write a number such as \">= 0\", or compare with `==` or `contains`"
            }
        }
    }
}

/// How a comparison is written, and what it makes of what stands after it.
type Sign<T> = (&'static str, fn(T) -> Expect);

/// Reads an expectation.
pub fn parse(text: &str) -> Result<Expect, ExpectError> {
    let text = text.trim();
    match text.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["is", "null"] => return Ok(Expect::Null),
        ["is", "not", "null"] => return Ok(Expect::NotNull),
        ["is", "true"] => return Ok(Expect::True),
        _ => {}
    }
    // Longer ones first: `<` is the beginning of `<=`.
    let with_text: [Sign<String>; 6] = [
        ("==", Expect::Equal),
        ("!=", Expect::NotEqual),
        ("not contains", Expect::Lacks),
        ("contains", Expect::Contains),
        ("not starts with", Expect::NotStartsWith),
        ("starts with", Expect::StartsWith),
    ];
    for (sign, make) in with_text {
        if let Some(value) = after(text, sign)? {
            return Ok(make(value.to_string()));
        }
    }
    let with_number: [Sign<f64>; 4] = [
        ("<=", Expect::AtMost),
        ("<", Expect::Below),
        (">=", Expect::AtLeast),
        (">", Expect::Above),
    ];
    for (sign, make) in with_number {
        if let Some(value) = after(text, sign)? {
            let number = value
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite());
            return number
                .map(make)
                .ok_or_else(|| ExpectError::NoNumber(value.to_string()));
        }
    }
    Err(ExpectError::Unknown(text.to_string()))
}

/// What stands after a sign, if the text begins with it. A word must end where the sign does.
fn after<'a>(text: &'a str, sign: &str) -> Result<Option<&'a str>, ExpectError> {
    let Some(rest) = text.strip_prefix(sign) else {
        return Ok(None);
    };
    let is_word = sign.ends_with(|c: char| c.is_ascii_alphabetic());
    if is_word && !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
        return Ok(None);
    }
    match rest.trim() {
        "" => Err(ExpectError::Bare(sign.to_string())),
        value => Ok(Some(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations() {
        let text = |text: &str| text.to_string();
        for (input, expected) in [
            ("== 3", Expect::Equal(text("3"))),
            ("==x y", Expect::Equal(text("x y"))),
            ("!= null", Expect::NotEqual(text("null"))),
            ("< 1", Expect::Below(1.0)),
            ("<= -2.5", Expect::AtMost(-2.5)),
            (" > 1e3 ", Expect::Above(1000.0)),
            (">=0", Expect::AtLeast(0.0)),
            ("contains a b", Expect::Contains(text("a b"))),
            ("not contains error", Expect::Lacks(text("error"))),
            ("starts with ok", Expect::StartsWith(text("ok"))),
            ("not starts with null", Expect::NotStartsWith(text("null"))),
            ("is null", Expect::Null),
            ("is  not null", Expect::NotNull),
            ("is true", Expect::True),
        ] {
            assert_eq!(parse(input), Ok(expected), "{input}");
        }
    }

    #[test]
    fn bad_expectations() {
        for (input, expected) in [
            ("3", ExpectError::Unknown("3".into())),
            ("= 3", ExpectError::Unknown("= 3".into())),
            ("containsx y", ExpectError::Unknown("containsx y".into())),
            ("is nul", ExpectError::Unknown("is nul".into())),
            ("", ExpectError::Unknown(String::new())),
            ("==", ExpectError::Bare("==".into())),
            ("starts with ", ExpectError::Bare("starts with".into())),
            (">=", ExpectError::Bare(">=".into())),
            ("> many", ExpectError::NoNumber("many".into())),
            ("< inf", ExpectError::NoNumber("inf".into())),
            ("< nan", ExpectError::NoNumber("nan".into())),
        ] {
            assert_eq!(parse(input), Err(expected), "{input}");
        }
    }
}
