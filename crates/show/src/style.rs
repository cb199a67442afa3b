//! Colour, and when there is none.

use std::ffi::OsStr;
use std::io::IsTerminal;

/// What `--color` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// On a terminal, unless the environment says no.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a piece of text is, and so how it is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// As it is.
    Plain,
    /// What the eye should find first.
    Strong,
    /// What it may pass over.
    Quiet,
    /// Wrong.
    Bad,
    /// Right.
    Good,
    /// Not certain.
    Unsure,
}

/// Whether text is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    color: bool,
}

impl Style {
    /// No colour at all.
    pub const PLAIN: Style = Style { color: false };

    /// Decides. `no_color` and `term` are what the environment says; an explicit choice wins
    /// over both, as <https://no-color.org> asks.
    pub fn new(
        choice: ColorChoice,
        terminal: bool,
        no_color: Option<&OsStr>,
        term: Option<&OsStr>,
    ) -> Style {
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                terminal
                    && no_color.is_none_or(OsStr::is_empty)
                    && term.is_none_or(|term| term != "dumb")
            }
        };
        Style { color }
    }

    /// For what goes to standard output.
    pub fn for_stdout(choice: ColorChoice) -> Style {
        Style::from_environment(choice, std::io::stdout().is_terminal())
    }

    /// For what goes to standard error.
    pub fn for_stderr(choice: ColorChoice) -> Style {
        Style::from_environment(choice, std::io::stderr().is_terminal())
    }

    fn from_environment(choice: ColorChoice, terminal: bool) -> Style {
        let (no_color, term) = (std::env::var_os("NO_COLOR"), std::env::var_os("TERM"));
        Style::new(choice, terminal, no_color.as_deref(), term.as_deref())
    }

    /// Whether it paints.
    pub fn has_color(self) -> bool {
        self.color
    }

    /// Paints text that has its final width.
    pub fn paint(self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Plain => return text.to_string(),
            Paint::Strong => "1",
            Paint::Quiet => "2",
            Paint::Bad => "1;31",
            Paint::Good => "1;32",
            Paint::Unsure => "1;33",
        };
        if self.color && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_a_choice() {
        use ColorChoice::{Always, Auto, Never};
        let (one, empty, dumb) = (OsStr::new("1"), OsStr::new(""), OsStr::new("dumb"));
        for (choice, terminal, no_color, term, expected) in [
            (Auto, true, None, None, true),
            (Auto, false, None, None, false),
            (Auto, true, Some(one), None, false),
            (Auto, true, Some(empty), None, true),
            (Auto, true, None, Some(dumb), false),
            (Always, false, Some(one), Some(dumb), true),
            (Never, true, None, None, false),
        ] {
            let style = Style::new(choice, terminal, no_color, term);
            assert_eq!(
                style.has_color(),
                expected,
                "{choice:?} {terminal} {no_color:?} {term:?}"
            );
        }
    }

    #[test]
    fn plain_text_stays_plain() {
        let colored = Style { color: true };
        assert_eq!(colored.paint(Paint::Bad, "x"), "\x1b[1;31mx\x1b[0m");
        assert_eq!(colored.paint(Paint::Plain, "x"), "x");
        assert_eq!(colored.paint(Paint::Quiet, ""), "");
        assert_eq!(Style::PLAIN.paint(Paint::Bad, "x"), "x");
    }
}
