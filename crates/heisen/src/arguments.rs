//! The command line.

mod stress;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Hunts Heisenbugs in distributed backends: predicts where a system races, forces the race on
/// the wire, and proves the fix.
#[derive(Debug, Parser)]
#[command(
    name = "heisen",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of all commands.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Write one machine-readable document to FILE, or to stdout with `-`
    #[arg(long, global = true, value_name = "FILE")]
    pub json: Option<String>,
    /// Seed of every random choice; printed, so that a run can be repeated
    #[arg(long, global = true, value_name = "N")]
    pub seed: Option<u64>,
    /// Begin nothing more after this long (60s, 5m)
    #[arg(long, global = true, value_name = "TIME", value_parser = time)]
    pub budget: Option<Duration>,
    /// Where evidence goes
    #[arg(long, global = true, value_name = "DIR", default_value = ".heisen")]
    pub out: PathBuf,
    /// No progress on stderr
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read a spec and say what is wrong with it, or what it describes
    Check(SpecOptions),
    /// Start the system with a wire on every edge, until Ctrl-C
    Up(UpOptions),
    /// Say where it will race and how often: from the spec alone, the running system, or its logs
    Predict(PredictOptions),
    /// Put load on an operation and ask the oracles afterwards
    Stress(Box<StressOptions>),
    /// Find where requests race, force it, and keep it as a small file that replays
    Isolate(IsolateOptions),
    /// Run a schedule again and again: does it still go wrong?
    Replay(ReplayOptions),
    /// Print what came of a run again, from its evidence
    Report(ReportOptions),
    /// List the runs whose evidence is kept
    Runs,
    /// One wire between a port of this machine and anything else, without a spec
    Proxy(ProxyOptions),
    /// Look whether this machine has what heisen needs, and whether anything was left behind
    Doctor,
    /// Remove what killed runs left behind
    Recover,
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Watches a run and cleans up after it, however it ends
    #[command(hide = true)]
    Guard {
        #[arg(long)]
        journal: PathBuf,
    },
}

/// Which system.
#[derive(Debug, Args)]
pub struct SpecOptions {
    /// The spec, or the folder of its heisen.yaml [default: ./heisen.yaml]
    pub spec: Option<PathBuf>,
    /// Which of the spec's variants [default: the first]
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
}

/// Options of `up`.
#[derive(Debug, Args)]
pub struct UpOptions {
    #[command(flatten)]
    pub system: SpecOptions,
    /// Without wires
    #[arg(long)]
    pub direct: bool,
}

/// How recorded traffic is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// PostgreSQL's stderr log, with any log_line_prefix
    Postgres,
    /// PostgreSQL's csvlog
    Csv,
    /// MySQL's general log
    Mysql,
    /// One JSON object a line
    Json,
}

/// Options of `predict`.
#[derive(Debug, Args)]
pub struct PredictOptions {
    #[command(flatten)]
    pub system: SpecOptions,
    /// Start the system and learn its steps and times, each operation by itself, through wires
    #[arg(long)]
    pub learn: bool,
    /// With --learn: predict for the spec's near_limit state
    #[arg(long, requires = "learn")]
    pub near_limit: bool,
    /// Instead of the spec's traffic: bursts of so many requests of its first operation
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub burst: Option<u64>,
    /// With --burst: all within this
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = time, requires = "burst")]
    pub window: Duration,
    /// With --burst: for so many different values of the first argument
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100_000), requires = "burst")]
    pub keys: u64,
    /// Recorded traffic: PostgreSQL and MySQL logs, JSON lines, evidence of earlier runs. Needs no
    /// spec; beside one, both make one ranking. May be given more than once
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// What is written in the logs [default: what they look like]
    #[arg(long, value_name = "FORMAT", requires = "log")]
    pub format: Option<LogFormat>,
    /// Requests simulated under the described load, at least
    #[arg(long, value_name = "N", default_value_t = 400_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub requests: u64,
    /// Tell the load above which rates pass this share
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = percent)]
    pub threshold: f64,
    /// Exit with 6 when an unprotected boundary has a rate above this share
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub fail_above: Option<f64>,
    /// Simulate in so many threads; the figures are the same for any number [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

pub use stress::{ArrivalsOption, OutputOptions, ReleaseOption, StressOptions};

/// How interleavings are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Strategy {
    /// Each that is not equivalent to another one; what is too much is sampled
    Systematic,
    /// Any racer that can go, equally likely
    Random,
    /// Every interleaving equally likely
    Surw,
    /// Random priorities that change once
    Pct,
    /// Random priorities, drawn anew for steps in conflict
    Pos,
    /// All that sample, in turn
    Portfolio,
}

/// Options of `isolate`.
#[derive(Debug, Args)]
pub struct IsolateOptions {
    #[command(flatten)]
    pub system: SpecOptions,
    /// Forced trials of the best catch
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub times: u64,
    /// Unforced trials beside them, direct and through idle wires; 0 leaves the baseline out
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub natural: u64,
    /// Racers start up to so far apart, forced or not [default: together; unforced 10ms]
    #[arg(long, value_name = "TIME", value_parser = spread)]
    pub spread: Option<Duration>,
    /// Run every variant of the spec, one after the other
    #[arg(long, conflicts_with = "variant")]
    pub all_variants: bool,
    /// Try what this run of predict predicted first, in the order of its ranking
    #[arg(long, value_name = "RUN", num_args = 0..=1, default_missing_value = "latest")]
    pub aim: Option<String>,
    /// Ask of every step: what if it fails? Resets, late replies, wrong answers, a killed replica
    #[arg(long)]
    pub what_if: bool,
    /// Explored executions for each choice of racers, beyond what is suspected; 0 explores nothing
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub explore: u64,
    /// Worlds side by side, each with backends and replicas of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=8))]
    pub worlds: u16,
    /// How interleavings are chosen
    #[arg(long, value_name = "NAME", default_value = "systematic")]
    pub strategy: Strategy,
    /// Racers that are explored together
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=3))]
    pub racers: u8,
    /// Explore only what takes the turn from a racer at most N times
    #[arg(long, value_name = "N")]
    pub preemptions: Option<u32>,
    /// Judge without the spec's invariants
    #[arg(long)]
    pub no_invariants: bool,
}

