//! One step of a busy wire, without what it said: small enough to keep millions.

/// One step, as recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct StepRecord {
    /// When it came up, in microseconds since the run began.
    pub at_us: u64,
    /// How long until its reply was whole; the largest number when longer or never.
    pub took_us: u32,
    /// The connection of its wire.
    pub connection: u32,
    /// The shape, by its number in the wire's table.
    pub shape: u32,
}

impl StepRecord {
    /// Bytes of a packed record.
    pub const PACKED_BYTES: usize = 20;

    /// The record as bytes, little-endian.
    pub fn pack(&self) -> [u8; Self::PACKED_BYTES] {
        let mut out = [0; Self::PACKED_BYTES];
        out[0..8].copy_from_slice(&self.at_us.to_le_bytes());
        out[8..12].copy_from_slice(&self.took_us.to_le_bytes());
        out[12..16].copy_from_slice(&self.connection.to_le_bytes());
        out[16..20].copy_from_slice(&self.shape.to_le_bytes());
        out
    }

    /// Reads a packed record.
    pub fn unpack(packed: &[u8; Self::PACKED_BYTES]) -> StepRecord {
        let [a, b, c, d, e, f, g, h, rest @ ..] = *packed;
        let word =
            |at: usize| u32::from_le_bytes([rest[at], rest[at + 1], rest[at + 2], rest[at + 3]]);
        StepRecord {
            at_us: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
            took_us: word(0),
            connection: word(4),
            shape: word(8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_pack_and_come_back() {
        let record = |at_us, word: u32| StepRecord {
            at_us,
            took_us: word,
            connection: word / 2,
            shape: word / 3,
        };
        for record in [record(0, 0), record(1, 4), record(u64::MAX, u32::MAX)] {
            assert_eq!(StepRecord::unpack(&record.pack()), record);
        }
        assert_eq!(record(258, 0).pack()[..2], [2, 1]);
    }
}
