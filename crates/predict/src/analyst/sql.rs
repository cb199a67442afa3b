//! The little that the analyst reads of a statement's text itself: what SET sets columns to.

/// More columns of one statement are not looked at.
const COLUMNS_MAX: usize = 64;
/// Longer texts are not looked at to their end.
const TEXT_BYTES_MAX: usize = 16 << 10;

/// The columns an UPDATE sets, each with the text of its value; parameters are filled in.
pub fn assignments(text: &str, parameters: &[Option<String>]) -> Vec<(String, String)> {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut found = Vec::new();
    let mut pieces = top_level(&text[..end]).skip_while(|piece| *piece != Piece::Word("set"));
    pieces.next();
    let mut column: Option<String> = None;
    let mut value = String::new();
    let mut is_value = false;
    for piece in pieces {
        match piece {
            Piece::Word("where" | "from" | "returning" | "limit" | "order") | Piece::Mark(b';') => {
                break;
            }
            Piece::Mark(b',') => {
                push(&mut found, column.take(), &value, parameters);
                value.clear();
                is_value = false;
            }
            Piece::Mark(b'=') if !is_value => is_value = true,
            Piece::Word(word) | Piece::Text(word) | Piece::Quoted(word) if !is_value => {
                column = Some(word.trim_matches(['"', '`']).to_string());
            }
            Piece::Word(word) | Piece::Text(word) | Piece::Quoted(word) => value.push_str(word),
            Piece::Mark(mark) => value.push(char::from(mark)),
        }
    }
    push(&mut found, column, &value, parameters);
    found
}

/// Whether an UPDATE does nothing but add to columns or take from them, under no condition on them.
pub fn only_counts(text: &str) -> bool {
    let text = text.to_ascii_lowercase().replace(['"', '`', '(', ')'], " ");
    let Some((_, rest)) = text.split_once(" set ") else {
        return false;
    };
    let (set, condition) = rest.split_once(" where ").unwrap_or((rest, ""));
    let bare = |name: &str| {
        name.rsplit('.')
            .next()
            .unwrap_or_default()
            .trim()
            .to_string()
    };
    set.split(',').all(|one| {
        let Some((column, value)) = one.split_once('=') else {
            return false;
        };
        let column = bare(column);
        let asked = condition.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        let parts: Vec<&str> = value.split(['+', '-']).map(str::trim).collect();
        let is_amount = |part: &str| {
            let digits = part.strip_prefix('$').unwrap_or(part);
            digits == "?" || !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
        };
        let [first, amount] = parts.as_slice() else {
            return false;
        };
        bare(first) == column && is_amount(amount) && !asked.clone().any(|word| word == column)
    })
}

fn push(
    found: &mut Vec<(String, String)>,
    column: Option<String>,
    value: &str,
    parameters: &[Option<String>],
) {
    let Some(column) = column.filter(|_| found.len() < COLUMNS_MAX) else {
        return;
    };
    // `$1`, `$1::INTEGER`.
    let bare = value.split("::").next().unwrap_or_default();
    let nth: Option<usize> = bare.strip_prefix('$').and_then(|nth| nth.parse().ok());
    let filled = nth.and_then(|nth| parameters.get(nth.checked_sub(1)?));
    let value = match filled {
        Some(Some(value)) => value.clone(),
        Some(None) => "NULL".to_string(),
        None => bare.to_string(),
    };
    found.push((column, value));
}

#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// One of the words that end a SET, in small letters.
    Word(&'static str),
    /// Another word or number.
    Text(&'a str),
    /// What stands in single quotes, without them.
    Quoted(&'a str),
    Mark(u8),
}

const WORDS: [&str; 6] = ["set", "where", "from", "returning", "limit", "order"];

/// The pieces of a text; what stands in brackets is left out.
fn top_level(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_u32);
    std::iter::from_fn(move || {
        loop {
            let from = at;
            let byte = *bytes.get(at)?;
            let is_name = |byte: &u8| {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b'_' | b'$' | b'.' | b'"' | b'`' | 128..)
            };
            if byte == b'\'' {
                at = after_quote(bytes, at);
                if depth == 0 {
                    return Some(Piece::Quoted(text[from..at].trim_matches('\'')));
                }
            } else if is_name(&byte) {
                at += bytes[at..].iter().take_while(|b| is_name(b)).count();
                let word = &text[from..at];
                if depth == 0 {
                    let known = WORDS.iter().find(|known| known.eq_ignore_ascii_case(word));
                    return Some(known.map_or(Piece::Text(word), |known| Piece::Word(known)));
                }
            } else {
                at += 1;
                match byte {
                    b'(' => depth += 1,
                    b')' => depth = depth.saturating_sub(1),
                    _ if depth > 0 || byte.is_ascii_whitespace() => continue,
                    _ => return Some(Piece::Mark(byte)),
                }
                // A value in brackets is computed.
                if byte == b'(' && depth == 1 {
                    return Some(Piece::Mark(b'('));
                }
            }
        }
    })
}

fn after_quote(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|b| *b == b'\''))
    {
        at += found + 1;
        if bytes.get(at) != Some(&b'\'') {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_is_adding_and_no_more() {
        for (text, expected) in [
            ("UPDATE v SET n = n + 1 WHERE id = 3", true),
            (
                r#"UPDATE "v" SET "n" = ("v"."n" + 1), m = m - $2 WHERE "v"."id" = 3"#,
                true,
            ),
            ("UPDATE v SET n = n + 1 WHERE id = 3 AND n < 4", false),
            ("UPDATE v SET n = n + 1, open = false WHERE id = 3", false),
            ("UPDATE v SET n = m + 1", false),
            ("UPDATE v SET n = n + (SELECT max(n) FROM v)", false),
            ("UPDATE v SET n = 4", false),
            ("", false),
        ] {
            assert_eq!(only_counts(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_set_to_what() {
        let parameters = [Some("7".to_string()), None];
        for (text, expected) in [
            ("UPDATE e SET sold = 9 WHERE id = 42", "sold=9"),
            (
                "UPDATE e SET sold=$1::INTEGER, used_by=$2 WHERE id = $3",
                "sold=7 used_by=NULL",
            ),
            (
                "UPDATE \"e\" SET \"n\" = \"n\" - 1, at = now(), note = 'a, b'",
                "n=\"n\"-1 at=now( note=a, b",
            ),
            (
                "UPDATE e SET n = (SELECT x FROM y WHERE z = 1), m = 2 RETURNING n",
                "n=( m=2",
            ),
            ("DELETE FROM e WHERE id = 1", ""),
            ("UPDATE e SET note = 'open", "note=open"),
            ("SET", ""),
        ] {
            let found = assignments(text, &parameters);
            let found: Vec<String> = found.iter().map(|(c, v)| format!("{c}={v}")).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }
}
