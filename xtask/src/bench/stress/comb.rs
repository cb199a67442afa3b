//! How exactly requests come: their times at a server, beside the even times that were asked for.

use std::io::{self, IoSliceMut, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, RawFd};
use std::time::{Duration, Instant};

use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, cmsg_space, recvmsg, setsockopt, sockopt::ReceiveTimestampns,
};
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use super::serve;
use super::tools::{Load, Tool};
use crate::bench::figures::Figure;
use crate::bench::host::{Awake, Host, QUIET};
use crate::bench::outcomes::number;
use crate::bench::table::{percent, table};

const ROUNDS: usize = 5;

const LOAD: Load = Load {
    connections: 50,
    seconds: 5,
    per_second: Some(PER_SECOND),
};

const PER_SECOND: u64 = 5_000;

/// Of bursts, so many times are told.
const TIMES_TOLD_MAX: usize = 20_000;

/// How a tool begins is not looked at.
const SKIPPED_NS: i64 = 500_000_000;

const SECOND_NS: i64 = 1_000_000_000;

/// When something was received.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    at_ns: i64,
    /// Noted by the kernel as it came, else by us as it was read.
    is_kernels: bool,
}

/// Receives bytes and their time. What the kernel does not stamp is stamped here.
pub fn receive(socket: RawFd, buffer: &mut [u8]) -> io::Result<(usize, Stamp)> {
    let mut control = [0; cmsg_space::<TimeSpec>()];
    let mut parts = [IoSliceMut::new(buffer)];
    let message = recvmsg::<()>(socket, &mut parts, Some(&mut control), MsgFlags::empty())?;
    let stamped = message.cmsgs()?.find_map(|told| match told {
        ControlMessageOwned::ScmTimestampns(at) => Some(at),
        _ => None,
    });
    let at = match stamped {
        Some(at) => at,
        None => clock_gettime(ClockId::CLOCK_REALTIME)?,
    };
    let stamp = Stamp {
        at_ns: at.tv_sec() * 1_000_000_000 + at.tv_nsec(),
        is_kernels: stamped.is_some(),
    };
    Ok((message.bytes, stamp))
}

/// When requests came.
#[derive(Default)]
pub struct Arrivals(Vec<Stamp>);

impl Arrivals {
    /// Has the kernel note when bytes come.
    pub fn ask_for_stamps(socket: &impl AsFd) -> io::Result<()> {
        Ok(setsockopt(socket, ReceiveTimestampns, &true)?)
    }

    pub fn add(&mut self, stamp: Stamp) {
        self.0.push(stamp);
    }

    /// The times themselves, the first ones, counted from the first of all.
    pub fn times(mut self) -> Value {
        self.0.sort_unstable_by_key(|stamp| stamp.at_ns);
        let first_ns = self.0.first().map_or(0, |first| first.at_ns);
        let times = self.0.iter().take(TIMES_TOLD_MAX);
        let times: Vec<f64> = times
            .map(|stamp| (stamp.at_ns - first_ns) as f64 / 1e3)
            .collect();
        json!({ "times_us": times })
    }

    /// How far they were from the comb, in each second.
    pub fn told(self) -> Value {
        let kernels = self.0.iter().filter(|stamp| stamp.is_kernels).count();
        let mut times_ns: Vec<i64> = self.0.iter().map(|stamp| stamp.at_ns).collect();
        times_ns.sort_unstable();
        let Some(first_ns) = times_ns.first().copied() else {
            return json!({ "requests": 0 });
        };
        times_ns.retain(|at_ns| at_ns - first_ns >= SKIPPED_NS);
        let lasted = times_ns.last().map_or(0, |last_ns| last_ns - times_ns[0]) as f64 / 1e9;
        let second = |at_ns: &i64| (at_ns - first_ns - SKIPPED_NS) / SECOND_NS;
        let seconds = times_ns.chunk_by(|one, next| second(one) == second(next));
        let seconds: Vec<Value> = seconds
            .map(|times_ns| {
                let apart_us = distances_us(times_ns, 1e9 / PER_SECOND as f64);
                let (median, p99) = (quantile(&apart_us, 0.5), quantile(&apart_us, 0.99));
                json!({ "second": second(&times_ns[0]), "median_us": median, "p99_us": p99 })
            })
            .collect();
        json!({
            "requests": times_ns.len(),
            "requests_per_second": times_ns.len().saturating_sub(1) as f64 / lasted,
            "seconds": seconds,
            "kernel_stamps": kernels as f64 / self.0.len() as f64,
        })
    }
}

/// How far each is from its tooth, in order of size. Where the comb begins is what fits best: the
/// median of what each one says of it.
fn distances_us(times_ns: &[i64], step_ns: f64) -> Vec<f64> {
    let Some(first_ns) = times_ns.first() else {
        return Vec::new();
    };
    let offsets = times_ns.iter().enumerate();
    let mut offsets: Vec<f64> = offsets
        .map(|(at, time_ns)| (time_ns - first_ns) as f64 - at as f64 * step_ns)
        .collect();
    offsets.sort_by(f64::total_cmp);
    let middle = quantile(&offsets, 0.5).unwrap_or(0.0);
    let mut apart: Vec<f64> = offsets.iter().map(|ns| (ns - middle).abs() / 1e3).collect();
    apart.sort_by(f64::total_cmp);
    apart
}

