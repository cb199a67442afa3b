//! What forcing is worth: how many trials and seconds it takes until TicketRush oversells by
//! itself, under random delays, and with the order enforced, the further apart buyers come.

use std::collections::BTreeMap;

use serde_json::Value;

use super::figures::Figure;
use super::odds::Odds;
use super::outcomes::{odds, start};

const SPEC: &str = "targets/ticketrush";
const SCHEDULE: &str = "targets/ticketrush/schedules/oversell.yaml";

/// What a delay is drawn up to: a usual choice, and one so long that it makes room for almost
/// anything and costs as much.
const DELAYS: [&str; 2] = ["10ms", "100ms"];

/// How far apart racers start at most, and how much is tried there.
struct Spread {
    span: &'static str,
    /// Unforced and forced trials of one replay.
    natural: u32,
    times: u32,
    /// Replays with each kind of delays.
    replays: u32,
    /// Trials that are nearly all waiting for their racers disturb each other hardly: side by side
    /// they are done in bearable time.
    side_by_side: bool,
}

const SPREADS: [Spread; 4] = [
    Spread {
        span: "0s",
        natural: 100,
        times: 200,
        replays: 1,
        side_by_side: false,
    },
    Spread {
        span: "10ms",
        natural: 100,
        times: 200,
        replays: 1,
        side_by_side: false,
    },
    Spread {
        span: "200ms",
        natural: 150,
        times: 60,
        replays: 1,
        side_by_side: true,
    },
    Spread {
        span: "1s",
        natural: 120,
        times: 40,
        replays: 2,
        side_by_side: true,
    },
];

/// All that was measured at one spread.
#[derive(Default)]
struct Measured {
    direct: Odds,
    proxied: Odds,
    delayed: [Odds; DELAYS.len()],
    directed: Odds,
}

pub fn run(rest: &[&str]) -> Result<(), String> {
    println!("TicketRush, the last seat; 95 % intervals in brackets");
    match rest {
        [] => {
            spreads()?;
            load()?;
            kept_out()
        }
        ["spreads"] => spreads(),
        ["load"] => load(),
        ["kept-out"] => kept_out(),
        _ => Err("usage: cargo xtask bench force [spreads | load | kept-out]".to_string()),
    }
}

fn spreads() -> Result<(), String> {
    for spread in &SPREADS {
        report(spread, &measure(spread)?);
    }
    Ok(())
}

fn measure(spread: &Spread) -> Result<Measured, String> {
    let (natural, times) = (spread.natural.to_string(), spread.times.to_string());
    let mut measured = Measured::default();
    let mut running = Vec::new();
    for number in 0..spread.replays * DELAYS.len() as u32 {
        let kind = number as usize % DELAYS.len();
        // Other seeds draw other starts, or a further replay would say nothing new.
        let seed = (number + 1).to_string();
        let replay = start(&[
            "replay",
            SCHEDULE,
            "--variant",
            "racy",
            "--natural",
            &natural,
            "--times",
            &times,
            "--spread",
            spread.span,
            "--delays",
            DELAYS[kind],
            "--seed",
            &seed,
        ])?;
        if spread.side_by_side {
            running.push((kind, replay));
        } else {
            measured.take(kind, &replay.document()?)?;
        }
    }
    for (kind, replay) in running {
        measured.take(kind, &replay.document()?)?;
    }
    Ok(measured)
}

impl Measured {
    fn take(&mut self, kind: usize, document: &Value) -> Result<(), String> {
        let read = |phase: &Value| odds(phase).ok_or(format!("no counts in {phase}"));
        let baseline = &document["baseline"];
        self.direct.append(&read(&baseline["direct"])?);
        self.proxied.append(&read(&baseline["proxied"])?);
        self.delayed[kind].append(&read(&baseline["delayed"])?);
        self.directed.append(&read(document)?);
        Ok(())
    }
}

fn report(spread: &Spread, measured: &Measured) {
    println!(
        "\nspread {} ({} replays{})",
        spread.span,
        spread.replays as usize * DELAYS.len(),
        if spread.side_by_side {
            " side by side"
        } else {
            ""
        },
    );
    let delays = DELAYS.map(|most| format!("random delays, {most}"));
    let mut ways = vec![
        ("plain, direct", &measured.direct),
        ("plain, idle wires", &measured.proxied),
    ];
    ways.extend(delays.iter().map(String::as_str).zip(&measured.delayed));
    for (name, odds) in &ways {
        println!("  {name:<21} {}", odds.show());
    }
    println!("  {:<21} {}", "directed", measured.directed.show());
    for (name, odds) in &ways {
        println!(
            "  {name} / directed: expected trials {}, expected seconds {}",
            odds.trials_to(&measured.directed).show(),
            odds.seconds_to(&measured.directed).show(),
        );
    }
}

/// Load runs; one alone says nothing.
const LOADS: u32 = 10;

/// A seat sells out once for each reset, so a load run is one trial, however many requests it has;
/// and that trial is its first moment, when all connections ask at once.
fn load() -> Result<(), String> {
    let (mut broken, mut requests) = (Odds::default(), Figure::default());
    for number in 0..LOADS {
        let seed = (number + 1).to_string();
        let words = [
            "stress",
            "reserve",
            "--spec",
            SPEC,
            "--variant",
            "racy",
            "--near-limit",
            "--direct",
            "--connections",
            "50",
            "--duration",
            "1s",
            "--seed",
            &seed,
        ];
        let document = start(&words)?.document()?;
        let number = |key: &str| document[key].as_f64().unwrap_or(f64::NAN);
        requests.add(number("requests"));
        broken.append(&Odds {
            k: u64::from(number("violations") > 0.0),
            n: 1,
            seconds: number("requests") / number("requests_per_second"),
            first: None,
        });
    }
    let (low, high) = broken.interval();
    println!(
        "\nload, 50 connections for 1 s, direct: an oracle was broken after {} of {} runs \
         ({:.0} .. {:.0} %), each of {} requests",
        broken.k,
        broken.n,
        low * 100.0,
        high * 100.0,
        requests.range().show(0),
    );
    Ok(())
}

/// Isolations whose suspects' medians are taken together.
const ISOLATIONS: u32 = 3;

/// What a trial costs whose order the store itself keeps from happening.
fn kept_out() -> Result<(), String> {
    let mut suspects: BTreeMap<String, (Figure, u64, String)> = BTreeMap::new();
    for number in 0..ISOLATIONS {
        let seed = (number + 1).to_string();
        let words = [
            "isolate",
            SPEC,
            "--variant",
            "row-lock",
            "--explore",
            "0",
            "--natural",
            "0",
            "--seed",
            &seed,
        ];
        let document = start(&words)?.document()?;
        for suspect in document["suspects"].as_array().into_iter().flatten() {
            let text = |key: &str| suspect[key].as_str().unwrap_or_default();
            let name = format!(
                "{} {}, {}",
                text("label"),
                text("resource"),
                text("verdict")
            );
            let (median, trials, evidence) = suspects.entry(name).or_default();
            median.add(suspect["trial_ms"].as_f64().unwrap_or(f64::NAN));
            *trials += suspect["n"].as_u64().unwrap_or(0);
            *evidence = text("evidence").to_string();
        }
    }
    println!("\nrow-lock, orders that cannot be had; medians of {ISOLATIONS} runs, ms per trial");
    for (name, (figure, trials, evidence)) in suspects {
        let median = figure.range().show(1);
        println!("  {name} ({trials} trials): {median}; {evidence}");
    }
    Ok(())
}
