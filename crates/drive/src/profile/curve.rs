//! A rate that goes evenly from one value to another, its integral, and where that reaches a number.

/// A rate over a time, in runs a second and seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    /// The rate at its beginning.
    pub from: f64,
    /// The rate at its end.
    pub to: f64,
    /// How long it takes.
    pub seconds: f64,
}

impl Curve {
    /// How many runs it comes to.
    pub fn integral(&self) -> f64 {
        (self.from + self.to) / 2.0 * self.seconds
    }

    /// When, from its beginning, so many have come. From the number itself and not from the one
    /// before, so that rounding does not add up.
    pub fn reaches(&self, number: f64) -> f64 {
        let slope = (self.to - self.from) / self.seconds;
        // The usual formula with its root below: nothing is lost where the slope is small, and
        // nothing is divided by it where there is none.
        let root = (self.from * self.from + 2.0 * slope * number)
            .max(0.0)
            .sqrt();
        let speed = self.from + root;
        match speed > 0.0 {
            true => (2.0 * number / speed).min(self.seconds),
            false => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_integral_is_turned_around() {
        for (from, to) in [
            (200.0, 200.0),
            (0.0, 500.0),
            (500.0, 0.0),
            (100.0, 100.000_001),
        ] {
            let curve = Curve {
                from,
                to,
                seconds: 10.0,
            };
            let whole = curve.integral();
            for part in [0.0, 0.001, 0.25, 0.5, 0.999, 1.0] {
                let at = curve.reaches(whole * part);
                let slope = (to - from) / 10.0;
                let come = from * at + slope * at * at / 2.0;
                assert!(
                    (come - whole * part).abs() < 1e-6,
                    "{from} {to} {part}: {come}"
                );
            }
        }
    }

    #[test]
    fn ramps_follow_their_closed_form() {
        let up = Curve {
            from: 0.0,
            to: 500.0,
            seconds: 10.0,
        };
        // n = 25 t^2
        for number in 0..2_500 {
            let expected = (f64::from(number) / 25.0).sqrt();
            assert!((up.reaches(f64::from(number)) - expected).abs() < 1e-12);
        }
    }
}
