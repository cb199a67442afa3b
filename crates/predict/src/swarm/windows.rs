//! Windows that are counted: who opens, closes and enters them, and what they meet at.

use model::{Isolation, Label};

use super::families::{At, Families, deeds};
use super::model::Model;
use super::program::{Program, WindowProgram};
use crate::suspect::{Window, windows};

/// Windows that are counted; those least likely to be wrong are left out.
pub const WINDOWS_MAX: usize = 64;

impl Program {
    pub(super) fn add_windows(&mut self, model: &Model, families: &Families) {
        let learned: Vec<_> = model.operations.iter().map(|o| o.learned.clone()).collect();
        for window in windows(&learned, &model.unique) {
            if self.windows.len() == WINDOWS_MAX {
                break;
            }
            let Some(program) = window_program(model, families, window) else {
                continue;
            };
            let at = self.windows.len();
            let (one, other) = (program.window.one, program.window.other);
            let ends = exchange_of(model, other, program.window.between.1);
            self.operations[one].exchanges[program.first].opens.push(at);
            self.operations[one].exchanges[program.second]
                .closes
                .push(at);
            if let Some(ends) = ends {
                self.operations[other].exchanges[ends].enters.push(at);
            }
            self.windows.push(program);
        }
    }
}

/// The exchange of a template's step.
fn exchange_of(model: &Model, operation: usize, step: usize) -> Option<usize> {
    let mut exchanges = model.operations[operation].exchanges.iter();
    exchanges.position(|exchange| exchange.step == Some(step))
}

fn window_program(model: &Model, families: &Families, window: Window) -> Option<WindowProgram> {
    let first = exchange_of(model, window.one, window.first)?;
    let second = exchange_of(model, window.one, window.second)?;
    let begins = exchange_of(model, window.other, window.between.0)?;
    let ends = exchange_of(model, window.other, window.between.1)?;
    let opening = &model.operations[window.one].exchanges[first];
    let (deed, ties) = deeds(opening).find(|(deed, _)| deed.resource() == window.resource)?;
    let (family, a_at) = families.place(deed, ties)?;
    let of_b = model.operations[window.other].exchanges[begins.min(ends)..=ends.max(begins)]
        .iter()
        .flat_map(deeds)
        .filter_map(|(deed, ties)| families.place(deed, ties))
        .find(|(place, at)| *place == family && *at != At::Private);
    let isolation = step_of(model, window.one, window.first).and_then(|step| step.isolation);
    // What one has to itself nobody can come between.
    if a_at == At::Private {
        return None;
    }
    Some(WindowProgram {
        family,
        first,
        second,
        a_at,
        begins,
        b_at: of_b.map_or(At::Whole, |(_, at)| at),
        is_lock_order: window.label == Label::LockOrder,
        of_one_moment: isolation.is_some_and(Isolation::is_of_one_moment),
        window,
    })
}

pub fn step_of(model: &Model, operation: usize, step: usize) -> Option<&model::Step> {
    let steps = &model.operations[operation].learned.template.steps;
    steps.get(step).map(|step| &step.step)
}
