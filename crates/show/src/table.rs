//! Columns that line up, within a width. Numbers are never cut; one column gives way, and the
//! least important ones go first when even that does not help.

use crate::style::{Paint, Style};
use crate::text::{cells, clean, cut, pad, pad_left};

/// Spaces between columns.
const GAP: usize = 2;

/// A column that gives way is not made narrower than this, unless told otherwise.
const FLEXIBLE_CELLS_MIN: usize = 12;

/// How a column behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Left,
    Right,
    /// Left, and cut when there is no room.
    Flexible,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    title: String,
    kind: Kind,
    /// Columns with a higher number go first; 0 stays.
    goes: u8,
    /// A flexible column is not made narrower than this.
    cells_min: usize,
}

/// Text at the left.
pub fn left(title: impl Into<String>) -> Column {
    Column {
        title: title.into(),
        kind: Kind::Left,
        goes: 0,
        cells_min: FLEXIBLE_CELLS_MIN,
    }
}

/// Numbers at the right.
pub fn right(title: impl Into<String>) -> Column {
    Column {
        title: title.into(),
        kind: Kind::Right,
        goes: 0,
        cells_min: FLEXIBLE_CELLS_MIN,
    }
}

/// Text that gives way.
pub fn flexible(title: impl Into<String>) -> Column {
    Column {
        title: title.into(),
        kind: Kind::Flexible,
        goes: 0,
        cells_min: FLEXIBLE_CELLS_MIN,
    }
}

impl Column {
    /// Leaves the table before columns with a lower number do.
    pub fn goes(mut self, order: u8) -> Column {
        self.goes = order;
        self
    }

    /// Other columns leave before this one is made narrower.
    pub fn at_least(mut self, cells: usize) -> Column {
        self.cells_min = cells;
        self
    }
}

/// Rows under columns. A column in which no row has anything is not shown.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<(Paint, Vec<String>)>,
    indent: usize,
}

impl Table {
    /// An empty table that starts so many spaces in.
    pub fn new(indent: usize, columns: Vec<Column>) -> Table {
        Table {
            columns,
            rows: Vec::new(),
            indent,
        }
    }

    /// Adds a row.
    pub fn row(&mut self, paint: Paint, cells: Vec<String>) {
        self.rows
            .push((paint, cells.iter().map(|cell| clean(cell)).collect()));
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines, none wider than `width`.
    pub fn lines(&self, width: usize, style: Style) -> Vec<String> {
        let mut shown: Vec<usize> = (0..self.columns.len())
            .filter(|at| self.is_used(*at))
            .collect();
        loop {
            if self.least(&shown) <= width {
                break;
            }
            let last = shown
                .iter()
                .copied()
                .max_by_key(|at| self.columns[*at].goes);
            match last.filter(|at| self.columns[*at].goes > 0) {
                Some(last) => shown.retain(|at| *at != last),
                None => break,
            }
        }
        let widths = self.widths(&shown, width);
        let mut lines = Vec::new();
        if shown.iter().any(|at| !self.columns[*at].title.is_empty()) {
            let titles: Vec<String> = self
                .columns
                .iter()
                .map(|column| clean(&column.title))
                .collect();
            lines.push(self.line(&titles, &shown, &widths, width, (style, Paint::Quiet)));
        }
        for (paint, row) in &self.rows {
            lines.push(self.line(row, &shown, &widths, width, (style, *paint)));
        }
        lines
    }

    fn is_used(&self, at: usize) -> bool {
        self.rows
            .iter()
            .any(|(_, row)| row.get(at).is_some_and(|cell| !cell.is_empty()))
    }

    /// Cells that the widest entry of a column takes.
    fn natural(&self, at: usize) -> usize {
        let rows = self.rows.iter().filter_map(|(_, row)| row.get(at));
        rows.map(|cell| cells(cell))
            .chain([cells(&self.columns[at].title)])
            .max()
            .unwrap_or(0)
    }

    /// Cells the table takes when the flexible column is at its narrowest.
    fn least(&self, shown: &[usize]) -> usize {
        let columns = shown.iter().map(|at| match self.columns[*at].kind {
            Kind::Flexible => self.natural(*at).min(self.columns[*at].cells_min),
            _ => self.natural(*at),
        });
        self.indent + columns.sum::<usize>() + GAP * shown.len().saturating_sub(1)
    }

    fn widths(&self, shown: &[usize], width: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = shown.iter().map(|at| self.natural(*at)).collect();
        let total =
            self.indent + widths.iter().sum::<usize>() + GAP * shown.len().saturating_sub(1);
        let mut excess = total.saturating_sub(width);
        // The last flexible column gives way first: what explains, before what names.
        for (at, cells) in shown.iter().zip(&mut widths).rev() {
            if self.columns[*at].kind == Kind::Flexible {
                let given = excess.min(cells.saturating_sub(self.columns[*at].cells_min));
                *cells -= given;
                excess -= given;
            }
        }
        widths
    }

    fn line(
        &self,
        row: &[String],
        shown: &[usize],
        widths: &[usize],
        width: usize,
        (style, paint): (Style, Paint),
    ) -> String {
        let mut line = " ".repeat(self.indent);
        for (place, (at, cells)) in shown.iter().zip(widths).enumerate() {
            if place > 0 {
                line.push_str(&" ".repeat(GAP));
            }
            let cell = row.get(*at).map_or("", String::as_str);
            match self.columns[*at].kind {
                Kind::Right => line.push_str(&pad_left(cell, *cells)),
                Kind::Left | Kind::Flexible => line.push_str(&pad(&cut(cell, *cells), *cells)),
            }
        }
        style.paint(paint, &cut(line.trim_end(), width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(
            2,
            vec![
                left("racer"),
                flexible("step"),
                right("held").goes(1),
                left("never"),
            ],
        );
        let row = |cells: [&str; 4]| cells.map(str::to_string).to_vec();
        table.row(Paint::Plain, row(["A", "cache GET inv:42", "", ""]));
        table.row(
            Paint::Plain,
            row(["B", "cache SET inv:42\n0 EX 30 and more", "12.1 ms", ""]),
        );
        table
    }

    fn check(width: usize, expected: &[&str]) {
        let lines = table().lines(width, Style::PLAIN);
        assert_eq!(lines, expected, "in {width}");
        assert!(lines.iter().all(|line| cells(line) <= width));
    }

    #[test]
    fn columns_line_up_and_give_way() {
        check(
            80,
            &[
                "  racer  step                                  held",
                "  A      cache GET inv:42",
                "  B      cache SET inv:42 0 EX 30 and more  12.1 ms",
            ],
        );
        check(
            36,
            &[
                "  racer  step                   held",
                "  A      cache GET inv:42",
                "  B      cache SET inv:42…   12.1 ms",
            ],
        );
        check(
            24,
            &[
                "  racer  step",
                "  A      cache GET inv:…",
                "  B      cache SET inv:…",
            ],
        );
        check(10, &["  racer…", "  A…", "  B…"]);
    }
}
