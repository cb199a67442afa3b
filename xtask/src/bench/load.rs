//! The stores' own load tools, and what they print.

use std::fs;
use std::process::Command;

use super::servers::Folder;
use crate::shell::{find, output};

/// What a load tool measured.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    pub per_second: f64,
    pub p50_us: f64,
    pub operations: f64,
}

/// One shape of load.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub name: &'static str,
    pub protocol: &'static str,
    pub words: &'static [&'static str],
}

pub const LOADS: &[Load] = &[
    Load {
        name: "redis GET, 1 connection",
        protocol: "redis",
        words: &["-t", "get", "-c", "1"],
    },
    Load {
        name: "redis GET, 50 connections",
        protocol: "redis",
        words: &["-t", "get", "-c", "50"],
    },
    Load {
        name: "redis GET, 50 conn., pipeline 16",
        protocol: "redis",
        words: &["-t", "get", "-c", "50", "-P", "16"],
    },
    Load {
        name: "redis GET 100 KB, 8 connections",
        protocol: "redis",
        words: &["-t", "get", "-d", "102400", "-c", "8"],
    },
    Load {
        name: "pgbench -S simple, 1 connection",
        protocol: "postgres",
        words: &["-M", "simple", "-c", "1"],
    },
    Load {
        name: "pgbench -S simple, 8 connections",
        protocol: "postgres",
        words: &["-M", "simple", "-c", "8", "-j", "2"],
    },
    Load {
        name: "pgbench -S prepared, 1 connection",
        protocol: "postgres",
        words: &["-M", "prepared", "-c", "1"],
    },
    Load {
        name: "pgbench -S prepared, 8 connections",
        protocol: "postgres",
        words: &["-M", "prepared", "-c", "8", "-j", "2"],
    },
];

/// How long one measurement takes without a proxy.
const SECONDS: f64 = 1.0;

/// Requests of the run that tells how many there are in that time.
const REQUESTS_TO_CALIBRATE: u64 = 2_000;

impl Load {
    /// So many requests that they take a moment on this machine, as it is now.
    pub fn calibrate(&self, port: u16, folder: &Folder) -> Result<u64, String> {
        let measured = self.run(port, REQUESTS_TO_CALIBRATE, folder)?;
        Ok((measured.per_second * SECONDS) as u64 + 1)
    }

    pub fn run(&self, port: u16, requests: u64, folder: &Folder) -> Result<Measured, String> {
        match self.protocol {
            "redis" => self.redis_benchmark(port, requests),
            _ => self.pgbench(port, requests, folder),
        }
    }

    fn redis_benchmark(&self, port: u16, requests: u64) -> Result<Measured, String> {
        let count = requests.to_string();
        if self.words.contains(&"102400") {
            // GET answers what SET left.
            let words = [
                "-p",
                &port.to_string(),
                "-t",
                "set",
                "-d",
                "102400",
                "-n",
                "1",
                "-c",
                "1",
                "-q",
            ];
            output(Command::new("redis-benchmark").args(words))?;
        }
        let mut command = Command::new("redis-benchmark");
        command
            .args(["-p", &port.to_string(), "-n", &count, "--csv"])
            .args(self.words);
        let text = output(&mut command)?;
        let row = text.lines().last().unwrap_or("");
        let fields: Vec<f64> = row
            .split(',')
            .filter_map(|field| field.trim_matches('"').parse().ok())
            .collect();
        // rps, avg, min, p50, p95, p99, max (milliseconds)
        match fields.as_slice() {
            [per_second, _, _, p50_ms, ..] => Ok(Measured {
                per_second: *per_second,
                p50_us: p50_ms * 1000.0,
                operations: requests as f64,
            }),
            _ => Err(format!("redis-benchmark printed: {text}")),
        }
    }

    fn pgbench(&self, port: u16, requests: u64, folder: &Folder) -> Result<Measured, String> {
        let log = folder.0.join("pgbench");
        let pgbench = find("pgbench").ok_or("pgbench is missing")?;
        let at = self.words.iter().position(|word| *word == "-c");
        let clients: u64 = at.map_or(1, |at| self.words[at + 1].parse().unwrap_or(1));
        // Its count is one of each client.
        let (port, transactions) = (port.to_string(), (requests / clients).max(1).to_string());
        let mut command = Command::new(pgbench);
        command.args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "bench",
            "-S",
            "-n",
            "-t",
            &transactions,
        ]);
        command
            .args(self.words)
            .arg("-l")
            .arg(format!("--log-prefix={}", log.display()))
            .arg("postgres");
        let text = output(&mut command)?;
        let per_second = text
            .lines()
            .find_map(|line| line.strip_prefix("tps = "))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .ok_or_else(|| format!("pgbench printed: {text}"))?;
        let mut latencies = Vec::new();
        for entry in fs::read_dir(&folder.0)
            .map_err(|error| error.to_string())?
            .flatten()
        {
            if entry.file_name().to_string_lossy().starts_with("pgbench.") {
                let lines = fs::read_to_string(entry.path()).unwrap_or_default();
                latencies.extend(
                    lines
                        .lines()
                        .filter_map(|l| l.split(' ').nth(2)?.parse::<f64>().ok()),
                );
                let _ = fs::remove_file(entry.path());
            }
        }
        latencies.sort_by(f64::total_cmp);
        let p50_us = latencies
            .get(latencies.len() / 2)
            .copied()
            .unwrap_or(f64::NAN);
        Ok(Measured {
            per_second,
            p50_us,
            operations: latencies.len() as f64,
        })
    }
}
