//! Shapes of texts that come again and again: recordings ask for one with every step, and reading
//! a text takes longer than finding it here. A text that comes for the first time, as all do that
//! have their values within, costs little more than without.

use std::cell::RefCell;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::shape;

/// Texts remembered by each thread, each in the one place its hash gives it.
pub const SLOTS: usize = 256;
/// Longer texts are not remembered.
pub const TEXT_BYTES_MAX: usize = 1024;

#[derive(Default, Clone)]
struct Slot {
    text: Vec<u8>,
    shape: Vec<u8>,
}

thread_local! {
    static SHAPES: RefCell<Vec<Slot>> = RefCell::new(vec![Slot::default(); SLOTS]);
}

/// Appends the shape of `sql` to `out`, as [`shape::write`] does.
pub fn write(sql: &[u8], out: &mut Vec<u8>) {
    if sql.len() > TEXT_BYTES_MAX {
        return shape::write(sql, out);
    }
    let hash = FixedState::default().hash_one(sql);
    SHAPES.with_borrow_mut(|slots| {
        let slot = &mut slots[hash as usize % SLOTS];
        if slot.text != sql {
            slot.text.clear();
            slot.text.extend_from_slice(sql);
            slot.shape.clear();
            shape::write(sql, &mut slot.shape);
        }
        out.extend_from_slice(&slot.shape);
    });
}

/// The longest text that this thread remembers.
#[cfg(test)]
pub fn longest() -> usize {
    SHAPES.with_borrow(|slots| slots.iter().map(|slot| slot.text.len()).max().unwrap_or(0))
}
