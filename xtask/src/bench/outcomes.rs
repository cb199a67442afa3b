//! Runs of the built heisen, and what their documents say.

use std::fs;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::odds::{First, Odds};
use super::servers::Folder;
use crate::shell::{built, root};

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
    let folder = Folder::new()?;
    let name = format!("heisen {}", words.join(" "));
    let mut command = Command::new(built("heisen"));
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
