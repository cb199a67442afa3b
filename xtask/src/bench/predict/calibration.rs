//! Whether what is predicted happens: the racy TicketRush with one seat left, learned and simulated,
//! and then asked in earnest through wires that nobody steers.

use serde_json::Value;

use super::{SPEC, race};
use crate::bench::figures::Figure;
use crate::bench::odds::Odds;
use crate::bench::outcomes::{number, start};
use crate::bench::table::{percent, table};

/// Requests of a burst.
const LOADS: [u64; 3] = [50, 100, 200];

/// All of a burst come within this.
const WINDOW: &str = "500ms";

/// How often each load is predicted and measured, in turn: the machine changes between.
const ROUNDS: u32 = 4;

/// Bursts of one measurement.
const BURSTS: &str = "50";

/// How many times as often or as rarely it may happen as predicted.
const FACTOR_MAX: f64 = 2.0;

/// All that was predicted and measured at one load.
#[derive(Default)]
struct Load {
    predicted: Figure,
    window_us: Figure,
    measured: Odds,
    undecided: u64,
    late_us: Figure,
}

pub fn run() -> Result<(), String> {
    let mut loads: [Load; LOADS.len()] = Default::default();
    for round in 1..=ROUNDS {
        for (load, requests) in loads.iter_mut().zip(LOADS) {
            let (seed, requests) = (round.to_string(), requests.to_string());
            let common = [
                "--variant",
                "racy",
                "--near-limit",
                "--burst",
                &requests,
                "--window",
                WINDOW,
                "--seed",
                &seed,
            ];
            let predict = [&["predict", SPEC, "--learn"], &common[..]].concat();
            load.predict(&start(&predict)?.document()?)?;
            let ask = ["stress", "reserve", "--spec", SPEC, "--rounds", BURSTS];
            load.measure(&start(&[&ask, &common[..]].concat())?.document()?)?;
        }
    }
    let rows: Vec<Vec<String>> = loads
        .iter()
        .zip(LOADS)
        .map(|(load, requests)| load.row(requests))
        .collect();
    let title = format!("Calibration, {ROUNDS} rounds in turn, {BURSTS} bursts each");
    let heads = [
        "load",
        "predicted, mean",
        "measured, 95 % interval",
        "measured / predicted",
        "within 2",
        "learned window, us",
        "sent late by, p50, us",
    ];
    print!("{}", table(&title, &heads, &rows));
    Ok(())
}

impl Load {
    fn predict(&mut self, document: &Value) -> Result<(), String> {
        let race = race(document)?;
        self.predicted.add(number(race, "/over_limit/rate")?);
        self.window_us.add(number(race, "/window_us")?);
        Ok(())
    }

    /// A burst of which nobody knows how it ended is none.
    fn measure(&mut self, document: &Value) -> Result<(), String> {
        let undecided = number(document, "/undecided")? as u64;
        self.undecided += undecided;
        self.measured.append(&Odds {
            k: number(document, "/violations")? as u64,
            n: (number(document, "/rounds")? as u64).saturating_sub(undecided),
            ..Odds::default()
        });
        self.late_us.add(number(document, "/lateness_us/p50")?);
        Ok(())
    }

    fn row(&self, requests: u64) -> Vec<String> {
        let (range, predicted) = (self.predicted.range(), self.predicted.mean());
        let (low, high) = self.measured.interval();
        let ratio = self.measured.share() / predicted;
        let within = (1.0 / FACTOR_MAX..=FACTOR_MAX).contains(&ratio);
        let undecided = match self.undecided {
            0 => String::new(),
            n => format!(", {n} undecided"),
        };
        vec![
            format!("{requests} in {WINDOW}"),
            format!(
                "{} ({} .. {})",
                percent(predicted),
                percent(range.least),
                percent(range.most)
            ),
            format!(
                "{} of {}, {} ({} .. {}){undecided}",
                self.measured.k,
                self.measured.n,
                percent(self.measured.share()),
                percent(low),
                percent(high)
            ),
            format!(
                "{ratio:.2} ({:.2} .. {:.2})",
                low / predicted,
                high / predicted
            ),
            if within { "yes" } else { "no" }.to_string(),
            self.window_us.range().show(0),
            self.late_us.range().show(0),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn predicted(rate: f64) -> Value {
        let convoy = json!({ "operations": [], "rate": 0.5 });
        let race = json!({
            "operations": ["reserve", "reserve"], "rate": 0.001, "window_us": 360.0,
            "over_limit": { "rate": rate, "k": 1, "n": 1 },
        });
        json!({ "boundaries": [convoy, race] })
    }

    fn measured(violations: u64, undecided: u64) -> Value {
        json!({
            "violations": violations, "rounds": 50, "undecided": undecided,
            "lateness_us": { "p50": 188 },
        })
    }

    #[test]
    fn rounds_are_pooled() {
        let mut load = Load::default();
        load.predict(&predicted(0.06)).unwrap();
        load.predict(&predicted(0.10)).unwrap();
        load.measure(&measured(7, 0)).unwrap();
        load.measure(&measured(9, 0)).unwrap();
        assert_eq!(
            load.row(100).join("; "),
            "100 in 500ms; 8.00 % (6.00 % .. 10.0 %); 16 of 100, 16.0 % (10.1 % .. 24.4 %); \
             2.00 (1.26 .. 3.05); yes; 360 (360 .. 360); 188 (188 .. 188)"
        );
        load.measure(&measured(20, 10)).unwrap();
        let row = load.row(100);
        assert!(row[2].starts_with("36 of 140, 25.7 %") && row[2].ends_with(", 10 undecided"));
        assert_eq!(row[4], "no");
    }

    #[test]
    fn what_was_not_measured_is_an_error() {
        let mut load = Load::default();
        for document in [
            json!({}),
            json!({ "boundaries": [{ "operations": ["a"] }] }),
        ] {
            assert!(load.predict(&document).is_err());
            assert!(load.measure(&document).is_err());
        }
    }
}
