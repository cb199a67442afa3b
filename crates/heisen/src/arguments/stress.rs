//! What `heisen stress` takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{header, method, rate, time, window};

/// Options of `stress`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("bursts").multiple(true))]
pub struct StressOptions {
    /// Which operation [default: the spec's first]
    #[arg(value_name = "OPERATION")]
    pub operation: Option<String>,
    /// The spec, or the folder of its heisen.yaml [default: ./heisen.yaml]
    #[arg(long, value_name = "SPEC")]
    pub spec: Option<PathBuf>,
    /// Which of the spec's variants [default: the first]
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Apply this of the spec's `loads:` [default: the first]
    #[arg(long, value_name = "NAME", num_args = 0..=1, conflicts_with_all = ["operation", "connections", "rate", "requests", "bursts", "url"])]
    pub load: Option<Option<String>>,
    /// Requests in flight (with --rate: at most)
    #[arg(long, short = 'c', value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub connections: u32,
    /// Requests per second, whether or not earlier ones were answered
    #[arg(long, short = 'r', value_name = "PER_SECOND", value_parser = rate)]
    pub rate: Option<f64>,
    /// For how long [default: 10s, with --requests until all are made]
    #[arg(long, short = 'd', value_name = "TIME", value_parser = time)]
    pub duration: Option<Duration>,
    /// At most so many requests
    #[arg(long, short = 'n', value_name = "N")]
    pub requests: Option<u64>,
    /// Instead of steady load: bursts of N requests, each from an equal state, the oracles asked
    /// after each. Requests go down the lanes one after the other; where the spec lists several
    /// values of an argument they are taken in turn, so that requests next to each other in
    /// different lanes share them [default: as the spec's `traffic:` says]
    #[arg(long, value_name = "N", num_args = 0..=1, value_parser = clap::value_parser!(u64).range(1..=hunt::stress::bursts::REQUESTS_MAX), group = "bursts", conflicts_with_all = ["connections", "rate", "duration"])]
    pub burst: Option<Option<u64>>,
    /// A burst's requests are sent at times drawn evenly over TIME, 0s for all at once [default: as
    /// the spec's `traffic:` says]
    #[arg(long, value_name = "TIME", value_parser = window, requires = "bursts")]
    pub window: Option<Duration>,
    /// So many bursts
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..), requires = "bursts")]
    pub rounds: u64,
    /// Without wires
    #[arg(long)]
    pub direct: bool,
    /// Aim at what this run of predict predicted: bursts of the operation that races first, twice as
    /// large as it takes to show
    #[arg(long, value_name = "RUN", num_args = 0..=1, default_missing_value = "latest", group = "bursts", conflicts_with_all = ["connections", "rate", "duration", "requests"])]
    pub aim: Option<String>,
    /// Aim at the suspect of this rank, as `heisen predict` ranks them; without --aim they are predicted
    /// from the spec's description now
    #[arg(long, value_name = "N", group = "bursts", conflicts_with_all = ["connections", "rate", "duration"], value_parser = clap::value_parser!(u32).range(1..))]
    pub suspect: Option<u32>,
    /// Beside the bursts, as many in which the same requests are spread over TIME
    #[arg(long, value_name = "TIME", value_parser = window, requires = "bursts")]
    pub spread: Option<Duration>,
    /// Side by side: bursts without wires, through idle wires, and with this fault on the wires to a
    /// backend or service: `cache:latency=lognormal(20ms,0.5)`; may be given more than once
    #[arg(
        long,
        value_name = "TARGET:FAULT",
        requires = "bursts",
        conflicts_with = "direct"
    )]
    pub wire: Vec<String>,
    /// Each request of a burst twice, at the same time, down two lanes
    #[arg(long, requires = "bursts", conflicts_with = "one_lane")]
    pub twins: bool,
    /// All requests of a burst down the first lane [default: lanes take turns]
    #[arg(long, requires = "bursts")]
    pub one_lane: bool,
    /// Start from the spec's near_limit state, each burst too
    #[arg(long)]
    pub near_limit: bool,
    /// Load on any server, without a spec; a --burst is all at once here
    #[arg(long, value_name = "URL", conflicts_with_all = ["operation", "spec", "variant", "aim", "suspect", "window", "spread", "wire", "twins", "one_lane", "direct", "near_limit"])]
    pub url: Option<String>,
    /// With --url: the method
    #[arg(long, value_name = "METHOD", default_value = "GET", requires = "url", value_parser = method)]
    pub method: String,
    /// With --url: a header, `name: value`; may be given more than once
    #[arg(long, short = 'H', value_name = "HEADER", requires = "url", value_parser = header)]
    pub header: Vec<(String, String)>,
    /// With --url: the body, or @FILE
    #[arg(long, value_name = "BODY", requires = "url")]
    pub body: Option<String>,
    /// With --url: an answer is waited for no longer than this
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time, requires = "url")]
    pub patience: Duration,
    /// With --rate: how requests come
    #[arg(long, value_name = "HOW", default_value = "even", requires = "rate")]
    pub arrivals: ArrivalsOption,
    /// With --url and --burst: how its requests leave
    #[arg(
        long,
        value_name = "HOW",
        default_value = "last-byte",
        requires = "url",
        requires = "bursts"
    )]
    pub release: ReleaseOption,
    /// With --url: threads that make requests [default: one for each
    /// processor, with --rate one for each 20000 requests per second]
    #[arg(long, value_name = "N", requires = "url", conflicts_with = "bursts", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub threads: Option<u32>,
    /// With --url: HTTP/2; in the clear the server has to be known to speak it
    #[arg(long, requires = "url")]
    pub http2: bool,
    /// With --http2: requests on their way at once on each connection
    #[arg(long, value_name = "M", default_value_t = 10, requires = "http2", conflicts_with = "bursts", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub streams: u32,
    /// With --http2 and --burst: connections that its requests share
    #[arg(long, value_name = "N", default_value_t = 1, requires = "http2", requires = "bursts", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub over: u32,
    /// With an https:// URL: trust the certificates in this PEM file, and no others
    #[arg(
        long,
        value_name = "FILE",
        requires = "url",
        conflicts_with = "insecure"
    )]
    pub cacert: Option<PathBuf>,
    /// With an https:// URL: trust everybody
    #[arg(long, requires = "url")]
    pub insecure: bool,
    #[command(flatten)]
    pub outputs: OutputOptions,
}

/// What `stress` gives out while it goes on. Bursts on a spec have rounds and no seconds, so there is
/// none of this for them.
#[derive(Debug, Default, Args)]
pub struct OutputOptions {
    /// Write a row for each second to FILE, as it is over; `heisen report RUN --csv FILE` does later
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Answer Prometheus while load goes on, on this port of 127.0.0.1 [default: a free one]
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "0")]
    pub metrics: Option<u16>,
    /// Write a JSON line for each request to FILE
    #[arg(long, value_name = "FILE")]
    pub audit: Option<PathBuf>,
    /// At most so many of them; the rest is counted
    #[arg(long, value_name = "N", default_value_t = 100_000, requires = "audit")]
    pub audit_max: u64,
}

/// How the requests of a burst leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReleaseOption {
    /// All but the last byte of each, and then the last bytes
    LastByte,
    /// Each as a whole
    Whole,
}

/// How requests of an open model come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ArrivalsOption {
    /// One after the other, at equal distances
    Even,
    /// Each whenever it likes: a Poisson process
    Random,
}
