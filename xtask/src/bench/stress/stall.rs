//! A server that does nothing for a while each second: whether what is measured is what users would
//! have had who came at their own times, which can be told in advance. Each second
//! has one stall, and is judged by how much of the processors the host took away meanwhile.

use std::time::Duration;

use serde_json::Value;

use super::comb::end;
use super::serve;
use super::stalls::STALL_MS;
use super::tools::{Load, Tool};
use crate::bench::figures::Figure;
use crate::bench::host::{Awake, Host, QUIET, undisturbed};
use crate::bench::table::{percent, table};

/// Rounds go on until there are enough seconds that can be looked at, but not for ever.
const ROUNDS_MAX: usize = 8;
const QUIET_SECONDS: usize = 15;

/// Where it took more than this, what it does has no line to be followed.
const FOLLOWED: f64 = 0.25;

const PER_SECOND: u64 = 5_000;

const SECONDS: u64 = 10;

const CONNECTIONS: [u64; 2] = [50, 600];

/// Who comes in a stall.
const BACKLOG: u64 = 500;

/// How far from the truth is near enough.
const WITHIN: f64 = 0.05;

const NAMES: [&str; 5] = ["p50", "p95", "p99", "p99.9", "mean"];

/// Latencies, in ms, as users have them who come evenly and whom no answer holds up: p95, p99, p99.9
/// and the mean.
///
/// Who comes t ms after a stall began waits for its end, 100 - t. A tenth of all come in a stall, so
/// P(latency > x) = (100 - x) / 1000: the 95th percentile is 50, the 99th 90, the 99.9th 99, and the
/// mean is half of 100 for a tenth of all, 5.
///
/// But at its end 500 wait, and they are answered one after the other. Who came at t stands behind
/// 5 t others, which take `busy` t, where `busy` is the share of its time that the server is busy
/// with this load: as it says itself, by how long it works after a stall. That makes 100 - t (1 - busy), for all who come before it is 0, thus also for some
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

/// A second: how much the host took of it, and latencies in ms.
type Second = (f64, [f64; 5]);

/// What was measured with some number of connections.
#[derive(Default)]
struct Way {
    seconds: Vec<Second>,
    /// The same without stalls.
    plain: Vec<Second>,
    errors: f64,
}

impl Way {
    /// Rows of the table: the truth, and what was measured beside it.
    fn rows(&self, connections: u64, busy: f64) -> Vec<Vec<String>> {
        let usual_ms = usual(&self.plain);
        let truth = truth(busy, usual_ms[4]);
        let quiet = quiet(&self.seconds);
        let errors = match self.errors {
            0.0 => String::new(),
            n => format!(", {n} errors"),
        };
        let mut told = vec![format!("{connections}: truth"), String::new()];
        told.push(format!("{:.2}", usual_ms[0]));
        told.extend(truth.map(|ms| format!("{ms:.2}")));
        told.push(String::new());
        let all = row("all seconds", &self.seconds, truth);
        let quiet = row("quiet seconds", &quiet, truth);
        let mut rows = vec![told, all, quiet, followed(&self.seconds, truth)];
        rows[0][0] += &errors;
        rows
    }
}

/// The quiet ones.
fn quiet(seconds: &[Second]) -> Vec<Second> {
    let quiet = seconds.iter().filter(|(taken, _)| *taken < QUIET);
    quiet.copied().collect()
}

/// What answers take without stalls, and as far as that can be told without the host.
fn usual(plain: &[Second]) -> [f64; 5] {
    let calm = quiet(plain);
    match (calm.is_empty(), idle(plain)) {
        (true, Some(idle)) => idle.map(|(ms, _)| ms.max(0.0)),
        (true, None) => medians(plain),
        (false, _) => medians(&calm),
    }
}

/// What seconds would be if the host took nothing, with half of each 95 % interval.
fn idle(seconds: &[Second]) -> Option<[(f64, f64); 5]> {
    let mut all = [(0.0, 0.0); 5];
    for (at, one) in all.iter_mut().enumerate() {
        let figures = seconds.iter().map(|(taken, ms)| (*taken, ms[at]));
        let figures: Vec<(f64, f64)> = figures.filter(|(taken, _)| *taken < FOLLOWED).collect();
        *one = undisturbed(&figures)?;
    }
    Some(all)
}

fn medians(seconds: &[Second]) -> [f64; 5] {
    [0, 1, 2, 3, 4].map(|at| {
        let mut figure = Figure::default();
        seconds.iter().for_each(|(_, ms)| figure.add(ms[at]));
        figure.median()
    })
}

/// Medians of seconds, and how they are to the truth.
fn row(name: &str, seconds: &[Second], truth: [f64; 4]) -> Vec<String> {
    let ms = medians(seconds);
    let mut row = vec![name.to_string(), seconds.len().to_string()];
    if seconds.is_empty() {
        row.resize(NAMES.len() + 3, String::new());
        return row;
    }
    row.push(format!("{:.2}", ms[0]));
    let ratios: Vec<f64> = ms[1..]
        .iter()
        .zip(truth)
        .map(|(ms, truth)| ms / truth)
        .collect();
    let told = ms[1..].iter().zip(&ratios);
    row.extend(told.map(|(ms, ratio)| format!("{ms:.2}, x {ratio:.3}")));
    row.push(verdict(&ratios));
    row
}

