//! What an idle wire costs: against no proxy at all, and against haproxy in TCP mode.

use super::figures::Figure;
use super::load::{LOADS, Load};
use super::servers::{Folder, Server, haproxy, heisen, postgres, redis};

const ROUNDS: usize = 5;

/// Ways from the load to the store, in the order in which they are measured in each round.
const WAYS: [&str; 5] = [
    "direct",
    "haproxy",
    "haproxy, 1 thread",
    "wire",
    "recording",
];

#[derive(Default)]
struct Way {
    per_second: Figure,
    p50_us: Figure,
    cpu_us: Figure,
}

pub fn run(rest: &[&str]) -> Result<(), String> {
    let rounds = match rest {
        [] => ROUNDS,
        [n] => n
            .parse()
            .map_err(|_| format!("`{n}` is not a number of rounds"))?,
        _ => return Err("usage: cargo xtask bench wire [ROUNDS]".to_string()),
    };
    let folder = Folder::new()?;
    let (redis, postgres) = (redis()?, postgres(&folder)?);
    println!("median of {rounds} interleaved rounds; in brackets the least and the most");
    for load in LOADS {
        let store = if load.protocol == "redis" {
            &redis
        } else {
            &postgres
        };
        let proxies = [
            None,
            Some(haproxy(&folder, load.protocol, store.port, None)?),
            Some(haproxy(&folder, load.protocol, store.port, Some(1))?),
            Some(heisen(&folder, load.protocol, store.port, false)?),
            Some(heisen(&folder, load.protocol, store.port, true)?),
        ];
        measure(load, rounds, store, &proxies, &folder)?;
    }
    Ok(())
}

fn measure(
    load: &Load,
    rounds: usize,
    store: &Server,
    proxies: &[Option<Server>; 5],
    folder: &Folder,
) -> Result<(), String> {
    let mut ways: [Way; 5] = Default::default();
    let requests = load.calibrate(store.port, folder)?;
    for _ in 0..rounds {
        for (way, proxy) in ways.iter_mut().zip(proxies) {
            let before = proxy.as_ref().map_or(0.0, Server::cpu_seconds);
            let port = proxy.as_ref().map_or(store.port, |proxy| proxy.port);
            let measured = load.run(port, requests, folder)?;
            let cpu = proxy.as_ref().map_or(0.0, Server::cpu_seconds) - before;
            way.per_second.add(measured.per_second);
            way.p50_us.add(measured.p50_us);
            way.cpu_us.add(cpu * 1e6 / measured.operations);
        }
    }
    report(load, requests, &ways);
    Ok(())
}

fn report(load: &Load, requests: u64, ways: &[Way; 5]) {
    let [direct, haproxy, single, wire, recording] = ways;
    println!(
        "\n{} ({} requests x {} rounds)",
        load.name,
        requests,
        wire.per_second.rounds()
    );
    for (name, way) in WAYS.iter().zip(ways) {
        println!(
            "  {name:<17} {:>9.0}/s   p50 {:>6.0} us   cpu {:>6.2} us/op",
            way.per_second.median(),
            way.p50_us.median(),
            way.cpu_us.median()
        );
    }
    println!(
        "  wire - direct, p50 us        {}",
        wire.p50_us.above(&direct.p50_us).show(0)
    );
    println!(
        "  haproxy - direct, p50 us     {}",
        haproxy.p50_us.above(&direct.p50_us).show(0)
    );
    for (name, peer) in [("haproxy", haproxy), ("haproxy, 1 thread", single)] {
        println!(
            "  wire / {name}: throughput {}, cpu per op {}",
            wire.per_second.ratio_to(&peer.per_second).show(2),
            wire.cpu_us.ratio_to(&peer.cpu_us).show(2)
        );
    }
    println!(
        "  recording / wire, cpu per op {}",
        recording.cpu_us.ratio_to(&wire.cpu_us).show(2)
    );
}
