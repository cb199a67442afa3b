//! Times at which runs began once, to begin at them again: seconds, one a line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// More lines are not read.
const LINES_MAX: usize = 10_000_000;
/// A number has no more digits.
const LINE_BYTES_MAX: usize = 64;
/// A later time is one of day, or counted from 1970.
const SECONDS_MAX: f64 = 86_400.0;

/// Why recorded times cannot be had.
#[derive(Debug, Error)]
pub enum RecordedError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A line says something else.
    #[error("{}:{line}: {why}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong, and how it would be right.
        why: String,
    },
}

/// Reads times in nanoseconds, in order.
pub fn read(path: &Path) -> Result<Vec<u64>, RecordedError> {
    let file = |error| RecordedError::File {
        path: path.to_path_buf(),
        error,
    };
    let reader = BufReader::new(File::open(path).map_err(file)?);
    parse(reader).map_err(|wrong| match wrong {
        Wrong::Io(error) => file(error),
        Wrong::Line(line, why) => RecordedError::Line {
            path: path.to_path_buf(),
            line,
            why,
        },
    })
}

/// What is wrong with a text of times.
#[derive(Debug)]
enum Wrong {
    Io(std::io::Error),
    Line(usize, String),
}

fn parse(mut reader: impl BufRead) -> Result<Vec<u64>, Wrong> {
    let mut times = Vec::new();
    let mut line = Vec::new();
    for number in 1_usize.. {
        line.clear();
        // No more of a line is taken than a number needs, whatever the file holds.
        let mut limited = std::io::Read::take(&mut reader, LINE_BYTES_MAX as u64);
        if limited.read_until(b'\n', &mut line).map_err(Wrong::Io)? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if times.len() == LINES_MAX {
            let why = format!("more than {LINES_MAX} times");
            return Err(Wrong::Line(number, why));
        }
        let time = seconds(text).map_err(|why| Wrong::Line(number, why))?;
        times.push((time * 1e9).round() as u64);
    }
    if times.is_empty() {
        let why = "it holds no time; write seconds since the beginning, one a line";
        return Err(Wrong::Line(1, why.to_string()));
    }
    // What is written when it ends stands after what began later.
    times.sort_unstable();
    Ok(times)
}

fn seconds(text: &str) -> Result<f64, String> {
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number = plain.then(|| text.parse::<f64>().ok()).flatten();
    let number = number.ok_or_else(|| {
        format!("`{text}` is no time; write seconds since the beginning, such as 1.25")
    })?;
    if number > SECONDS_MAX {
        return Err(format!(
            "{text} seconds are more than a day; count from the first: subtract it from all"
        ));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_put_in_order() {
        let text = "0\n1.25\n\n 0.000000001 \r\n0.5";
        let times = parse(text.as_bytes()).unwrap();
        assert_eq!(times, [0, 1, 500_000_000, 1_250_000_000]);
    }

    #[test]
    fn what_is_no_time_has_its_line() {
        for (text, expected, words) in [
            ("0\nsoon\n", 2, "`soon` is no time"),
            ("-1", 1, "`-1` is no time"),
            ("0\n1\n1767225600", 3, "more than a day"),
            ("\n\n", 1, "holds no time"),
            (&"1".repeat(100), 1, "more than a day"),
        ] {
            match parse(text.as_bytes()) {
                Err(Wrong::Line(line, why)) => {
                    assert_eq!(line, expected, "{text}: {why}");
                    assert!(why.contains(words), "{text}: {why}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
        let error = read(Path::new("nowhere.csv")).unwrap_err();
        assert!(error.to_string().starts_with("nowhere.csv: "), "{error}");
    }
}
