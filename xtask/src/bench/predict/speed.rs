//! Simulated requests a second of one core, beside shuttle's and stateright's.

use std::process::Command;

use serde_json::Value;

use super::SPEC;
use crate::bench::figures::Figure;
use crate::bench::outcomes::{number, start};
use crate::bench::table::{grouped, table};
use crate::shell::{cargo, must, output, root};

const ROUNDS: usize = 5;

/// Requests of heisen's main run; the searches for thresholds and knobs come on top of it.
const REQUESTS: &str = "4000000";

/// Tools that try interleavings, as `peers` knows them, and so many requests that a run of theirs
/// takes some seconds as well.
const PEERS: [(&str, &str); 2] = [("shuttle", "400000"), ("stateright", "400000")];

/// Apart from the workspace's, which has no such dependencies.
const PEERS_FOLDER: &str = "xtask/peers";

pub fn run() -> Result<(), String> {
    build_peers()?;
    let (mut requests, mut heisen) = (Figure::default(), Figure::default());
    let mut peers: [Figure; PEERS.len()] = Default::default();
    for round in 1..=ROUNDS {
        let seed = round.to_string();
        let words = [
            "predict",
            SPEC,
            "--threads",
            "1",
            "--requests",
            REQUESTS,
            "--seed",
            &seed,
        ];
        let document = start(&words)?.document()?;
        requests.add(number(&document, "/simulated_requests")?);
        heisen.add(number(&document, "/requests_per_second")?);
        for (figure, (peer, count)) in peers.iter_mut().zip(PEERS) {
            figure.add(peer_per_second(peer, count)?);
        }
    }
    let row = |tool: &str, count: f64, figure: &Figure, ratio: String| {
        vec![tool.to_string(), grouped(count), spread(figure), ratio]
    };
    let mut rows = vec![row("heisen", requests.median(), &heisen, "1".to_string())];
    for (figure, (peer, count)) in peers.iter().zip(PEERS) {
        let count = count.parse().unwrap_or(f64::NAN);
        rows.push(row(peer, count, figure, heisen.ratio_to(figure).show(1)));
    }
    let title = format!("Speed on one core, {ROUNDS} rounds in turn");
    let heads = ["tool", "requests a round", "requests/s", "heisen / tool"];
    print!("{}", table(&title, &heads, &rows));
    Ok(())
}

fn build_peers() -> Result<(), String> {
    let manifest = format!("{PEERS_FOLDER}/Cargo.toml");
    let target = format!("{PEERS_FOLDER}/target");
    let mut build = cargo();
    build.args([
        "build",
        "--release",
        "--quiet",
        "--manifest-path",
        &manifest,
    ]);
    must(build.args(["--target-dir", &target]))
}

fn peer_per_second(peer: &str, requests: &str) -> Result<f64, String> {
    let program = root().join(PEERS_FOLDER).join("target/release/peers");
    let text = output(Command::new(program).args([peer, requests]))?;
    per_second(&text)
}

/// What a line of `peers` says.
fn per_second(line: &str) -> Result<f64, String> {
    let said: Value = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
    Ok(number(&said, "/requests")? / number(&said, "/seconds")?)
}

fn spread(figure: &Figure) -> String {
    let range = figure.range();
    let [median, least, most] = [range.median, range.least, range.most].map(grouped);
    format!("{median} ({least} .. {most})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_peers_is_read() {
        let line = r#"{"peer":"shuttle","requests":20000,"seconds":0.250,"lost":524}"#;
        assert_eq!(per_second(line), Ok(80_000.0));
        assert!(per_second("usage").is_err());
        assert!(per_second("{}").unwrap_err().contains("/requests"));
    }
}
