//! Where stores that speak SQL differ in what one and the same statement means.

use model::Access;

use super::{builtins, calls, names};

/// A store's own ways.
pub struct Rules {
    /// Whether a resource is its catalogue, which no code of the system changes.
    pub is_catalog: fn(&str) -> bool,
    /// Whether a function is known to touch nothing shared.
    pub is_harmless: fn(&str) -> bool,
    /// What a function by its name touches, if it touches a resource of its own.
    pub resource_of_call: fn(&str) -> Option<Called>,
}

/// What a call touches.
pub struct Called {
    pub access: Access,
    /// What stands before the name of the resource.
    pub kind: &'static str,
    /// So many of the arguments are that name.
    pub keys: usize,
}

/// PostgreSQL's.
pub const POSTGRES: Rules = Rules {
    is_catalog: names::is_catalog,
    is_harmless: builtins::is_harmless,
    resource_of_call: calls::resource_of_call,
};
