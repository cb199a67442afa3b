//! The command line and the environment, checked before anything is opened.

use crate::peers::Peer;
use crate::variants::Variant;

pub const HELP: &str = "\
ticketrush: a ticket shop on PostgreSQL and Redis

Usage: ticketrush serve --variant VARIANT --port PORT

Options:
  --variant VARIANT  how the last seat is guarded:
                       racy         check the cached count, then act on it
                       redlock      a Redis lock per event, checked again under a row lock
                       row-lock     SELECT ... FOR UPDATE, the cache only as a hint
                       optimistic   a version column, compared on update
                       partitioned  one owner replica per event, one request at a time
                       atomic       one conditional UPDATE
  --port PORT        port to listen on, at 127.0.0.1
  -h, --help         show this text
  -V, --version      show the version

Environment:
  DATABASE_URL  postgres://user[:password]@host:port/database
  REDIS_URL     redis://host:port/0
  PEERS         base URLs of all replicas, this one too, in replica order, separated by commas
                (for `partitioned`; without it this replica owns every event)
  REPLICA       this replica's place in PEERS, counted from 0
";

/// What the command line asks for.
#[derive(Debug)]
pub enum Command {
    Help,
    Version,
    Serve(Box<Settings>),
}

/// Everything a running shop needs to know.
#[derive(Debug)]
pub struct Settings {
    pub variant: Variant,
    pub port: u16,
    pub database_url: String,
    pub redis_url: String,
    pub peers: Vec<Peer>,
    pub replica: usize,
}

/// Reads arguments (without the program's name) and environment variables.
pub fn parse(
    args: impl Iterator<Item = String>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Command, String> {
    let mut args = args;
    match args.next().as_deref() {
        Some("serve") => {}
        Some("-h" | "--help") => return Ok(Command::Help),
        Some("-V" | "--version") => return Ok(Command::Version),
        Some(other) => return Err(format!("unknown command `{other}`, expected `serve`")),
        None => return Err("a command is missing, expected `serve`".into()),
    }
    let (mut variant, mut port) = (None, None);
    while let Some(arg) = args.next() {
        let (name, inline) = match arg.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (arg.as_str(), None),
        };
        if matches!(name, "-h" | "--help") {
            return Ok(Command::Help);
        }
        if !matches!(name, "--variant" | "--port") {
            return Err(format!("unknown argument `{arg}`"));
        }
        let value = inline
            .or_else(|| args.next())
            .ok_or_else(|| format!("`{name}` needs a value"))?;
        if name == "--variant" {
            variant = Some(Variant::named(&value)?);
        } else {
            port = Some(parse_port(&value)?);
        }
    }
    let (peers, replica) = read_peers(&variable)?;
    Ok(Command::Serve(Box::new(Settings {
        variant: variant.ok_or("`--variant` is missing")?,
        port: port.ok_or("`--port` is missing")?,
        database_url: required(&variable, "DATABASE_URL")?,
        redis_url: required(&variable, "REDIS_URL")?,
        peers,
        replica,
    })))
}

fn parse_port(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("`--port {text}` is not a port (1 to 65535)")),
    }
}

fn required(variable: impl Fn(&str) -> Option<String>, name: &str) -> Result<String, String> {
    variable(name)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| format!("the environment variable {name} is missing"))
}

fn read_peers(variable: impl Fn(&str) -> Option<String>) -> Result<(Vec<Peer>, usize), String> {
    let Some(list) = variable("PEERS").filter(|list| !list.trim().is_empty()) else {
        return Ok((Vec::new(), 0));
    };
    let peers = list
        .split(',')
        .map(|url| url.trim().parse())
        .collect::<Result<Vec<Peer>, String>>()
        .map_err(|error| format!("PEERS: {error}"))?;
    let replica =
        required(variable, "REPLICA").map_err(|error| format!("PEERS is set, but {error}"))?;
    match replica.parse() {
        Ok(index) if index < peers.len() => Ok((peers, index)),
        _ => Err(format!(
            "REPLICA is `{replica}`, expected a place in PEERS from 0 to {}",
            peers.len() - 1
        )),
    }
}

#[cfg(test)]
#[path = "args_tests.rs"]
mod tests;
