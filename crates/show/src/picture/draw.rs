//! The picture laid out: a column for each racer, then one for each resource, none wider than
//! there is room for.

use super::contended::Resource;
use super::heads::heads;
use super::layout::{GAP, MARKS, Said, fitted, laid, shared};
use super::ledger::Cell;
use super::race::Race;
use super::rows::{Row, rows};
use super::say;
use crate::number::{counted, microseconds};
use crate::report::Look;
use crate::style::Paint;
use crate::text::{cells, clean};

/// A second resource is only shown when each racer keeps so many cells.
const RACER_CELLS_MIN: usize = 22;

/// The part of a page that one resource may take.
const RESOURCE_SHARE: usize = 5;

/// Resources at most.
const RESOURCES_MAX: usize = 3;

/// A racer that is held.
const WAITS: &str = "┆";

/// The lines of the picture, heads included.
pub fn lines(race: &Race, contended: &[Resource], lines_max: usize, look: &Look) -> Vec<String> {
    let most = contended.len().min(RESOURCES_MAX);
    let room = lines_max.saturating_sub(heads(contended, most).len());
    for shown in (0..=most).rev() {
        let rows = rows(race, contended, shown, room);
        let page = Page::new(race, contended, shown, rows);
        if let Some(widths) = page.widths(look.width, shown <= 1) {
            return page.lines(&widths, look);
        }
    }
    Vec::new()
}

struct Page<'a> {
    race: &'a Race<'a>,
    rows: Vec<Row>,
    heads: Vec<Vec<String>>,
    shown: usize,
}

impl<'a> Page<'a> {
    fn new(race: &'a Race<'a>, contended: &[Resource], shown: usize, rows: Vec<Row>) -> Page<'a> {
        Page {
            race,
            rows,
            heads: heads(contended, shown),
            shown,
        }
    }

    /// Widths of all columns; none when racers would get too little.
    fn widths(&self, width: usize, is_last_choice: bool) -> Option<Vec<usize>> {
        let mut resources = vec![0; self.shown];
        for (at, cells_of) in resources.iter_mut().enumerate() {
            let heads = self.heads.iter().map(|head| cells(&head[at]));
            let values = self.rows.iter().filter_map(|row| match row {
                Row::Step { cells: all, .. } => Some(cells(&text_of(&all[at]))),
                Row::Folded(_) => None,
            });
            let most = heads.chain(values).max().unwrap_or(0);
            *cells_of = most.min(width / RESOURCE_SHARE);
        }
        let natural: Vec<usize> = (0..self.race.racers.len())
            .map(|column| self.natural(column))
            .collect();
        let gaps = GAP * (natural.len() + resources.len()).saturating_sub(1);
        let taken = MARKS + gaps + resources.iter().sum::<usize>();
        let room = width.saturating_sub(taken);
        let share = room / natural.len().max(1);
        let is_narrow = natural
            .iter()
            .any(|cells| (*cells).min(RACER_CELLS_MIN) > share);
        if is_narrow && !is_last_choice {
            return None;
        }
        let mut widths = shared(&natural, room);
        widths.extend(resources);
        Some(widths)
    }

    fn natural(&self, column: usize) -> usize {
        let title = cells(&clean(&self.race.racers[column].1));
        let texts = self.rows.iter().map(|row| match row {
            Row::Step { at, .. } if self.column_of(*at) == Some(column) => {
                let said = self.said(*at);
                cells(&said.ask) + cells(&said.answer) + cells(&said.held)
            }
            Row::Step { .. } => 0,
            Row::Folded(counts) => cells(&fold(counts[column])),
        });
        texts.chain([title]).max().unwrap_or(0)
    }

    fn column_of(&self, at: usize) -> Option<usize> {
        let racer = self.race.racer_of(self.race.steps[at]);
        self.race.racers.iter().position(|(name, _)| *name == racer)
    }

    fn said(&self, at: usize) -> Said {
        let line = self.race.steps[at];
        let answer = clean(&say::answer(&line.step, &line.reply));
        Said {
            ask: clean(&say::ask(&line.step)),
            ask_short: clean(&say::ask_short(&line.step)),
            answer: match answer.as_str() {
                "" => String::new(),
                answer => format!(" -> {answer}"),
            },
            held: match line.held_us {
                0 => String::new(),
                us => format!("  (held {})", microseconds(us)),
            },
        }
    }

    fn lines(&self, widths: &[usize], look: &Look) -> Vec<String> {
        let mut lines = Vec::new();
        for (place, head) in self.heads.iter().enumerate() {
            let titles = self.race.racers.iter().map(|(_, title)| match place {
                0 => clean(title),
                _ => String::new(),
            });
            let texts = titles.chain(head.iter().cloned());
            let paint = if place == 0 {
                Paint::Strong
            } else {
                Paint::Quiet
            };
            let all = texts.map(|text| (text, paint)).collect();
            lines.push(laid((" ", Paint::Plain), all, widths, look));
        }
        lines.extend(self.rows.iter().map(|row| self.line(row, widths, look)));
        lines
    }

    fn line(&self, row: &Row, widths: &[usize], look: &Look) -> String {
        match row {
            Row::Folded(counts) => {
                let texts = counts.iter().map(|count| (fold(*count), Paint::Quiet));
                laid((" ", Paint::Plain), texts.collect(), widths, look)
            }
            Row::Step { at, cells, waiting } => {
                let own = self.column_of(*at);
                let is_listed = self.race.listed.contains(&Some(*at));
                let paint = if is_listed {
                    Paint::Strong
                } else {
                    Paint::Plain
                };
                let mut texts = Vec::new();
                for (column, (name, _)) in self.race.racers.iter().enumerate() {
                    texts.push(if own == Some(column) {
                        (fitted(&self.said(*at), widths[column]), paint)
                    } else if waiting.contains(name) {
                        (WAITS.to_string(), Paint::Quiet)
                    } else {
                        (String::new(), Paint::Plain)
                    });
                }
                texts.extend(cells.iter().map(|cell| (text_of(cell), paint_of(cell))));
                let pair = self.race.pair();
                let is_pair = pair.is_some_and(|(from, to)| from == *at || to == *at);
                let mark = if is_pair {
                    (">", Paint::Bad)
                } else {
                    (" ", Paint::Plain)
                };
                laid(mark, texts, widths, look)
            }
        }
    }
}

fn text_of(cell: &Cell) -> String {
    match cell {
        Cell::Same => String::new(),
        Cell::Seen(text) | Cell::Now(text) => clean(text),
        Cell::Pending(text) => format!("({})", clean(text)),
    }
}

fn paint_of(cell: &Cell) -> Paint {
    match cell {
        Cell::Now(_) => Paint::Strong,
        Cell::Same | Cell::Seen(_) | Cell::Pending(_) => Paint::Quiet,
    }
}

fn fold(count: usize) -> String {
    match count {
        0 => String::new(),
        _ => format!("… {}", counted(count as u64, "more step")),
    }
}
