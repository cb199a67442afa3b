//! Models that the tests explore: programs of racers, `|` between them.

/// Two racers, no locks.
pub const TWO_FREE: &[&str] = &[
    // A lost update, and what mends it.
    "r x, w x +1 | r x, w x +1",
    "add x 1 | add x 1",
    // Checked, then done.
    "r x, unless 0 skip 2, w x 1, add y 1 | r x, unless 0 skip 2, w x 1, add y 1",
    // Done the same way but with a claim.
    "add x 1, unless 1 skip 1, w y 1 | add x 1, unless 1 skip 1, w y 2",
    // Nothing shared.
    "w x 1, w x 2, r x | w y 1, w y 2, r y",
    // Only readers.
    "r x, r y, r x | r x, r y",
    // A reader and a writer of two keys: torn.
    "w x 1, w y 1 | r x, r y",
    "w x 1, w y 1 | r y, r x",
    // Each looks where the other writes.
    "w x 1, r y | w y 1, r x",
    // Later steps depend on what was seen.
    "w x 1, w x 2, w x 3 | r x, if 2 skip 1, w y 1, r y",
    "r x, if 0 skip 2, w y 1, w z 1, w x 1 | r y, if 0 skip 1, w x 2, w x 3, r z",
    // A cache filled beside its store.
    "r c, unless 0 skip 2, r d, w c +0 | w d 5, w c 0",
    // Far from each other but for one step.
    "w a 1, w b 1, w x 1, w d 1 | w e 1, w f 1, w x 2, w h 1",
    // One long, one short.
    "w x 1 | r x, r x, r x, r x, r x",
    // Mixed keys.
    "w x 1, w y 1, r z | w z 1, r x, w y 2",
    // A flag that is waited for by looking twice.
    "w x 1, w f 1 | r f, if 1 skip 1, r f, r x",
    "add x 1, add x 2, add x 4 | add x 8, add x 16, add x 32",
];

/// Two racers with locks or waiting.
pub const TWO_LOCKED: &[&str] = &[
    "lock m, r x, w x +1, unlock m | lock m, r x, w x +1, unlock m",
    // One forgets the lock.
    "lock m, r x, w x +1, unlock m | r x, w x +1",
    // Read outside of the lock.
    "r x, lock m, w x +1, unlock m | r x, lock m, w x +1, unlock m",
    // Nested in opposite orders: a deadlock.
    "lock m, lock n, w x 1, unlock n, unlock m | lock n, lock m, w x 2, unlock m, unlock n",
    // Nested in the same order: none.
    "lock m, lock n, w x 1, unlock n, unlock m | lock m, lock n, w x 2, unlock n, unlock m",
    // A lock taken only after something was seen, and so a deadlock in some orders only.
    "lock m, r x, unless 0 skip 2, lock n, unlock n, unlock m | \
     lock n, w x 1, lock m, unlock m, unlock n",
    // Two sections each.
    "lock m, w x 1, unlock m, lock m, r x, unlock m | lock m, w x 2, unlock m, lock m, r x, unlock m",
    // Different locks for the same key: no protection.
    "lock m, r x, w x +1, unlock m | lock n, r x, w x +1, unlock n",
    // Never given back.
    "lock m, w x 1 | r x, lock m, w x 2",
    // A row lock met by a plain write.
    "lock m, w y 1, w x 1, unlock m | r y, put m x 5, r y",
    "lock m, r x, unlock m, w z 1 | w z 2, put m x 1, put m x 2",
    // Waiting for a value that may be gone again.
    "w x 1, w x 2 | await x 1, w y 1",
    "w x 1, w y 1 | await x 1, r y",
    "await x 1, w y 1 | await y 1, w x 1",
];

/// Three racers.
pub const THREE: &[&str] = &[
    "r x, w x +1 | r x, w x +1 | r x, w x +1",
    "w x 1 | w y 1 | r x, r y",
    "w x 1, w y 1 | r y, if 0 skip 1, r x | w x 2",
    "w a 1, w x 1 | w b 1, w y 1 | w c 1, w z 1",
    "lock m, add x 1, unlock m | lock m, add x 2, unlock m | lock m, add x 4, unlock m",
    // Dining: each takes its left fork first.
    "lock m, lock n, unlock n, unlock m | lock n, lock o, unlock o, unlock n | \
     lock o, lock m, unlock m, unlock o",
    "add x 1 | add x 2 | await x 3, r y",
    "lock m, w y 1, unlock m | r y, if 0 skip 1, put m x 1 | put m x 2, w y 2",
    "w x 1, r y | w y 1, r z | w z 1, r x",
    // A chain of reactions.
    "w x 1 | r x, if 0 skip 1, w y 1 | r y, if 0 skip 1, r x",
];
