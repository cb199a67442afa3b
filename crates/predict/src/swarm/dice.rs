//! Chance, from the seed alone: one stream for each round, and latencies as tables of quantiles, so
//! that a draw costs a look-up.

use model::{Distribution, Latency};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Quantiles of a table.
const STEPS: usize = 1024;

/// Wider lognormals live in their tail, which a table would cut.
const SIGMA_TABLED_MAX: f64 = 1.5;

/// Nothing that is drawn or told takes longer: ten days.
pub const DURATION_NS_MAX: Nanos = 864_000_000_000_000;

/// Nanoseconds: simulated time.
pub type Nanos = u64;

/// The chance of one round.
#[derive(Debug, Clone)]
pub struct Dice {
    draws: ChaCha8Rng,
}

impl Dice {
    /// The stream of a round.
    pub fn of_round(seed: u64, round: u64) -> Dice {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        draws.set_stream(round);
        Dice { draws }
    }

    pub fn bits(&mut self) -> u64 {
        self.draws.next_u64()
    }

    /// At least 0 and less than 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One of `0..below`; 0 when there is none.
    pub fn below(&mut self, below: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(below)) >> 64) as u64
    }
}

/// A latency that can be drawn from quickly.
#[derive(Debug, Clone, PartialEq)]
pub enum Spread {
    /// Always the same.
    Fixed(Nanos),
    /// Its quantiles, between which is interpolated: one more than [`STEPS`].
    Table(Box<[f32]>),
    /// Any of these.
    Measured(Box<[Nanos]>),
    /// Median and sigma of a lognormal that is too wide for a table.
    Wide(f64, f64),
}

impl Spread {
    /// Of a latency, `scale` times as long.
    pub fn of(latency: &Latency, scale: f64) -> Spread {
        let longest = DURATION_NS_MAX as f64;
        let nanos = |us: u64| (us as f64 * 1e3 * scale).min(longest) as Nanos;
        match latency {
            Latency::Measured(all) if !all.is_empty() => {
                Spread::Measured(all.iter().map(|us| nanos(*us)).collect())
            }
            Latency::Measured(_) => Spread::Fixed(0),
            Latency::Drawn(Distribution::Fixed(us)) => Spread::Fixed(nanos(*us)),
            Latency::Drawn(Distribution::Uniform(low, high)) => {
                let (low, high) = (nanos(*low) as f64, nanos(*high) as f64);
                table(|at| low + (high - low) * at)
            }
            Latency::Drawn(Distribution::Lognormal { median_us, sigma }) => {
                let median = nanos(*median_us) as f64;
                match *sigma > SIGMA_TABLED_MAX {
                    true => Spread::Wide(median, *sigma),
                    false => table(|at| {
                        let nanos = median * (sigma * normal_quantile(at)).exp();
                        nanos.min(longest)
                    }),
                }
            }
        }
    }

    #[inline]
    pub fn draw(&self, dice: &mut Dice) -> Nanos {
        match self {
            Spread::Fixed(nanos) => *nanos,
            Spread::Table(quantiles) => {
                let bits = dice.bits();
                let at = (bits >> 54) as usize;
                let between = ((bits >> 22) & 0xffff_ffff) as f32 / 4_294_967_296.0;
                let (low, high) = (quantiles[at], quantiles[at + 1]);
                (low + (high - low) * between) as Nanos
            }
            Spread::Measured(all) => all[dice.below(all.len() as u64) as usize],
            Spread::Wide(median, sigma) => {
                let nanos = median * (sigma * normal_quantile(dice.unit())).exp();
                nanos.min(DURATION_NS_MAX as f64) as Nanos
            }
        }
    }

    /// Whether it is nothing at all.
    pub fn is_nothing(&self) -> bool {
        *self == Spread::Fixed(0)
    }
}

/// The quantiles at both ends are those of the middle of the outermost step: they are infinite.
fn table(quantile: impl Fn(f64) -> f64) -> Spread {
    let least = 0.25 / STEPS as f64;
    let at = |step: usize| (step as f64 / STEPS as f64).clamp(least, 1.0 - least);
    Spread::Table((0..=STEPS).map(|step| quantile(at(step)) as f32).collect())
}

/// The inverse of the normal distribution, by Acklam's rational approximation (relative error below
/// 1.2e-9).
fn normal_quantile(at: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
    ];
    const TAIL: f64 = 0.02425;
    let at = at.clamp(1e-12, 1.0 - 1e-12);
    let polynomial = |all: &[f64], x: f64| all.iter().fold(0.0, |sum, factor| sum * x + factor);
    let tail = |q: f64| polynomial(&C, q) / (polynomial(&D, q) * q + 1.0);
    if at < TAIL {
        tail((-2.0 * at.ln()).sqrt())
    } else if at > 1.0 - TAIL {
        -tail((-2.0 * (1.0 - at).ln()).sqrt())
    } else {
        let q = at - 0.5;
        let r = q * q;
        q * polynomial(&A, r) / (polynomial(&B, r) * r + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(latency: &Latency) -> f64 {
        let spread = Spread::of(latency, 1.0);
        let mut dice = Dice::of_round(7, 0);
        let sum: f64 = (0..400_000).map(|_| spread.draw(&mut dice) as f64).sum();
        sum / 400_000.0 / 1e3
    }

    #[test]
    fn spreads_have_the_mean_of_their_latency() {
        let lognormal =
            |median_us, sigma| Latency::Drawn(Distribution::Lognormal { median_us, sigma });
        for (latency, expected) in [
            (Latency::Drawn(Distribution::Fixed(300)), 300.0),
            (Latency::Drawn(Distribution::Uniform(100, 300)), 200.0),
            (lognormal(400, 0.5), 400.0 * (0.125f64).exp()),
            (lognormal(400, 1.0), 400.0 * (0.5f64).exp()),
            (lognormal(400, 1.6), 400.0 * (1.28f64).exp()),
            (Latency::Measured(vec![100, 200, 600]), 300.0),
        ] {
            let mean = mean(&latency);
            assert!((mean / expected - 1.0).abs() < 0.02, "{latency:?}: {mean}");
        }
    }

    #[test]
    fn rounds_have_streams_of_their_own_and_the_same_each_time() {
        let draw = |seed, round| {
            let mut dice = Dice::of_round(seed, round);
            [dice.bits(), dice.bits()]
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }

    #[test]
    fn normal_quantiles() {
        for (at, expected) in [(0.5, 0.0), (0.975, 1.959_964), (0.001, -3.090_232)] {
            assert!((normal_quantile(at) - expected).abs() < 1e-5, "{at}");
        }
    }
}
