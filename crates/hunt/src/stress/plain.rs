//! `heisen stress --url`: load on any server, without a spec and without oracles. What comes out are
//! times and counts, and whether the generator itself kept up.

use std::io::ErrorKind;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use drive::PreparedRequest;
use drive::engine::tls::is_untrusted;
use drive::engine::{
    self, Askers, Burster, Due, Keeps, Load, Pace, Release, Target, Transport, Watch,
};
use drive::load::{Figures, Times, Until};
use model::{EventKind, Outcome};
use serde_json::{Map, Value, json};

use super::beside;
use super::figures::{applied, busy, measured, percentiles, too_slow};
use crate::context::Context;
use crate::error::HuntError;

/// What is asked, and how.
#[derive(Debug, Clone)]
pub struct PlainPlan {
    /// Of whom.
    pub target: Target,
    /// What is spoken, and how many requests share a connection.
    pub transport: Transport,
    /// The request.
    pub request: PreparedRequest,
    /// Requests that can be on their way at once: with HTTP/1.1, connections.
    pub connections: u32,
    /// How it is applied.
    pub pace: Pace,
    /// Instead: volleys, each of as many requests as there are connections.
    pub volleys: Option<VolleyPlan>,
    /// When it ends.
    pub until: Until,
    /// An answer is waited for no longer than this.
    pub patience: Duration,
    /// Threads.
    pub workers: u32,
}

/// Requests that leave at once.
#[derive(Debug, Clone, Copy)]
pub struct VolleyPlan {
    /// How often.
    pub rounds: u64,
    /// How they leave.
    pub release: Release,
}

/// Applies load; returns the command's part of the machine-readable document.
pub async fn run(plan: &PlainPlan, context: &Context) -> Result<Map<String, Value>, HuntError> {
    reach(plan).await?;
    context.emit(EventKind::PhaseStarted {
        phase: "load".to_string(),
        trials: None,
    });
    let (asked, seed) = (plan.clone(), context.seed);
    let left = context.left(plan.until.elapsed);
    let (figures, skew_us) = beside(context, move |watch| apply(&asked, left, seed, watch)).await?;
    let mut document = measured(&figures);
    document.extend(applied(plan.pace, plan.connections, plan.workers, &figures));
    if let (Some(volleys), Some(skew_us)) = (plan.volleys, skew_us) {
        document.extend(of_volleys(volleys, plan.connections, &skew_us));
    }
    if let Some(load) = document.get_mut("load") {
        tell_transport(plan, load);
    }
    let busy = busy(plan.connections, plan.workers, &figures);
    if plan.volleys.is_none()
        && let Some(warning) = too_slow(plan.pace, busy, &figures)
    {
        context.warn(format!("{warning}; give --threads, or ask for less"));
    }
    context.emit(EventKind::LoadMeasured {
        figures: Value::Object(document.clone()),
    });
    Ok(document)
}

/// Opens a connection, to learn whether the target can be asked so at all.
async fn reach(plan: &PlainPlan) -> Result<(), HuntError> {
    let (address, transport, patience) =
        (plan.target.address, plan.transport.clone(), plan.patience);
    let probing =
        tokio::task::spawn_blocking(move || engine::probe(address, &transport, patience)).await;
    let Err(error) = probing.map_err(std::io::Error::other).flatten() else {
        return Ok(());
    };
    let mend = match error.kind() {
        _ if is_untrusted(&error) => {
            "; give the certificate of who vouches for it with --cacert FILE, \
             or --insecure to ask it all the same"
        }
        ErrorKind::Unsupported => "; leave out --http2",
        _ => "",
    };
    Err(HuntError::Unreachable {
        address: address.to_string(),
        why: format!("{error}{mend}"),
    })
}

/// What was spoken, and over how many connections.
fn tell_transport(plan: &PlainPlan, load: &mut Value) {
    load["protocol"] = json!(plan.transport.protocol.name());
    load["tls"] = json!(plan.transport.secured.is_some());
    load["connections"] = json!(plan.connections.div_ceil(plan.transport.streams.max(1)));
    load["streams"] = json!(plan.transport.streams);
}

fn of_volleys(plan: VolleyPlan, connections: u32, skew_us: &Times) -> Map<String, Value> {
    let release = match plan.release {
        Release::LastByte => "last byte",
        Release::Whole => "whole",
    };
    model::object(json!({
        "load": { "pace": "burst", "release": release, "requests": connections },
        "rounds": skew_us.len(),
        "burst_skew_us": percentiles(skew_us),
    }))
}

/// What was measured, and the skew of volleys.
fn apply(
    plan: &PlainPlan,
    left: Duration,
    seed: u64,
    watch: &Watch,
) -> std::io::Result<(Figures, Option<Times>)> {
    let request = plan.transport.encode(&plan.request, &plan.target.host);
    let to_head = plan.request.method == "HEAD";
    if let Some(volleys) = plan.volleys {
        let due = Due {
            at: Duration::ZERO,
            lane: 0,
            request,
            to_head,
        };
        return volleyed(plan, volleys, &due, left, watch);
    }
    let users = Askers {
        request: &|_, _| Ok(request.clone()),
        to_head,
        expects: &|told, _| is_wanted(told.outcome),
    };
    let load = Load {
        services: &[vec![plan.target.address]],
        users: &users,
        operations: 1,
        keeps: Keeps::Status,
        transport: &plan.transport,
        connections: plan.connections,
        pace: plan.pace,
        until: Until {
            elapsed: left,
            ..plan.until
        },
        patience: plan.patience,
        workers: plan.workers,
        seed,
    };
    let figures = engine::apply(&load, watch, &mut |_| {})?.remove(0);
    Ok((figures, None))
}

fn is_wanted(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Answered {
            status: 200..400,
            ..
        }
    )
}

/// The same request over all connections at once, again and again.
fn volleyed(
    plan: &PlainPlan,
    volleys: VolleyPlan,
    due: &Due,
    left: Duration,
    watch: &Watch,
) -> std::io::Result<(Figures, Option<Times>)> {
    let lanes = [plan.target.address];
    let threads = plan.workers as usize;
    let mut burster = Burster::new(
        &lanes,
        &plan.transport,
        Keeps::Status,
        plan.patience,
        threads,
    )?;
    let burst = vec![due.clone(); plan.connections as usize];
    let mut figures = Figures::default();
    let mut skew_us = figures.latency_us.clone();
    let began = Instant::now();
    for _ in 0..volleys.rounds {
        let sent = burster.send(&burst, volleys.release, watch)?;
        if watch.stop.load(Ordering::Relaxed) {
            break;
        }
        for sent in &sent {
            figures.count_sent(sent.late(), false);
            figures.count_outcome(&sent.outcome, is_wanted(&sent.outcome), sent.took());
        }
        skew_us.saturating_record(engine::skew(&sent).as_micros().max(1) as u64);
        if began.elapsed() >= left {
            break;
        }
    }
    figures.elapsed = began.elapsed();
    Ok((figures, Some(skew_us)))
}
