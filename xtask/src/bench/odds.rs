//! How often something went wrong, and what that says of trials to come.

/// The quantile of the normal distribution for an interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many trials, in so many seconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Odds {
    pub k: u64,
    pub n: u64,
    pub seconds: f64,
    pub first: Option<First>,
}

/// The first trial that went wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct First {
    pub trial: u64,
    pub seconds: f64,
}

impl Odds {
    /// Takes another sample as if it had been taken after this one.
    pub fn append(&mut self, more: &Odds) {
        self.first = self.first.or(more.first.map(|first| First {
            trial: self.n + first.trial,
            seconds: self.seconds + first.seconds,
        }));
        self.k += more.k;
        self.n += more.n;
        self.seconds += more.seconds;
    }

    /// The 95 % Wilson interval of the share.
    pub fn interval(&self) -> (f64, f64) {
        if self.n == 0 {
            return (0.0, 1.0);
        }
        let (n, p) = (self.n as f64, self.k as f64 / self.n as f64);
        let middle = p + Z * Z / (2.0 * n);
        let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        // Rounding must not turn "none" into "hardly any".
        let low = match self.k {
            0 => 0.0,
            _ => (middle - reach) / scale,
        };
        (low, ((middle + reach) / scale).min(1.0))
    }

    pub fn per_second(&self) -> f64 {
        self.n as f64 / self.seconds
    }

    pub fn share(&self) -> f64 {
        self.k as f64 / self.n as f64
    }

    /// How many times as many trials as the other's this takes until one is expected to go wrong
    /// (1/p). The bounds hold the worst ends of both intervals against each other.
    pub fn trials_to(&self, directed: &Odds) -> Factor {
        let (low, high) = self.interval();
        let (directed_low, directed_high) = directed.interval();
        Factor {
            expected: (self.k > 0).then(|| directed.share() / self.share()),
            least: directed_low / high,
            most: (self.k > 0).then(|| directed_high / low),
        }
    }

    /// The same in seconds.
    pub fn seconds_to(&self, directed: &Odds) -> Factor {
        let slower = directed.per_second() / self.per_second();
        let factor = self.trials_to(directed);
        Factor {
            expected: factor.expected.map(|expected| expected * slower),
            least: factor.least * slower,
            most: factor.most.map(|most| most * slower),
        }
    }

    pub fn show(&self) -> String {
        let (low, high) = self.interval();
        let first = self.first.map_or("never".to_string(), |first| {
            format!("trial {}, {:.2} s", first.trial, first.seconds)
        });
        format!(
            "{:>4} of {:<4} {:>6.2} % ({:.2} .. {:.2})   {:>7.2} trials/s   first: {first}",
            self.k,
            self.n,
            self.share() * 100.0,
            low * 100.0,
            high * 100.0,
            self.per_second(),
        )
    }
}

/// How many times as much; without a violation only a bound is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Factor {
    pub expected: Option<f64>,
    pub least: f64,
    pub most: Option<f64>,
}

impl Factor {
    pub fn show(self) -> String {
        match (self.expected, self.most) {
            (Some(expected), Some(most)) => {
                format!("{expected:.1} ({:.1} .. {most:.1})", self.least)
            }
            _ => format!("more than {:.1}", self.least),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odds(k: u64, n: u64, seconds: f64) -> Odds {
        Odds {
            k,
            n,
            seconds,
            first: None,
        }
    }

    #[test]
    fn intervals_are_those_of_wilson() {
        for (k, n, expected) in [
            (0, 100, (0.0, 0.0370)),
            (100, 100, (0.9630, 1.0)),
            (3, 480, (0.0021, 0.0182)),
            (0, 0, (0.0, 1.0)),
        ] {
            let (low, high) = odds(k, n, 1.0).interval();
            let near = |a: f64, b: f64| (a - b).abs() < 1e-4;
            assert!(
                near(low, expected.0) && near(high, expected.1),
                "{k} of {n}: {low} .. {high}"
            );
        }
    }

    #[test]
    fn samples_are_appended_one_after_another() {
        let mut all = odds(0, 100, 10.0);
        let first = First {
            trial: 7,
            seconds: 0.5,
        };
        let more = Odds {
            first: Some(first),
            ..odds(2, 50, 5.0)
        };
        all.append(&more);
        all.append(&more);
        assert_eq!((all.k, all.n, all.seconds), (4, 200, 20.0));
        let first = all.first.unwrap();
        assert_eq!((first.trial, first.seconds), (107, 10.5));
    }

    #[test]
    fn without_a_violation_only_a_bound_is_known() {
        let directed = odds(100, 100, 1.0);
        let factor = odds(1, 100, 2.0).trials_to(&directed);
        assert_eq!(factor.expected, Some(100.0));
        assert!(factor.least < 100.0 && factor.most.unwrap() > 100.0);
        assert_eq!(
            odds(1, 100, 2.0).seconds_to(&directed).expected,
            Some(200.0)
        );
        let never = odds(0, 100, 2.0).trials_to(&directed);
        assert_eq!((never.expected, never.most), (None, None));
        assert_eq!(never.show(), "more than 26.0");
    }
}
