//! How each fault is carried out on the bytes of one step. One file per fault; to add one, add
//! the file, an arm of [`model::Fault`], and the arm below. `answer` is the pipe's own business,
//! since it speaks in the backend's place.

mod bandwidth;
mod delay;
mod drop;
mod reset;
mod slow;

use std::io;

use model::Fault;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::WriteHalf;

/// What became of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// They went on.
    Sent,
    /// They and all that follows in this direction are swallowed.
    Swallowed,
}

/// Two uniform draws in (0, 1] for one gate of one step: a pure function of where and when in
/// the run it is, so that the same seed gives the same faults whatever the threads do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draw(pub u64);

impl Draw {
    pub(crate) fn uniform_pair(self) -> (f64, f64) {
        let first = splitmix(self.0);
        let second = splitmix(first);
        let unit = |x: u64| ((x >> 11) as f64 + 1.0) / (1u64 << 53) as f64;
        (unit(first), unit(second))
    }

    pub(crate) fn of(parts: [u64; 4]) -> Draw {
        Draw(
            parts
                .into_iter()
                .fold(0, |state, part| splitmix(state ^ part)),
        )
    }
}

fn splitmix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Carries out a fault on bytes that would go to `to`.
pub(crate) async fn apply(
    fault: &Fault,
    draw: Draw,
    to: &mut WriteHalf<'_>,
    bytes: &[u8],
) -> io::Result<Fate> {
    match fault {
        Fault::Delay(distribution) => {
            delay::apply(*distribution, draw).await;
            to.write_all(bytes).await?;
            Ok(Fate::Sent)
        }
        Fault::Drop => Ok(drop::apply()),
        Fault::Reset => Err(reset::apply()),
        Fault::Slow {
            slice_bytes,
            pause_us,
        } => slow::apply(*slice_bytes, *pause_us, to, bytes).await,
        Fault::Bandwidth { bytes_per_second } => {
            bandwidth::apply(*bytes_per_second, to, bytes).await
        }
        Fault::Answer(_) => Ok(Fate::Swallowed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_uniform_and_repeat() {
        let draws: Vec<f64> = (0..10_000)
            .map(|i| Draw::of([7, 1, 2, i]).uniform_pair().0)
            .collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        assert!((mean - 0.5).abs() < 0.02, "mean {mean}");
        assert!(draws.iter().all(|x| *x > 0.0 && *x <= 1.0));
        assert_eq!(
            Draw::of([7, 1, 2, 3]).uniform_pair(),
            Draw::of([7, 1, 2, 3]).uniform_pair()
        );
    }
}
