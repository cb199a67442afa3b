//! A server that does nothing for a while each second: whether what is measured is what users would
//! have had who came at their own times, which can be told in advance.

use serde_json::Value;

use super::serve;
use super::stalls::STALL_MS;
use super::tools::{Load, Tool};
use crate::bench::figures::Figure;
use crate::bench::outcomes::number;
use crate::bench::table::table;

const ROUNDS: usize = 3;

const PER_SECOND: u64 = 5_000;

const SECONDS: u64 = 10;

const CONNECTIONS: [u64; 2] = [50, 600];

/// How far from the truth is near enough.
const WITHIN: f64 = 0.05;

const NAMES: [&str; 5] = ["p50", "p95", "p99", "p99.9", "mean"];
const POINTERS: [&str; 5] = ["p50", "p95", "p99", "p999", "mean"];

/// Latencies, in ms, as users have them who come evenly and whom no answer holds up: p95, p99, p99.9
/// and the mean.
///
/// Who comes t ms after a stall began waits for its end, 100 - t. A tenth of all come in a stall, so
/// P(latency > x) = (100 - x) / 1000: the 95th percentile is 50, the 99th 90, the 99.9th 99, and the
/// mean is half of 100 for a tenth of all, 5.
///
/// But at its end 500 wait, and they are answered one after the other. Who came at t stands behind
/// 5 t others, which take `busy` t, where `busy` is the share of its time that the server is busy
/// with this load. That makes 100 - t (1 - busy), for all who come before it is 0, thus also for some
/// who come after the stall. They come in 100 / (1 - busy) ms of the 1000 and their latencies are
/// spread evenly between 0 and 100, so P(latency > x) = (100 - x) / (1 - busy) / 1000, and the mean is
/// 5 / (1 - busy). With 10 us a request that is 52.5, 90.5, 99.05 and 5.26.
///
/// Those who meet no queue need no time in all this. What they do need, `usual_ms`, is measured
/// without stalls, and is theirs in the mean too.
fn truth(busy: f64, usual_ms: f64) -> [f64; 4] {
    let above = |share: f64| STALL_MS - share * 1e3 * (1.0 - busy);
    let queue = STALL_MS / 1e3 / (1.0 - busy);
    let mean = queue * STALL_MS / 2.0 + (1.0 - queue) * usual_ms;
    [above(0.05), above(0.01), above(0.001), mean]
}

/// How busy the server is with this load: what a request takes of its processor while it is asked as
/// often as it goes, by somebody who is not measured here.
fn busy() -> Result<f64, String> {
    let server = serve::start("plain")?;
    let before_seconds = server.cpu_seconds();
    let load = Load {
        connections: 50,
        seconds: 1,
        per_second: None,
    };
    let requests = Tool::Wrk.run(&load, server.port)?.report.requests;
    Ok((server.cpu_seconds() - before_seconds) / requests * PER_SECOND as f64)
}

/// What was measured with some number of connections, in ms, and how that is to the truth.
#[derive(Default)]
struct Way {
    latencies_ms: [Figure; 5],
    /// Of all but the median.
    truths: [Figure; 4],
    errors: f64,
}

impl Way {
    fn add(&mut self, document: &Value, truth: [f64; 4]) -> Result<(), String> {
        for (figure, name) in self.latencies_ms.iter_mut().zip(POINTERS) {
            figure.add(latency_ms(document, name)?);
        }
        for (figure, truth) in self.truths.iter_mut().zip(truth) {
            figure.add(truth);
        }
        Ok(())
    }

    fn row(&self, connections: u64) -> Vec<String> {
        let errors = match self.errors {
            0.0 => String::new(),
            n => format!(", {n} errors"),
        };
        let mut row = vec![
            format!("{connections}{errors}"),
            self.latencies_ms[0].range().show(2),
        ];
        let mut is_within = true;
        for (figure, truth) in self.latencies_ms[1..].iter().zip(&self.truths) {
            let ratio = figure.ratio_to(truth);
            is_within &= (ratio.median - 1.0).abs() <= WITHIN;
            row.push(format!("{:.2}, x {}", figure.median(), ratio.show(3)));
        }
        row.push(if is_within { "yes" } else { "no" }.to_string());
        row
    }
}

