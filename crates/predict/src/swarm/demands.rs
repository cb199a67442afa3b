//! What is asked for, ready to be sent: when the requests of a round come, and of which persona.

use model::{Demand, DemandShape, Persona};

use super::dice::{Dice, Nanos, Spread};
use super::model::Model;
use super::program::nanos;

/// A flash crowd comes in this part of the window.
const FLASH_PART: f64 = 0.1;
/// Requests and clients that come by themselves in one round, at most.
const COMING_MAX: u64 = 1 << 21;
/// Without outages clients are watched for so long.
const HORIZON_NS: Nanos = 60_000_000_000;
/// After the last outage they are watched for so much longer.
const AFTERMATH_NS: Nanos = 60_000_000_000;

/// The traffic, ready to be sent.
#[derive(Debug, Clone)]
pub struct Demands {
    /// By their places.
    pub all: Vec<Wanted>,
    personas: Vec<(Persona, f64)>,
    /// The end of a round, where clients never stop.
    pub horizon: Option<Nanos>,
    /// The last arrival of a round.
    pub last: Nanos,
    /// More come than are followed.
    pub is_short: bool,
    followed: Vec<bool>,
}

/// What is asked for of one operation.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub operation: usize,
    pub shape: Shape,
}

/// When requests come.
#[derive(Debug, Clone)]
pub enum Shape {
    Burst {
        requests: u64,
        window: Nanos,
    },
    Clients {
        clients: u64,
        think: Spread,
    },
    After {
        of: usize,
        redelivery: Option<Nanos>,
    },
}

/// A request that comes.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    pub at: Nanos,
    pub wanted: u16,
    pub persona: Persona,
}

impl Demands {
    pub fn of(model: &Model) -> Demands {
        let mut followed = vec![false; model.operations.len()];
        let (mut left, mut is_short) = (COMING_MAX, false);
        let demands = model.traffic.demands.iter().take(usize::from(u16::MAX));
        let all = demands.filter_map(|demand| {
            let mut wanted = wanted(model, demand)?;
            if let Shape::Burst {
                requests: coming, ..
            }
            | Shape::Clients {
                clients: coming, ..
            } = &mut wanted.shape
            {
                is_short |= *coming > left;
                *coming = left.min(*coming);
                left -= *coming;
            }
            if let Shape::After { of, .. } = wanted.shape {
                followed[of] = true;
            }
            Some(wanted)
        });
        let all: Vec<Wanted> = all.collect();
        let windows = all.iter().map(|wanted| match wanted.shape {
            Shape::Burst { window, .. } => window,
            _ => 0,
        });
        let last = windows.max().unwrap_or(0);
        let has_clients = all
            .iter()
            .any(|wanted| matches!(wanted.shape, Shape::Clients { .. }));
        let outages = model
            .outages
            .iter()
            .map(|outage| nanos(outage.from.saturating_add(outage.lasts)));
        let horizon = outages.max().map_or(HORIZON_NS, |end| end + AFTERMATH_NS);
        Demands {
            all,
            personas: model.traffic.personas.clone(),
            horizon: has_clients.then_some(horizon.max(last)),
            last,
            is_short,
            followed,
        }
    }

    /// Requests of a round that come by themselves.
    pub fn requests(&self) -> u64 {
        let bursts = self.all.iter().map(|wanted| match wanted.shape {
            Shape::Burst { requests, .. } => requests,
            Shape::Clients { clients, .. } => clients,
            Shape::After { .. } => 0,
        });
        bursts.sum()
    }

    /// Whether something else comes after an operation.
    pub fn is_followed(&self, operation: usize) -> bool {
        self.followed[operation]
    }

    /// Draws when the requests of a round come, in order.
    pub fn arrivals(&self, base: Nanos, dice: &mut Dice, all: &mut Vec<Arrival>) {
        all.clear();
        for (at, wanted) in self.all.iter().enumerate() {
            let Shape::Burst { requests, window } = wanted.shape else {
                continue;
            };
            for nth in 0..requests {
                let persona = self.persona(dice);
                let offset = match persona {
                    Persona::FlashCrowd => (dice.unit() * window as f64 * FLASH_PART) as Nanos,
                    Persona::BackgroundJob => evenly(nth, requests, window),
                    _ => dice.below(window.max(1)),
                };
                all.push(Arrival {
                    at: base + offset,
                    wanted: at as u16,
                    persona,
                });
            }
        }
        // Stable: what comes at the same time comes in the order it was drawn in.
        all.sort_by_key(|arrival| arrival.at);
    }

    fn persona(&self, dice: &mut Dice) -> Persona {
        let parts: f64 = self.personas.iter().map(|(_, part)| part).sum();
        if self.personas.is_empty() || parts.is_nan() || parts <= 0.0 {
            return Persona::SteadyBuyer;
        }
        let mut left = dice.unit() * parts;
        for (persona, part) in &self.personas {
            left -= part;
            if left < 0.0 {
                return *persona;
            }
        }
        Persona::SteadyBuyer
    }
}

/// The nth of so many within a window.
fn evenly(nth: u64, requests: u64, window: Nanos) -> Nanos {
    let offset = u128::from(window) * u128::from(nth) / u128::from(requests.max(1));
    u64::try_from(offset).unwrap_or(window)
}

fn wanted(model: &Model, demand: &Demand) -> Option<Wanted> {
    let shape = match &demand.shape {
        DemandShape::Burst { requests, window } => Shape::Burst {
            requests: *requests,
            window: nanos(*window),
        },
        DemandShape::Clients { clients, think } => Shape::Clients {
            clients: *clients,
            think: Spread::of(think, 1.0),
        },
        DemandShape::After {
            operation,
            redelivery,
        } => Shape::After {
            of: model.operation(operation)?,
            redelivery: redelivery.map(nanos),
        },
    };
    Some(Wanted {
        operation: model.operation(&demand.operation)?,
        shape,
    })
}
