//! What aiming is worth: the racy TicketRush under bursts that find each other, beside as many requests
//! at the same average rate that are spread out.

use serde_json::Value;

use crate::bench::odds::Odds;
use crate::bench::outcomes::{number, start};
use crate::bench::table::{percent, table};

const SPEC: &str = "targets/ticketrush";

/// Requests of a round, at once or over this.
const REQUESTS: &str = "60";
const SPREAD: &str = "1s";

const ROUNDS: usize = 4;
const BURSTS: &str = "30";

/// What is expected of aiming.
const FACTOR_MIN: f64 = 5.0;

#[derive(Default)]
struct Phase {
    odds: Odds,
    inside_max: f64,
    windows: f64,
    shared: f64,
}

pub fn run() -> Result<(), String> {
    let mut phases: [Phase; 2] = Default::default();
    for seed in 1..=ROUNDS {
        let words = [
            "stress",
            "--spec",
            SPEC,
            "--variant",
            "racy",
            "--suspect",
            "1",
            "--burst",
            REQUESTS,
            "--window",
            "0s",
            "--spread",
            SPREAD,
            "--rounds",
            BURSTS,
            "--seed",
            &seed.to_string(),
        ];
        let document = start(&words)?.document()?;
        for (nth, phase) in phases.iter_mut().enumerate() {
            phase.take(&document["phases"][nth])?;
        }
    }
    let [spread, aimed] = &phases;
    let rows = [
        spread.row(&format!("spread over {SPREAD}")),
        aimed.row("at once, aimed at suspect 1"),
    ];
    let title = format!(
        "TicketRush racy, {REQUESTS} requests a round, {ROUNDS} runs of {BURSTS} rounds each, in turn"
    );
    let heads = [
        "requests",
        "violated, 95 % interval",
        "most inside at once",
        "windows shared",
    ];
    print!("{}", table(&title, &heads, &rows));
    let (low, _) = aimed.odds.interval();
    let (_, high) = spread.odds.interval();
    println!(
        "\nAimed / spread: {:.1} times, at least {:.1} (worst ends of both intervals); {FACTOR_MIN:.0} wanted.",
        aimed.odds.share() / spread.odds.share(),
        low / high
    );
    Ok(())
}

impl Phase {
    fn take(&mut self, phase: &Value) -> Result<(), String> {
        self.odds.append(&Odds {
            k: number(phase, "/violations")? as u64,
            n: number(phase, "/rounds")? as u64,
            ..Odds::default()
        });
        let place = &phase["contention"]["places"][0];
        self.inside_max = self.inside_max.max(number(place, "/inside_max")?);
        let windows = number(place, "/windows")?;
        let alone = place["inside"]["1"].as_f64().unwrap_or(0.0);
        self.windows += windows;
        self.shared += windows - alone;
        Ok(())
    }

    fn row(&self, name: &str) -> Vec<String> {
        let (low, high) = self.odds.interval();
        vec![
            name.to_string(),
            format!(
                "{} of {}, {} ({} .. {})",
                self.odds.k,
                self.odds.n,
                percent(self.odds.share()),
                percent(low),
                percent(high)
            ),
            format!("{:.0}", self.inside_max),
            format!(
                "{} of {:.0}",
                percent(self.shared / self.windows),
                self.windows
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rounds_are_added_up() {
        let run = |violations: u64, alone: u64| {
            json!({
                "violations": violations, "rounds": 10,
                "contention": { "places": [{ "inside_max": 3, "windows": 20, "inside": { "1": alone } }] },
            })
        };
        let mut phase = Phase::default();
        phase.take(&run(1, 19)).unwrap();
        phase.take(&run(3, 9)).unwrap();
        assert_eq!((phase.odds.k, phase.odds.n), (4, 20));
        let row = phase.row("x");
        assert_eq!((row[2].as_str(), row[3].as_str()), ("3", "30.0 % of 40"));
        assert!(Phase::default().take(&json!({})).is_err());
    }
}
