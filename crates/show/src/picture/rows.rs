//! The lines of the picture before they are laid out: which steps are told and which are folded.

use model::Transaction;

use super::contended::Resource;
use super::ledger::{Cell, Ledger};
use super::race::{Race, took_effect_us};
use crate::report::gather::StepLine;

/// How much a step matters; a lower number is told first.
const LISTED: u8 = 0;
const CHANGES: u8 = 1;
const LOOKS: u8 = 2;
const ELSEWHERE: u8 = 3;
const ASIDE: u8 = 4;

/// One line.
#[derive(Debug)]
pub enum Row {
    /// A step, as a place in the race's steps.
    Step {
        /// Which.
        at: usize,
        /// What it tells of each shown resource.
        cells: Vec<Cell>,
        /// Racers that are held meanwhile.
        waiting: Vec<String>,
    },
    /// So many steps of each racer.
    Folded(Vec<usize>),
}

/// The lines for the shown resources (the first `columns` of the contended), at most so many.
pub fn rows(race: &Race, contended: &[Resource], columns: usize, lines_max: usize) -> Vec<Row> {
    let all = told(race, contended, columns);
    let mut rows = Vec::new();
    for least in (LISTED..ASIDE).rev() {
        rows = folded(race, &all, |rank| rank <= least);
        if rows.len() <= lines_max {
            return rows;
        }
    }
    rows.truncate(lines_max);
    rows
}

/// Each step's rank and cells.
fn told(race: &Race, contended: &[Resource], columns: usize) -> Vec<(u8, Vec<Cell>)> {
    let shown = &contended[..columns.min(contended.len())];
    let mut ledger = Ledger::new(race, shown);
    let steps = race.steps.iter().enumerate();
    steps
        .map(|(at, line)| {
            let cells = ledger.take(line);
            let is_told = |cell: &Cell| !matches!(cell, Cell::Same);
            let is_touched = |resource: &Resource| resource.touched_by(&line.step).is_some();
            let rank = if race.listed.contains(&Some(at)) {
                LISTED
            } else if cells
                .iter()
                .any(|c| matches!(c, Cell::Now(_) | Cell::Pending(_)))
            {
                CHANGES
            } else if cells.iter().any(is_told) || shown.iter().any(is_touched) {
                LOOKS
            } else if contended.iter().any(is_touched) {
                ELSEWHERE
            } else {
                ASIDE
            };
            (rank, cells)
        })
        .collect()
}

/// Rows of what is kept; what stands between becomes one line.
fn folded(race: &Race, all: &[(u8, Vec<Cell>)], keep: impl Fn(u8) -> bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, (rank, cells)) in all.iter().enumerate() {
        let line = race.steps[at];
        if keep(*rank) {
            rows.push(Row::Step {
                at,
                cells: cells.clone(),
                waiting: waiting(race, line),
            });
            continue;
        }
        // What only opens or ends a session or a transaction is not missed.
        if line.step.noise
            || line.step.transaction != Transaction::None && line.step.effects.is_empty()
        {
            continue;
        }
        if !matches!(rows.last(), Some(Row::Folded(_))) {
            rows.push(Row::Folded(vec![0; race.racers.len()]));
        }
        let racer = race.racer_of(line);
        let column = race.racers.iter().position(|(name, _)| *name == racer);
        if let (Some(Row::Folded(counts)), Some(column)) = (rows.last_mut(), column) {
            counts[column] += 1;
        }
    }
    rows.retain(|row| !matches!(row, Row::Folded(counts) if counts.iter().all(|n| *n == 0)));
    rows
}

/// The racers that were held when this step took effect.
fn waiting(race: &Race, line: &StepLine) -> Vec<String> {
    let now = took_effect_us(line);
    let held = race.steps.iter().filter(|other| {
        other.asked_us <= now && now < other.asked_us.saturating_add(other.held_us)
    });
    held.map(|other| race.racer_of(other)).collect()
}
