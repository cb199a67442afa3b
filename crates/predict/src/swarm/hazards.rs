//! Hazards besides races: convoys, stale reads, double effects, exhausted pools, storms of retries.

use model::described::CLIENTS;
use model::{Hazard, Rate};

use super::model::Model;
use super::program::Program;
use super::rank::{Ranked, blank, other, plain_factors};
use super::tally::{BUCKET_NS, LinkTally, Tally};

/// Hazards that fewer requests meet are not told, but for races.
const SHARE_TOLD_MIN: f64 = 1e-4;

/// A peak that is fewer times the normal is none.
const STORM_MIN: f64 = 2.0;

pub fn of_families(model: &Model, program: &Program, tally: &Tally) -> Vec<Ranked> {
    let mut found = Vec::new();
    for (family, counted) in program.families.iter().zip(&tally.families) {
        let hazards = [
            (
                Hazard::Convoy,
                counted.convoyed,
                counted.lockers,
                "requests wait for this lock longer than they work",
            ),
            (
                Hazard::StaleRead,
                counted.stale,
                counted.cache_reads,
                "what is read from this cache is no longer what the database says",
            ),
        ];
        for (hazard, k, n, why) in hazards {
            let rate = Rate { k, n };
            if rate.share() < SHARE_TOLD_MIN {
                continue;
            }
            let caller = caller_of(model, &family.target);
            let mut boundary = blank(hazard, &caller, &family.target, rate);
            boundary.resource = family.name.clone();
            boundary.why = why.to_string();
            boundary.factors = plain_factors(model, hazard, rate.share(), &caller, &family.target);
            found.push(other(boundary));
        }
    }
    found
}

/// The service whose operations go there.
fn caller_of(model: &Model, target: &str) -> String {
    let mut operations = model.operations.iter();
    let of = operations.find(|operation| {
        let mut exchanges = operation.exchanges.iter();
        exchanges.any(|exchange| exchange.target == target)
    });
    of.map_or_else(
        || CLIENTS.to_string(),
        |operation| operation.service.clone(),
    )
}

pub fn of_operations(model: &Model, tally: &Tally) -> Vec<Ranked> {
    let all = model.operations.iter().zip(&tally.operations);
    let doubled = all.filter_map(|(operation, counted)| {
        let rate = Rate {
            k: counted.doubled,
            n: counted.intents,
        };
        if rate.share() < SHARE_TOLD_MIN {
            return None;
        }
        let mut boundary = blank(Hazard::DoubleEffect, CLIENTS, &operation.service, rate);
        let name = &operation.learned.operation;
        boundary.operations = vec![name.clone()];
        boundary.resource = name.clone();
        boundary.why = format!("what is meant once is sent twice, and {name} does it twice");
        boundary.factors = plain_factors(
            model,
            Hazard::DoubleEffect,
            rate.share(),
            CLIENTS,
            &operation.service,
        );
        Some(other(boundary))
    });
    doubled.collect()
}

pub fn of_services(model: &Model, program: &Program, tally: &Tally) -> Vec<Ranked> {
    let all = program.services.iter().zip(&tally.services);
    let exhausted = all.filter_map(|(service, counted)| {
        let rate = Rate {
            k: counted.no_slot,
            n: counted.requests,
        };
        if rate.share() < SHARE_TOLD_MIN {
            return None;
        }
        let mut boundary = blank(Hazard::PoolExhaustion, CLIENTS, &service.name, rate);
        boundary.resource = format!("workers of {}", service.name);
        boundary.why = format!("requests find every worker of {} busy", service.name);
        boundary.factors = plain_factors(
            model,
            Hazard::PoolExhaustion,
            rate.share(),
            CLIENTS,
            &service.name,
        );
        Some(other(boundary))
    });
    exhausted.collect()
}

pub fn of_links(model: &Model, program: &Program, tally: &Tally) -> Vec<Ranked> {
    let mut found = Vec::new();
    for (at, counted) in tally.links.iter().enumerate() {
        let link = &program.links[at].link;
        let (from, to) = (link.from.as_str(), link.to.as_str());
        let rate = Rate {
            k: counted.no_connection,
            n: counted.calls,
        };
        if rate.share() >= SHARE_TOLD_MIN {
            let mut boundary = blank(Hazard::PoolExhaustion, from, to, rate);
            boundary.resource = format!("connections to {to}");
            boundary.why = format!("requests of {from} find every connection to {to} in use");
            boundary.factors = plain_factors(model, Hazard::PoolExhaustion, rate.share(), from, to);
            found.push(other(boundary));
        }
        if let Some(storm) = storm(program, at, counted, tally.rounds) {
            found.push(of_storm(model, from, to, storm));
        }
    }
    found
}

/// How calls come back after an outage.
#[derive(Debug, Clone, Copy)]
struct Storm {
    /// The peak over the normal rate, from the end of the outage on.
    after: f64,
    /// The same while it lasts.
    during: f64,
    /// Calls a second at the peak after the outage, and those of a whole round.
    peak: f64,
    calls: u64,
}

fn of_storm(model: &Model, from: &str, to: &str, storm: Storm) -> Ranked {
    let hazard = Hazard::RetryStorm;
    let mut boundary = blank(hazard, from, to, Rate::default());
    boundary.rate = None;
    boundary.interval = None;
    boundary.figure = Some(format!(
        "{:.1} times normal after the outage, {:.1} while it lasts",
        storm.after, storm.during
    ));
    boundary.resource = format!("calls of {from} to {to}");
    let together = match storm.after >= STORM_MIN {
        true => "come back together",
        false => "come back spread out",
    };
    boundary.why = format!(
        "callers that failed try again and {together}: at the peak after the outage {:.0} calls a second for {} ms, of {} calls in all",
        storm.peak,
        BUCKET_NS / 1_000_000,
        storm.calls
    );
    let probability = (1.0 - 1.0 / storm.after.max(1.0)).max(0.0);
    let mut factors = plain_factors(model, hazard, probability, from, to);
    if storm.after < STORM_MIN {
        factors.unprotected = 0.0;
        boundary.guard = Some("waits that differ".to_string());
    }
    boundary.factors = factors;
    other(boundary)
}

/// The rate at which calls come on average over all rounds: what is high at one moment by chance is
/// not, and what comes together in every round is.
fn storm(program: &Program, link: usize, counted: &LinkTally, rounds: u64) -> Option<Storm> {
    let outages = program.links[link].outages.iter();
    let outage = outages
        .map(|at| &program.outages[*at])
        .min_by_key(|o| o.from)?;
    let bucket = |at: u64| (at / BUCKET_NS) as usize;
    let (begins, ends) = (bucket(outage.from), bucket(outage.upto));
    let series = &counted.series;
    // The first fifth may still be settling.
    let before = series.get(begins / 5..begins)?;
    let normal = before.iter().sum::<u64>() as f64 / before.len().max(1) as f64;
    if normal <= 0.0 {
        return None;
    }
    let peak = |part: Option<&[u64]>| {
        let most = part.and_then(|part| part.iter().max()).copied();
        most.unwrap_or(0) as f64
    };
    let after = peak(series.get(ends.min(series.len())..));
    let during = peak(series.get(begins..ends.min(series.len())));
    Some(Storm {
        after: after / normal,
        during: during / normal,
        peak: after / rounds.max(1) as f64 / (BUCKET_NS as f64 / 1e9),
        calls: counted.calls / rounds.max(1),
    })
}
