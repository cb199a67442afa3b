//! Bursts on any server: the same request over all connections at once, again and again, with how far
//! apart they left.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use drive::engine::{self, Burster, Due, Keeps, Release, Second, Sent, Watch};
use drive::load::{Figures, Times};
use serde_json::{Map, Value, json};

use super::audit::{Asked, quoted};
use super::figures::percentiles;
use super::plain::{PlainPlan, is_wanted};

/// Requests that leave at once.
#[derive(Debug, Clone, Copy)]
pub struct VolleyPlan {
    /// How often.
    pub rounds: u64,
    /// How they leave.
    pub release: Release,
}

/// The volleys' own part of the machine-readable document.
pub fn document(plan: VolleyPlan, connections: u32, skew_us: &Times) -> Map<String, Value> {
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

/// Sends them; says what was measured and their skew. Tells of each second.
pub fn apply(
    plan: &PlainPlan,
    volleys: VolleyPlan,
    name: &str,
    left: Duration,
    watch: &Watch,
    tell: &mut dyn FnMut(&Second),
) -> std::io::Result<(Figures, Option<Times>)> {
    let due = Due {
        at: Duration::ZERO,
        lane: 0,
        request: plan.transport.encode(&plan.request, &plan.target.host),
        to_head: plan.request.method == "HEAD",
    };
    let lanes = [plan.target.address];
    let threads = plan.workers as usize;
    let mut burster = Burster::new(
        &lanes,
        &plan.transport,
        Keeps::Status,
        plan.patience,
        threads,
    )?;
    let burst = vec![due; plan.connections as usize];
    let (quoted, began) = (quoted(name), Instant::now());
    let mut so_far = SoFar::default();
    let mut skew_us = Figures::default().latency_us;
    for round in 0..volleys.rounds {
        let sent = burster.send(&burst, volleys.release, watch)?;
        if watch.stop.load(Ordering::Relaxed) {
            break;
        }
        for sent in &sent {
            let number = round * u64::from(plan.connections) + sent.number as u64;
            so_far.count(sent);
            if let Some(audit) = &plan.audit {
                audit.take(&asked(sent, number, &quoted));
            }
        }
        skew_us.saturating_record(engine::skew(&sent).as_micros().max(1) as u64);
        let elapsed = began.elapsed();
        so_far.reach(elapsed, tell);
        if elapsed >= left {
            break;
        }
    }
    Ok((so_far.end(began.elapsed(), tell), Some(skew_us)))
}

fn asked<'a>(sent: &'a Sent, number: u64, operation: &'a str) -> Asked<'a> {
    Asked {
        number,
        operation,
        lane: 1,
        due: sent.due,
        sent: sent.sent,
        ended: sent.ended,
        outcome: &sent.outcome,
        expected: is_wanted(&sent.outcome),
    }
}

/// What was measured, and what of it was told. A burst belongs to the second it ends in.
#[derive(Default)]
struct SoFar {
    total: Figures,
    second: Figures,
    told: Duration,
}

impl SoFar {
    fn count(&mut self, sent: &Sent) {
        self.second.count_sent(sent.late(), false);
        let expected = is_wanted(&sent.outcome);
        self.second
            .count_outcome(&sent.outcome, expected, sent.took());
    }

    /// Time has come so far.
    fn reach(&mut self, elapsed: Duration, tell: &mut dyn FnMut(&Second)) {
        if elapsed.as_secs() > self.told.as_secs() {
            self.tell(elapsed, tell);
        }
    }

    fn tell(&mut self, elapsed: Duration, tell: &mut dyn FnMut(&Second)) {
        let mut second = std::mem::take(&mut self.second);
        self.total.add(&second);
        second.elapsed = elapsed - self.told;
        tell(&Second {
            number: self.told.as_secs(),
            each: vec![second],
        });
        self.told = elapsed;
    }

    fn end(mut self, elapsed: Duration, tell: &mut dyn FnMut(&Second)) -> Figures {
        self.tell(elapsed, tell);
        self.total.elapsed = elapsed;
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_is_told_once_and_their_sum_is_all() {
        let ms = Duration::from_millis;
        let sent = Sent {
            lane: 0,
            number: 0,
            due: ms(0),
            sent: ms(0),
            left: ms(0),
            ended: ms(3),
            outcome: model::Outcome::Unknown(model::UnknownWhy::Cut),
        };
        let mut told = Vec::new();
        let mut tell = |second: &Second| {
            told.push((
                second.number,
                second.each[0].requests,
                second.each[0].elapsed,
            ))
        };
        let mut so_far = SoFar::default();
        for at in [300, 900, 2100, 2200] {
            so_far.count(&sent);
            so_far.reach(ms(at), &mut tell);
        }
        let total = so_far.end(ms(2300), &mut tell);
        assert_eq!(told, [(0, 3, ms(2100)), (2, 1, ms(200))]);
        assert_eq!(
            (total.requests, total.errors(), total.elapsed),
            (4, 4, ms(2300))
        );
    }
}
