//! Data for arguments: which row a run has, from the seed and the run's number alone.

mod file;

use std::path::Path;

use model::{FeedSource, Pick, Rows, Values, Zipf};
use serde_json::Value;

use crate::draws::Draws;

pub use file::FeedError;

/// Rows, and which of them a run has.
#[derive(Debug)]
pub struct Feed {
    table: Table,
    picker: Picker,
}

#[derive(Debug)]
enum Table {
    Rows(Rows),
    Values(Vec<(String, Values)>),
}

impl Feed {
    /// Reads a feed; files are looked for in this folder. `stream` tells the feeds of a load
    /// apart, so that each draws for itself.
    pub fn of(
        feed: &model::Feed,
        folder: &Path,
        seed: u64,
        stream: &str,
    ) -> Result<Feed, FeedError> {
        let table = match &feed.source {
            FeedSource::Csv(path) => Table::Rows(file::read(&folder.join(path), Rows::of_csv)?),
            FeedSource::Json(path) => Table::Rows(file::read(&folder.join(path), Rows::of_json)?),
            FeedSource::Values(values) => Table::Values(values.clone()),
        };
        let rows = match &table {
            Table::Rows(rows) => rows.count(),
            Table::Values(values) => {
                let counts = values.iter().map(|(_, values)| values.count());
                counts.min().unwrap_or(0)
            }
        };
        let picker = Picker::new(feed.pick, rows, seed, stream);
        Ok(Feed { table, picker })
    }

    /// The arguments of the nth run of the feed's scenario.
    pub fn args(&self, run: u64) -> Vec<(String, Value)> {
        let row = self.picker.row(run);
        match &self.table {
            Table::Rows(rows) => rows.columns().iter().cloned().zip(rows.row(row)).collect(),
            Table::Values(values) => {
                let values = values.iter();
                values
                    .filter_map(|(name, values)| Some((name.clone(), values.value(row)?)))
                    .collect()
            }
        }
    }
}

/// Which of so many rows a run has.
#[derive(Debug, Clone)]
pub struct Picker {
    pick: Pick,
    rows: u64,
    zipf: Option<Zipf>,
    seed: u64,
    purpose: String,
}

impl Picker {
    /// Over so many rows, with the draws of a stream.
    pub fn new(pick: Pick, rows: u64, seed: u64, stream: &str) -> Picker {
        let zipf = match pick {
            Pick::Zipf(exponent) => Some(Zipf::new(rows, exponent)),
            Pick::Circular | Pick::Random | Pick::First => None,
        };
        Picker {
            pick,
            rows,
            zipf,
            seed,
            purpose: format!("feed {stream}"),
        }
    }

    /// The row of the nth run, from 0.
    pub fn row(&self, run: u64) -> u64 {
        // A draw of its own for each run: neither who makes it nor what came before matters.
        let draws = || Draws::new(self.seed, &self.purpose, run);
        match (self.pick, &self.zipf) {
            (Pick::First, _) => 0,
            (Pick::Circular, _) => run % self.rows.max(1),
            (_, Some(zipf)) => zipf.rank(draws().unit()),
            (Pick::Random | Pick::Zipf(_), None) => draws().below(self.rows),
        }
    }
}

#[cfg(test)]
mod tests;
