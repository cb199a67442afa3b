//! What ten thousand agents take, and whether memory grows with what is simulated.

use super::SPEC;
use crate::bench::figures::Figure;
use crate::bench::outcomes::{cost, number};
use crate::bench::table::{grouped, table};

const ROUNDS: usize = 5;

/// Requests of the main run. With one at least, what is simulated is the spec's agents once each.
const REQUESTS: [&str; 3] = ["1", "400000", "4000000"];

#[derive(Default)]
struct Way {
    requests: Figure,
    seconds: Figure,
    peak_mib: Figure,
}

pub fn run() -> Result<(), String> {
    let mut ways: [Way; REQUESTS.len()] = Default::default();
    for round in 1..=ROUNDS {
        let seed = round.to_string();
        for (way, requests) in ways.iter_mut().zip(REQUESTS) {
            let words = ["predict", SPEC, "--requests", requests, "--seed", &seed];
            let (document, cost) = cost(&words)?;
            way.requests.add(number(&document, "/simulated/requests")?);
            way.seconds.add(cost.seconds);
            way.peak_mib.add(cost.peak_mib);
        }
    }
    let least = &ways[0];
    let rows: Vec<Vec<String>> = ways
        .iter()
        .map(|way| {
            vec![
                grouped(way.requests.median()),
                way.seconds.range().show(2),
                way.peak_mib.range().show(1),
                way.peak_mib.ratio_to(&least.peak_mib).show(3),
            ]
        })
        .collect();
    let title = format!("Agents and memory, {ROUNDS} rounds in turn");
    let heads = [
        "requests of the main run",
        "seconds, the whole command",
        "peak memory, MiB",
        "the same / first row",
    ];
    print!("{}", table(&title, &heads, &rows));
    Ok(())
}
