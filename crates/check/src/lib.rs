//! heisen's `check`.
