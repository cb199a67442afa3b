//! Whether a value is what was expected.

use model::Expect;

/// Whether `value` (none for NULL, nil or a missing field) is as expected. Numbers compare as
/// numbers when both sides are; the error says why the question makes no sense for this value.
pub fn holds(expect: &Expect, value: Option<&str>) -> Result<bool, String> {
    let text = value.unwrap_or("null");
    Ok(match expect {
        Expect::Null => value.is_none() || text == "null",
        Expect::NotNull => value.is_some() && text != "null",
        Expect::True => match text {
            "t" | "true" | "1" => true,
            "f" | "false" | "0" | "null" => false,
            other => return Err(format!("`{other}` is neither true nor false")),
        },
        Expect::Equal(wanted) => same(wanted, text),
        Expect::NotEqual(wanted) => !same(wanted, text),
        Expect::Below(limit) => number(text)? < *limit,
        Expect::AtMost(limit) => number(text)? <= *limit,
        Expect::Above(limit) => number(text)? > *limit,
        Expect::AtLeast(limit) => number(text)? >= *limit,
        Expect::Contains(part) => text.contains(part.as_str()),
        Expect::Lacks(part) => !text.contains(part.as_str()),
        Expect::StartsWith(part) => text.starts_with(part.as_str()),
        Expect::NotStartsWith(part) => !text.starts_with(part.as_str()),
    })
}

fn number(text: &str) -> Result<f64, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("`{text}` is not a number"))
}

fn same(wanted: &str, text: &str) -> bool {
    match (wanted.trim().parse::<f64>(), text.trim().parse::<f64>()) {
        (Ok(wanted), Ok(value)) => wanted == value,
        _ => wanted == text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let check = |expect: Expect, value: Option<&str>, expected: Result<bool, ()>| {
            assert_eq!(
                holds(&expect, value).map_err(|_| ()),
                expected,
                "{expect:?} on {value:?}"
            );
        };
        check(Expect::True, Some("t"), Ok(true));
        check(Expect::True, Some("f"), Ok(false));
        check(Expect::True, None, Ok(false));
        check(Expect::True, Some("maybe"), Err(()));
        check(Expect::Equal("5".into()), Some("5.0"), Ok(true));
        check(Expect::Equal("a".into()), Some("b"), Ok(false));
        check(Expect::NotEqual("null".into()), None, Ok(false));
        check(Expect::AtLeast(0.0), Some("-1"), Ok(false));
        check(Expect::AtLeast(0.0), Some("0"), Ok(true));
        check(Expect::AtLeast(0.0), Some("many"), Err(()));
        check(Expect::AtLeast(0.0), None, Err(()));
        check(Expect::Below(3.0), Some("2.9"), Ok(true));
        check(Expect::AtMost(3.0), Some("3"), Ok(true));
        check(Expect::Above(3.0), Some("3"), Ok(false));
        check(Expect::Contains("b".into()), Some("abc"), Ok(true));
        check(Expect::Lacks("b".into()), Some("abc"), Ok(false));
        check(
            Expect::StartsWith("null.".into()),
            Some("null.ab"),
            Ok(true),
        );
        check(
            Expect::NotStartsWith("null.".into()),
            Some("null.ab"),
            Ok(false),
        );
        check(Expect::Null, None, Ok(true));
        check(Expect::Null, Some("null"), Ok(true));
        check(Expect::NotNull, Some("7"), Ok(true));
    }
}
