//! Ten thousand connections: whether they are served at all, and what they take. Requests a second are
//! no race here: wrk opens its connections within the time, heisen before it.

use super::closed::Tally;
use super::nginx;
use super::tools::{Load, Tool, files_max};
use crate::bench::servers::Folder;
use crate::bench::table::{grouped, table};

const ROUNDS: usize = 3;

const CONNECTIONS: u64 = 10_000;

/// A process has other files than its connections.
const FILES_OTHER: u64 = 200;

pub fn run() -> Result<(), String> {
    let folder = Folder::new()?;
    let server = nginx::start(&folder)?;
    let load = Load {
        connections: connections(files_max()),
        seconds: 3,
        per_second: None,
    };
    let tools = [Tool::Heisen, Tool::Wrk];
    let mut tallies: [Tally; 2] = Default::default();
    for _ in 0..ROUNDS {
        for (tool, tally) in tools.iter().zip(&mut tallies) {
            tally.add(&tool.run(&load, server.port)?);
        }
    }
    let rows: Vec<Vec<String>> = tools
        .iter()
        .zip(&tallies)
        .map(|(tool, tally)| {
            vec![
                tool.name().to_string(),
                tally.speed(),
                tally.peak_mib.range().show(1),
            ]
        })
        .collect();
    let title = format!(
        "{} connections, {ROUNDS} rounds in turn of {} s",
        grouped(load.connections as f64),
        load.seconds
    );
    print!(
        "{}",
        table(&title, &["tool", "requests/s", "peak MiB"], &rows)
    );
    if load.connections < CONNECTIONS {
        println!(
            "\nFewer than wanted: a process may open {} files here.",
            files_max()
        );
    }
    Ok(())
}

/// As many as are wanted, or as a process may have.
fn connections(files_max: u64) -> u64 {
    CONNECTIONS.min(files_max.saturating_sub(FILES_OTHER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_keep_to_the_limit() {
        for (files, expected) in [(20_000, 10_000), (4_096, 3_896), (100, 0)] {
            assert_eq!(connections(files), expected);
        }
    }
}
