//! Text as a page may show it: one line, cut, and nothing in it that is markup.

use crate::text::{clean, cut};

/// Cells of a name in a table or a heading.
const NAME_CELLS_MAX: usize = 120;

/// Cells of a sentence.
const SENTENCE_CELLS_MAX: usize = 1000;

/// Cells of what is shown when a cut name is pointed at.
const TITLE_CELLS_MAX: usize = 400;

/// A name.
pub fn name(text: &str) -> String {
    within(text, NAME_CELLS_MAX)
}

/// A sentence.
pub fn sentence(text: &str) -> String {
    within(text, SENTENCE_CELLS_MAX)
}

/// What is shown when something is pointed at.
pub fn title(text: &str) -> String {
    within(text, TITLE_CELLS_MAX)
}

/// Characters looked at for each cell: some take none, and there may be any number of them.
const CHARACTERS_PER_CELL_MAX: usize = 4;

/// Text of so many cells, for element content and quoted attributes alike.
pub fn within(text: &str, cells_max: usize) -> String {
    let most = cells_max.saturating_mul(CHARACTERS_PER_CELL_MAX);
    let short = match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    };
    let mut out = String::new();
    for c in cut(&clean(&short), cells_max).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        for (text, expected) in [
            ("inventory -> db", "inventory -&gt; db"),
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            ("\" onload='x'", "&quot; onload=&#39;x&#39;"),
            ("a\u{0}\u{1b}[2J\u{202e}b\nc", "a??[2J?b c"),
            ("&lt;", "&amp;lt;"),
            ("座席", "座席"),
        ] {
            assert_eq!(within(text, 80), expected);
        }
        // Cut before it is escaped, so that no entity is cut in two.
        assert_eq!(within("<<<<", 3), "&lt;&lt;…");
        assert_eq!(name(&"x".repeat(10_000)).chars().count(), NAME_CELLS_MAX);
        // Marks take no cells.
        assert_eq!(name(&"\u{301}".repeat(10_000)).chars().count(), 481);
    }
}
