//! heisen's `predict`.
