//! What was counted becomes boundaries: each hazard with its rate and what it is ranked by.

use model::described::CLIENTS;
use model::prediction::{Factors, GraphEdge};
use model::{Boundary, Hazard, Label, Prediction, Protocol, Rate};

use super::knobs::{self, Inside};
use super::model::Model;
use super::program::{Program, WindowProgram, nanos};
use super::tally::{BUCKET_NS, LinkTally, Tally};

/// A boundary, and where its rate is counted.
pub struct Ranked {
    pub boundary: Boundary,
    pub source: Source,
}

/// Where a rate is counted.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// In a window.
    Window { window: usize, inside: Inside },
    /// Somewhere that is not looked into further.
    Other,
}

/// Hazards that fewer requests meet are not told, but for races.
const SHARE_TOLD_MIN: f64 = 1e-4;

/// A peak that is fewer times the normal is none.
const STORM_MIN: f64 = 2.0;

/// Each incident at an edge makes what happens there count for so much more.
const INCIDENT_WEIGHT: f64 = 0.5;

/// The weight of a window that is as bad as its label says.
const WEIGHT_FULL: f64 = 90.0;

impl Ranked {
    /// The rate as another simulation of the same windows counted it.
    pub fn rate_in(&self, tally: &Tally) -> Rate {
        match self.source {
            Source::Window { window, inside } => Rate {
                k: tally.windows[window].raced,
                n: tally.operations[inside.operation].requests,
            },
            Source::Other => Rate::default(),
        }
    }

    /// How many times its own rate that is.
    pub fn times_its_rate(&self, rate: Rate) -> f64 {
        let own = self.boundary.rate.map_or(0.0, Rate::share);
        if own > 0.0 { rate.share() / own } else { 0.0 }
    }
}

/// All boundaries, most volatile first.
pub fn boundaries(
    model: &Model,
    program: &Program,
    tally: &Tally,
    notes: &mut Vec<String>,
) -> Vec<Ranked> {
    let mut found: Vec<Ranked> = Vec::new();
    let mut left_out = 0;
    for (at, window) in program.windows.iter().enumerate() {
        match decides_nothing(program, window) {
            true => left_out += 1,
            false => keep_worse(&mut found, of_window(model, program, tally, at)),
        }
    }
    found.extend(at_once(model, program, tally));
    if left_out > 0 {
        notes.push(format!(
            "{left_out} check-then-act of reads that decide nothing, by what the spec says, left out"
        ));
    }
    found.extend(of_families(model, program, tally));
    found.extend(of_operations(model, tally));
    found.extend(of_services(model, program, tally));
    found.extend(of_links(model, program, tally));
    // Stable: what is equally volatile stays in the order of how likely it is to be wrong.
    found.sort_by(|a, b| {
        b.boundary
            .factors
            .volatility()
            .total_cmp(&a.boundary.factors.volatility())
    });
    for (rank, ranked) in found.iter_mut().enumerate() {
        ranked.boundary.rank = rank as u32 + 1;
    }
    found
}

/// Of several windows of the same operations on the same resource the worst one is told; of those
/// that never close, the one whose protection had most to do.
fn keep_worse(found: &mut Vec<Ranked>, ranked: Ranked) {
    let key = |ranked: &Ranked| {
        let boundary = &ranked.boundary;
        (boundary.operations.clone(), boundary.resource.clone())
    };
    let worth = |ranked: &Ranked| {
        let boundary = &ranked.boundary;
        (boundary.factors.volatility(), boundary.kept_out as f64)
    };
    match found.iter_mut().find(|known| key(known) == key(&ranked)) {
        Some(known) if worth(&ranked) > worth(known) => *known = ranked,
        Some(_) => {}
        None => found.push(ranked),
    }
}

/// Operations that decide and act in one step: nobody can come between.
fn at_once(model: &Model, program: &Program, tally: &Tally) -> Vec<Ranked> {
    let mut found = Vec::new();
    for (at, operation) in program.operations.iter().enumerate() {
        let mut acts = operation.exchanges.iter();
        let Some(index) = acts.position(|act| act.decides.is_some() && act.takes_one.is_some())
        else {
            continue;
        };
        let described = &model.operations[at];
        let exchange = &described.exchanges[index];
        let name = &described.learned.operation;
        let step = exchange
            .step
            .and_then(|at| described.learned.template.steps.get(at));
        let step = step.map_or_else(String::new, |step| step.pattern.to_string());
        let rate = Rate {
            k: 0,
            n: tally.operations[at].requests,
        };
        let hazard = Hazard::Race(Label::CheckThenAct);
        let mut boundary = blank(hazard, &described.service, &exchange.target, rate);
        boundary.operations = vec![name.clone(), name.clone()];
        boundary.resource = operation.exchanges[index]
            .decides
            .map_or_else(String::new, |(family, _)| {
                program.families[family].name.clone()
            });
        boundary.guard = Some(format!("`{step}` decides and acts in one step"));
        boundary.kept_out = tally.operations[at].refused;
        boundary.over_limit = Some(Rate {
            k: tally.operations[at].rounds_over,
            n: tally.rounds,
        });
        boundary.why = format!("{name} decides by `{step}` and acts in the same step");
        boundary.factors = Factors {
            unprotected: 0.0,
            ..plain_factors(model, hazard, 0.0, &described.service, &exchange.target)
        };
        found.push(other(boundary));
    }
    found
}

