//! What was counted becomes boundaries: each hazard with its rate and what it is ranked by.

use model::prediction::Factors;
use model::{Boundary, Hazard, Label, Rate};

use super::hazards::{of_families, of_links, of_operations, of_services};
use super::knobs::{self, Inside};
use super::model::Model;
use super::program::{Program, WindowProgram, nanos};
use super::tally::Tally;

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

pub fn plain_factors(
    model: &Model,
    hazard: Hazard,
    probability: f64,
    from: &str,
    to: &str,
) -> Factors {
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

pub fn blank(hazard: Hazard, from: &str, to: &str, rate: Rate) -> Boundary {
    Boundary {
        rate: Some(rate),
        interval: Some(rate.interval()),
        ..Boundary::new(from, to, hazard)
    }
}

pub fn other(boundary: Boundary) -> Ranked {
    Ranked {
        boundary,
        source: Source::Other,
    }
}
