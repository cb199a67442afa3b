//! What will happen, in order of time; what happens at the same time comes in the order in which it
//! was put there, so that a round is the same each time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::dice::Nanos;

/// Something that will happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// A request's exchange comes to its target.
    Touch { request: u32, attempt: u32 },
    /// A reply comes back.
    Reply { request: u32, attempt: u32 },
    /// An exchange fails.
    Fail { request: u32, attempt: u32 },
    /// A failed exchange is made again.
    Again { request: u32, attempt: u32 },
    /// A caller has waited long enough.
    GiveUp { request: u32, attempt: u32 },
    /// A request has answered and goes on in the background.
    Answer { request: u32, attempt: u32 },
    /// A request is over.
    End { request: u32, attempt: u32 },
    /// The store looks whether a request still waits in a circle.
    Victim { request: u32, attempt: u32 },
    /// An agent does what it does next.
    Agent { agent: u32, attempt: u32 },
    /// An agent has waited long enough.
    AgentGivesUp { agent: u32, attempt: u32 },
    /// An outage begins.
    Outage { outage: u16 },
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    at: Nanos,
    order: u32,
    happening: Happening,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// The queue of one round.
#[derive(Debug, Default)]
pub struct Queue {
    entries: BinaryHeap<Reverse<Entry>>,
    order: u32,
}

impl Queue {
    #[inline]
    pub fn put(&mut self, at: Nanos, happening: Happening) {
        self.order = self.order.wrapping_add(1);
        self.entries.push(Reverse(Entry {
            at,
            order: self.order,
            happening,
        }));
    }

    /// How much is still to happen.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// For how much there is place.
    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    /// When the next happens.
    #[inline]
    pub fn next_at(&self) -> Option<Nanos> {
        self.entries.peek().map(|Reverse(entry)| entry.at)
    }

    #[inline]
    pub fn take(&mut self) -> Option<(Nanos, Happening)> {
        let Reverse(entry) = self.entries.pop()?;
        Some((entry.at, entry.happening))
    }

    /// Forgets what has not happened.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.order = 0;
    }
}
