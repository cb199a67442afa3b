//! A command split into words the way a shell splits it, without a shell: what only a shell could
//! do is refused by name instead of being passed on as a strange argument.

use thiserror::Error;

/// Why a command could not be split, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WordsError {
    /// A quote without its partner.
    #[error("the quote {quote} is not closed")]
    Unclosed {
        /// Which.
        quote: char,
        /// Where.
        at: usize,
    },
    /// Something a shell would act on.
    #[error("`{what}` is for a shell, and none runs this command")]
    Shell {
        /// What.
        what: String,
        /// Where.
        at: usize,
    },
    /// `NAME=value` in front.
    #[error("`{what}` sets a variable, which only a shell would do")]
    Assignment {
        /// The word.
        what: String,
    },
}

impl WordsError {
    /// Byte and length of what is wrong.
    pub fn place(&self) -> (usize, usize) {
        match self {
            WordsError::Unclosed { at, .. } => (*at, 1),
            WordsError::Shell { what, at } => (*at, what.len()),
            WordsError::Assignment { what } => (0, what.len()),
        }
    }

    /// How to cure it.
    pub fn help(&self) -> &'static str {
        match self {
            WordsError::Unclosed { .. } => "close the quote, or put a backslash before it",
            WordsError::Shell { .. } => {
                "quote it if it is meant as text; for a pipe, a redirection or a variable write: sh -c '...'"
            }
            WordsError::Assignment { .. } => "put it under `env:`",
        }
    }
}

/// Splits a command. Words keep their `${holes}`.
pub fn split(text: &str) -> Result<Vec<String>, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<(char, usize)> = None;
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        match (quote, character) {
            (Some((open, _)), c) if c == open => quote = None,
            (Some(('\'', _)), c) => word.get_or_insert_default().push(c),
            (_, '\\') => {
                // Inside double quotes a backslash stands for itself unless it protects something.
                match rest.peek().copied() {
                    Some((_, next))
                        if quote.is_none() || matches!(next, '"' | '\\' | '$' | '`') =>
                    {
                        rest.next();
                        word.get_or_insert_default().push(next);
                    }
                    _ => word.get_or_insert_default().push('\\'),
                }
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some((character, at));
                word.get_or_insert_default();
            }
            (None, c) if is_operator(c, word.is_none()) => return Err(shell(text, at)),
            (_, '`') => return Err(shell(text, at)),
            (_, '$') if wants_shell(&text[at..]) => return Err(shell(text, at)),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if let Some((quote, at)) = quote {
        return Err(WordsError::Unclosed { quote, at });
    }
    words.extend(word);
    match words.first() {
        Some(first) if is_assignment(first) => Err(WordsError::Assignment {
            what: first.clone(),
        }),
        _ => Ok(words),
    }
}

fn is_operator(character: char, starts_word: bool) -> bool {
    matches!(character, '|' | '&' | ';' | '<' | '>') || (character == '#' && starts_word)
}

/// `$(` and `$NAME`; `${` is a hole of ours.
fn wants_shell(text: &str) -> bool {
    text[1..].starts_with(|c: char| c == '(' || c.is_ascii_alphabetic() || c == '_')
}

/// The whole of what a shell would act on: `&&`, `$(`, `$HOME`.
fn shell(text: &str, at: usize) -> WordsError {
    let tail = &text[at..];
    let first = tail.chars().next().unwrap_or(' ');
    let length = match first {
        '$' if tail.starts_with("$(") => 2,
        '$' => {
            1 + tail[1..]
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(tail.len() - 1)
        }
        _ => tail.len() - tail.trim_start_matches(first).len(),
    };
    WordsError::Shell {
        what: tail[..length].to_string(),
        at,
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_split() {
        for (text, expected) in [
            ("a b  c", vec!["a", "b", "c"]),
            ("a 'b c' \"d e\" f\\ g", vec!["a", "b c", "d e", "f g"]),
            ("a '' \"\" b", vec!["a", "", "", "b"]),
            (
                "serve --port ${port} --db=${db.url}",
                vec!["serve", "--port", "${port}", "--db=${db.url}"],
            ),
            (
                "sh -c 'a | b && c > d; $HOME'",
                vec!["sh", "-c", "a | b && c > d; $HOME"],
            ),
            (
                "a \"b\\\"c\" 'd\"e' \"f\\g\"",
                vec!["a", "b\"c", "d\"e", "f\\g"],
            ),
            ("a pre'mid'\"post\"", vec!["a", "premidpost"]),
            ("a --x=1 y#z 5$", vec!["a", "--x=1", "y#z", "5$"]),
            ("a $${b}", vec!["a", "$${b}"]),
            ("  ", vec![]),
        ] {
            assert_eq!(
                split(text),
                Ok(expected.into_iter().map(str::to_string).collect()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_needs_a_shell_is_refused() {
        for (text, expected) in [
            (
                "a | b",
                "`|` is for a shell, and none runs this command @ 2+1",
            ),
            (
                "a && b",
                "`&&` is for a shell, and none runs this command @ 2+2",
            ),
            (
                "a > b",
                "`>` is for a shell, and none runs this command @ 2+1",
            ),
            (
                "a; b",
                "`;` is for a shell, and none runs this command @ 1+1",
            ),
            (
                "a $HOME/b",
                "`$HOME` is for a shell, and none runs this command @ 2+5",
            ),
            (
                "a \"$(b)\"",
                "`$(` is for a shell, and none runs this command @ 3+2",
            ),
            (
                "a `b`",
                "``` is for a shell, and none runs this command @ 2+1",
            ),
            (
                "a # b",
                "`#` is for a shell, and none runs this command @ 2+1",
            ),
            (
                "X=1 a",
                "`X=1` sets a variable, which only a shell would do @ 0+3",
            ),
            ("a 'b", "the quote ' is not closed @ 2+1"),
        ] {
            let error = split(text).unwrap_err();
            let (at, length) = error.place();
            assert_eq!(format!("{error} @ {at}+{length}"), expected, "{text}");
        }
    }
}
