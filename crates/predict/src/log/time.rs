//! Times as logs write them, brought to one zone.

/// A time in microseconds since 1970, and how sure its zone is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// In UTC, as far as the zone is known.
    pub us: i64,
    /// What the log says of the zone.
    pub zone: Zone,
}

/// The zone of a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// So many seconds ahead of UTC.
    Ahead(i64),
    /// An abbreviation that we do not know.
    Unknown(String),
    /// The log says none.
    Unsaid,
}

const SECOND_US: i64 = 1_000_000;

/// Abbreviations that mean one offset to nearly everybody, in minutes ahead of UTC.
const ABBREVIATIONS: &[(&str, i64)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("UCT", 0),
    ("WET", 0),
    ("WEST", 60),
    ("BST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("EET", 120),
    ("EEST", 180),
    ("SAST", 120),
    ("MSK", 180),
    ("JST", 540),
    ("KST", 540),
    ("HKT", 480),
    ("AWST", 480),
    ("ACST", 570),
    ("AEST", 600),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("NST", -210),
    ("AST", -240),
    ("EDT", -240),
    ("EST", -300),
    ("CDT", -300),
    ("CST", -360),
    ("MDT", -360),
    ("MST", -420),
    ("PDT", -420),
    ("PST", -480),
    ("AKST", -540),
    ("AKDT", -480),
    ("HST", -600),
];

/// The time that a text begins with, and how long it is there.
pub fn leading(text: &str) -> Option<(Moment, usize)> {
    let bytes = text.as_bytes();
    let year = number(bytes, 0, 4)?;
    let (month, day) = (part(bytes, 4, b"-")?, part(bytes, 7, b"-")?);
    let hour = part(bytes, 10, b"T ")?;
    let (minute, second) = (part(bytes, 13, b":")?, part(bytes, 16, b":")?);
    let days = days(year, month, day)?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction_us, end) = fraction(bytes, 19);
    let local = ((days * 24 + hour) * 60 + minute) * 60 + second;
    let (zone, end) = zone(text, end);
    let ahead = match zone {
        Zone::Ahead(seconds) => seconds,
        Zone::Unknown(_) | Zone::Unsaid => 0,
    };
    let us = (local - ahead) * SECOND_US + fraction_us;
    Some((Moment { us, zone }, end))
}

/// The first time in a text, with its place.
pub fn find(text: &str) -> Option<(Moment, std::ops::Range<usize>)> {
    let bytes = text.as_bytes();
    let starts = (0..bytes.len().saturating_sub(18))
        .filter(|at| bytes[*at].is_ascii_digit() && bytes.get(at + 4) == Some(&b'-'));
    starts
        .filter_map(|at| Some((at, leading(text.get(at..)?)?)))
        .map(|(at, (moment, length))| (moment, at..at + length))
        .next()
}

/// `240501  9:00:00`, as MySQL wrote times before 5.7; how long it is there.
pub fn leading_short(text: &str) -> Option<(Moment, usize)> {
    let bytes = text.as_bytes();
    let days = days(
        2000 + number(bytes, 0, 2)?,
        number(bytes, 2, 2)?,
        number(bytes, 4, 2)?,
    )?;
    let hour = match bytes.get(6..9)? {
        [b' ', b' ', hour] if hour.is_ascii_digit() => i64::from(hour - b'0'),
        [b' ', ..] => number(bytes, 7, 2)?,
        _ => return None,
    };
    let (minute, second) = (part(bytes, 9, b":")?, part(bytes, 12, b":")?);
    let us = (((days * 24 + hour) * 60 + minute) * 60 + second) * SECOND_US;
    let moment = Moment {
        us,
        zone: Zone::Unsaid,
    };
    Some((moment, 15))
}

/// A number of seconds, milliseconds, microseconds or nanoseconds since 1970, by how large it is.
pub fn of_number(number: f64) -> Option<Moment> {
    let us = match number.abs() {
        size if !size.is_finite() => return None,
        0.0..1e11 => number * 1e6,
        1e11..1e14 => number * 1e3,
        1e14..1e17 => number,
        _ => number / 1e3,
    };
    Some(Moment {
        us: us as i64,
        zone: Zone::Ahead(0),
    })
}

fn number(bytes: &[u8], from: usize, digits: usize) -> Option<i64> {
    let digits = bytes.get(from..from + digits)?;
    digits.iter().try_fold(0, |all, digit| {
        let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
        Some(all * 10 + digit)
    })
}