/// Of what is in order of size.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied()
}

/// What one tool's requests were like: in all seconds, in the quiet ones.
#[derive(Default)]
struct Way {
    median_us: [Figure; 2],
    p99_us: [Figure; 2],
    per_second: Figure,
}

impl Way {
    fn take(&mut self, told: &Value, began: Instant, host: &Host) -> Result<(), String> {
        self.per_second.add(number(told, "/requests_per_second")?);
        for second in told["seconds"].as_array().into_iter().flatten() {
            let from = began + Duration::from_secs_f64(number(second, "/second")?);
            let to = from + Duration::from_nanos(2 * SKIPPED_NS as u64 + SECOND_NS as u64);
            let taken = host.taken(from, to).unwrap_or(0.0);
            let kinds = if taken < QUIET { 2 } else { 1 };
            for kind in 0..kinds {
                self.median_us[kind].add(number(second, "/median_us")?);
                self.p99_us[kind].add(number(second, "/p99_us")?);
            }
        }
        Ok(())
    }

    fn rows(&self, tool: Tool) -> Vec<Vec<String>> {
        let row = |kind: usize| {
            let (median_us, p99_us) = (&self.median_us[kind], &self.p99_us[kind]);
            let name = ["all seconds", "quiet seconds"][kind];
            let mut row = vec![
                format!("{}, {name}", tool.name()),
                median_us.rounds().to_string(),
            ];
            row.extend(match median_us.rounds() {
                0 => [String::new(), String::new()],
                _ => [median_us.range().show(1), p99_us.range().show(1)],
            });
            row.push(self.per_second.range().show(0));
            row
        };
        vec![row(0), row(1)]
    }
}

pub fn run() -> Result<(), String> {
    let _awake = Awake::keep()?;
    let (server, host) = (serve::start("log")?, Host::watch());
    let tools = [Tool::Heisen, Tool::Hey];
    let mut ways: [Way; 2] = Default::default();
    let mut kernel_stamps = Figure::default();
    for _ in 0..ROUNDS {
        for (tool, way) in tools.iter().zip(&mut ways) {
            let began = tool.run(&LOAD, server.port)?.began;
            let told = end(server.port)?;
            way.take(&told, began, &host)?;
            kernel_stamps.add(number(&told, "/kernel_stamps")?);
        }
    }
    let rows: Vec<Vec<String>> = tools
        .iter()
        .zip(&ways)
        .flat_map(|(tool, way)| way.rows(*tool))
        .collect();
    let title = format!(
        "Arrivals beside an even {PER_SECOND} a second, {ROUNDS} rounds in turn of {} s, {} \
         connections; {} of the times are the kernel's, the rest the server's as it read. In quiet seconds \
         the host took less than {} of both processors",
        LOAD.seconds,
        LOAD.connections,
        percent(kernel_stamps.mean()),
        percent(QUIET)
    );
    let heads = [
        "tool",
        "seconds",
        "median distance, us",
        "p99, us",
        "came, requests/s",
    ];
    print!("{}", table(&title, &heads, &rows));
    Ok(())
}

/// What the server noted; it begins anew.
pub fn end(port: u16) -> Result<Value, String> {
    let ask = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.write_all(b"GET /end HTTP/1.1\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    };
    let text = ask().map_err(|error: io::Error| format!("the server's notes: {error}"))?;
    let (_, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    serde_json::from_str(body).map_err(|error| format!("{text}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_from_the_comb_that_fits_best() {
        let even: Vec<i64> = (0..9).map(|at| 7_000 + at * 200_000).collect();
        assert_eq!(distances_us(&even, 200_000.0), [0.0; 9]);
        let mut late = even.clone();
        late[0] += 30_000;
        late[4] -= 10_000;
        let apart = distances_us(&late, 200_000.0);
        assert_eq!(apart[..7], [0.0; 7]);
        assert_eq!(apart[7..], [10.0, 30.0]);
        // One that is missing moves all that come after it.
        assert_eq!(distances_us(&even[1..], 200_000.0), [0.0; 8]);
        let gap: Vec<i64> = [&even[..4], &even[5..]].concat();
        assert_eq!(quantile(&distances_us(&gap, 200_000.0), 0.99), Some(200.0));
        assert!(distances_us(&[], 200_000.0).is_empty());
    }

    #[test]
    fn the_beginning_is_not_told_of() {
        let mut arrivals = Arrivals::default();
        assert_eq!(Arrivals::default().told(), json!({ "requests": 0 }));
        for at in 0..5_000_i64 {
            let early_ns = if at < 2_500 { at * 1_000 } else { 0 };
            arrivals.add(Stamp {
                at_ns: at * 200_000 + early_ns % 90_000,
                is_kernels: true,
            });
        }
        let expected = json!({
            "requests": 2_500, "requests_per_second": 5_000.0, "kernel_stamps": 1.0,
            "seconds": [{ "second": 0, "median_us": 0.0, "p99_us": 0.0 }],
        });
        assert_eq!(arrivals.told(), expected);
    }
}
