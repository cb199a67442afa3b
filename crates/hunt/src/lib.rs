//! heisen's `hunt`.
