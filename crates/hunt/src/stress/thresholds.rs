//! Whether what was measured keeps to the thresholds of a load plan.

use std::time::Duration;

use drive::load::Figures;
use model::{Measured, Threshold};
use serde_json::{Value, json};

use super::seconds::sum;

/// A threshold, its figure, and whether it holds; neither where nothing was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    pub threshold: Threshold,
    pub measured: Option<f64>,
    pub holds: Option<bool>,
}

/// Holds figures, which are by operation, against thresholds.
pub fn held(
    thresholds: &[Threshold],
    operations: &[String],
    each: &[Figures],
    elapsed: Duration,
    violations: Option<u64>,
) -> Vec<Held> {
    let all = sum(each);
    let one = |threshold: &Threshold| {
        let of = match &threshold.of {
            None => Some(measured(&all, elapsed, violations)),
            Some(name) => {
                let place = operations.iter().position(|known| known == name);
                let figures = place.and_then(|place| each.get(place));
                figures.map(|figures| measured(figures, elapsed, None))
            }
        };
        Held {
            threshold: threshold.clone(),
            measured: of.as_ref().and_then(|of| threshold.measure.of(of)),
            holds: of.as_ref().and_then(|of| threshold.holds(of)),
        }
    };
    thresholds.iter().map(one).collect()
}

fn measured(figures: &Figures, elapsed: Duration, violations: Option<u64>) -> Measured {
    let times = &figures.latency_us;
    let at = |quantile| times.value_at_quantile(quantile) as f64;
    Measured {
        requests: figures.requests,
        errors: figures.errors(),
        answered: times.len(),
        elapsed,
        violations,
        latency_us: [
            at(0.5),
            at(0.9),
            at(0.95),
            at(0.99),
            at(0.999),
            times.mean(),
            times.max() as f64,
        ],
    }
}

impl Held {
    /// Whether it is crossed.
    pub fn is_crossed(&self) -> bool {
        self.holds == Some(false)
    }

    /// As the machine-readable document tells it; the figure in the unit of the limit.
    pub fn document(&self) -> Value {
        json!({
            "threshold": self.threshold.to_string(),
            "measured": self.measured,
            "limit": self.threshold.limit,
            "holds": self.holds,
        })
    }
}

#[cfg(test)]
mod tests {
    use model::Outcome;

    use super::*;

    fn figures(took_ms: &[u64]) -> Figures {
        let mut figures = Figures::default();
        let answer = Outcome::Answered {
            status: 200,
            location: None,
            body: String::new(),
        };
        for (nth, ms) in took_ms.iter().enumerate() {
            figures.count_outcome(&answer, nth > 0, Duration::from_millis(*ms));
        }
        figures
    }

    #[test]
    fn figures_are_held_against_what_was_wanted() {
        let each = [figures(&[10, 20, 30, 40]), figures(&[100])];
        let operations = ["reserve".to_string(), "pay".to_string()];
        for (text, violations, expected) in [
            ("p99 < 200ms", Some(0), Some(true)),
            ("max < 100ms", Some(0), Some(false)),
            ("max of reserve < 50ms", Some(0), Some(true)),
            ("p50 of pay < 50ms", Some(0), Some(false)),
            ("errors < 50 %", Some(0), Some(true)),
            ("errors of reserve < 1 %", Some(0), Some(false)),
            ("rate > 2/s", Some(0), Some(true)),
            ("rate > 3/s", Some(0), Some(false)),
            ("violations = 0", Some(0), Some(true)),
            ("violations = 0", Some(3), Some(false)),
            ("violations = 0", None, None),
        ] {
            let wanted = [Threshold::parse(text).unwrap()];
            let elapsed = Duration::from_secs(2);
            let held = held(&wanted, &operations, &each, elapsed, violations);
            assert_eq!(held[0].holds, expected, "{text}");
            assert_eq!(held[0].is_crossed(), expected == Some(false));
        }
        let wanted = [Threshold::parse("p99 < 200ms").unwrap()];
        let nothing = held(&wanted, &operations, &[], Duration::ZERO, None);
        assert_eq!(nothing[0].holds, None);
    }
}
