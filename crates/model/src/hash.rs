//! One hash for all that must be the same on every machine and in every version: the standard
//! library promises no stable one.

use std::hash::{Hash, Hasher};

/// FNV-1a, 64 bits.
#[derive(Debug, Clone)]
pub struct StableHasher(u64);

impl StableHasher {
    /// The hash of one value.
    pub fn of(value: &impl Hash) -> u64 {
        let mut hasher = StableHasher::default();
        value.hash(&mut hasher);
        hasher.finish()
    }
}

impl Default for StableHasher {
    fn default() -> StableHasher {
        StableHasher(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for StableHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
