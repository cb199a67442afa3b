//! heisen's `lab`.