/// Two digits after one of these marks.
fn part(bytes: &[u8], from: usize, marks: &[u8]) -> Option<i64> {
    let mark = bytes.get(from)?;
    marks.contains(mark).then(|| number(bytes, from + 1, 2))?
}

/// Days since 1970.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March have their odd day at the end.
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let before = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(before + (month * 153 + 2) / 5 + day - 1 - 719_468)
}

fn fraction(bytes: &[u8], from: usize) -> (i64, usize) {
    if !matches!(bytes.get(from), Some(b'.' | b',')) {
        return (0, from);
    }
    let rest = &bytes[from + 1..];
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return (0, from);
    }
    let micros = (0..6).fold(0, |all, at| {
        let digit = rest[..length].get(at).map_or(0, |digit| digit - b'0');
        all * 10 + i64::from(digit)
    });
    (micros, from + 1 + length)
}

/// The zone after a time: `Z`, ` UTC`, `+02`, ` +05:30`.
fn zone(text: &str, from: usize) -> (Zone, usize) {
    let bytes = text.as_bytes();
    let start = from + usize::from(bytes.get(from) == Some(&b' '));
    let rest = bytes.get(start..).unwrap_or_default();
    if let Some(sign @ (b'+' | b'-')) = rest.first()
        && let Some(hours) = number(rest, 1, 2).filter(|hours| *hours <= 15)
    {
        let colon = usize::from(rest.get(3) == Some(&b':'));
        let minutes = number(rest, 3 + colon, 2).filter(|minutes| *minutes < 60);
        let length = minutes.map_or(3, |_| 5 + colon);
        let ahead = (hours * 60 + minutes.unwrap_or(0)) * 60;
        let ahead = if *sign == b'-' { -ahead } else { ahead };
        return (Zone::Ahead(ahead), start + length);
    }
    let length = rest.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let ends = rest.get(length).is_none_or(|b| !b.is_ascii_alphanumeric());
    if length == 0 || length > 5 || !ends {
        return (Zone::Unsaid, from);
    }
    let word = &text[start..start + length];
    let known = ABBREVIATIONS.iter().find(|(name, _)| *name == word);
    let zone = match known {
        Some((_, minutes)) => Zone::Ahead(minutes * 60),
        None => Zone::Unknown(word.to_string()),
    };
    (zone, start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_brought_to_one_zone() {
        for (text, us, zone, length) in [
            ("1970-01-01 00:00:00 UTC [1]", 0, Zone::Ahead(0), 23),
            (
                "2024-05-01T10:00:00.123456Z\t",
                1_714_557_600_123_456,
                Zone::Ahead(0),
                27,
            ),
            (
                "2024-05-01 12:00:00.5 CEST",
                1_714_557_600_500_000,
                Zone::Ahead(7200),
                26,
            ),
            (
                "2024-05-01 10:00:00+02",
                1_714_550_400_000_000,
                Zone::Ahead(7200),
                22,
            ),
            (
                "2024-05-01 10:00:00 -0330:x",
                1_714_570_200_000_000,
                Zone::Ahead(-12600),
                25,
            ),
            (
                "2024-05-01T10:00:00+05:30",
                1_714_537_800_000_000,
                Zone::Ahead(19800),
                25,
            ),
            (
                "2024-02-29 00:00:00 XYZ",
                1_709_164_800_000_000,
                Zone::Unknown("XYZ".into()),
                23,
            ),
            (
                "2024-05-01 10:00:00",
                1_714_557_600_000_000,
                Zone::Unsaid,
                19,
            ),
            (
                "2024-05-01 10:00:00 app",
                1_714_557_600_000_000,
                Zone::Unsaid,
                19,
            ),
        ] {
            assert_eq!(leading(text), Some((Moment { us, zone }, length)), "{text}");
        }
        for text in [
            "2024-13-01 10:00:00",
            "2024-05-01 24:00:00",
            "2024-05-01",
            "x",
        ] {
            assert_eq!(leading(text), None, "{text}");
        }
    }

    #[test]
    fn times_of_old_logs_and_numbers() {
        let (moment, length) = leading_short("240501  9:00:00\t 8 Query").unwrap();
        assert_eq!((moment.us, length), (1_714_554_000_000_000, 15));
        assert_eq!(
            leading_short("240501 10:00:00").unwrap().0.us,
            1_714_557_600_000_000
        );
        for number in [
            1_714_557_600.0,
            1_714_557_600e3,
            1_714_557_600e6,
            1_714_557_600e9,
        ] {
            assert_eq!(
                of_number(number).unwrap().us,
                1_714_557_600_000_000,
                "{number}"
            );
        }
        assert_eq!(of_number(f64::NAN), None);
    }
}
