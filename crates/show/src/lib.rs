//! heisen's `show`.
