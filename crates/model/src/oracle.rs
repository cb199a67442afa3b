//! The oracles that need nothing from the user, by their names.

/// What racers did together is what they do one after another, in some order.
pub const SERIAL: &str = "serial-equivalence";
/// The store ended a deadlock by force.
pub const DEADLOCK: &str = "deadlock";
/// A server failed where it never does one after another.
pub const SERVER_ERROR: &str = "server-error";
/// An answer of success has null where there is a value one after another.
pub const NULL: &str = "null-value";
/// An answer of success has an error in its body.
pub const FAKE_SUCCESS: &str = "fake-success";

/// All of them.
pub const BUILT_IN: [&str; 5] = [SERIAL, DEADLOCK, SERVER_ERROR, NULL, FAKE_SUCCESS];

/// Whether an oracle's name is one of these, and none of a spec's invariant.
pub fn is_built_in(name: &str) -> bool {
    BUILT_IN.contains(&name)
}
