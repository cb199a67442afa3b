//! heisen's `store`.
