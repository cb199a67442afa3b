//! From numbers to places on an axis, and where its ticks stand.

/// An axis whose largest number is so many times its smallest is logarithmic.
const LINEAR_TIMES_MAX: f64 = 20.0;

/// A logarithmic axis of more decades has ticks at their beginnings only.
const DECADES_WITH_PARTS_MAX: f64 = 3.0;

/// About so many ticks on a linear axis.
const TICKS: f64 = 5.0;

/// No axis has more.
const TICKS_MAX: usize = 24;

/// One axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    is_log: bool,
    from_px: f64,
    to_px: f64,
}

impl Scale {
    /// From nothing up to a number, or the next round one.
    pub fn linear(high: f64, (from_px, to_px): (f64, f64)) -> Scale {
        let step = step_of(high);
        Scale {
            low: 0.0,
            high: (high / step).ceil().max(1.0) * step,
            is_log: false,
            from_px,
            to_px,
        }
    }

    /// Between two numbers; what spans decades is logarithmic.
    pub fn spanning((low, high): (f64, f64), px: (f64, f64)) -> Scale {
        if low < 1.0 || high <= low * LINEAR_TIMES_MAX {
            return Scale::linear(high.max(1.0), px);
        }
        Scale {
            low,
            high,
            is_log: true,
            from_px: px.0,
            to_px: px.1,
        }
    }

    /// From nothing up to exactly a number.
    pub fn up_to(high: f64, (from_px, to_px): (f64, f64)) -> Scale {
        Scale {
            low: 0.0,
            high: if high > 0.0 { high } else { 1.0 },
            is_log: false,
            from_px,
            to_px,
        }
    }

    /// Between the round numbers below one and above another one, always logarithmic.
    pub fn logarithmic((low, high): (f64, f64), (from_px, to_px): (f64, f64)) -> Scale {
        let low = round(low.max(1.0), false);
        let high = round(high.max(1.0), true);
        Scale {
            low,
            high: if high > low { high } else { low * 10.0 },
            is_log: true,
            from_px,
            to_px,
        }
    }

    /// Where a number stands; what is outside stands at the edge.
    pub fn px(&self, number: f64) -> f64 {
        let part = match self.is_log {
            true => (number.max(self.low) / self.low).ln() / (self.high / self.low).ln(),
            false => (number - self.low) / (self.high - self.low),
        };
        let part = if part.is_finite() { part } else { 0.0 };
        self.from_px + part.clamp(0.0, 1.0) * (self.to_px - self.from_px)
    }

    /// Whether a number is on the axis.
    pub fn has(&self, number: f64) -> bool {
        (self.low..=self.high).contains(&number)
    }

    /// Round numbers on the axis.
    pub fn ticks(&self) -> Vec<f64> {
        if self.is_log {
            return self.decades();
        }
        let step = step_of(self.high);
        let ticks = (0..TICKS_MAX).map(|at| at as f64 * step);
        ticks
            .take_while(|tick| *tick <= self.high * 1.0001)
            .collect()
    }

    fn decades(&self) -> Vec<f64> {
        let parts: &[f64] = match (self.high / self.low).log10() {
            decades if decades <= DECADES_WITH_PARTS_MAX => &[1.0, 2.0, 5.0],
            _ => &[1.0],
        };
        let (first, last) = (
            self.low.log10().floor() as i32,
            self.high.log10().ceil() as i32,
        );
        let ticks =
            (first..=last).flat_map(|power| parts.iter().map(move |part| part * 10f64.powi(power)));
        ticks
            .filter(|tick| self.has(*tick))
            .take(TICKS_MAX)
            .collect()
    }
}

/// The next 1, 2 or 5 of some power of ten, above a number or below it.
fn round(number: f64, above: bool) -> f64 {
    let power = 10f64.powi(number.log10().floor() as i32);
    let all = [1.0, 2.0, 5.0, 10.0].map(|part| part * power);
    let mut fits = all.into_iter();
    match above {
        true => fits.find(|one| *one >= number).unwrap_or(number),
        false => fits.rfind(|one| *one <= number).unwrap_or(number),
    }
}

/// The round number that fits a handful of times: 1, 2 or 5 of some power of ten.
fn step_of(high: f64) -> f64 {
    let rough = high / TICKS;
    if !rough.is_finite() || rough <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powi(rough.log10().floor() as i32);
    let parts = [1.0, 2.0, 5.0, 10.0];
    let part = parts.iter().find(|part| **part * power >= rough * 0.999);
    part.unwrap_or(&10.0) * power
}

/// How many digits after the point tell ticks of such a step apart.
pub fn digits_of(ticks: &[f64]) -> usize {
    let step = ticks.windows(2).map(|pair| pair[1] - pair[0]);
    let step = step.fold(f64::INFINITY, f64::min);
    if !step.is_finite() || step <= 0.0 {
        return 0;
    }
    (-(step * 1.001).log10().floor()).clamp(0.0, 9.0) as usize
}