/// What the seconds would be if the host took nothing, beside the truth.
fn followed(seconds: &[Second], truth: [f64; 4]) -> Vec<String> {
    let count = seconds
        .iter()
        .filter(|(taken, _)| *taken < FOLLOWED)
        .count();
    let mut row = vec!["followed to an idle host".to_string(), count.to_string()];
    let Some([(p50, half), rest @ ..]) = idle(seconds) else {
        row.resize(NAMES.len() + 3, String::new());
        return row;
    };
    row.push(format!("{p50:.2} ± {half:.2}"));
    let told = rest.iter().zip(truth);
    row.extend(told.map(|((ms, half), truth)| format!("{ms:.2} ± {half:.2}, x {:.3}", ms / truth)));
    let ratios: Vec<f64> = rest
        .iter()
        .zip(truth)
        .map(|((ms, _), truth)| ms / truth)
        .collect();
    row.push(verdict(&ratios));
    row
}

fn verdict(ratios: &[f64]) -> String {
    let is_within = ratios.iter().all(|ratio| (ratio - 1.0).abs() <= WITHIN);
    if is_within { "yes" } else { "no" }.to_string()
}

pub fn run() -> Result<(), String> {
    let _awake = Awake::keep()?;
    let host = Host::watch();
    let mut ways: [Way; CONNECTIONS.len()] = Default::default();
    let (mut shares, mut rounds) = (Figure::default(), 0);
    for _ in 0..ROUNDS_MAX {
        rounds += 1;
        for (way, connections) in ways.iter_mut().zip(CONNECTIONS) {
            way.plain
                .extend(asked("plain", connections, SECONDS / 2, &host)?.seconds);
            let stalled = asked("stall", connections, SECONDS, &host)?;
            way.seconds.extend(stalled.seconds);
            way.errors += stalled.errors;
            // With fewer connections it can wait for us.
            if connections >= BACKLOG {
                let each_us = stalled.each_us.iter();
                each_us.for_each(|us| shares.add(us * PER_SECOND as f64 / 1e6));
            }
        }
        if ways
            .iter()
            .all(|way| quiet(&way.seconds).len() >= QUIET_SECONDS)
        {
            break;
        }
    }
    let busy = shares.median();
    let rows: Vec<Vec<String>> = ways
        .iter()
        .zip(CONNECTIONS)
        .flat_map(|(way, connections)| way.rows(connections, busy))
        .collect();
    let mut taken = Figure::default();
    let all = ways.iter().flat_map(|way| &way.seconds);
    all.for_each(|(share, _)| taken.add(share * 100.0));
    let title = format!(
        "A server that stalls {STALL_MS} ms each second, {PER_SECOND} requests/s, {rounds} rounds in turn, \
         in ms, medians of seconds; by what it needs after a stall it is busy {} of the time. The host took {} % of both \
         processors in a second; in quiet ones less than {}",
        shares.range().show(3),
        taken.range().show(1),
        percent(QUIET)
    );
    let heads = [&["connections", "seconds"], &NAMES[..], &["all within 5 %"]].concat();
    print!("{}", table(&title, &heads, &rows));
    Ok(())
}

/// What a server that was started for it was asked.
struct Asked {
    seconds: Vec<Second>,
    /// What an answer took the server after each of its stalls.
    each_us: Vec<f64>,
    errors: f64,
}

/// Asks a server that was started for it: its seconds begin with ours. The first is not looked at: in
/// it connections are new.
fn asked(manner: &str, connections: u64, seconds: u64, host: &Host) -> Result<Asked, String> {
    let server = serve::start(manner)?;
    let load = Load {
        connections,
        seconds,
        per_second: Some(PER_SECOND),
    };
    let run = Tool::Heisen.run(&load, server.port)?;
    let told = match manner {
        "stall" => end(server.port)?,
        _ => Value::Null,
    };
    let each_us = told["each_us"].as_array().into_iter().flatten();
    // A program begins and opens its connections within this.
    let start = Duration::from_millis(150);
    let whole = run.seconds.iter().zip(0_u64..seconds).skip(1);
    let told = whole.map(|(second, number)| {
        let from = run.began + Duration::from_secs(number);
        let taken = host.taken(from, from + Duration::from_secs(1) + start);
        let of = second;
        let ms = [of.p50, of.p95, of.p99, of.p999, of.mean].map(|us| us / 1e3);
        // A host that tells nothing takes nothing that we know of.
        (taken.unwrap_or(0.0), ms)
    });
    Ok(Asked {
        seconds: told.collect(),
        each_us: each_us.filter_map(Value::as_f64).collect(),
        errors: run.report.errors,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn seconds_are_beside_the_truth() {
        let truth = truth(0.0, 0.0);
        let second =
            |taken: f64, by: f64| (taken, [0.1, 50.0 * by, 90.0 * by, 99.0 * by, 5.0 * by]);
        let mut way = Way::default();
        way.plain.push((0.0, [0.1; 5]));
        for at in 0..12 {
            let taken = f64::from(at) / 100.0;
            way.seconds.push(second(taken, 1.0 + taken));
        }
        let rows = way.rows(50, 0.0);
        assert_eq!(rows[1][1..4], ["12", "0.10", "52.75, x 1.055"]);
        assert_eq!(rows[1][7], "no");
        assert_eq!(rows[2][1..4], ["3", "0.10", "50.50, x 1.010"]);
        assert_eq!(rows[3][3], "50.00 ± 0.00, x 1.000");
        assert_eq!(rows[3][7], "yes");
        assert!(rows.iter().all(|row| row.len() == NAMES.len() + 3));
        assert_eq!(row("quiet seconds", &[], truth).len(), NAMES.len() + 3);
        assert_eq!(followed(&way.seconds[..3], truth).len(), NAMES.len() + 3);
    }
}
