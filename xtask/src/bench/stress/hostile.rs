//! A million requests to a server that behaves badly in every way that has a class: whether each class
//! is counted as often as it happened, whether memory stays flat, and whether it ends.

use serde_json::{Value, json};

use super::comb::end;
use super::serve;
use crate::bench::outcomes::{cost_told, timed};
use crate::bench::servers::Folder;
use crate::bench::table::{grouped, table};
use crate::shell::{built, output};

const REQUESTS: u64 = 1_000_000;

/// What the server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Well,
    Refuses,
    Garbles,
    /// Half an answer, and the end.
    Stops,
    /// Closes without reading all: the connection is reset.
    Resets,
    /// Says that it will say no more, and says nothing.
    HalfCloses,
    /// Nothing, ever.
    Silent,
}

/// How often each was done.
#[derive(Debug, Default)]
pub struct Bad {
    asked: u64,
    counts: [u64; 4],
}

/// Classes of outcomes, as heisen names them.
const CLASSES: [&str; 4] = ["status 503", "garbled", "cut", "timed out"];

impl Bad {
    /// What is done with the next request: one in four badly, one in five thousand silently.
    pub fn next(&mut self) -> Manner {
        self.asked += 1;
        let (manner, class) = match self.asked % 5_000 {
            0 => (Manner::Silent, Some(3)),
            nth => match nth % 20 {
                3 => (Manner::Refuses, Some(0)),
                7 => (Manner::Garbles, Some(1)),
                11 => (Manner::Stops, Some(2)),
                13 => (Manner::Resets, Some(2)),
                17 => (Manner::HalfCloses, Some(2)),
                _ => (Manner::Well, None),
            },
        };
        if let Some(class) = class {
            self.counts[class] += 1;
        }
        manner
    }

    pub fn told(&self) -> Value {
        let counts = CLASSES.iter().zip(self.counts);
        let counts: serde_json::Map<String, Value> = counts
            .map(|(class, count)| ((*class).to_string(), json!(count)))
            .collect();
        json!({ "asked": self.asked, "counts": counts })
    }
}

pub fn run() -> Result<(), String> {
    let server = serve::start("hostile")?;
    let folder = Folder::new()?;
    let told = folder.0.join("cost");
    let mut command = timed(&told)?;
    let url = format!("http://127.0.0.1:{}/", server.port);
    let requests = REQUESTS.to_string();
    command
        .arg(built("heisen"))
        .args(["stress", "--url", &url, "-n", &requests]);
    command.args(["-c", "200", "--patience", "500ms", "-q", "--json", "-"]);
    command.arg("--out").arg(folder.0.join("out"));
    let document: Value = serde_json::from_str(&output(&mut command)?)
        .map_err(|error| format!("heisen's document: {error}"))?;
    let (server, cost) = (end(server.port)?, cost_told(&told)?);
    let counted = |class: &str| document["errors"][class].as_u64().unwrap_or(0);
    let done = |class: &str| server["counts"][class].as_u64().unwrap_or(0);
    let mut rows: Vec<Vec<String>> = CLASSES
        .iter()
        .map(|class| row(class, done(class), counted(class)))
        .collect();
    let errors = document["errors"].as_object().into_iter().flatten();
    let others = errors.filter(|(class, _)| !CLASSES.contains(&class.as_str()));
    rows.extend(others.map(|(class, count)| row(class, 0, count.as_u64().unwrap_or(0))));
    let all = document["requests"].as_u64().unwrap_or(0);
    rows.push(row("all", server["asked"].as_u64().unwrap_or(0), all));
    let title = format!(
        "{} requests, one in four answered badly: {:.0} s, {:.1} MiB at most",
        grouped(REQUESTS as f64),
        cost.seconds,
        cost.peak_mib
    );
    let heads = ["class", "the server did", "heisen counted", "equal"];
    print!("{}", table(&title, &heads, &rows));
    Ok(())
}

fn row(class: &str, done: u64, counted: u64) -> Vec<String> {
    let equal = if done == counted { "yes" } else { "no" };
    vec![
        class.to_string(),
        grouped(done as f64),
        grouped(counted as f64),
        equal.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_counted() {
        let mut bad = Bad::default();
        let silent = (0..10_000).filter(|_| bad.next() == Manner::Silent).count();
        assert_eq!(silent, 2);
        let told = bad.told();
        assert_eq!(told["asked"], 10_000);
        let counts = json!({ "status 503": 500, "garbled": 500, "cut": 1500, "timed out": 2 });
        assert_eq!(told["counts"], counts);
    }
}
