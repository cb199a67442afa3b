//! What the swarm is asked: the rates under the load that is described, how they grow with it, above
//! which load they pass a share, what changes them, and which delay would show them.

use model::prediction::{Advice, CurvePoint, Load, Sensitivity, Simulated, Threshold};
use model::{Boundary, Prediction, Rate};

use super::graph;
use super::knobs::{self, Inside, Knob};
use super::model::Model;
use super::program::Program;
use super::rank::{self, Ranked, Source};
use super::rounds::{Effort, simulate};
use super::tally::Tally;

/// How a prediction is made.
#[derive(Debug, Clone, Copy)]
pub struct SwarmPlan {
    /// Of every draw.
    pub seed: u64,
    /// Rounds run side by side in so many threads; the figures are the same for any number.
    pub threads: usize,
    /// Requests simulated under the load that is described, at least.
    pub requests: u64,
    /// Thresholds are told for this share.
    pub share: f64,
    /// Whether curves, thresholds and knobs are looked into.
    pub searches: bool,
}

/// Boundaries that are looked into.
const LOOKED_INTO: usize = 3;

/// A simulation beside the main one has at least so much.
const BESIDE: Effort = Effort {
    requests: 60_000,
    rounds: 20,
};

/// What comes together after an outage is told from chance by so many rounds.
const STORM_ROUNDS: u64 = 300;

/// The loads of a curve, as parts of the one described.
const CURVE: [(u64, u64); 8] = [
    (1, 16),
    (1, 8),
    (1, 4),
    (1, 2),
    (2, 1),
    (4, 1),
    (8, 1),
    (16, 1),
];

/// No burst of a curve is larger.
const CURVE_REQUESTS_MAX: u64 = 20_000;

/// A threshold is looked for by halving so often.
const HALVINGS: usize = 10;

/// No delay that is advised is shorter or longer, in microseconds.
const DELAY_US: (f64, f64) = (1_000.0, 1_000_000.0);

/// Simulates a model and says what is to be expected of it.
pub fn predict(model: &Model, plan: &SwarmPlan) -> Prediction {
    let (program, tally) = main_run(model, plan);
    let load = knobs::load(model);
    let mut prediction = Prediction {
        graph: graph::graph(model),
        load: load.map(|(requests, window)| Load {
            requests,
            window_ms: window.as_millis() as u64,
        }),
        ..Prediction::default()
    };
    let mut ranked = rank::boundaries(model, &program, &tally, &mut prediction.notes);
    if tally.rounds_cut > 0 {
        prediction.notes.push(format!(
            "{} of {} simulated rounds were cut short: more happens in them than is followed",
            tally.rounds_cut, tally.rounds
        ));
    }
    let mut search = Search {
        model,
        plan,
        requests: tally.requests,
    };
    if plan.searches {
        search.look_into(&mut ranked, &tally);
    }
    prediction.simulated = Some(Simulated {
        requests: tally.requests,
        rounds: tally.rounds,
        requests_in_all: search.requests,
        busy_us: 0,
    });
    prediction.boundaries = ranked.into_iter().map(|ranked| ranked.boundary).collect();
    graph::paint(&mut prediction);
    prediction
}

fn main_run(model: &Model, plan: &SwarmPlan) -> (Program, Tally) {
    let effort = Effort {
        requests: plan.requests.max(model.traffic.agents.unwrap_or(0)),
        rounds: match model.outages.is_empty() {
            true => BESIDE.rounds,
            false => STORM_ROUNDS,
        },
    };
    simulate(model, plan.seed, effort, plan.threads)
}

struct Search<'a> {
    model: &'a Model,
    plan: &'a SwarmPlan,
    /// Simulated so far.
    requests: u64,
}

