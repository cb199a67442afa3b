//! What is known of each contended resource while steps go by, and what transactions have not
//! published yet.

use model::{Effect, Transaction};

use super::change::{self, Change};
use super::contended::Resource;
use super::known::Known;
use super::race::Race;
use crate::report::gather::StepLine;

/// What a step tells of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Same,
    /// It was seen to be this.
    Seen(String),
    /// It is this now.
    Now(String),
    /// It will be this when the transaction commits.
    Pending(String),
}

/// What is known of each resource, and what transactions have not published.
pub struct Ledger<'a> {
    shown: &'a [Resource],
    /// Columns that somebody sets; the others are no news.
    set: Vec<Vec<String>>,
    known: Vec<Known>,
    pending: Vec<(Connection, usize, Change)>,
}

/// Transactions belong to a connection.
type Connection = (model::WireId, model::ConnectionId);

impl<'a> Ledger<'a> {
    /// Nothing is known yet.
    pub fn new(race: &Race, shown: &'a [Resource]) -> Ledger<'a> {
        let set = shown.iter().map(|resource| {
            let changes = race.steps.iter().filter_map(|line| {
                let effect = resource.touched_by(&line.step)?;
                let change = effect.access.changes();
                change.then(|| change::of(&line.step, &effect, &line.reply))?
            });
            let columns = changes.filter_map(|change| match change {
                Change::Columns(columns) => Some(columns),
                _ => None,
            });
            columns.flatten().map(|(column, _)| column).collect()
        });
        Ledger {
            shown,
            set: set.collect(),
            known: vec![Known::default(); shown.len()],
            pending: Vec::new(),
        }
    }

    /// What the step tells of each resource.
    pub fn take(&mut self, line: &StepLine) -> Vec<Cell> {
        let connection = (line.step.wire, line.step.connection);
        let ends = matches!(
            line.step.transaction,
            Transaction::Commit | Transaction::Rollback
        );
        if ends {
            return self.end(connection, line);
        }
        let mut cells = Vec::new();
        for (at, resource) in self.shown.iter().enumerate() {
            let effect = resource.touched_by(&line.step);
            let change = effect
                .as_ref()
                .map(|effect| (effect, change::of(&line.step, effect, &line.reply)));
            cells.push(match change {
                Some((effect, Some(change))) => self.cell(at, effect, change, connection, line),
                // It looked, and what it saw is not told.
                Some((effect, None)) if is_blind(effect, line, &self.known[at]) => {
                    Cell::Seen("?".to_string())
                }
                _ => Cell::Same,
            });
        }
        cells
    }

    fn cell(
        &mut self,
        at: usize,
        effect: &Effect,
        change: Change,
        connection: Connection,
        line: &StepLine,
    ) -> Cell {
        let is_inside = line.step.transaction == Transaction::Inside;
        if effect.access.changes() && is_inside {
            self.pending.push((connection, at, change));
            let mut own = self.known[at].clone();
            let pending = self.pending.iter();
            for (_, _, change) in pending.filter(|(c, place, _)| *c == connection && *place == at) {
                own.apply(change);
            }
            return Cell::Pending(own.shown(&self.set[at]));
        }
        if effect.access.changes() {
            self.known[at].apply(&change);
            return Cell::Now(self.known[at].shown(&self.set[at]));
        }
        let mut seen = Known::default();
        seen.apply(&change);
        if is_inside {
            self.known[at].fill(&change);
        } else {
            self.known[at].apply(&change);
        }
        Cell::Seen(seen.shown(&self.set[at]))
    }

    /// The end of a transaction publishes what it changed, or drops it.
    fn end(&mut self, connection: Connection, line: &StepLine) -> Vec<Cell> {
        let mut cells = vec![Cell::Same; self.shown.len()];
        let is_done = line.reply.kind == model::ReplyKind::Ok
            && line.step.transaction == Transaction::Commit
            && line.reply.value != "ROLLBACK";
        let (own, others) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|(of, _, _)| *of == connection);
        self.pending = others;
        let own: Vec<(Connection, usize, Change)> = own;
        for (_, at, change) in own {
            if is_done {
                self.known[at].apply(&change);
            }
            let now = self.known[at].shown(&self.set[at]);
            cells[at] = if now.is_empty() {
                Cell::Same
            } else {
                Cell::Now(now)
            };
        }
        cells
    }
}

/// Whether a look says nothing of what nobody knows.
fn is_blind(effect: &Effect, line: &StepLine, known: &Known) -> bool {
    let is_look = effect.access.looks() && !effect.access.changes();
    is_look && line.reply.kind == model::ReplyKind::Ok && *known == Known::default()
}
