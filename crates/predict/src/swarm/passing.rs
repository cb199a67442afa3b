//! Windows in passing: a request that closes one looks who came into it, and leaves marks in those
//! of others.

use super::dice::Nanos;
use super::families::At;
use super::program::Act;
use super::world::{Ending, Mark, NOBODY, World};

impl World<'_> {
    /// Looks who came into the windows that close here; false when who comes second is turned away.
    pub(super) fn close_windows(
        &mut self,
        id: u32,
        act: &Act,
        operation: usize,
        at: Nanos,
    ) -> bool {
        for &window in &act.closes {
            let program = &self.program.windows[window];
            if program.is_lock_order {
                continue;
            }
            let opened = self.times[id as usize * self.program.steps_max + program.first];
            if opened == 0 {
                // It was skipped.
                continue;
            }
            let begun = match program.of_one_moment {
                true => self.requests[id as usize].snapshot.unwrap_or(opened),
                false => opened,
            };
            let tally = &mut self.tally.windows[window];
            tally.closed += 1;
            tally.open_ns += at - begun;
            if !self.was_entered(id, window, begun) {
                continue;
            }
            if program.window.turns_away {
                self.tally.windows[window].turned_away += 1;
                // Nobody is turned away by what was not there to be looked at.
                if self.program.operations[operation].is_effect {
                    self.conclude(id, at, Ending::TurnedAway);
                    return false;
                }
            } else {
                self.requests[id as usize].raced |= 1 << window;
            }
        }
        true
    }

    fn was_entered(&self, id: u32, window: usize, since: Nanos) -> bool {
        let program = &self.program.windows[window];
        let family = &self.program.families[program.family];
        let (whole, any) = (family.members as usize, family.members as usize + 1);
        let serial = self.requests[id as usize].serial;
        let is_in = |place: usize| {
            let marks = &self.marks[window][place];
            marks
                .iter()
                .any(|mark| mark.begun > since && mark.by != serial && mark.by != NOBODY)
        };
        match program.a_at {
            At::Keyed => {
                let keys = &self.requests[id as usize].keys;
                is_in(family.member(keys) as usize) || is_in(whole)
            }
            _ => is_in(any),
        }
    }

    /// Leaves marks in windows of others.
    pub(super) fn enter_windows(&mut self, id: u32, act: &Act, at: Nanos) {
        for &window in &act.enters {
            let program = &self.program.windows[window];
            let family = &self.program.families[program.family];
            let request = &self.requests[id as usize];
            let begun = match self.times[id as usize * self.program.steps_max + program.begins] {
                0 => at,
                begun => begun,
            };
            let mark = Mark {
                begun,
                by: request.serial,
            };
            let (whole, any) = (family.members as usize, family.members as usize + 1);
            let place = match program.b_at {
                At::Keyed => family.member(&request.keys) as usize,
                _ => whole,
            };
            for place in [place, any] {
                remember(&mut self.marks[window][place], mark);
            }
            self.tally.windows[window].entered += 1;
        }
    }
}

/// Keeps the mark of who began last, and of who began last of all others.
pub fn remember(marks: &mut [Mark; 2], mark: Mark) {
    let [last, other] = marks;
    if mark.by == last.by {
        last.begun = last.begun.max(mark.begun);
    } else if mark.begun >= last.begun {
        *other = *last;
        *last = mark;
    } else if mark.by == other.by || mark.begun > other.begun {
        other.begun = other.begun.max(mark.begun);
        other.by = mark.by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn two_marks_tell_as_much_as_all(
            all in proptest::collection::vec((0u32..4, 1u64..20), 1..12),
            by in 0u32..4,
            since in 0u64..20,
        ) {
            let nobody = Mark { begun: 0, by: NOBODY };
            let mut marks = [nobody; 2];
            for (by, begun) in &all {
                remember(&mut marks, Mark { begun: *begun, by: *by });
            }
            let is_after = |mark: &Mark| mark.begun > since && mark.by != by && mark.by != NOBODY;
            let kept = marks.iter().any(is_after);
            let told = all.iter().any(|(whose, begun)| is_after(&Mark { begun: *begun, by: *whose }));
            assert_eq!(kept, told, "{marks:?}");
        }
    }
}