/// Where the spec says which read decides, what is decided is over when one was taken; other reads,
/// and what is done after that, make no window unless what was seen is written back.
fn decides_nothing(program: &Program, window: &WindowProgram) -> bool {
    let exchanges = &program.operations[window.window.one].exchanges;
    let Some(decides) = exchanges.iter().position(|act| act.decides.is_some()) else {
        return false;
    };
    let taken = exchanges.iter().position(|act| act.takes_one.is_some());
    window.window.label == Label::CheckThenAct
        && (window.first != decides || taken.is_some_and(|taken| window.second > taken))
}

fn of_window(model: &Model, program: &Program, tally: &Tally, at: usize) -> Ranked {
    let WindowProgram { window, .. } = &program.windows[at];
    let counted = &tally.windows[at];
    let requests = tally.operations[window.one].requests;
    let rate = Rate {
        k: counted.raced,
        n: requests,
    };
    let operation = &model.operations[window.one];
    let exchange = &operation.exchanges[program.windows[at].first];
    let hazard = match window.label {
        Label::LockOrder => Hazard::Deadlock,
        label => Hazard::Race(label),
    };
    let kept_out = counted.turned_away + kept_waiting(program, tally, window.one);
    let guard = window.guard.clone();
    let severity = severity(hazard) * (f64::from(window.weight) / WEIGHT_FULL).clamp(0.1, 1.0);
    let other = &model.operations[window.other].learned.operation;
    let mut boundary = Boundary {
        operations: vec![operation.learned.operation.clone(), other.clone()],
        args: window.args.clone(),
        resource: window.resource.clone(),
        closed_form: closed_form(model, program, tally, at),
        window_us: (counted.closed > 0)
            .then(|| counted.open_ns as f64 / counted.closed as f64 / 1e3),
        over_limit: operation.limit.map(|_| Rate {
            k: tally.operations[window.one].rounds_over,
            n: tally.rounds,
        }),
        guard: guard.clone(),
        kept_out: if guard.is_some() {
            kept_out
        } else {
            counted.turned_away
        },
        ..blank(hazard, &operation.service, &exchange.target, rate)
    };
    boundary.why = window.why.clone();
    boundary.factors = Factors {
        probability: rate.share(),
        severity: if guard.is_some() {
            severity_unguarded(hazard)
        } else {
            severity
        },
        unprotected: if guard.is_some() && rate.k == 0 {
            0.0
        } else {
            1.0
        },
        incident: incident(model, &operation.service, &exchange.target),
    };
    Ranked {
        boundary,
        source: Source::Window {
            window: at,
            inside: Inside {
                operation: window.one,
                first: program.windows[at].first,
                second: program.windows[at].second,
            },
        },
    }
}

/// A guard has taken from the weight what it is no less bad for.
fn severity_unguarded(hazard: Hazard) -> f64 {
    severity(hazard)
}

/// How often requests of an operation waited for a lock or were aborted.
fn kept_waiting(program: &Program, tally: &Tally, operation: usize) -> u64 {
    let acts = program.operations[operation].exchanges.iter();
    let mut families: Vec<usize> = acts
        .flat_map(|act| &act.touches)
        .map(|touch| touch.family)
        .collect();
    families.sort_unstable();
    families.dedup();
    let kept = families.into_iter().map(|family| {
        let counted = &tally.families[family];
        counted.waited + counted.aborted
    });
    kept.sum()
}

/// `1 - exp(-rate x window)`: what independent requests at a steady rate would make.
fn closed_form(model: &Model, program: &Program, tally: &Tally, at: usize) -> Option<f64> {
    let window = &program.windows[at];
    let counted = &tally.windows[at];
    let requests = tally.operations[window.window.one].requests;
    let (_, span) = knobs::load(model)?;
    if counted.closed == 0 || requests == 0 || tally.rounds == 0 || span.is_zero() {
        return None;
    }
    let own = if window.window.one == window.window.other {
        1.0
    } else {
        0.0
    };
    let entered = counted.entered as f64 / tally.rounds as f64 - own;
    let per_ns = entered.max(0.0) / nanos(span) as f64 * program.families[window.family].same;
    let open_ns = counted.open_ns as f64 / counted.closed as f64;
    let reached = counted.closed as f64 / requests as f64;
    Some(reached * (1.0 - (-per_ns * open_ns).exp()))
}

