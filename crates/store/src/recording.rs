//! Steps by the thousand, in batches of fixed-size records: what passed a wire, when, how long
//! it took and which shape it had, without what it said.

use std::path::Path;

use model::StepRecord;
use rusqlite::Connection;

use crate::error::StoreError;

/// Records in one blob; more make another row.
pub(crate) const BATCH_RECORDS_MAX: usize = 4096;

/// Packs records into blobs of at most [`BATCH_RECORDS_MAX`].
pub(crate) fn pack(records: &[StepRecord]) -> impl Iterator<Item = Vec<u8>> {
    records.chunks(BATCH_RECORDS_MAX).map(|batch| {
        let mut blob = Vec::with_capacity(batch.len() * StepRecord::PACKED_BYTES);
        for record in batch {
            blob.extend_from_slice(&record.pack());
        }
        blob
    })
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