impl Search<'_> {
    fn look_into(&mut self, ranked: &mut [Ranked], main: &Tally) {
        let is_open = |ranked: &Ranked| {
            matches!(ranked.source, Source::Window { .. })
                && ranked.boundary.factors.unprotected > 0.0
        };
        let places: Vec<usize> = (0..ranked.len())
            .filter(|at| is_open(&ranked[*at]))
            .take(LOOKED_INTO)
            .collect();
        if places.is_empty() {
            return;
        }
        self.draw_curves(ranked, &places, main);
        for place in places {
            let ranked = &mut ranked[place];
            ranked.boundary.threshold = self.threshold(ranked);
            self.turn_knobs(ranked);
            self.advise(ranked);
        }
    }

    fn beside(&mut self, model: &Model) -> Tally {
        let effort = BESIDE;
        let (_, tally) = simulate(model, self.plan.seed, effort, self.plan.threads);
        self.requests += tally.requests;
        tally
    }

    fn draw_curves(&mut self, ranked: &mut [Ranked], places: &[usize], main: &Tally) {
        let Some((requests, _)) = knobs::load(self.model) else {
            return;
        };
        let loads = CURVE
            .iter()
            .map(|(times, part)| (requests / part).saturating_mul(*times));
        let mut loads: Vec<u64> = loads
            .filter(|load| (2..=CURVE_REQUESTS_MAX).contains(load))
            .collect();
        loads.push(requests);
        loads.sort_unstable();
        loads.dedup();
        for load in loads {
            let tally = match load == requests {
                true => main.clone(),
                false => self.beside(&knobs::under(self.model, load)),
            };
            for place in places {
                let rate = ranked[*place].rate_in(&tally);
                ranked[*place].boundary.curve.push(CurvePoint {
                    requests: load,
                    rate,
                });
            }
        }
    }

    /// The largest burst whose rate does not pass the share, between two points of the curve.
    fn threshold(&mut self, ranked: &Ranked) -> Option<Threshold> {
        let (_, window) = knobs::load(self.model)?;
        let share = self.plan.share;
        let curve = &ranked.boundary.curve;
        let above = curve.iter().position(|point| point.rate.share() > share)?;
        let mut high = curve[above].requests;
        let mut low = match above {
            0 => 1,
            _ => curve[above - 1].requests,
        };
        for _ in 0..HALVINGS {
            // Closer than a twentieth no rate is known.
            if high - low <= (low / 20).max(1) {
                break;
            }
            let middle = (low + high) / 2;
            let tally = self.beside(&knobs::under(self.model, middle));
            match ranked.rate_in(&tally).share() > share {
                true => high = middle,
                false => low = middle,
            }
        }
        Some(Threshold {
            requests: low,
            window_ms: window.as_millis() as u64,
            share,
        })
    }

    fn turn_knobs(&mut self, ranked: &mut Ranked) {
        let Source::Window { inside, .. } = ranked.source else {
            return;
        };
        let knobs = [
            Knob::LatencyInside(inside),
            Knob::LatencyOutside(inside),
            Knob::Cpu,
            Knob::Replicas,
            Knob::Skew,
        ];
        for knob in knobs {
            let Some(turned) = knob.turned(self.model) else {
                continue;
            };
            let rate = ranked.rate_in(&self.beside(&turned));
            let (name, change) = knob.name();
            let factor = ranked.times_its_rate(rate);
            ranked.boundary.sensitivity.push(Sensitivity {
                knob: name.to_string(),
                change: change.to_string(),
                rate,
                factor,
            });
        }
    }

    /// A delay of five windows, before the step that closes the window; and before the one that opens
    /// it, to tell that it has to be there.
    fn advise(&mut self, ranked: &mut Ranked) {
        let (Source::Window { inside, .. }, Some(window_us)) =
            (ranked.source, ranked.boundary.window_us)
        else {
            return;
        };
        let delay_us = round_up((window_us * 5.0).clamp(DELAY_US.0, DELAY_US.1));
        let Inside {
            operation,
            first,
            second,
        } = inside;
        let rate_with = |search: &mut Self, exchange| {
            let delayed = knobs::delayed(search.model, operation, exchange, delay_us)?;
            Some(ranked.rate_in(&search.beside(&delayed)))
        };
        let (Some(rate), Some(before)) = (rate_with(self, second), rate_with(self, first)) else {
            return;
        };
        ranked.boundary.advice = Some(advice(
            self.model,
            &ranked.boundary,
            inside,
            delay_us,
            rate,
            before,
        ));
    }
}

fn advice(
    model: &Model,
    boundary: &Boundary,
    inside: Inside,
    delay_us: u64,
    rate: Rate,
    before: Rate,
) -> Advice {
    let name = |exchange: usize| {
        let operation = &model.operations[inside.operation];
        let exchange = &operation.exchanges[exchange];
        let step = exchange
            .step
            .and_then(|at| operation.learned.template.steps.get(at));
        step.map_or_else(|| exchange.target.clone(), |step| step.pattern.to_string())
    };
    let percent = |rate: Rate| format!("{:.2} %", rate.share() * 100.0);
    let now = boundary.rate.unwrap_or_default();
    let delay = model::units::show_duration(std::time::Duration::from_micros(delay_us));
    let step = name(inside.second);
    let sentence = format!(
        "{delay} more before `{step}` takes it from {} to {}; the same before `{}` makes {}",
        percent(now),
        percent(rate),
        name(inside.first),
        percent(before),
    );
    Advice {
        target: model.operations[inside.operation].exchanges[inside.second]
            .target
            .clone(),
        step,
        delay_us,
        rate,
        sentence,
    }
}

/// To one figure, upwards.
fn round_up(us: f64) -> u64 {
    let unit = 10f64.powf(us.log10().floor());
    ((us / unit).ceil() * unit) as u64
}
