//! How much at once "at once" is: from the first request of a burst to the last, by the stamps of the
//! kernel that receives them. What nothing but sends takes stands beside it: no tool can be quicker.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::comb::end;
use super::serve;
use super::tools::{Tool, may_open_all};
use super::{SERVER_CORE, TOOL_CORE};
use crate::bench::figures::Figure;
use crate::bench::host::Awake;
use crate::bench::outcomes::number;
use crate::bench::servers::Folder;
use crate::bench::table::table;
use crate::shell::{built, find, output};

const ROUNDS: usize = 5;

/// Requests of a burst.
const REQUESTS: usize = 200;

/// Bursts of heisen in a round; the first, over connections that are new, is not looked at.
const BURSTS: usize = 20;

/// What is further apart belongs to two bursts.
const APART_US: f64 = 15_000.0;

/// What a bare loop asks, and how long it rests between two bursts.
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const REST: Duration = Duration::from_millis(40);

/// The last moment before a burst is not slept through.
const AWAKE: Duration = Duration::from_micros(200);

/// A way to send a burst.
struct Way {
    name: &'static str,
    /// None for the bare loop.
    tool: Option<Tool>,
    words: &'static str,
    /// Whether it has a processor of its own, as the server has.
    is_pinned: bool,
    skew_us: Figure,
    /// The same as heisen tells it: by its own stamps, the median of its bursts.
    told_us: Figure,
    /// Bursts that were not of so many requests.
    odd: usize,
}

pub fn run() -> Result<(), String> {
    let _awake = Awake::keep()?;
    let server = serve::start("bursts")?;
    let url = format!("http://127.0.0.1:{}/", server.port);
    let way = |name, tool, words, is_pinned| Way {
        name,
        tool,
        words,
        is_pinned,
        skew_us: Figure::default(),
        told_us: Figure::default(),
        odd: 0,
    };
    let heisen = "stress --burst 200 --rounds 20 -q --json - --url";
    let whole = "stress --burst 200 --rounds 20 --release whole -q --json - --url";
    let http2 = "stress --burst 200 --rounds 20 --http2 -q --json - --url";
    let two = "stress --burst 200 --rounds 20 --http2 --over 2 -q --json - --url";
    let mut ways = [
        way("nothing but 200 sends", None, "", true),
        way("heisen, last byte", Some(Tool::Heisen), heisen, true),
        way("heisen, whole", Some(Tool::Heisen), whole, true),
        way(
            "heisen, last byte, both processors",
            Some(Tool::Heisen),
            heisen,
            false,
        ),
        way(
            "heisen, HTTP/2, one connection",
            Some(Tool::Heisen),
            http2,
            true,
        ),
        way(
            "heisen, HTTP/2, two connections",
            Some(Tool::Heisen),
            two,
            true,
        ),
        way(
            "wrk, first of each connection",
            Some(Tool::Wrk),
            "-t1 -c200 -d1s",
            true,
        ),
        way("hey", Some(Tool::Hey), "-n 200 -c 200 -cpus 1", true),
    ];
    for _ in 0..ROUNDS {
        for way in ways.iter_mut().filter(|way| way.is_there()) {
            way.burst(&url, server.port)?;
            way.take(&end(server.port)?);
        }
    }
    let measured = ways.iter().filter(|way| way.skew_us.rounds() > 0);
    let rows: Vec<Vec<String>> = measured.map(Way::row).collect();
    let title = format!(
        "Bursts of {REQUESTS}, over HTTP/1.1 where nothing is said, {ROUNDS} rounds in turn"
    );
    let heads = [
        "who",
        "first to last, us",
        "bursts",
        "as heisen tells it, us",
        "not of so many",
    ];
    print!("{}", table(&title, &heads, &rows));
    Ok(())
}

impl Way {
    fn is_there(&self) -> bool {
        self.tool.is_none_or(Tool::is_there)
    }

