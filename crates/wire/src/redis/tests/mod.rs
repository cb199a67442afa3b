//! What the redis tests share: a driver, and commands written as one would type them.

mod captures;
mod commands;
mod limits;
mod live;
mod pairing;
mod properties;
mod replies;

use crate::redis::{Session, encode};
use crate::session::Direction;
use crate::testkit::Driver;

/// A driver of a fresh session.
fn driver() -> Driver<Session> {
    Driver::new(Session::default())
}

/// A command of words without blanks.
fn command(line: &str) -> Vec<u8> {
    let words: Vec<&str> = line.split(' ').collect();
    let mut bytes = Vec::new();
    encode::command(&words, &mut bytes);
    bytes
}

/// Plays a conversation: `> GET a` goes up as an array, `>> PING\r\n` as it is, anything else
/// comes down as it is, line ends and all.
fn play(lines: &[&str]) -> Driver<Session> {
    let mut driver = driver();
    for line in lines {
        if let Some(raw) = line.strip_prefix(">> ") {
            driver.feed(Direction::Up, raw.as_bytes(), usize::MAX);
        } else if let Some(words) = line.strip_prefix("> ") {
            driver.feed(Direction::Up, &command(words), usize::MAX);
        } else {
            driver.feed(Direction::Down, line.as_bytes(), usize::MAX);
        }
    }
    driver
}

/// What the driver said of the frames that came down.
fn down(driver: &Driver<Session>) -> Vec<&str> {
    driver
        .said
        .lines()
        .filter(|line| !line.starts_with("up"))
        .collect()
}
