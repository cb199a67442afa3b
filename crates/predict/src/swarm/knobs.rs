//! What can be changed about a model, to see what difference it makes.

use std::time::Duration;

use model::{DemandShape, Distribution, Latency};

use super::model::Model;

/// A window, by the places of its operation and exchanges.
#[derive(Debug, Clone, Copy)]
pub struct Inside {
    pub operation: usize,
    pub first: usize,
    pub second: usize,
}

/// Something that can be changed.
#[derive(Debug, Clone, Copy)]
pub enum Knob {
    /// Twice as many replicas.
    Replicas,
    /// From the first exchange's reply to the second all takes twice as long.
    LatencyInside(Inside),
    /// All other exchanges of the operation take twice as long.
    LatencyOutside(Inside),
    /// Half of the CPU.
    Cpu,
    /// The first keys are preferred.
    Skew,
}

impl Knob {
    /// What people call it, and how it is changed.
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Knob::Replicas => ("replicas", "x2"),
            Knob::LatencyInside(_) => ("latency inside the window", "x2"),
            Knob::LatencyOutside(_) => ("latency outside the window", "x2"),
            Knob::Cpu => ("CPU", "halved"),
            Knob::Skew => ("key skew", "+1"),
        }
    }

    /// The model with it turned; none when that changes nothing.
    pub fn turned(self, model: &Model) -> Option<Model> {
        let mut model = model.clone();
        match self {
            Knob::Replicas => {
                for service in &mut model.services {
                    service.replicas = service.replicas.saturating_mul(2);
                }
            }
            Knob::LatencyInside(inside) => {
                let exchanges = &mut model.operations.get_mut(inside.operation)?.exchanges;
                for exchange in exchanges.get_mut(inside.first..=inside.second)? {
                    exchange.takes = times(&exchange.takes, 2.0);
                }
                for exchange in exchanges.get_mut(inside.first + 1..=inside.second)? {
                    exchange
                        .work
                        .iter_mut()
                        .for_each(|work| *work = times(work, 2.0));
                }
            }
            Knob::LatencyOutside(inside) => {
                let exchanges = &mut model.operations.get_mut(inside.operation)?.exchanges;
                if exchanges.len() <= inside.second - inside.first + 1 {
                    return None;
                }
                for (at, exchange) in exchanges.iter_mut().enumerate() {
                    if !(inside.first..=inside.second).contains(&at) {
                        exchange.takes = times(&exchange.takes, 2.0);
                    }
                    if !(inside.first + 1..=inside.second).contains(&at) {
                        exchange
                            .work
                            .iter_mut()
                            .for_each(|work| *work = times(work, 2.0));
                    }
                }
            }
            Knob::Cpu => model.services.iter_mut().for_each(|s| s.slowness *= 2.0),
            Knob::Skew => {
                let mut many = model
                    .arguments
                    .iter_mut()
                    .filter(|a| a.values > 1)
                    .peekable();
                many.peek()?;
                many.for_each(|argument| argument.skew += 1.0);
            }
        }
        Some(model)
    }
}

/// A latency, so many times as long.
pub fn times(latency: &Latency, factor: f64) -> Latency {
    let longer = |us: u64| (us as f64 * factor).round() as u64;
    match latency {
        Latency::Drawn(Distribution::Fixed(us)) => Latency::Drawn(Distribution::Fixed(longer(*us))),
        Latency::Drawn(Distribution::Uniform(low, high)) => {
            Latency::Drawn(Distribution::Uniform(longer(*low), longer(*high)))
        }
        Latency::Drawn(Distribution::Lognormal { median_us, sigma }) => {
            Latency::Drawn(Distribution::Lognormal {
                median_us: longer(*median_us),
                sigma: *sigma,
            })
        }
        Latency::Measured(all) => Latency::Measured(all.iter().map(|us| longer(*us)).collect()),
    }
}

/// The model with a delay before an exchange of an operation.
pub fn delayed(model: &Model, operation: usize, exchange: usize, delay_us: u64) -> Option<Model> {
    let mut model = model.clone();
    let exchanges = &mut model.operations.get_mut(operation)?.exchanges;
    let delay = Latency::Drawn(Distribution::Fixed(delay_us));
    exchanges.get_mut(exchange)?.work.push(delay);
    Some(model)
}

/// The load that bursts make together: requests and the longest window.
pub fn load(model: &Model) -> Option<(u64, Duration)> {
    let demands = model.traffic.demands.iter();
    let bursts: Vec<(u64, Duration)> = demands
        .filter_map(|demand| match demand.shape {
            DemandShape::Burst { requests, window } => Some((requests, window)),
            _ => None,
        })
        .collect();
    let window = bursts.iter().map(|(_, window)| *window).max()?;
    let requests = bursts.iter().map(|(requests, _)| *requests);
    Some((requests.fold(0, u64::saturating_add), window))
}

/// The model under another load: bursts of so many requests together, each with its share.
pub fn under(model: &Model, requests: u64) -> Model {
    let mut model = model.clone();
    let Some((all, _)) = load(&model) else {
        return model;
    };
    for demand in &mut model.traffic.demands {
        if let DemandShape::Burst { requests: own, .. } = &mut demand.shape {
            let share = *own as f64 / all as f64 * requests as f64;
            *own = (share.round() as u64).max(1);
        }
    }
    model
}
