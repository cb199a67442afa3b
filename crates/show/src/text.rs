//! Text that fits: measured in terminal cells, cut rather than wrapped, and with nothing in it
//! that a terminal would obey. Whatever a system under test answered passes through here.

/// Columns of a page, unless told otherwise.
pub const WIDTH: usize = 80;

/// Marks a cut.
const CUT: char = '…';

/// Cells a character takes on a terminal: wide for East Asian scripts and emoji.
fn cells_of(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036F | 0x200B..=0x200F | 0x20D0..=0x20FF | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// Cells a text takes.
pub fn cells(text: &str) -> usize {
    text.chars().map(cells_of).sum()
}

/// One line without anything a terminal would obey: white space becomes one space, control
/// and text-direction characters become `?`.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        let direction = matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        if c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if c.is_control() || direction {
            out.push('?');
        } else {
            out.push(c);
        }
    }
    out
}

/// Cuts clean text to so many cells.
pub fn cut(text: &str, width: usize) -> String {
    if cells(text) <= width {
        return text.to_string();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += cells_of(c);
        if used + 1 > width {
            break;
        }
        out.push(c);
    }
    if width > 0 {
        out.truncate(out.trim_end().len());
        out.push(CUT);
    }
    out
}

/// Breaks clean text at spaces into at most `lines_max` lines of so many cells; what does not
/// fit is cut.
pub fn wrap(text: &str, width: usize, lines_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if cells(line) + 1 + cells(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    if lines.len() > lines_max {
        let rest = lines.split_off(lines_max.saturating_sub(1));
        lines.push(rest.join(" "));
    }
    lines.into_iter().map(|line| cut(&line, width)).collect()
}

/// Fills up with spaces on the right.
pub fn pad(text: &str, width: usize) -> String {
    let mut out = text.to_string();
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(cells(text))));
    out
}

/// Fills up with spaces on the left.
pub fn pad_left(text: &str, width: usize) -> String {
    let mut out = " ".repeat(width.saturating_sub(cells(text)));
    out.push_str(text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting() {
        for (text, width, expected) in [
            ("reserve", 7, "reserve"),
            ("reserve", 6, "reser…"),
            ("two words", 5, "two…"),
            ("reserve", 1, "…"),
            ("reserve", 0, ""),
            ("座席の予約", 10, "座席の予約"),
            ("座席の予約", 9, "座席の予…"),
            ("座席の予約", 8, "座席の…"),
        ] {
            assert_eq!(cut(text, width), expected, "{text} in {width}");
            assert!(cells(&cut(text, width)) <= width);
        }
    }

    #[test]
    fn nothing_a_terminal_would_obey() {
        for (text, expected) in [
            ("a\n  b\tc ", "a b c"),
            ("\x1b[31mred\x07", "?[31mred?"),
            ("gpj\u{202e}exe", "gpj?exe"),
            ("{\"order\": \"é\"}", "{\"order\": \"é\"}"),
        ] {
            assert_eq!(clean(text), expected);
        }
    }

    #[test]
    fn wrapping() {
        let text = "the state query timed out after two seconds";
        assert_eq!(
            wrap(text, 20, 3),
            ["the state query", "timed out after two", "seconds"]
        );
        assert_eq!(
            wrap(text, 20, 2),
            ["the state query", "timed out after two…"]
        );
        assert_eq!(wrap("unbreakableunbreakable", 10, 2), ["unbreakab…"]);
    }

    #[test]
    fn padding() {
        assert_eq!(pad("é", 3), "é  ");
        assert_eq!(pad_left("座", 3), " 座");
        assert_eq!(pad("long", 2), "long");
    }
}
