//! Units as users write them: `20ms`, `250m` of CPU, `128Mi` of memory. Parsing is pure; the
//! errors say what a right one looks like, so a caller only adds where it stood.

use std::time::Duration;

use thiserror::Error;

/// Why a quantity could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnitError {
    /// Not a duration.
    #[error(
        "`{0}` is not a duration; write a number and a unit, such as 500us, 20ms, 1.5s, 2m, 1h"
    )]
    Duration(String),
    /// Not an amount of CPU.
    #[error("`{0}` is not an amount of CPU; write millicores such as 250m, or cores such as 0.5")]
    Cpu(String),
    /// Not an amount of memory.
    #[error("`{0}` is not an amount of memory; write bytes with a unit, such as 128Mi, 64M, 1Gi")]
    Memory(String),
    /// Not a rate.
    #[error("`{0}` is not a rate; write a number a second, such as 200/s or 0.5/s")]
    Rate(String),
}

/// Thousandths of a CPU core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millicores(pub u32);

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

fn split_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    number.is_finite().then_some((number, unit.trim()))
}

/// Reads `500us`, `20ms`, `1.5s`, `2m`, `1h`.
pub fn duration(text: &str) -> Result<Duration, UnitError> {
    let wrong = || UnitError::Duration(text.to_string());
    let (number, unit) = split_unit(text).ok_or_else(wrong)?;
    let seconds = match unit {
        "us" | "µs" => number / 1e6,
        "ms" => number / 1e3,
        "s" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// Reads `250m` or `0.5`.
pub fn cpu(text: &str) -> Result<Millicores, UnitError> {
    let wrong = || UnitError::Cpu(text.to_string());
    let (number, unit) = split_unit(text).ok_or_else(wrong)?;
    let millicores = match unit {
        "m" => number,
        "" => number * 1000.0,
        _ => return Err(wrong()),
    };
    if !(1.0..=1e6).contains(&millicores) {
        return Err(wrong());
    }
    Ok(Millicores(millicores as u32))
}

/// Reads `128Mi`, `64M`, `1Gi`, `4096`.
pub fn memory(text: &str) -> Result<Bytes, UnitError> {
    let wrong = || UnitError::Memory(text.to_string());
    let (number, unit) = split_unit(text).ok_or_else(wrong)?;
    let factor = match unit {
        "" | "B" => 1.0,
        "k" | "K" | "kB" => 1e3,
        "Ki" | "KiB" => 1024.0,
        "M" | "MB" => 1e6,
        "Mi" | "MiB" => 1024.0 * 1024.0,
        "G" | "GB" => 1e9,
        "Gi" | "GiB" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err(wrong()),
    };
    let bytes = number * factor;
    if !(1.0..=1e15).contains(&bytes) {
        return Err(wrong());
    }
    Ok(Bytes(bytes as u64))
}

/// Reads `200/s`: so many a second.
pub fn per_second(text: &str) -> Result<f64, UnitError> {
    match split_unit(text) {
        Some((number, "/s")) => Ok(number),
        _ => Err(UnitError::Rate(text.to_string())),
    }
}

/// Writes a duration the way it would be read back, with at most one decimal.
pub fn show_duration(duration: Duration) -> String {
    let us = duration.as_micros();
    match us {
        0..1_000 => format!("{us} us"),
        1_000..1_000_000 => format!("{:.1} ms", us as f64 / 1e3),
        _ => format!("{:.1} s", us as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let us = |text| duration(text).map(|d| d.as_micros());
        for (text, expected) in [
            ("500us", 500),
            ("20ms", 20_000),
            ("1.5s", 1_500_000),
            ("2m", 120_000_000),
            ("1h", 3_600_000_000),
            (" 3 s ", 3_000_000),
        ] {
            assert_eq!(us(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "5",
            "ms",
            "-5ms",
            "1e3s",
            "5 minutes",
            "..5s",
            "99999999999999999999h",
        ] {
            assert_eq!(
                us(text),
                Err(UnitError::Duration(text.to_string())),
                "{text}"
            );
        }
    }

    #[test]
    fn rates() {
        assert_eq!(per_second("200/s"), Ok(200.0));
        assert_eq!(per_second(" 0.5 /s"), Ok(0.5));
        for text in ["200", "200/m", "/s", "-1/s", "fast"] {
            assert_eq!(
                per_second(text),
                Err(UnitError::Rate(text.to_string())),
                "{text}"
            );
        }
    }

    #[test]
    fn cpu_and_memory() {
        assert_eq!(cpu("250m"), Ok(Millicores(250)));
        assert_eq!(cpu("0.5"), Ok(Millicores(500)));
        assert_eq!(cpu("2"), Ok(Millicores(2000)));
        assert!(cpu("0").is_err() && cpu("250Mi").is_err() && cpu("m").is_err());
        assert_eq!(memory("128Mi"), Ok(Bytes(128 << 20)));
        assert_eq!(memory("64M"), Ok(Bytes(64_000_000)));
        assert_eq!(memory("4096"), Ok(Bytes(4096)));
        assert!(memory("128m").is_err() && memory("0").is_err() && memory("lots").is_err());
    }
}
