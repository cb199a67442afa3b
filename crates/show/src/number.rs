//! Numbers as people read them. A share that is not quite nothing or everything never looks as
//! if it were.

use std::time::Duration;

use model::Rate;
use model::units::show_duration;

/// A share of 100 without its sign: `0.30`, `< 0.01`, `49.0`, `99.97`, `100`.
fn hundredths(share: f64) -> String {
    let percent = share * 100.0;
    if !percent.is_finite() {
        return "?".to_string();
    }
    if percent <= 0.0 {
        "0".to_string()
    } else if percent >= 100.0 {
        "100".to_string()
    } else if percent < 0.01 {
        "< 0.01".to_string()
    } else if percent > 99.99 {
        "> 99.99".to_string()
    } else if percent < 0.1 {
        format!("{percent:.3}")
    } else if (0.995..=99.0).contains(&percent) {
        format!("{percent:.1}")
    } else {
        format!("{percent:.2}")
    }
}

/// A share: `0.30 %`, `< 0.01 %`, `100 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", hundredths(share))
}

/// An interval of a share, in percent: `0.10 .. 0.87`.
pub fn interval((low, high): (f64, f64)) -> String {
    format!("{} .. {}", hundredths(low), hundredths(high))
}

/// A predicted share of 100: what is small keeps two significant digits, since small rates of
/// many requests are what predictions are made for.
fn fine_hundredths(share: f64) -> String {
    let percent = share * 100.0;
    if !(percent > 0.0 && percent < 0.01) {
        return hundredths(share);
    }
    if percent < FINE_PERCENT_MIN {
        return format!("< {FINE_PERCENT_MIN}");
    }
    let zeros = (-percent.log10()).ceil().max(0.0) as usize;
    format!("{percent:.0$}", zeros + 1)
}

/// Below this even a predicted share is only said to be below it.
const FINE_PERCENT_MIN: f64 = 0.000_001;

/// A predicted share: `27.1 %`, `0.0042 %`.
pub(crate) fn fine_percent(share: f64) -> String {
    format!("{} %", fine_hundredths(share))
}

/// An interval of a predicted share, in percent: `0.0031 .. 0.0058`.
pub(crate) fn fine_interval((low, high): (f64, f64)) -> String {
    format!("{} .. {}", fine_hundredths(low), fine_hundredths(high))
}

/// A share that was chosen and not measured: `1 %`, `0.5 %`.
pub(crate) fn round_percent(share: f64) -> String {
    let text = fine_hundredths(share);
    let is_round = text.contains('.') && !text.contains(' ');
    let text = match is_round {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text.as_str(),
    };
    format!("{text} %")
}

/// A factor with two significant digits: `0.27`, `1.0`, `12`, `0.0042`, `3.1e-7`.
pub(crate) fn factor(number: f64) -> String {
    let size = number.abs();
    if !number.is_finite() {
        "?".to_string()
    } else if size >= 1e6 || (size > 0.0 && size < 1e-5) {
        format!("{number:.1e}")
    } else if size >= 9.95 {
        format!("{number:.0}")
    } else if size >= 0.995 || size == 0.0 {
        format!("{number:.1}")
    } else {
        let zeros = (-size.log10()).ceil().max(1.0) as usize;
        format!("{number:.0$}", zeros + 1)
    }
}

/// Very many of something: `824`, `12 480`, `2.1 M`.
pub(crate) fn many(number: f64) -> String {
    if number.is_finite() && number >= 999_500.0 {
        format!("{:.1} M", number / 1e6)
    } else {
        per_second(number)
    }
}

/// `3 of 1000`.
pub fn rate(rate: Rate) -> String {
    format!("{} of {}", count(rate.k), count(rate.n))
}

/// A number with its thousands set apart: `12 480`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() <= 4 {
        return digits;
    }
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// Something per second: `824`, `12.5`, `0.40`.
pub(crate) fn per_second(number: f64) -> String {
    if !number.is_finite() {
        "?".to_string()
    } else if number >= 99.5 {
        count(number.round() as u64)
    } else if number >= 0.995 {
        format!("{number:.1}")
    } else {
        format!("{number:.2}")
    }
}

/// Bytes: `812 B`, `1.2 MB`.
pub fn bytes(number: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    if number < 1000 {
        return format!("{number} B");
    }
    let mut scaled = number as f64 / 1000.0;
    let mut unit = 0;
    while scaled >= 999.95 && unit + 1 < units.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    format!("{scaled:.1} {}", units[unit])
}

