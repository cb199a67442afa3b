//! A second of load as an event: what the engine measured goes down the stream while load goes on, and
//! everything that shows load over time is made of it.

use std::time::Duration;

use drive::engine::{Second, Sent};
use drive::load::{Figures, Times};
use model::{EventKind, LoadFigures, LoadSecond, Percentiles};

/// What is left of the last second, when nothing happened in it, is not told if it is shorter.
const SHORT: Duration = Duration::from_millis(100);

/// The event of a second, if there is something to tell; operations by their places, and how many
/// answers were judged wrong so far.
pub fn told(second: &Second, operations: &[String], violations: Option<u64>) -> Option<EventKind> {
    let lasted = second.each.iter().map(|of| of.elapsed).max();
    let lasted = lasted.unwrap_or_default();
    if lasted < SHORT && second.each.iter().all(|of| of.requests == 0) {
        return None;
    }
    let all = match second.each.as_slice() {
        [only] => figures(only),
        several => figures(&sum(several)),
    };
    let operations = match operations {
        [_] => Vec::new(),
        several => several
            .iter()
            .cloned()
            .zip(second.each.iter().map(figures))
            .collect(),
    };
    Some(EventKind::LoadSecond {
        second: Box::new(LoadSecond {
            second: second.number,
            lasted_us: lasted.as_micros() as u64,
            all,
            operations,
            violations,
        }),
    })
}

/// What was measured, and what of it was told. A burst belongs to the second it ends in.
#[derive(Debug, Default)]
pub struct SoFar {
    total: Figures,
    second: Figures,
    told: Duration,
}

impl SoFar {
    /// Takes what came of a request.
    pub fn count(&mut self, sent: &Sent, expected: bool) {
        self.second.count_sent(sent.late(), false);
        self.second
            .count_outcome(&sent.outcome, expected, sent.took());
    }

    /// Time has come so far without anything to be counted.
    pub fn rest(&mut self, elapsed: Duration) {
        self.told = elapsed;
    }

    /// Time has come so far; the second that is over, if one is.
    pub fn reach(&mut self, elapsed: Duration) -> Option<Second> {
        (elapsed.as_secs() > self.told.as_secs()).then(|| self.cut(elapsed))
    }

    /// What was measured since the last second was told, which ends here.
    pub fn cut(&mut self, elapsed: Duration) -> Second {
        let mut second = std::mem::take(&mut self.second);
        self.total.add(&second);
        second.elapsed = elapsed.saturating_sub(self.told);
        let number = self.told.as_secs();
        self.told = elapsed;
        Second {
            number,
            each: vec![second],
        }
    }

    /// What all seconds came to, which took so long.
    pub fn sum(self, elapsed: Duration) -> Figures {
        Figures {
            elapsed,
            ..self.total
        }
    }
}

/// All operations together.
pub fn sum(each: &[Figures]) -> Figures {
    let mut all = Figures::default();
    each.iter().for_each(|of| all.add(of));
    all
}

fn figures(of: &Figures) -> LoadFigures {
    LoadFigures {
        requests: of.requests,
        answered: of.latency_us.len(),
        errors: of.errors.clone(),
        latency_us: percentiles(&of.latency_us),
        lateness_p99_us: of.lateness_us.value_at_quantile(0.99),
    }
}

fn percentiles(times: &Times) -> Percentiles {
    let at = |quantile| times.value_at_quantile(quantile);
    Percentiles {
        mean: (times.mean() * 10.0).round() / 10.0,
        p50: at(0.5),
        p90: at(0.9),
        p95: at(0.95),
        p99: at(0.99),
        p999: at(0.999),
        max: times.max(),
    }
}

#[cfg(test)]
mod tests {
    use model::{Outcome, UnknownWhy};

    use super::*;

    fn measured(took_us: &[u64]) -> Figures {
        let mut figures = Figures {
            elapsed: Duration::from_millis(1000 + took_us.len() as u64),
            ..Figures::default()
        };
        let answer = Outcome::Answered {
            status: 200,
            location: None,
            body: String::new(),
        };
        for took_us in took_us {
            let took = Duration::from_micros(*took_us);
            figures.count(Duration::ZERO, &answer, true, took);
        }
        figures.count_outcome(
            &Outcome::Unknown(UnknownWhy::Cut),
            false,
            Duration::from_secs(1),
        );
        figures
    }

    fn second(each: Vec<Figures>, names: &[&str]) -> LoadSecond {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        match told(&Second { number: 7, each }, &names, Some(3)) {
            Some(EventKind::LoadSecond { second }) => *second,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_operation_is_told_once() {
        let told = second(vec![measured(&[100, 300])], &["reserve"]);
        assert_eq!((told.second, told.lasted_us), (7, 1_002_000));
        assert_eq!((told.all.requests, told.all.answered), (3, 2));
        assert_eq!(told.all.errors["cut"], 1);
        assert_eq!(
            (told.all.latency_us.p50, told.all.latency_us.max),
            (100, 300)
        );
        assert_eq!(told.all.latency_us.mean, 200.0);
        assert_eq!((told.operations, told.violations), (Vec::new(), Some(3)));
    }

    #[test]
    fn what_is_left_of_a_second_is_told_where_something_happened() {
        let of = |requests, elapsed_ms| {
            let each = vec![Figures {
                requests,
                elapsed: Duration::from_millis(elapsed_ms),
                ..Figures::default()
            }];
            told(&Second { number: 3, each }, &["pay".to_string()], None).is_some()
        };
        assert!(!of(0, 1));
        assert!(of(1, 1) && of(0, 1000));
    }

    #[test]
    fn several_are_told_together_and_each() {
        let each = vec![measured(&[100]), measured(&[300, 900])];
        let told = second(each, &["reserve", "pay"]);
        assert_eq!((told.all.requests, told.all.latency_us.max), (5, 900));
        assert_eq!(told.all.errors["cut"], 2);
        let each: Vec<(&str, u64)> = told
            .operations
            .iter()
            .map(|(name, of)| (name.as_str(), of.requests))
            .collect();
        assert_eq!(each, [("reserve", 2), ("pay", 3)]);
    }

    #[test]
    fn a_second_is_a_small_event() {
        let told = second(vec![measured(&[123_457; 1000])], &["reserve"]);
        let bytes = serde_json::to_string(&told).unwrap().len();
        assert!(bytes < 320, "{bytes}");
    }

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
            outcome: Outcome::Unknown(UnknownWhy::Cut),
        };
        let mut so_far = SoFar::default();
        let mut told = Vec::new();
        for at in [300, 900, 2100, 2200] {
            so_far.count(&sent, false);
            told.extend(so_far.reach(ms(at)));
        }
        told.push(so_far.cut(ms(2300)));
        let told: Vec<(u64, u64, Duration)> = told
            .iter()
            .map(|second| {
                let [of] = second.each.as_slice() else {
                    panic!("{second:?}");
                };
                (second.number, of.requests, of.elapsed)
            })
            .collect();
        let total = so_far.sum(ms(2300));
        assert_eq!(told, [(0, 3, ms(2100)), (2, 1, ms(200))]);
        assert_eq!(
            (total.requests, total.errors(), total.elapsed),
            (4, 4, ms(2300))
        );
    }
}
