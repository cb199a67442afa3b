//! Slow: the bytes dribble, a slice at a time with a pause between.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::WriteHalf;

use super::Fate;

pub(super) async fn apply(
    slice_bytes: u32,
    pause_us: u64,
    to: &mut WriteHalf<'_>,
    bytes: &[u8],
) -> io::Result<Fate> {
    for (nth, slice) in bytes.chunks(slice_bytes.max(1) as usize).enumerate() {
        if nth > 0 {
            tokio::time::sleep(Duration::from_micros(pause_us)).await;
        }
        to.write_all(slice).await?;
    }
    Ok(Fate::Sent)
}