/// A time in microseconds; minutes when there are some.
pub fn microseconds(us: u64) -> String {
    let seconds = us / 1_000_000;
    match seconds {
        0..100 => show_duration(Duration::from_micros(us)),
        100..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A time in milliseconds.
pub fn milliseconds(ms: u64) -> String {
    microseconds(ms.saturating_mul(1000))
}

/// A time that was chosen and not measured: `500 ms`, `1 s`.
pub(crate) fn round_milliseconds(ms: u64) -> String {
    match ms {
        0 => "0 ms".to_string(),
        _ if ms < 100_000 && ms.is_multiple_of(1000) => format!("{} s", ms / 1000),
        _ if ms < 10_000 => format!("{ms} ms"),
        _ => milliseconds(ms),
    }
}

/// `1 trial`, `3 trials`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {noun}{s}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_look_like_nothing_or_everything() {
        for (k, n, expected) in [
            (0, 200, "0 %"),
            (0, 0, "0 %"),
            (3, 1000, "0.30 %"),
            (1, 20_000, "< 0.01 %"),
            (1, 10_000, "0.010 %"),
            (3, 20_000, "0.015 %"),
            (995, 100_000, "1.0 %"),
            (994, 100_000, "0.99 %"),
            (22, 1000, "2.2 %"),
            (49, 100, "49.0 %"),
            (999, 1000, "99.90 %"),
            (9997, 10_000, "99.97 %"),
            (199_999, 200_000, "> 99.99 %"),
            (300, 300, "100 %"),
        ] {
            assert_eq!(percent(Rate { k, n }.share()), expected, "{k} of {n}");
        }
        assert_eq!(percent(f64::NAN), "? %");
        assert_eq!(interval((0.001, 0.0087)), "0.10 .. 0.87");
        assert_eq!(interval((0.9878, 1.0)), "98.8 .. 100");
        assert_eq!(interval((0.0, 0.00004)), "0 .. < 0.01");
    }

    #[test]
    fn predicted_shares_stay_small_numbers() {
        for (share, expected, round) in [
            (0.0, "0 %", "0 %"),
            (0.271, "27.1 %", "27.1 %"),
            (0.01, "1.0 %", "1 %"),
            (0.005, "0.50 %", "0.5 %"),
            (0.5, "50.0 %", "50 %"),
            (1.0, "100 %", "100 %"),
            (0.000_042, "0.0042 %", "0.0042 %"),
            (0.000_01, "0.0010 %", "0.001 %"),
            (0.000_000_31, "0.000031 %", "0.000031 %"),
            (1e-9, "< 0.000001 %", "< 0.000001 %"),
            (f64::NAN, "? %", "? %"),
        ] {
            assert_eq!(fine_percent(share), expected, "{share}");
            assert_eq!(round_percent(share), round, "{share}");
        }
        assert_eq!(fine_interval((0.000_031, 0.02)), "0.0031 .. 2.0");
    }

    #[test]
    fn factors_and_very_many() {
        for (number, expected) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (0.997, "1.0"),
            (0.27, "0.27"),
            (0.0042, "0.0042"),
            (0.1, "0.10"),
            (1.64, "1.6"),
            (12.4, "12"),
            (3.1e-7, "3.1e-7"),
            (1e300, "1.0e300"),
            (-2.5, "-2.5"),
            (f64::INFINITY, "?"),
        ] {
            assert_eq!(factor(number), expected, "{number}");
        }
        for (number, expected) in [
            (824.0, "824"),
            (12_480.0, "12 480"),
            (2_140_000.0, "2.1 M"),
            (f64::NAN, "?"),
        ] {
            assert_eq!(many(number), expected);
        }
    }

    #[test]
    fn counts_bytes_and_speeds() {
        for (number, expected) in [
            (0, "0"),
            (9999, "9999"),
            (12_480, "12 480"),
            (1_000_000, "1 000 000"),
        ] {
            assert_eq!(count(number), expected);
        }
        for (number, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_949, "999.9 kB"),
            (999_951, "1.0 MB"),
            (1_234_567_890, "1.2 GB"),
        ] {
            assert_eq!(bytes(number), expected);
        }
        for (number, expected) in [
            (0.4, "0.40"),
            (12.48, "12.5"),
            (99.5, "100"),
            (823.6, "824"),
            (1.0 / 0.0, "?"),
        ] {
            assert_eq!(per_second(number), expected);
        }
    }

    #[test]
    fn times() {
        for (us, expected) in [
            (12, "12 us"),
            (12_100, "12.1 ms"),
            (6_400_000, "6.4 s"),
            (99_940_000, "99.9 s"),
            (125_000_000, "2 min 05 s"),
            (7_500_000_000, "2 h 05 min"),
        ] {
            assert_eq!(microseconds(us), expected);
        }
        for (ms, expected) in [
            (0, "0 ms"),
            (500, "500 ms"),
            (1500, "1500 ms"),
            (2000, "2 s"),
            (125_000, "2 min 05 s"),
            (u64::MAX, "5124095576 h 01 min"),
        ] {
            assert_eq!(round_milliseconds(ms), expected);
        }
        assert_eq!(counted(1, "trial"), "1 trial");
        assert_eq!(counted(12_000, "trial"), "12 000 trials");
    }
}
