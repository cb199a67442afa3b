//! What a YAML parser says, in the words of somebody who wrote `heisen.yaml`: what is probably
//! meant and how to write it.

use crate::error::Problems;
use crate::source::{Source, Span};

/// An unclosed bracket is looked for in so many lines above the one that does not fit.
const LINES_BACK_MAX: usize = 50;

/// Adds the problem that the parser's `said` at byte `at` amounts to.
pub fn explain(said: &str, at: usize, problems: &mut Problems) {
    let source = problems.source().clone();
    let (start, end) = source.line_around(at);
    let line = &source.text()[start..end];
    let has = |part: &str| said.contains(part);

    if has("tab") || line.trim_start_matches(' ').starts_with('\t') {
        let tab = line.find('\t').map_or(at, |offset| start + offset);
        problems.add(
            Span::new(tab, tab + 1),
            "a tab is used for indentation",
            "tab",
            "YAML is indented with spaces only; write two spaces for each level",
        );
    } else if let Some(hole) = Brackets::of(line).hole {
        problems.add(
            Span::new(start + hole.0, start + hole.1),
            "a `${...}` without quotes inside `{ }` or `[ ]`",
            "quote this",
            format!(
                "inside `{{ }}` and `[ ]` write \"{}\" with quotes",
                &line[hole.0..hole.1]
            ),
        );
    } else {
        let (message, help) = translate(said, line, &source, at);
        let is_bracket = has("flow mapping") || has("flow sequence");
        let at = if is_bracket {
            unclosed_before(&source, at).unwrap_or(at)
        } else {
            at
        };
        let (_, end) = source.line_around(at);
        problems.add(Span::new(at, (at + 1).min(end.max(at))), message, "", help);
    }
}

/// Brackets of one line, quotes and comments left out.
struct Brackets {
    /// An unquoted `${...}` after an opening bracket: start and end.
    hole: Option<(usize, usize)>,
    /// Opening brackets that the line does not close.
    open: Vec<usize>,
}

impl Brackets {
    fn of(line: &str) -> Brackets {
        let mut brackets = Brackets {
            hole: None,
            open: Vec::new(),
        };
        let mut quote = None;
        let mut before = ' ';
        for (at, character) in line.char_indices() {
            match (quote, character) {
                (Some(open), c) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') if before.is_whitespace() || "[{,:".contains(before) => {
                    quote = Some(character)
                }
                (None, '#') if before.is_whitespace() => break,
                (None, '{') if before == '$' && !brackets.open.is_empty() => {
                    let length = line[at..]
                        .find('}')
                        .map_or(line.len() - at, |close| close + 1);
                    brackets.hole = brackets.hole.or(Some((at - 1, at + length)));
                    brackets.open.push(at);
                }
                (None, '[' | '{') => brackets.open.push(at),
                (None, ']' | '}') => {
                    brackets.open.pop();
                }
                (None, _) => {}
            }
            before = character;
        }
        brackets
    }
}

/// The bracket nearest before `at` that its own line does not close.
fn unclosed_before(source: &Source, at: usize) -> Option<usize> {
    let (mut start, mut end) = source.line_around(at);
    for _ in 0..LINES_BACK_MAX {
        if let Some(open) = Brackets::of(&source.text()[start..end]).open.last() {
            return Some(start + open);
        }
        (start, end) = source.line_around(start.checked_sub(1)?);
    }
    None
}

/// What the parser said and what to do, for everything that needs no look at the line's marks.
fn translate(said: &str, line: &str, source: &Source, at: usize) -> (String, String) {
    let has = |part: &str| said.contains(part);
    let pair = |message: &str, help: &str| (message.to_string(), help.to_string());
    if has("multiple YAML documents") {
        return pair(
            "a second document begins here",
            "a file holds one spec; remove the `---` line or split the file",
        );
    }
    if has("depth") || has("nesting") || has("recursion") {
        return pair(
            "lists and maps are nested too deeply here",
            "a spec needs few levels; close the brackets before this one",
        );
    }
    if has("budget") || has("alias") && !has("unknown anchor") {
        return pair(
            "the text has too many values, those counted that its anchors repeat",
            "write values out instead of reusing anchors (`&name`, `*name`)",
        );
    }
    if has("unknown anchor") {
        return pair(
            "this `*name` refers to no `&name` above",
            "quote the text if it is meant to begin with `*`",
        );
    }
    if has("mapping values are not allowed") {
        if line.matches(": ").count() > 1 || source.position(at).0 == 1 {
            return pair(
                "a second `: ` on one line",
                "put a text that holds `: ` in quotes: key: \"a: b\"",
            );
        }
        return pair(
            "this line is indented deeper than the one above, which already has a value",
            "keys of one level begin in the same column; put a text that holds `: ` in quotes",
        );
    }
    if has("block mapping") || has("block collection") {
        return pair(
            "this line fits no level of indentation above it",
            "begin it in the same column as the other keys of its level",
        );
    }
    translate_marks(said)
}

/// The same for quotes, brackets and strange characters.
fn translate_marks(said: &str) -> (String, String) {
    let has = |part: &str| said.contains(part);
    let pair = |message: &str, help: &str| (message.to_string(), help.to_string());
    if has("flow mapping") || has("flow sequence") || has("unclosed bracket") {
        return pair(
            "a `{` or `[` is not closed, or an entry lacks its comma",
            "write { key: value, key: value } and quote a text that holds , : { } [ or ]",
        );
    }
    if has("quoted scalar") && has("escape") {
        return pair(
            "an unknown escape in a quoted text",
            "use single quotes, in which a backslash stands for itself",
        );
    }
    if has("quoted scalar") || has("unclosed quote") || has("end of stream") {
        return pair(
            "a quote is not closed",
            "close it; a quote inside single quotes is written twice",
        );
    }
    if has("unexpected character") {
        return pair(
            "a text cannot begin with this character",
            "put the text in quotes",
        );
    }
    let said = said.split(" at line ").next().unwrap_or(said);
    (
        format!("this is no YAML: {said}"),
        "quote texts with special characters and check the indentation".to_string(),
    )
}
