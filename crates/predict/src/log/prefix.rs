//! What stands before `LOG:  ` on a line: whatever `log_line_prefix` says. Found by what times,
//! process ids and names look like, since the setting is not in the log.

use super::time::{self, Moment};

/// What a prefix tells.
#[derive(Debug, Default, PartialEq)]
pub struct Prefix {
    pub at: Option<Moment>,
    /// The session id (`%c`) or the process id (`%p`).
    pub session: Option<String>,
    pub database: Option<String>,
}

/// Reads a prefix.
pub fn of(text: &str) -> Prefix {
    let mut prefix = Prefix::default();
    let mut rest = text;
    if let Some((moment, place)) = time::find(text) {
        prefix.at = Some(moment);
        // Nothing of the session stands before the time but a collector's own words.
        rest = &text[place.end..];
        if session(rest).is_none() {
            rest = text;
        }
    }
    prefix.session = session(rest).or_else(|| bare_number(rest));
    prefix.database = database(text);
    if prefix.at.is_none() {
        prefix.at = epoch(text);
    }
    prefix
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let separates = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | '(' | ')' | ',' | ';');
    text.split(separates).filter(|word| !word.is_empty())
}

fn session(text: &str) -> Option<String> {
    session_id(text)
        .or_else(|| bracketed(text))
        .or_else(|| {
            let named = |mark| after(text, mark).filter(|pid| is_number(pid));
            ["pid=", "proc=", "process=", "p="]
                .into_iter()
                .find_map(named)
        })
        .map(str::to_string)
}

/// `66321f2a.4d2`: when the session began and its process, in hexadecimal.
fn session_id(text: &str) -> Option<&str> {
    let is_hex = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_hexdigit());
    words(text)
        .map(|word| word.rsplit('=').next().unwrap_or(word).trim_matches(':'))
        .find(|word| {
            word.split_once('.').is_some_and(|(began, process)| {
                began.len() == 8 && is_hex(began) && process.len() <= 8 && is_hex(process)
            })
        })
}

/// `[123]`, and `[123-1]` where the line's number stands with it.
fn bracketed(text: &str) -> Option<&str> {
    let mut inside = text.split('[').skip(1);
    inside.find_map(|rest| {
        let (inner, _) = rest.split_once(']')?;
        let pid = inner.split_once('-').map_or(inner, |(pid, _)| pid);
        is_number(pid).then_some(pid)
    })
}

/// A process id that stands by itself.
fn bare_number(text: &str) -> Option<String> {
    let mut words = text.split_whitespace().map(|word| word.trim_matches(':'));
    let pid = words.find(|word| is_number(word))?;
    Some(pid.to_string())
}

fn is_number(word: &str) -> bool {
    (1..=10).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit())
}

/// `db=shop`, or `user@shop`.
fn database(text: &str) -> Option<String> {
    let named = ["db=", "database=", "d="];
    let name = named.into_iter().find_map(|mark| after(text, mark));
    let name = name.or_else(|| {
        let (_, rest) = text.split_once('@')?;
        rest.split(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | '[' | ']'))
            .next()
    });
    let name = name.filter(|name| !name.is_empty() && *name != "[unknown]")?;
    Some(name.to_string())
}

/// The word after a mark that begins a word.
fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    words(text).find_map(|word| word.strip_prefix(mark))
}

/// `1714557600.123` (`%n`).
fn epoch(text: &str) -> Option<Moment> {
    words(text).find_map(|word| {
        let (seconds, fraction) = word.split_once('.')?;
        let is_time = seconds.len() == 10 && is_number(seconds) && is_number(fraction);
        is_time.then(|| time::of_number(word.parse().ok()?))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_prefixes_tell_time_session_and_database() {
        for (text, is_timed, session, database) in [
            (
                "2024-05-01 10:00:00.123 UTC [123] ",
                true,
                Some("123"),
                None,
            ),
            (
                "2024-05-01 10:00:00 UTC [123]: [7-1] user=ann,db=shop,app=web,client=10.0.0.1 ",
                true,
                Some("123"),
                Some("shop"),
            ),
            (
                "2024-05-01 10:00:00 UTC:10.0.0.1(5432):ann@shop:[123]:",
                true,
                Some("123"),
                Some("shop"),
            ),
            (
                "2024-05-01 10:00:00 CET [123-4] ann@shop ",
                true,
                Some("123"),
                Some("shop"),
            ),
            (
                "2024-05-01 10:00:00 UTC 66321f2a.4d2 ",
                true,
                Some("66321f2a.4d2"),
                None,
            ),
            ("1714557600.123 [99] ", true, Some("99"), None),
            (
                "2024-05-01 10:00:00 UTC 4711 ann@shop ",
                true,
                Some("4711"),
                Some("shop"),
            ),
            (
                "db-1  | 2024-05-01 10:00:00.123 UTC [55] ",
                true,
                Some("55"),
                None,
            ),
            (
                "2024-05-01 10:00:00 UTC [12] [unknown]@[unknown] ",
                true,
                Some("12"),
                None,
            ),
            ("", false, None, None),
        ] {
            let prefix = of(text);
            let found = (
                prefix.at.is_some(),
                prefix.session.as_deref(),
                prefix.database.as_deref(),
            );
            assert_eq!(found, (is_timed, session, database), "{text}");
        }
    }
}
