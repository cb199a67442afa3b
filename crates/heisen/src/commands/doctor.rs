//! `heisen doctor` and `heisen recover`.

use std::fmt::Write;

use crate::arguments::Common;
use crate::exit::{Exit, Failure};
use crate::out::put;

pub fn run(_common: &Common) -> Result<Exit, Failure> {
    let mut out = String::new();
    let mut whole = true;
    match lab::find::postgres() {
        Ok(found) => good(
            &mut out,
            &format!("postgresql: {}", found.postgres.display()),
        ),
        Err(missing) => bad(&mut out, &mut whole, &missing.to_string()),
    }
    match lab::find::redis() {
        Ok(found) => good(&mut out, &format!("redis: {}", found.display())),
        Err(missing) => bad(&mut out, &mut whole, &missing.to_string()),
    }
    match std::net::TcpListener::bind("127.0.0.1:0") {
        Ok(_) => good(&mut out, "ports on 127.0.0.1 can be had"),
        Err(error) => bad(
            &mut out,
            &mut whole,
            &format!("no port on 127.0.0.1: {error}"),
        ),
    }
    let leftovers = lab::recover::leftovers();
    if leftovers.is_empty() {
        good(&mut out, "nothing was left behind by earlier runs");
    }
    for left in leftovers {
        let text = format!(
            "run {} left {} processes and {} folders behind; `heisen recover` removes them",
            left.run,
            left.processes.len(),
            left.folders.len()
        );
        bad(&mut out, &mut whole, &text);
    }
    put!("{out}");
    Ok(if whole { Exit::Done } else { Exit::Setup })
}

pub fn recover(_common: &Common) -> Result<Exit, Failure> {
    let report = lab::recover::recover();
    if report.recovered.is_empty() && report.failed.is_empty() {
        put!("nothing to recover\n");
    }
    for left in &report.recovered {
        put!(
            "run {}: {} processes ended, {} folders removed\n",
            left.run,
            left.processes.len(),
            left.folders.len()
        );
    }
    for (run, why) in &report.failed {
        put!("run {run}: {why}\n");
    }
    Ok(if report.failed.is_empty() {
        Exit::Done
    } else {
        Exit::Setup
    })
}

fn good(out: &mut String, text: &str) {
    let _ = writeln!(out, "  ok       {text}");
}

fn bad(out: &mut String, whole: &mut bool, text: &str) {
    *whole = false;
    let _ = writeln!(out, "  missing  {text}");
}
