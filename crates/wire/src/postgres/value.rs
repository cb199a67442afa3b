//! Values as text: parameters of a Bind and columns of a DataRow, in text or binary form. A type
//! that is not known, or bytes that do not fit it, are shown in hexadecimal.

use std::fmt::Write;

use crate::session::{TEXT_BYTES_MAX, readable};

/// A value as text; `oid` 0 is an unknown type.
pub fn decode(oid: u32, binary: bool, bytes: &[u8]) -> String {
    if !binary {
        return readable(bytes);
    }
    decode_binary(oid, bytes).unwrap_or_else(|| hex(bytes))
}

fn decode_binary(oid: u32, bytes: &[u8]) -> Option<String> {
    Some(match oid {
        16 => if *bytes.first()? == 0 { "f" } else { "t" }.to_string(),
        21 => i16::from_be_bytes(bytes.try_into().ok()?).to_string(),
        23 => i32::from_be_bytes(bytes.try_into().ok()?).to_string(),
        20 => i64::from_be_bytes(bytes.try_into().ok()?).to_string(),
        26 => u32::from_be_bytes(bytes.try_into().ok()?).to_string(),
        700 => f32::from_be_bytes(bytes.try_into().ok()?).to_string(),
        701 => f64::from_be_bytes(bytes.try_into().ok()?).to_string(),
        // text, name, bpchar, varchar, char, unknown, json, xml
        25 | 19 | 1042 | 1043 | 18 | 705 | 114 | 142 => readable(bytes),
        // jsonb has a version before it
        3802 => readable(bytes.strip_prefix(&[1])?),
        2950 => uuid(bytes.try_into().ok()?),
        1082 => date(i64::from(i32::from_be_bytes(bytes.try_into().ok()?))),
        1114 => timestamp(i64::from_be_bytes(bytes.try_into().ok()?), ""),
        1184 => timestamp(i64::from_be_bytes(bytes.try_into().ok()?), "+00"),
        1700 => numeric(bytes)?,
        17 => format!("\\x{}", hex(bytes).trim_start_matches("0x")),
        _ => return None,
    })
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::from("0x");
    for byte in &bytes[..bytes.len().min(TEXT_BYTES_MAX / 2)] {
        let _ = write!(out, "{byte:02x}");
    }
    if bytes.len() > TEXT_BYTES_MAX / 2 {
        out.push_str("...");
    }
    out
}

fn uuid(bytes: [u8; 16]) -> String {
    let mut out = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Days from 1970-01-01 to 2000-01-01, PostgreSQL's day 0.
const EPOCH_DAYS: i64 = 10_957;
const DAY_US: i64 = 86_400_000_000;

fn date(days: i64) -> String {
    match days {
        2_147_483_647 => "infinity".to_string(),
        -2_147_483_648 => "-infinity".to_string(),
        _ => {
            let (year, month, day) = civil(days + EPOCH_DAYS);
            format!("{year:04}-{month:02}-{day:02}")
        }
    }
}

fn timestamp(us: i64, zone: &str) -> String {
    match us {
        i64::MAX => return "infinity".to_string(),
        i64::MIN => return "-infinity".to_string(),
        _ => {}
    }
    let (day, time) = (us.div_euclid(DAY_US), us.rem_euclid(DAY_US));
    let (seconds, fraction) = (time / 1_000_000, time % 1_000_000);
    let mut out = date(day);
    let _ = write!(
        out,
        " {:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    if fraction > 0 {
        let fraction = format!("{fraction:06}");
        let _ = write!(out, ".{}", fraction.trim_end_matches('0'));
    }
    out + zone
}

/// Year, month and day of a day count from 1970-01-01 (the usual era arithmetic on a calendar
/// that starts in March).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Digits of base 10,000 with a weight, a sign and a scale.
fn numeric(bytes: &[u8]) -> Option<String> {
    let field = |n: usize| {
        Some(i16::from_be_bytes(
            bytes.get(2 * n..2 * n + 2)?.try_into().ok()?,
        ))
    };
    let (count, weight, sign, scale) = (field(0)?, field(1)?, field(2)? as u16, field(3)?);
    match sign {
        0xc000 => return Some("NaN".to_string()),
        0xd000 => return Some("Infinity".to_string()),
        0xf000 => return Some("-Infinity".to_string()),
        0 | 0x4000 => {}
        _ => return None,
    }
    // Weights and scales that real numbers do not have would only make long rows of zeros.
    if !(0..=500).contains(&count)
        || !(-500..=500).contains(&weight)
        || !(0..=1000).contains(&scale)
    {
        return None;
    }
    let digit = |n: i16| {
        if (0..count).contains(&n) {
            field(4 + n as usize)
        } else {
            Some(0)
        }
    };
    let mut out = String::from(if sign == 0x4000 { "-" } else { "" });
    if weight < 0 {
        out.push('0');
    }
    for n in 0..=weight {
        let value = digit(n)?;
        let _ = if n == 0 {
            write!(out, "{value}")
        } else {
            write!(out, "{value:04}")
        };
    }
    let mut fraction = String::new();
    for n in 0..(scale + 3) / 4 {
        let _ = write!(fraction, "{:04}", digit(weight + 1 + n)?);
    }
    fraction.truncate(scale as usize);
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(&fraction);
    }
    Some(out)
}
