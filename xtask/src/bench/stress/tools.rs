//! Tools that make load, each in one thread on the processor that is theirs, and what they cost.

use std::fs;
use std::process::Command;
use std::time::Instant;

use nix::sys::resource::{Resource, getrlimit};

use super::TOOL_CORE;
use super::reports::{self, Report};
use crate::bench::outcomes::{Cost, cost_told, timed};
use crate::bench::servers::Folder;
use crate::shell::{built, find, has, output};

/// Who makes load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Heisen,
    Wrk,
    Hey,
    Oha,
}

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub connections: u64,
    pub seconds: u64,
    /// Requests, of all connections together; without it, as many as go.
    pub per_second: Option<u64>,
}

/// What a tool did, and what that took.
pub struct Run {
    pub report: Report,
    pub cost: Cost,
    /// Of heisen at a rate, what it tells of each second, and when the first began.
    pub seconds: Vec<Second>,
    pub began: Instant,
}

/// What heisen tells of a second: latencies in us.
pub struct Second {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub p999: f64,
    pub mean: f64,
}

impl Run {
    /// Processor time of the tool.
    pub fn cpu_us_per_request(&self) -> f64 {
        self.cost.cpu_seconds * 1e6 / self.report.requests
    }
}

impl Tool {
    pub fn name(self) -> &'static str {
        match self {
            Tool::Heisen => "heisen",
            Tool::Wrk => "wrk",
            Tool::Hey => "hey",
            Tool::Oha => "oha",
        }
    }

    pub fn is_there(self) -> bool {
        self == Tool::Heisen || has(self.name())
    }

    /// Applies load to a port of this machine.
    pub fn run(self, load: &Load, port: u16) -> Result<Run, String> {
        let folder = Folder::new()?;
        let told = folder.0.join("cost");
        let program = match self {
            Tool::Heisen => built("heisen"),
            _ => find(self.name()).ok_or(format!("{} is missing", self.name()))?,
        };
        let timed = timed(&told)?;
        let mut command = Command::new("taskset");
        command.args(["-c", TOOL_CORE]);
        command.args(may_open_all());
        command.arg(timed.get_program()).args(timed.get_args());
        command.arg(program).args(self.words(load, port));
        let table = folder.0.join("seconds.csv");
        if self == Tool::Heisen {
            command.arg("--out").arg(folder.0.join("out"));
            if load.per_second.is_some() {
                command.arg("--csv").arg(&table);
            }
        }
        let began = Instant::now();
        let text = output(&mut command)?;
        let report = match self {
            Tool::Heisen => reports::of_heisen(&text),
            Tool::Wrk => reports::of_wrk(&text),
            Tool::Hey => reports::of_hey(&text),
            Tool::Oha => reports::of_oha(&text),
        };
        Ok(Run {
            report: report.ok_or_else(|| format!("{} printed: {text}", self.name()))?,
            cost: cost_told(&told)?,
            seconds: fs::read_to_string(&table).map_or_else(|_| Vec::new(), |text| seconds(&text)),
            began,
        })
    }

    fn words(self, load: &Load, port: u16) -> Vec<String> {
        let (connections, url) = (load.connections, format!("http://127.0.0.1:{port}/"));
        let duration = format!("{}s", load.seconds);
        let mut text = match self {
            Tool::Heisen => {
                format!("stress --url {url} -c {connections} -d {duration} --threads 1 -q --json -")
            }
            Tool::Wrk => format!("-t1 -c{connections} -d{duration} {url}"),
            Tool::Hey => format!("-z {duration} -c {connections} -cpus 1"),
            Tool::Oha => {
                format!("-z {duration} -c {connections} --no-tui --output-format json {url}")
            }
        };
        match (self, load.per_second) {
            (Tool::Heisen, Some(rate)) => text.push_str(&format!(" -r {rate}")),
            // Its rate is each connection's.
            (Tool::Hey, Some(rate)) => text.push_str(&format!(" -q {}", rate / connections)),
            _ => {}
        }
        if self == Tool::Hey {
            text.push_str(&format!(" {url}"));
        }
        text.split(' ').map(str::to_string).collect()
    }
}

/// The rows of heisen's table.
fn seconds(table: &str) -> Vec<Second> {
    let mut rows = table
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>());
    let head = rows.next().unwrap_or_default();
    let second = |row: Vec<&str>| {
        let of = |name: &str| {
            let place = head.iter().position(|known| *known == name)?;
            row.get(place)?.parse::<f64>().ok()
        };
        Some(Second {
            p50: of("latency_p50_us")?,
            p95: of("latency_p95_us")?,
            p99: of("latency_p99_us")?,
            p999: of("latency_p999_us")?,
            mean: of("latency_mean_us")?,
        })
    };
    rows.filter_map(second).collect()
}

/// How many files a process may have open on this machine.
pub fn files_max() -> u64 {
    getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(_, hard)| hard)
}

/// The words before a command that lets it open as many files as it may.
pub fn may_open_all() -> [String; 2] {
    let most = files_max();
    ["prlimit".to_string(), format!("--nofile={most}:{most}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_is_asked_for_the_same() {
        let mut load = Load {
            connections: 50,
            seconds: 3,
            per_second: None,
        };
        let words = |tool: Tool, load: &Load| tool.words(load, 80).join(" ");
        for (tool, expected) in [
            (
                Tool::Heisen,
                "stress --url http://127.0.0.1:80/ -c 50 -d 3s --threads 1 -q --json -",
            ),
            (Tool::Wrk, "-t1 -c50 -d3s http://127.0.0.1:80/"),
            (Tool::Hey, "-z 3s -c 50 -cpus 1 http://127.0.0.1:80/"),
            (
                Tool::Oha,
                "-z 3s -c 50 --no-tui --output-format json http://127.0.0.1:80/",
            ),
        ] {
            assert_eq!(words(tool, &load), expected);
        }
        load.per_second = Some(5_000);
        assert!(words(Tool::Heisen, &load).ends_with(" -r 5000"));
        assert!(words(Tool::Hey, &load).ends_with(" -q 100 http://127.0.0.1:80/"));
    }
}