fn of_families(model: &Model, program: &Program, tally: &Tally) -> Vec<Ranked> {
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

fn of_operations(model: &Model, tally: &Tally) -> Vec<Ranked> {
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

fn of_services(model: &Model, program: &Program, tally: &Tally) -> Vec<Ranked> {
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

fn of_links(model: &Model, program: &Program, tally: &Tally) -> Vec<Ranked> {
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
        if let Some(storm) = storm(program, at, counted) {
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
    /// The peak, a second.
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
        "callers that failed try again and {together}: {:.0} calls a second at the peak ({} calls in all)",
        storm.peak, storm.calls
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
fn storm(program: &Program, link: usize, counted: &LinkTally) -> Option<Storm> {
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
        peak: after.max(during),
        calls: counted.calls,
    })
}

fn plain_factors(model: &Model, hazard: Hazard, probability: f64, from: &str, to: &str) -> Factors {
    Factors {
        probability,
        severity: severity(hazard),
        unprotected: 1.0,
        incident: incident(model, from, to),
    }
}

fn incident(model: &Model, from: &str, to: &str) -> f64 {
    let incidents = model.incidents.iter();
    let here = incidents.filter(|incident| incident.edge.0 == from && incident.edge.1 == to);
    1.0 + INCIDENT_WEIGHT * here.count() as f64
}

/// How bad it is: what is sold twice is worse than what is told late.
fn severity(hazard: Hazard) -> f64 {
    match hazard {
        Hazard::Race(label) => match label {
            Label::LostUpdate | Label::CheckThenAct => 1.0,
            Label::DoubleInsert | Label::WriteSkew => 0.9,
            Label::LockOrder => 0.8,
            Label::StaleCacheFill => 0.7,
            Label::ReadYourOldCache => 0.3,
            Label::ReadSkew => 0.2,
        },
        Hazard::DoubleEffect => 0.9,
        Hazard::Deadlock | Hazard::RetryStorm => 0.8,
        Hazard::PoolExhaustion => 0.6,
        Hazard::StaleRead => 0.4,
        Hazard::Convoy => 0.3,
    }
}

fn blank(hazard: Hazard, from: &str, to: &str, rate: Rate) -> Boundary {
    Boundary {
        rank: 0,
        edge: format!("{from} -> {to}"),
        operations: Vec::new(),
        args: Vec::new(),
        resource: String::new(),
        hazard,
        rate: Some(rate),
        interval: Some(rate.interval()),
        figure: None,
        closed_form: None,
        window_us: None,
        over_limit: None,
        threshold: None,
        curve: Vec::new(),
        factors: Factors {
            probability: 0.0,
            severity: 0.0,
            unprotected: 1.0,
            incident: 1.0,
        },
        guard: None,
        kept_out: 0,
        why: String::new(),
        sensitivity: Vec::new(),
        advice: None,
    }
}

fn other(boundary: Boundary) -> Ranked {
    Ranked {
        boundary,
        source: Source::Other,
    }
}

/// Who calls whom.
pub fn graph(model: &Model) -> Vec<GraphEdge> {
    let mut edges: Vec<GraphEdge> = Vec::new();
    let mut add = |from: &str, to: &str, protocol: &str| {
        if !edges.iter().any(|edge| edge.from == from && edge.to == to) {
            edges.push(GraphEdge {
                from: from.to_string(),
                to: to.to_string(),
                protocol: protocol.to_string(),
                volatility: 0.0,
            });
        }
    };
    for operation in &model.operations {
        add(CLIENTS, &operation.service, Protocol::Http.as_str());
        for exchange in &operation.exchanges {
            if exchange.target == operation.service {
                continue;
            }
            let step = exchange
                .step
                .and_then(|at| operation.learned.template.steps.get(at));
            let spoken = step.map_or(Protocol::Http, |step| step.step.protocol);
            add(&operation.service, &exchange.target, spoken.as_str());
        }
    }
    edges
}

/// Gives each edge of the graph the volatility of its worst boundary.
pub fn paint(prediction: &mut Prediction) {
    for edge in &mut prediction.graph {
        let name = format!("{} -> {}", edge.from, edge.to);
        let here = prediction.boundaries.iter().filter(|b| b.edge == name);
        edge.volatility = here.map(|b| b.factors.volatility()).fold(0.0, f64::max);
    }
}
