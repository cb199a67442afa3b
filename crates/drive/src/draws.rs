//! Seeded randomness: one stream for each named purpose, so that a draw depends neither on
//! threads nor on how often somebody else drew.

use model::StableHasher;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of draws.
#[derive(Debug, Clone)]
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream for one purpose and one number within it (a trial).
    pub fn new(seed: u64, purpose: &str, number: u64) -> Draws {
        // A plan must not change with the toolchain.
        let key = StableHasher::of(&(seed, purpose, number));
        Draws(ChaCha8Rng::seed_from_u64(key))
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A whole number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 {
            0
        } else {
            ((u128::from(self.bits()) * u128::from(limit)) >> 64) as u64
        }
    }

    /// In (0, 1].
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 1.0) / (1u64 << 53) as f64
    }

    /// A version 4 UUID.
    pub fn uuid(&mut self) -> String {
        let high = (self.bits() & !0xf000) | 0x4000;
        let low = (self.bits() & !(0b11 << 62)) | (0b10 << 62);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_draws() {
        let uuid = || Draws::new(7, "uuid", 3).uuid();
        assert_eq!(uuid(), uuid());
        assert_ne!(uuid(), Draws::new(7, "uuid", 4).uuid());
        assert_ne!(uuid(), Draws::new(8, "uuid", 3).uuid());
        let uuid = uuid();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"));
    }

    #[test]
    fn below_covers_its_range() {
        let mut draws = Draws::new(1, "below", 0);
        let mut seen = [0u32; 10];
        (0..10_000).for_each(|_| seen[draws.below(10) as usize] += 1);
        assert!(seen.iter().all(|n| (800..1200).contains(n)), "{seen:?}");
    }
}
