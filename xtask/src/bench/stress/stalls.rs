//! A server's stalls: when they are, doing nothing meanwhile, and how fast it works off who waited.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Of each second, the first so many do not exist.
pub const STALL_MS: f64 = 100.0;

/// Waking takes long; the last moment is spent awake.
const AWAKE: Duration = Duration::from_micros(200);

/// So many answers after a stall are timed: all of them are of requests that came in it.
const TIMED: u32 = 400;

/// When the server stalls: seconds count from its first request.
#[derive(Default)]
pub struct Stalls {
    began: Option<Instant>,
    /// When the last stall ended, and how many were answered since.
    ended: Option<Instant>,
    answered: u32,
    /// What an answer took after each of the stalls, in us.
    each_us: Vec<f64>,
}

impl Stalls {
    /// A request has come.
    pub fn asked(&mut self) {
        self.began.get_or_insert_with(Instant::now);
    }

    /// Does nothing while that is so.
    pub fn wait_out(&mut self) {
        let Some(began) = self.began else { return };
        let Some(left) = left(began.elapsed()) else {
            return;
        };
        let end = Instant::now() + left;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            match left.checked_sub(AWAKE) {
                Some(long) => std::thread::park_timeout(long),
                None => std::hint::spin_loop(),
            }
        }
        (self.ended, self.answered) = (Some(end), 0);
    }

    /// A request was answered.
    pub fn answered(&mut self) {
        self.answered += 1;
        if self.answered == TIMED
            && let Some(ended) = self.ended
        {
            self.each_us
                .push(ended.elapsed().as_secs_f64() * 1e6 / f64::from(TIMED));
        }
    }

    /// What was noted.
    pub fn told(&self) -> Value {
        json!({ "each_us": self.each_us })
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
