//! As many requests as go: how many those are, and what one costs who makes it.

use super::nginx;
use super::tools::{Load, Run, Tool};
use crate::bench::figures::Figure;
use crate::bench::servers::Folder;
use crate::bench::table::{grouped, table};

const ROUNDS: usize = 5;

const LOAD: Load = Load {
    connections: 50,
    seconds: 3,
    per_second: None,
};

/// What came of one tool.
#[derive(Default)]
pub struct Tally {
    pub per_second: Figure,
    pub cpu_us: Figure,
    pub peak_mib: Figure,
    pub errors: f64,
}

impl Tally {
    pub fn add(&mut self, run: &Run) {
        self.per_second.add(run.report.per_second);
        self.cpu_us.add(run.cpu_us_per_request());
        self.peak_mib.add(run.cost.peak_mib);
        self.errors += run.report.errors;
    }

    /// How quick it was, and what it says went wrong.
    pub fn speed(&self) -> String {
        let range = self.per_second.range();
        let errors = match self.errors {
            0.0 => String::new(),
            n => format!(", {n} errors"),
        };
        format!(
            "{} ({} .. {}){errors}",
            grouped(range.median),
            grouped(range.least),
            grouped(range.most)
        )
    }

    fn row(&self, tool: Tool, wrk: &Tally) -> Vec<String> {
        vec![
            tool.name().to_string(),
            self.speed(),
            self.cpu_us.range().show(2),
            self.peak_mib.range().show(1),
            self.cpu_us.ratio_to(&wrk.cpu_us).show(2),
            self.per_second.ratio_to(&wrk.per_second).show(2),
        ]
    }
}

pub fn run() -> Result<(), String> {
    let folder = Folder::new()?;
    let server = nginx::start(&folder)?;
    let tools = [Tool::Wrk, Tool::Heisen, Tool::Hey, Tool::Oha];
    let (tools, missing): (Vec<Tool>, Vec<Tool>) =
        tools.into_iter().partition(|tool| tool.is_there());
    let mut tallies: Vec<Tally> = tools.iter().map(|_| Tally::default()).collect();
    for _ in 0..ROUNDS {
        for (tool, tally) in tools.iter().zip(&mut tallies) {
            tally.add(&tool.run(&LOAD, server.port)?);
        }
    }
    let wrk = &tallies[0];
    let rows: Vec<Vec<String>> = tools
        .iter()
        .zip(&tallies)
        .map(|(tool, tally)| tally.row(*tool, wrk))
        .collect();
    let title = format!(
        "As many requests as go, {} connections, {ROUNDS} rounds in turn of {} s",
        LOAD.connections, LOAD.seconds
    );
    let heads = [
        "tool",
        "requests/s",
        "CPU us a request",
        "peak MiB",
        "CPU / wrk's",
        "requests/s / wrk's",
    ];
    print!("{}", table(&title, &heads, &rows));
    for tool in missing {
        println!("\n{} is not on this machine: no row.", tool.name());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::outcomes::Cost;
    use crate::bench::stress::reports::Report;

    fn ran(per_second: f64, cpu_seconds: f64, errors: f64) -> Run {
        Run {
            report: Report {
                requests: per_second * 3.0,
                per_second,
                errors,
            },
            cost: Cost {
                seconds: 3.0,
                cpu_seconds,
                peak_mib: 5.0,
            },
            seconds: Vec::new(),
            began: std::time::Instant::now(),
        }
    }

    #[test]
    fn tools_stand_beside_wrk() {
        let (mut wrk, mut heisen) = (Tally::default(), Tally::default());
        wrk.add(&ran(50_000.0, 1.5, 0.0));
        heisen.add(&ran(40_000.0, 1.5, 2.0));
        assert_eq!(
            heisen.row(Tool::Heisen, &wrk).join("; "),
            "heisen; 40 000 (40 000 .. 40 000), 2 errors; 12.50 (12.50 .. 12.50); \
             5.0 (5.0 .. 5.0); 1.25 (1.25 .. 1.25); 0.80 (0.80 .. 0.80)"
        );
    }
}