pub fn run() -> Result<(), String> {
    let mut ways: [Way; CONNECTIONS.len()] = Default::default();
    let mut shares = Figure::default();
    let (mut usuals_ms, mut usual_p50s_ms) = (Figure::default(), Figure::default());
    for _ in 0..ROUNDS {
        let busy = busy()?;
        shares.add(busy);
        for (way, connections) in ways.iter_mut().zip(CONNECTIONS) {
            let (plain, _) = asked("plain", connections)?;
            let usual_ms = latency_ms(&plain, "mean")?;
            usual_p50s_ms.add(latency_ms(&plain, "p50")?);
            usuals_ms.add(usual_ms);
            let (stalled, errors) = asked("stall", connections)?;
            way.add(&stalled, truth(busy, usual_ms))?;
            way.errors += errors;
        }
    }
    let (usual_p50_ms, usual_ms) = (usual_p50s_ms.median(), usuals_ms.median());
    let mut rows = vec![
        told("truth", usual_p50_ms, truth(shares.median(), usual_ms)),
        told("without a backlog", usual_p50_ms, truth(0.0, usual_ms)),
    ];
    for (way, connections) in ways.iter().zip(CONNECTIONS) {
        rows.push(way.row(connections));
    }
    let title = format!(
        "A server that stalls {STALL_MS} ms each second, {PER_SECOND} requests/s, {ROUNDS} rounds \
         in turn, in ms; without stalls it is busy {} of the time, and answers in {} ms on average",
        shares.range().show(3),
        usuals_ms.range().show(2)
    );
    let heads = [&["connections"], &NAMES[..], &["all within 5 %"]].concat();
    print!("{}", table(&title, &heads, &rows));
    Ok(())
}

/// What heisen says of a server that was started for it: seconds begin anew with each.
fn asked(manner: &str, connections: u64) -> Result<(Value, f64), String> {
    let server = serve::start(manner)?;
    let load = Load {
        connections,
        seconds: SECONDS,
        per_second: Some(PER_SECOND),
    };
    let run = Tool::Heisen.run(&load, server.port)?;
    let document = serde_json::from_str(&run.text);
    let document = document.map_err(|error| error.to_string())?;
    Ok((document, run.report.errors))
}

fn latency_ms(document: &Value, name: &str) -> Result<f64, String> {
    Ok(number(document, &format!("/latency_us/{name}"))? / 1e3)
}

fn told(name: &str, usual_p50_ms: f64, truth: [f64; 4]) -> Vec<String> {
    let mut row = vec![name.to_string(), format!("{usual_p50_ms:.2}")];
    row.extend(truth.map(|ms| format!("{ms:.2}")));
    row.push(String::new());
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The same, by asking one after the other.
    #[test]
    fn the_truth_is_what_a_queue_does() {
        for busy in [0.0, 0.05, 0.4] {
            let step_ms = 1e3 / PER_SECOND as f64;
            let (mut free_ms, mut all) = (STALL_MS, Vec::new());
            for number in 0..PER_SECOND {
                let due_ms = number as f64 * step_ms;
                let starts_ms = due_ms.max(free_ms);
                free_ms = starts_ms + busy * step_ms;
                all.push(starts_ms - due_ms);
            }
            all.sort_by(f64::total_cmp);
            let above = |share: f64| all[all.len() - (share * all.len() as f64) as usize];
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            let counted = [above(0.05), above(0.01), above(0.001), mean];
            for (counted, told) in counted.into_iter().zip(truth(busy, 0.0)) {
                assert!((counted / told - 1.0).abs() < 0.005, "{counted} {told}");
            }
        }
    }

    #[test]
    fn a_way_is_beside_the_truth() {
        let mut way = Way::default();
        let mut latency_us =
            json!({ "p50": 90, "p95": 51e3, "p99": 90e3, "p999": 99e3, "mean": 5e3 });
        way.add(&json!({ "latency_us": latency_us }), truth(0.0, 0.0))
            .unwrap();
        let row = way.row(50);
        assert_eq!(row[1], "0.09 (0.09 .. 0.09)");
        assert_eq!(row[2], "51.00, x 1.020 (1.020 .. 1.020)");
        assert_eq!(row[6], "yes");
        latency_us["mean"] = json!(6e3);
        let mut way = Way::default();
        way.add(&json!({ "latency_us": latency_us }), truth(0.0, 0.0))
            .unwrap();
        assert_eq!(way.row(50)[6], "no");
        assert!(way.add(&json!({}), truth(0.0, 0.0)).is_err());
    }
}
