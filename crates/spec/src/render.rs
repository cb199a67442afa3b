//! Problems as text for people: `path:line:column: what`, the line with a caret, the cure.

use crate::error::{Problem, SpecErrors};

/// A line longer than this is cut around what is wrong in it.
const LINE_CHARS_MAX: usize = 100;
/// How much of a long line stays before what is wrong.
const LEAD_CHARS_MAX: usize = 40;

/// The colours, empty when there are none.
struct Paint {
    red: &'static str,
    blue: &'static str,
    cyan: &'static str,
    bold: &'static str,
    reset: &'static str,
}

const COLOURS: Paint = Paint {
    red: "\x1b[1;31m",
    blue: "\x1b[1;34m",
    cyan: "\x1b[1;36m",
    bold: "\x1b[1m",
    reset: "\x1b[0m",
};
const NONE: Paint = Paint {
    red: "",
    blue: "",
    cyan: "",
    bold: "",
    reset: "",
};

/// All problems as text, ending with a newline.
pub fn render(errors: &SpecErrors, color: bool) -> String {
    let paint = if color { &COLOURS } else { &NONE };
    let blocks: Vec<String> = errors
        .problems()
        .iter()
        .map(|problem| block(problem, paint))
        .collect();
    let mut out = blocks.join("\n");
    if errors.left_out() > 0 {
        out.push_str(&format!(
            "\n{} more problems are not shown; cure these first\n",
            errors.left_out()
        ));
    }
    out
}

fn block(problem: &Problem, paint: &Paint) -> String {
    let Paint {
        red,
        blue,
        cyan,
        bold,
        reset,
    } = paint;
    let headline = problem.to_string();
    let place = headline.strip_suffix(problem.message()).unwrap_or("");
    let mut out = format!(
        "{bold}{place}{reset}{red}error{reset}{bold}: {}{reset}\n",
        problem.message()
    );
    let mut gutter = 1;
    if let Some(snippet) = Snippet::of(problem) {
        gutter = snippet.number.len();
        let label = match &problem.label {
            Some(label) => format!(" {label}"),
            None => String::new(),
        };
        out.push_str(&format!("{:gutter$} {blue}|{reset}\n", ""));
        out.push_str(&format!(
            "{blue}{} |{reset} {}\n",
            snippet.number, snippet.line
        ));
        let (pad, carets) = (" ".repeat(snippet.before), "^".repeat(snippet.width));
        out.push_str(&format!(
            "{:gutter$} {blue}|{reset} {pad}{red}{carets}{label}{reset}\n",
            ""
        ));
    }
    if let Some(help) = problem.help() {
        out.push_str(&format!(
            "{:gutter$} {blue}={reset} {cyan}help{reset}: {help}\n",
            ""
        ));
    }
    out
}

/// The line a problem stands on, cut to a readable length, and where in it the carets go.
struct Snippet {
    number: String,
    line: String,
    before: usize,
    width: usize,
}

impl Snippet {
    fn of(problem: &Problem) -> Option<Snippet> {
        let source = &problem.source_text;
        let span = problem.span?;
        if source.text().is_empty() {
            return None;
        }
        let (number, column) = source.position(span.start);
        let (start, end) = source.line_around(span.start);
        // Carets stay on the first line of a problem that spans several.
        let marked = source
            .text()
            .get(span.start..span.end.min(end))
            .unwrap_or("");
        let width = marked.trim_end().chars().count().max(1);
        let line: Vec<char> = source.text()[start..end]
            .trim_end()
            .chars()
            .map(plain)
            .collect();
        let before = column - 1;
        let skipped = if line.len() > LINE_CHARS_MAX {
            before.saturating_sub(LEAD_CHARS_MAX)
        } else {
            0
        };
        let mut shown: String = line.iter().skip(skipped).take(LINE_CHARS_MAX).collect();
        let lead = if skipped > 0 { "..." } else { "" };
        if line.len() > skipped + LINE_CHARS_MAX {
            shown.push_str("...");
        }
        let before = before - skipped + lead.len();
        let line = format!("{lead}{shown}");
        let room = line.chars().count().saturating_sub(before).max(1);
        Some(Snippet {
            number: number.to_string(),
            line,
            before,
            width: width.min(room),
        })
    }
}

/// A character as one column: tabs and control characters would move the carets.
fn plain(character: char) -> char {
    match character {
        '\t' => ' ',
        c if c.is_control() => '?',
        c => c,
    }
}