/// Options of `replay`.
#[derive(Debug, Args)]
pub struct ReplayOptions {
    /// The schedule
    pub schedule: PathBuf,
    /// The spec [default: heisen.yaml in the schedule's folder or one above it]
    #[arg(long, value_name = "SPEC")]
    pub spec: Option<PathBuf>,
    /// Which of the spec's variants [default: the first]
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Forced trials
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub times: u64,
    /// Unforced trials beside them, direct and through idle wires; 0 leaves the baseline out
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub natural: u64,
    /// Racers start up to so far apart, forced or not [default: together; unforced 10ms]
    #[arg(long, value_name = "TIME", value_parser = spread)]
    pub spread: Option<Duration>,
    /// Also as many unforced trials in which each step that touches shared state is delayed by a
    /// random time of up to TIME
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub delays: Option<Duration>,
}

/// Options of `report`.
#[derive(Debug, Args)]
pub struct ReportOptions {
    /// The run: an id, its beginning, a file, or `latest`
    #[arg(default_value = "latest")]
    pub run: String,
    /// Write a page of HTML to FILE. Of a prediction: the graph, the curves, every boundary. Of load:
    /// its figures over time
    #[arg(long, value_name = "FILE")]
    pub page: Option<PathBuf>,
    /// Write the seconds of load to FILE, a row for each
    #[arg(long, value_name = "FILE", conflicts_with = "page")]
    pub csv: Option<PathBuf>,
}

/// Options of `proxy`.
#[derive(Debug, Args)]
pub struct ProxyOptions {
    /// What is spoken: tcp, http, postgres, redis
    #[arg(value_parser = protocol)]
    pub protocol: model::Protocol,
    /// Where connections go: host:port
    #[arg(value_parser = address)]
    pub upstream: String,
    /// The port to listen on, on 127.0.0.1; 0 takes a free one
    #[arg(long, short, value_name = "PORT", default_value_t = 0)]
    pub listen: u16,
    /// Record every step as evidence
    #[arg(long)]
    pub record: bool,
}

/// How far apart racers start; together is no distance.
fn spread(text: &str) -> Result<Duration, String> {
    let spread = model::units::duration(text).map_err(|error| error.to_string())?;
    if spread > hunt::replay::SPREAD_MAX {
        let most = hunt::replay::SPREAD_MAX.as_secs();
        return Err(format!("no step is held long enough; give at most {most}s"));
    }
    Ok(spread)
}

/// Over how long a burst is spread; no time at all is a burst too.
fn window(text: &str) -> Result<Duration, String> {
    let window = model::units::duration(text).map_err(|error| error.to_string())?;
    let most = hunt::stress::bursts::WINDOW_MAX;
    if window > most {
        let most = most.as_secs();
        return Err(format!(
            "longer is no burst; give at most {most}s, or --rate"
        ));
    }
    Ok(window)
}

fn time(text: &str) -> Result<Duration, String> {
    let time = model::units::duration(text).map_err(|error| error.to_string())?;
    if time.is_zero() {
        Err("must be more than nothing".to_string())
    } else {
        Ok(time)
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim().parse::<f64>().ok();
    number
        .filter(|percent| (0.0..=100.0).contains(percent))
        .map(|percent| percent / 100.0)
        .ok_or_else(|| format!("`{text}` is not a share; write percent, such as 1% or 0.3%"))
}

fn rate(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches("/s").parse::<f64>().ok();
    number
        .filter(|rate| (0.01..=1e6).contains(rate))
        .ok_or_else(|| {
            format!("`{text}` is not a rate; write requests per second, such as 500 or 500/s")
        })
}

fn header(text: &str) -> Result<(String, String), String> {
    let split = text.split_once(':');
    let split = split.map(|(name, value)| (name.trim().to_string(), value.trim().to_string()));
    split
        .filter(|(name, value)| {
            let is_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            !name.is_empty() && name.chars().all(is_name) && !value.chars().any(char::is_control)
        })
        .ok_or_else(|| format!("`{text}` is no header; write `name: value`"))
}

fn method(text: &str) -> Result<String, String> {
    let is_word = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic());
    is_word
        .then(|| text.to_ascii_uppercase())
        .ok_or_else(|| format!("`{text}` is no method, such as POST"))
}

fn address(text: &str) -> Result<String, String> {
    let port = text
        .rsplit_once(':')
        .filter(|(host, _)| !host.is_empty())
        .and_then(|(_, port)| port.parse::<u16>().ok());
    match port {
        Some(1..) => Ok(text.to_string()),
        _ => Err(format!(
            "`{text}` is not an address; write host:port, such as 127.0.0.1:6379"
        )),
    }
}

fn protocol(text: &str) -> Result<model::Protocol, String> {
    let known = model::Protocol::ALL;
    known
        .into_iter()
        .find(|protocol| protocol.as_str() == text)
        .ok_or_else(|| {
            format!(
                "`{text}` is none of {}",
                known.map(model::Protocol::as_str).join(", ")
            )
        })
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
