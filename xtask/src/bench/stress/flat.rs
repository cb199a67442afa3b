//! Whether memory grows with time.

use super::nginx;
use super::tools::{Load, Tool};
use crate::bench::figures::Figure;
use crate::bench::servers::Folder;
use crate::bench::table::table;

const ROUNDS: usize = 3;

const SECONDS: [u64; 2] = [4, 16];

pub fn run() -> Result<(), String> {
    let folder = Folder::new()?;
    let server = nginx::start(&folder)?;
    let mut peaks: [Figure; SECONDS.len()] = Default::default();
    for _ in 0..ROUNDS {
        for (peak, seconds) in peaks.iter_mut().zip(SECONDS) {
            let load = Load {
                connections: 50,
                seconds,
                per_second: None,
            };
            peak.add(Tool::Heisen.run(&load, server.port)?.cost.peak_mib);
        }
    }
    let [short, long] = peaks;
    let rows = [vec![
        short.range().show(2),
        long.range().show(2),
        long.ratio_to(&short).show(3),
    ]];
    let title = format!("Peak memory of heisen over time, {ROUNDS} rounds in turn");
    let heads = SECONDS.map(|seconds| format!("{seconds} s, MiB"));
    print!("{}", table(&title, &[&heads[0], &heads[1], "ratio"], &rows));
    Ok(())
}
