//! heisen's `spec`.
