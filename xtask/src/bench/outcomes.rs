//! Runs of the built heisen, and what their documents say.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::odds::{First, Odds};
use super::servers::Folder;
use crate::shell::{built, find, root};

/// Done, and a violation: both are outcomes. Anything else measured nothing.
const FINISHED: [i32; 2] = [0, 1];

/// A heisen that runs.
pub struct Running {
    child: Child,
    name: String,
    folder: Folder,
}

/// Starts a heisen with these words; its evidence goes with the folder.
pub fn start(words: &[&str]) -> Result<Running, String> {
    launch(Command::new(built("heisen")), words)
}

/// What a run cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    pub seconds: f64,
    /// Of all its threads, in the kernel too.
    pub cpu_seconds: f64,
    pub peak_mib: f64,
}

/// Runs a heisen to its end under GNU time.
pub fn cost(words: &[&str]) -> Result<(Value, Cost), String> {
    let folder = Folder::new()?;
    let told = folder.0.join("cost");
    let mut command = timed(&told)?;
    command.arg(built("heisen"));
    let document = launch(command, words)?.document()?;
    Ok((document, cost_told(&told)?))
}

/// GNU time, before the words of what it runs: it asks the kernel when that has ended.
pub fn timed(told: &Path) -> Result<Command, String> {
    let mut command = Command::new(find("time").ok_or("GNU time is missing")?);
    let format = "%e %U %S %M";
    command.args(["--format", format, "--output"]).arg(told);
    Ok(command)
}

/// What GNU time has told.
pub fn cost_told(told: &Path) -> Result<Cost, String> {
    let text = fs::read_to_string(told).map_err(|error| error.to_string())?;
    read_cost(&text).ok_or(format!("time printed: {text}"))
}

/// The last line: one about a status that is not 0 may come before it.
fn read_cost(text: &str) -> Option<Cost> {
    let numbers: Option<Vec<f64>> = text
        .lines()
        .last()?
        .split(' ')
        .map(|word| word.parse().ok())
        .collect();
    let [seconds, user, system, peak_kib] = numbers?[..] else {
        return None;
    };
    Some(Cost {
        seconds,
        cpu_seconds: user + system,
        peak_mib: peak_kib / 1024.0,
    })
}

fn launch(mut command: Command, words: &[&str]) -> Result<Running, String> {
    let folder = Folder::new()?;
    let name = format!("heisen {}", words.join(" "));
    command.current_dir(root()).args(words);
    command
        .arg("--quiet")
        .arg("--out")
        .arg(folder.0.join("out"));
    command.arg("--json").arg(folder.0.join("document"));
    let log = fs::File::create(folder.0.join("log")).map_err(|error| error.to_string())?;
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    let child = quiet.stderr(log).spawn();
    Ok(Running {
        child: child.map_err(|error| format!("{name}: {error}"))?,
        name,
        folder,
    })
}

impl Running {
    /// Waits for its document.
    pub fn document(mut self) -> Result<Value, String> {
        let status = self.child.wait().map_err(|error| error.to_string())?;
        if !status.code().is_some_and(|code| FINISHED.contains(&code)) {
            let log = fs::read_to_string(self.folder.0.join("log")).unwrap_or_default();
            return Err(format!("{}: {status}\n{}", self.name, log.trim()));
        }
        let text = fs::read_to_string(self.folder.0.join("document"));
        let text = text.map_err(|error| format!("{}: {error}", self.name))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", self.name))
    }
}

/// A number in a document, by its JSON pointer.
pub fn number(document: &Value, pointer: &str) -> Result<f64, String> {
    let value = document.pointer(pointer).and_then(Value::as_f64);
    value.ok_or_else(|| format!("no number {pointer} in {document}"))
}

/// What one phase of a replay counted.
pub fn odds(phase: &Value) -> Option<Odds> {
    let n = phase["n"].as_u64()?;
    let per_second = phase["trials_per_second"].as_f64()?;
    let first = phase["first_violation"].as_u64().map(|trial| First {
        trial,
        seconds: phase["first_violation_ms"].as_f64().unwrap_or(f64::NAN) / 1e3,
    });
    Some(Odds {
        k: phase["k"].as_u64()?,
        n,
        seconds: if n > 0 { n as f64 / per_second } else { 0.0 },
        first,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_time_prints_is_read() {
        let expected = Cost {
            seconds: 1.79,
            cpu_seconds: 0.75,
            peak_mib: 22.5,
        };
        assert_eq!(read_cost("1.79 0.5 0.25 23040\n"), Some(expected));
        let failed = "Command exited with non-zero status 1\n1.79 0.5 0.25 23040\n";
        assert_eq!(read_cost(failed), Some(expected));
        for text in ["", "1.79", "1.79 0.5 0.25", "real 1.79 0.5 1"] {
            assert_eq!(read_cost(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_found_or_missed_by_name() {
        let document = json!({ "simulated": { "requests": 200 }, "wall_ms": "soon" });
        assert_eq!(number(&document, "/simulated/requests"), Ok(200.0));
        for pointer in ["/simulated/rounds", "/wall_ms"] {
            assert!(number(&document, pointer).unwrap_err().contains(pointer));
        }
    }

    #[test]
    fn a_phase_is_read() {
        let phase = json!({
            "k": 2, "n": 50, "trials_per_second": 25.0,
            "first_violation": 9, "first_violation_ms": 360.5,
        });
        let odds_read = odds(&phase).unwrap();
        assert_eq!((odds_read.k, odds_read.n, odds_read.seconds), (2, 50, 2.0));
        let first = odds_read.first.unwrap();
        assert_eq!((first.trial, first.seconds), (9, 0.3605));
        let none = json!({ "k": 0, "n": 0, "trials_per_second": 0.0, "first_violation": null });
        assert_eq!(odds(&none), Some(Odds::default()));
        assert_eq!(odds(&json!({})), None);
    }
}
