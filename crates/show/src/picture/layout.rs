//! Columns of a picture: how wide they are, and texts made to fit them.

use crate::report::Look;
use crate::style::Paint;
use crate::text::{cells, cut, pad};

/// Spaces between columns.
pub const GAP: usize = 2;

/// Cells before the first column, for the marks.
pub const MARKS: usize = 2;

/// Cells of an answer for which the question is cut.
const ANSWER_CELLS_MIN: usize = 10;

/// One step in its column.
pub struct Said {
    /// What was asked.
    pub ask: String,
    /// The same, where there is little room.
    pub ask_short: String,
    /// What came back.
    pub answer: String,
    /// How long it was held.
    pub held: String,
}

/// Each column what it needs, or where that is too much, none more than the widest that fits.
pub fn shared(natural: &[usize], room: usize) -> Vec<usize> {
    let mut most = natural.iter().copied().max().unwrap_or(0);
    while most > 1
        && natural
            .iter()
            .map(|cells| (*cells).min(most))
            .sum::<usize>()
            > room
    {
        most -= 1;
    }
    natural.iter().map(|cells| (*cells).min(most)).collect()
}

/// A step in its column: first the time goes, then what the question carries, then the tail of
/// the answer.
pub fn fitted(said: &Said, width: usize) -> String {
    let Said { answer, held, .. } = said;
    let is_full = cells(&said.ask) + cells(answer) + cells(held) <= width;
    let ask = if is_full { &said.ask } else { &said.ask_short };
    let needed = cells(ask) + cells(answer) + cells(held);
    let held = if needed <= width { held.as_str() } else { "" };
    let answer_room = width.saturating_sub(cells(ask) + cells(held));
    let answer = cut(answer, answer_room.max(cells(answer).min(ANSWER_CELLS_MIN)));
    let ask_room = width.saturating_sub(cells(&answer) + cells(held));
    cut(&format!("{}{answer}{held}", cut(ask, ask_room)), width)
}

/// One line; every text is cut to its column.
pub fn laid(
    (mark, paint): (&str, Paint),
    texts: Vec<(String, Paint)>,
    widths: &[usize],
    look: &Look,
) -> String {
    let mut line = look.style.paint(paint, &pad(mark, MARKS));
    let last = texts.iter().rposition(|(text, _)| !text.is_empty());
    for (column, ((text, paint), width)) in texts.iter().zip(widths).enumerate() {
        if last.is_none_or(|last| column > last) {
            break;
        }
        let text = cut(text, *width);
        let gap = if Some(column) == last {
            0
        } else {
            width + GAP - cells(&text)
        };
        line.push_str(&look.style.paint(*paint, &text));
        line.push_str(&" ".repeat(gap));
    }
    line
}
