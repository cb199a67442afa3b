//! heisen's `drive`.
