//! Runs of the built heisen, and what their documents say.

use std::fs;
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
    pub peak_mib: f64,
}

/// Runs a heisen to its end under GNU time, which asks the kernel for the peak when it has ended.
pub fn cost(words: &[&str]) -> Result<(Value, Cost), String> {
    let time = find("time").ok_or("GNU time is missing")?;
    let folder = Folder::new()?;
    let told = folder.0.join("cost");
    let mut command = Command::new(time);
    command.args(["--format", "%e %M", "--output"]).arg(&told);
    command.arg(built("heisen"));
    let document = launch(command, words)?.document()?;
    let text = fs::read_to_string(told).map_err(|error| error.to_string())?;
    let cost = read_cost(&text).ok_or(format!("time printed: {text}"))?;
    Ok((document, cost))
}

/// The last line: one about a status that is not 0 may come before it.
fn read_cost(text: &str) -> Option<Cost> {
    let (seconds, peak_kib) = text.lines().last()?.split_once(' ')?;
    Some(Cost {
        seconds: seconds.parse().ok()?,
        peak_mib: peak_kib.parse::<f64>().ok()? / 1024.0,
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
            peak_mib: 22.5,
        };
        assert_eq!(read_cost("1.79 23040\n"), Some(expected));
        let failed = "Command exited with non-zero status 1\n1.79 23040\n";
        assert_eq!(read_cost(failed), Some(expected));
        for text in ["", "1.79", "real 1.79"] {
            assert_eq!(read_cost(text), None, "{text}");
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