    fn burst(&mut self, url: &str, port: u16) -> Result<(), String> {
        let folder = Folder::new()?;
        let program = match self.tool {
            None => built("xtask"),
            Some(Tool::Heisen) => built("heisen"),
            Some(tool) => find(tool.name()).ok_or(format!("{} is missing", tool.name()))?,
        };
        let cores = match self.is_pinned {
            true => TOOL_CORE.to_string(),
            false => format!("{SERVER_CORE},{TOOL_CORE}"),
        };
        let mut command = Command::new("taskset");
        command.args(["-c", &cores]).args(may_open_all());
        command.arg(program);
        match self.tool {
            None => command.args(["burst", &port.to_string()]),
            Some(_) => command.args(self.words.split(' ')).arg(url),
        };
        if self.tool == Some(Tool::Heisen) {
            command.arg("--out").arg(folder.0.join("out"));
        }
        let said = output(&mut command)?;
        if self.tool == Some(Tool::Heisen) {
            let document = serde_json::from_str(&said).map_err(|error| error.to_string())?;
            self.told_us.add(number(&document, "/burst_skew_us/p50")?);
        }
        Ok(())
    }

    fn row(&self) -> Vec<String> {
        let told = match self.told_us.rounds() {
            0 => String::new(),
            _ => self.told_us.range().show(0),
        };
        vec![
            self.name.to_string(),
            self.skew_us.range().show(0),
            self.skew_us.rounds().to_string(),
            told,
            self.odd.to_string(),
        ]
    }

    fn take(&mut self, told: &Value) {
        let times = told["times_us"].as_array().into_iter().flatten();
        let times: Vec<f64> = times.filter_map(Value::as_f64).collect();
        if matches!(self.tool, Some(Tool::Wrk | Tool::Hey | Tool::Oha)) {
            // What a closed loop or a cold start sends first.
            match times.get(REQUESTS - 1) {
                Some(last) => self.skew_us.add(last - times[0]),
                None => self.odd += 1,
            }
            return;
        }
        let all = bursts(&times);
        self.odd +=
            BURSTS.saturating_sub(all.iter().filter(|burst| burst.len() == REQUESTS).count());
        for burst in all.iter().skip(1).filter(|burst| burst.len() == REQUESTS) {
            self.skew_us.add(burst[REQUESTS - 1] - burst[0]);
        }
    }
}

/// What this machine needs for sends alone: a loop of blocking writes, and nothing else.
pub fn bare(port: &str) -> Result<(), String> {
    let fail = |error: io::Error| format!("bursts to {port}: {error}");
    let connect = |_| {
        let stream = TcpStream::connect(format!("127.0.0.1:{port}"))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    let streams = (0..REQUESTS).map(connect).collect::<io::Result<Vec<_>>>();
    let mut streams = streams.map_err(fail)?;
    let mut answer = [0; 4096];
    for _ in 0..BURSTS {
        let due = Instant::now() + REST;
        while let Some(left) = due.checked_duration_since(Instant::now()) {
            match left.checked_sub(AWAKE) {
                Some(long) => std::thread::park_timeout(long),
                None => std::hint::spin_loop(),
            }
        }
        for stream in &mut streams {
            stream.write_all(REQUEST).map_err(fail)?;
        }
        for stream in &mut streams {
            stream.read(&mut answer).map_err(fail)?;
        }
    }
    Ok(())
}

/// Times in order, cut where nothing came for long.
fn bursts(times_us: &[f64]) -> Vec<&[f64]> {
    times_us
        .chunk_by(|one, next| next - one <= APART_US)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_are_cut_where_nothing_came() {
        let times = [0.0, 10.0, 15_010.0, 40_000.0, 40_001.0, 90_000.0];
        let sizes: Vec<usize> = bursts(&times).iter().map(|burst| burst.len()).collect();
        assert_eq!(sizes, [3, 2, 1]);
        assert_eq!(bursts(&[]).len(), 0);
    }
}
