//! Text of statements in pieces: the arguments of a Redis command, the tokens of SQL. Just enough
//! to find what is set to what; a statement that is not understood is shown as it is.

use model::Step;

/// The arguments of a command as the wire writes them: bare, or in double quotes with
/// backslashes.
pub fn arguments(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = text.chars().peekable();
    loop {
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        let Some(first) = rest.peek() else {
            return all;
        };
        let mut argument = String::new();
        if *first == '"' {
            rest.next();
            while let Some(c) = rest.next() {
                match c {
                    '"' => break,
                    '\\' => argument.extend(rest.next()),
                    c => argument.push(c),
                }
            }
        } else {
            while let Some(c) = rest.next_if(|c| !c.is_whitespace()) {
                argument.push(c);
            }
        }
        all.push(argument);
    }
}

/// The tokens of a statement, with bound values in their places. Quotes and casts are dropped:
/// what is left is read by people.
pub fn tokens(step: &Step) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut rest = step.text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '$';
        if c.is_whitespace() {
            continue;
        } else if c == '\'' || c == '"' {
            let mut quoted = String::new();
            while let Some(inner) = rest.next_if(|inner| *inner != c) {
                quoted.push(inner);
            }
            rest.next();
            all.push(quoted);
        } else if c == ':' && rest.next_if_eq(&':').is_some() {
            // The name of the type that follows says nothing about the value.
            while rest.next_if(|c| is_word(*c)).is_some() {}
        } else if is_word(c) {
            let mut word = String::from(c);
            while let Some(c) = rest.next_if(|c| is_word(*c)) {
                word.push(c);
            }
            all.push(bound(&word, step).unwrap_or(word));
        } else {
            all.push(c.to_string());
        }
    }
    glued(all)
}

/// Names in pieces made whole: `"events"."sold"` is one.
fn glued(pieces: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for piece in pieces {
        let is_name = piece.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '.');
        match all.last_mut() {
            Some(last) if is_name && (last.ends_with('.') || piece.starts_with('.')) => {
                last.push_str(&piece);
            }
            _ => all.push(piece),
        }
    }
    all
}

/// The value that stands for `$2`.
fn bound(word: &str, step: &Step) -> Option<String> {
    let number: usize = word.strip_prefix('$')?.parse().ok()?;
    let value = step.parameters.get(number.checked_sub(1)?)?;
    Some(value.clone().unwrap_or_else(|| "NULL".to_string()))
}

/// The tokens after a keyword and before any of others, none of them in parentheses.
pub fn clause<'a>(tokens: &'a [String], after: &str, before: &[&str]) -> Option<&'a [String]> {
    let mut depth = 0_i32;
    let mut from = None;
    for (at, token) in tokens.iter().enumerate() {
        depth += i32::from(token == "(") - i32::from(token == ")");
        if depth != 0 {
            continue;
        }
        match from {
            None if token.eq_ignore_ascii_case(after) => from = Some(at + 1),
            Some(from) if before.iter().any(|word| token.eq_ignore_ascii_case(word)) => {
                return Some(&tokens[from..at]);
            }
            _ => {}
        }
    }
    from.map(|from| &tokens[from..])
}

/// Tokens between commas that are in no parentheses.
pub fn items(tokens: &[String]) -> Vec<&[String]> {
    let mut depth = 0_i32;
    let split = tokens.split(|token| {
        depth += i32::from(token == "(") - i32::from(token == ")");
        depth == 0 && token == ","
    });
    split.filter(|item| !item.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_told_apart() {
        assert_eq!(
            arguments("SET inv:42 0  EX 5"),
            ["SET", "inv:42", "0", "EX", "5"]
        );
        assert_eq!(
            arguments(r#"SET cart:1 "{\"cart\": 1}""#),
            ["SET", "cart:1", "{\"cart\": 1}"]
        );
        assert_eq!(arguments(r#"SET a "cut of"#), ["SET", "a", "cut of"]);
    }

    #[test]
    fn items_are_split_outside_of_parentheses() {
        let tokens: Vec<String> = "a , f ( b , c ) , d".split(' ').map(Into::into).collect();
        let lengths: Vec<usize> = items(&tokens).iter().map(|item| item.len()).collect();
        assert_eq!(lengths, [1, 6, 1]);
    }
}
