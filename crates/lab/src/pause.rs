//! The one place that sleeps without a runtime: between two looks of the guard, of a recovery and
//! of a lab that is dropped, each of which looks at a condition and has a limit.

use std::time::Duration;

/// Sleeps until the next look.
#[expect(
    clippy::disallowed_methods,
    reason = "callers wait for a condition with a limit"
)]
pub fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}
