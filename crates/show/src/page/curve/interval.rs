//! The band around a curve: what each of its rates may be.

use model::Rate;

/// Standard deviations that 95 % of all lie within.
const DEVIATIONS: f64 = 1.96;

/// Wilson's 95 % interval. It holds for rates near 0, which is where curves begin.
pub fn interval(rate: Rate) -> (f64, f64) {
    let n = rate.n.max(1) as f64;
    let share = rate.share().clamp(0.0, 1.0);
    let square = DEVIATIONS * DEVIATIONS;
    let middle = share + square / (2.0 * n);
    let half = DEVIATIONS * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    let whole = 1.0 + square / n;
    (
        ((middle - half) / whole).max(0.0),
        ((middle + half) / whole).min(1.0),
    )
}
