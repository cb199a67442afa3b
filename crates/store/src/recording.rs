//! Steps by the thousand, in batches of fixed-size records: what passed a wire, when, how long
//! it took and which shape it had, without what it said.

use std::path::Path;

use rusqlite::Connection;

use crate::error::StoreError;

/// One step, 24 bytes when packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct StepRecord {
    /// When it came up, in microseconds since the run began.
    pub at_us: u64,
    /// How long until its reply was whole.
    pub took_us: u32,
    /// The connection of its wire.
    pub connection: u32,
    /// The shape, by its number in `shapes`.
    pub shape: u32,
    /// What the recorder wants to keep beside it.
    pub flags: u8,
}

/// Records in one blob; more make another row.
pub(crate) const BATCH_RECORDS_MAX: usize = 4096;

impl StepRecord {
    /// Bytes of a packed record.
    pub const PACKED_BYTES: usize = 24;

    /// Little-endian, three bytes left free at the end.
    pub fn pack(&self) -> [u8; Self::PACKED_BYTES] {
        let mut out = [0; Self::PACKED_BYTES];
        out[0..8].copy_from_slice(&self.at_us.to_le_bytes());
        out[8..12].copy_from_slice(&self.took_us.to_le_bytes());
        out[12..16].copy_from_slice(&self.connection.to_le_bytes());
        out[16..20].copy_from_slice(&self.shape.to_le_bytes());
        out[20] = self.flags;
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
            flags: rest[12],
        }
    }
}

/// Packs records into blobs of at most [`BATCH_RECORDS_MAX`].
pub(crate) fn pack(records: &[StepRecord]) -> impl Iterator<Item = Vec<u8>> {
    records
        .chunks(BATCH_RECORDS_MAX)
        .map(|batch| batch.iter().flat_map(|record| record.pack()).collect())
}

/// The records of one wire in order, one blob in memory at a time.
pub struct Recording<'a> {
    connection: &'a Connection,
    path: &'a Path,
    wire: i64,
    after: i64,
    batch: std::vec::IntoIter<StepRecord>,
    ended: bool,
}

impl<'a> Recording<'a> {
    pub(crate) fn new(connection: &'a Connection, path: &'a Path, wire: u16) -> Recording<'a> {
        let batch = Vec::new().into_iter();
        Recording {
            connection,
            path,
            wire: i64::from(wire),
            after: -1,
            batch,
            ended: false,
        }
    }

    fn next_batch(&mut self) -> Result<bool, StoreError> {
        let reading = |error| StoreError::reading(self.path, error);
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT ordinal, blob FROM recording WHERE wire = ?1 AND ordinal > ?2
                 ORDER BY ordinal LIMIT 1",
            )
            .map_err(reading)?;
        let mut rows = statement.query([self.wire, self.after]).map_err(reading)?;
        let Some(row) = rows.next().map_err(reading)? else {
            return Ok(false);
        };
        self.after = row.get(0).map_err(reading)?;
        let blob: Vec<u8> = row.get(1).map_err(reading)?;
        let (records, rest) = blob.as_chunks::<{ StepRecord::PACKED_BYTES }>();
        if !rest.is_empty() {
            let why = format!("a step recording has {} bytes too many", rest.len());
            return Err(StoreError::Damaged {
                path: self.path.to_path_buf(),
                why,
            });
        }
        let records: Vec<StepRecord> = records.iter().map(StepRecord::unpack).collect();
        self.batch = records.into_iter();
        Ok(true)
    }
}

impl Iterator for Recording<'_> {
    type Item = Result<StepRecord, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.batch.next() {
                return Some(Ok(record));
            }
            if self.ended {
                return None;
            }
            match self.next_batch() {
                Ok(true) => {}
                Ok(false) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::WireId;

    use super::*;
    use crate::testkit::{Folder, started};
    use crate::{Evidence, Recorded};

    #[test]
    fn records_pack_into_24_bytes_and_back() {
        for record in [
            StepRecord::default(),
            StepRecord {
                at_us: 1,
                took_us: 2,
                connection: 3,
                shape: 4,
                flags: 5,
            },
            StepRecord {
                at_us: u64::MAX,
                took_us: u32::MAX,
                connection: u32::MAX,
                shape: u32::MAX,
                flags: u8::MAX,
            },
        ] {
            assert_eq!(StepRecord::unpack(&record.pack()), record);
        }
        let packed = StepRecord {
            at_us: 258,
            flags: 7,
            ..StepRecord::default()
        }
        .pack();
        assert_eq!(
            (packed[0], packed[1], packed[20], packed[21..].to_vec()),
            (2, 1, 7, vec![0; 3])
        );
    }

    #[test]
    fn batches_of_several_wires_come_back_in_order() {
        let folder = Folder::new();
        let mut evidence = Evidence::create(folder.path(), "batches").unwrap();
        evidence.record(&started("batches"));
        let record = |i: u32| StepRecord {
            at_us: u64::from(i),
            shape: i % 3,
            ..Default::default()
        };
        let many: Vec<StepRecord> = (0..10_000).map(record).collect();
        evidence.record_steps(WireId(0), &many[..5000]);
        evidence.record_steps(WireId(7), &many[..3]);
        evidence.record_shape(WireId(0), 1, "GET ?");
        assert!(evidence.flush().is_none());
        evidence.record_steps(WireId(0), &many[5000..]);
        evidence.record_steps(WireId(0), &[]);
        let path = evidence.finish().unwrap();

        let recorded = Recorded::open(&path).unwrap();
        assert_eq!(recorded.recorded_wires().unwrap(), [WireId(0), WireId(7)]);
        let back: Vec<StepRecord> = recorded.recording(WireId(0)).map(Result::unwrap).collect();
        assert_eq!(back, many);
        assert_eq!(recorded.recording(WireId(7)).count(), 3);
        assert_eq!(recorded.recording(WireId(1)).count(), 0);
        assert_eq!(
            recorded.shapes(WireId(0)).unwrap(),
            [(1, "GET ?".to_string())]
        );
    }
}
