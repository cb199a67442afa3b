//! Bound values as PostgreSQL logs them: `$1 = '42', $2 = NULL, $3 = 'it''s'`.

/// More are not kept: a statement has no more.
const PARAMETERS_MAX: usize = 65_535;

/// The values, in order, as far as the text can be read.
pub fn of(text: &str) -> Vec<Option<String>> {
    let mut values: Vec<Option<String>> = Vec::new();
    let mut rest = text.trim_start();
    while let Some((value, after)) = one(rest, values.len() + 1) {
        values.push(value);
        if values.len() >= PARAMETERS_MAX {
            break;
        }
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
    }
    values
}

/// The value of the nth parameter, and what stands after it.
fn one(text: &str, nth: usize) -> Option<(Option<String>, &str)> {
    let rest = text.strip_prefix('$')?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if rest[..digits].parse() != Ok(nth) {
        return None;
    }
    let rest = rest[digits..].trim_start().strip_prefix('=')?.trim_start();
    if let Some(after) = rest.strip_prefix("NULL") {
        return Some((None, after));
    }
    let rest = rest.strip_prefix('\'')?;
    let mut value = String::new();
    let mut pieces = rest.split('\'');
    let mut length = 0;
    loop {
        // A text that ends within the value is a cut one.
        let piece = pieces.next()?;
        value.push_str(piece);
        length += piece.len() + 1;
        let after = rest.get(length..).unwrap_or_default();
        if length > rest.len() {
            return Some((Some(value + model::effect::CUT), ""));
        }
        if !after.starts_with('\'') {
            return Some((Some(value), after));
        }
        // A quote written twice is one of the value's.
        value.push('\'');
        pieces.next();
        length += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_postgres_writes_them() {
        let some = |text: &str| Some(text.to_string());
        for (text, expected) in [
            ("$1 = '42', $2 = NULL", vec![some("42"), None]),
            ("$1 = 'it''s', $2 = ''", vec![some("it's"), some("")]),
            (
                "$1 = '''', $2 = 'a, $3 = 4'",
                vec![some("'"), some("a, $3 = 4")],
            ),
            ("$1 = 'ab...'", vec![some("ab...")]),
            ("$1 = 'cut in the mid", vec![some("cut in the mid...")]),
            ("$2 = '1'", vec![]),
            ("", vec![]),
            ("$1 = 'a''", vec![some("a'...")]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
