//! A server's stalls: when they are, and doing nothing meanwhile.

use std::time::{Duration, Instant};

/// Of each second, the first so many do not exist.
pub const STALL_MS: f64 = 100.0;

/// Waking takes long; the last moment is spent awake.
const AWAKE: Duration = Duration::from_micros(200);

/// When the server stalls: seconds count from its first request.
#[derive(Default)]
pub struct Stalls {
    began: Option<Instant>,
}

impl Stalls {
    /// A request has come.
    pub fn asked(&mut self) {
        self.began.get_or_insert_with(Instant::now);
    }

    /// Does nothing while that is so.
    pub fn wait_out(&self) {
        let Some(began) = self.began else { return };
        let Some(left) = left(began.elapsed()) else {
            return;
        };
        let end = Instant::now() + left;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            match left.checked_sub(AWAKE) {
                Some(long) => std::thread::park_timeout(long),
                None => std::hint::spin_loop(),
            }
        }
    }
}

/// How long a stall still lasts.
fn left(elapsed: Duration) -> Option<Duration> {
    let into_second = Duration::from_nanos(u64::from(elapsed.subsec_nanos()));
    Duration::from_secs_f64(STALL_MS / 1e3).checked_sub(into_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stalls_are_the_beginnings_of_seconds() {
        let ms = Duration::from_millis;
        for (elapsed_ms, expected) in [(0, Some(ms(100))), (1_030, Some(ms(70))), (3_500, None)] {
            assert_eq!(left(ms(elapsed_ms)), expected);
        }
    }
}
