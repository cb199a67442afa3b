//! What the tests of PostgreSQL share: a small encoder for what clients send, and captures.

mod captured;
mod copies;
mod exchanges;
mod limits;
mod meanings;
mod memory;
mod properties;

use super::Session;
use super::encode::message;
use crate::session::Direction;
use crate::testkit::Driver;

pub const SLICES: [usize; 5] = [1, 2, 3, 7, 64 * 1024];

/// A message of these texts, each with its zero.
pub fn texts(tag: u8, texts: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    message(&mut out, tag, |out| {
        for text in texts {
            out.extend_from_slice(text.as_bytes());
            out.push(0);
        }
    });
    out
}

pub fn start_up() -> Vec<u8> {
    let body = b"user\0me\0\0";
    let mut out = (8 + body.len() as u32).to_be_bytes().to_vec();
    out.extend_from_slice(&196_608_u32.to_be_bytes());
    out.extend_from_slice(body);
    out
}

pub fn query(sql: &str) -> Vec<u8> {
    texts(b'Q', &[sql])
}

pub fn parse(name: &str, sql: &str, types: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    message(&mut out, b'P', |out| {
        out.extend([name.as_bytes(), b"\0", sql.as_bytes(), b"\0"].concat());
        out.extend_from_slice(&(types.len() as u16).to_be_bytes());
        types
            .iter()
            .for_each(|oid| out.extend_from_slice(&oid.to_be_bytes()));
    });
    out
}

/// Values in the form each says: true is binary.
pub fn bind(portal: &str, statement: &str, values: &[(bool, Option<&[u8]>)]) -> Vec<u8> {
    let mut out = Vec::new();
    message(&mut out, b'B', |out| {
        out.extend([portal.as_bytes(), b"\0", statement.as_bytes(), b"\0"].concat());
        out.extend_from_slice(&(values.len() as u16).to_be_bytes());
        values
            .iter()
            .for_each(|(binary, _)| out.extend_from_slice(&[0, u8::from(*binary)]));
        out.extend_from_slice(&(values.len() as u16).to_be_bytes());
        for (_, value) in values {
            match value {
                None => out.extend_from_slice(&[0xff; 4]),
                Some(value) => {
                    out.extend_from_slice(&(value.len() as u32).to_be_bytes());
                    out.extend_from_slice(value);
                }
            }
        }
        out.extend_from_slice(&[0, 0]);
    });
    out
}

pub fn execute(portal: &str, rows_max: u32) -> Vec<u8> {
    let mut out = Vec::new();
    message(&mut out, b'E', |out| {
        out.extend([portal.as_bytes(), b"\0"].concat());
        out.extend_from_slice(&rows_max.to_be_bytes());
    });
    out
}

/// Describe (`D`) or Close (`C`) of a statement (`S`) or portal (`P`).
pub fn named(tag: u8, kind: &str, name: &str) -> Vec<u8> {
    texts(tag, &[&format!("{kind}{name}")])
}

pub fn bare(tag: u8) -> Vec<u8> {
    texts(tag, &[])
}

/// A driver past start-up, with nothing said yet.
pub fn ready() -> Driver<Session> {
    let mut driver = Driver::new(Session::default());
    driver.feed(Direction::Up, &start_up(), 1000);
    let mut down = Vec::new();
    message(&mut down, b'R', |out| out.extend_from_slice(&[0; 4]));
    message(&mut down, b'K', |out| {
        out.extend_from_slice(&[0, 0, 0, 77, 1, 2, 3, 4])
    });
    super::encode::ready(&mut down, b'I');
    driver.feed(Direction::Down, &down, 1000);
    driver.said.clear();
    driver
}

/// Feeds pieces of an exchange (`true` goes up), and gives what was said.
pub fn said(pieces: &[(bool, Vec<u8>)]) -> String {
    let mut driver = ready();
    for (up, bytes) in pieces {
        driver.feed(
            if *up { Direction::Up } else { Direction::Down },
            bytes,
            64 * 1024,
        );
    }
    driver.said
}

/// Messages down, from the short words of the tests: `1`, `2`, `3`, `n`, `s`, `I`, `Z` and its
/// status, `C:tag`, `D:value`, `E:code`, `G`, `t:oid`.
pub fn down(words: &[&str]) -> Vec<u8> {
    use super::encode;
    let mut out = Vec::new();
    for word in words {
        let (tag, rest) = word.split_at(1);
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        match tag {
            "Z" => encode::ready(&mut out, rest.bytes().next().unwrap_or(b'I')),
            "C" => encode::complete(&mut out, rest),
            "D" => encode::row(&mut out, &[Some(rest.as_bytes())]),
            "T" => encode::columns(&mut out, &[(rest, 25)]),
            "E" => encode::error(&mut out, rest, "no"),
            "G" => message(&mut out, b'G', |out| out.extend_from_slice(&[0, 0, 0])),
            "t" => message(&mut out, b't', |out| {
                out.extend_from_slice(&[0, 1]);
                out.extend_from_slice(&rest.parse::<u32>().unwrap().to_be_bytes());
            }),
            _ => encode::bare(&mut out, tag.as_bytes()[0]),
        }
    }
    out
}
