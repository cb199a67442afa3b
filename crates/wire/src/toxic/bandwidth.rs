//! Bandwidth: the bytes go on no faster than a narrow line would carry them.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::WriteHalf;

use super::Fate;

/// A slice takes about this long on the line: short enough to look steady, long enough to time.
const SLICE_MS: u64 = 10;

pub(super) async fn apply(
    bytes_per_second: u64,
    to: &mut WriteHalf<'_>,
    bytes: &[u8],
) -> io::Result<Fate> {
    let rate = bytes_per_second.max(1);
    let slice_bytes = (rate * SLICE_MS / 1000).clamp(1, 64 * 1024) as usize;
    let began = tokio::time::Instant::now();
    let mut sent = 0u64;
    for slice in bytes.chunks(slice_bytes) {
        sent += slice.len() as u64;
        let due = Duration::from_micros(sent.saturating_mul(1_000_000) / rate);
        tokio::time::sleep_until(began + due).await;
        to.write_all(slice).await?;
    }
    Ok(Fate::Sent)
}
