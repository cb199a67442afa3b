//! Reads the file of a feed.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use model::rows::ROWS_BYTES_MAX;
use model::{Rows, RowsError};
use thiserror::Error;

/// Why the rows of a feed cannot be had.
#[derive(Debug, Error)]
pub enum FeedError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is too large.
    #[error("{}: more than {ROWS_BYTES_MAX} bytes; keep fewer rows", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Its rows are none.
    #[error("{}: {error}", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        error: RowsError,
    },
}

/// Reads the rows of a file.
pub fn read(path: &Path, rows: fn(&[u8]) -> Result<Rows, RowsError>) -> Result<Rows, FeedError> {
    let path_buf = || path.to_path_buf();
    let mut bytes = Vec::new();
    let file = File::open(path);
    let read = file.and_then(|file| file.take(ROWS_BYTES_MAX + 1).read_to_end(&mut bytes));
    read.map_err(|error| FeedError::File {
        path: path_buf(),
        error,
    })?;
    if bytes.len() as u64 > ROWS_BYTES_MAX {
        return Err(FeedError::TooLarge { path: path_buf() });
    }
    rows(&bytes).map_err(|error| FeedError::Rows {
        path: path_buf(),
        error,
    })
}
