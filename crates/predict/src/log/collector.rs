//! What the readers have in common: statements as they come, times counted from the first, and
//! what could not be read.

use super::lines::beginning;
use super::time::{Moment, Zone};
use super::{Format, Log, SAID_MAX, STATEMENT_BYTES_MAX, Said, Skipped};

/// Zones and abbreviations that notes name.
const ZONES_MAX: usize = 8;

/// What was read so far.
#[derive(Default)]
pub struct Collector {
    pub said: Vec<Said>,
    pub skipped: Skipped,
    pub notes: Vec<String>,
    first_us: Option<i64>,
    ahead: Vec<i64>,
    unknown_zones: Vec<(String, u64)>,
    cut: u64,
}

impl Collector {
    /// A time as counted from the log's first one.
    pub fn since_first(&mut self, moment: Moment) -> i64 {
        match moment.zone {
            Zone::Ahead(ahead) => {
                if !self.ahead.contains(&ahead) && self.ahead.len() < ZONES_MAX {
                    self.ahead.push(ahead);
                }
            }
            Zone::Unknown(name) => self.count_zone(name),
            Zone::Unsaid => {}
        }
        let first = *self.first_us.get_or_insert(moment.us);
        moment.us.saturating_sub(first)
    }

    fn count_zone(&mut self, name: String) {
        let is_full = self.unknown_zones.len() >= ZONES_MAX;
        let mut known = self.unknown_zones.iter_mut();
        match known.find(|(known, _)| *known == name) {
            Some((_, times)) => *times += 1,
            None if is_full => {}
            None => self.unknown_zones.push((name, 1)),
        }
    }

    /// Adds what was said; its place.
    pub fn push(&mut self, mut said: Said) -> Option<usize> {
        if self.said.len() >= SAID_MAX {
            let why = "more statements than are kept (a million)";
            self.skipped.count(why, said.line);
            return None;
        }
        if said.text.len() > STATEMENT_BYTES_MAX {
            let end = beginning(&said.text, STATEMENT_BYTES_MAX).len();
            said.text.truncate(end);
            self.cut += 1;
        }
        self.said.push(said);
        Some(self.said.len() - 1)
    }

    /// The log as it was read.
    pub fn finish(mut self, format: Format) -> Log {
        if self.said.is_empty() {
            self.notes.push(format!(
                "no statements in it, read as {}; {}",
                format.as_str(),
                format.advice()
            ));
        }
        if self.cut > 0 {
            self.notes.push(format!(
                "statements longer than {} KiB: {}, cut there",
                STATEMENT_BYTES_MAX >> 10,
                self.cut
            ));
        }
        if self.ahead.len() > 1 {
            let zones: Vec<String> = self.ahead.iter().map(|ahead| offset(*ahead)).collect();
            let zones = zones.join(", ");
            self.notes
                .push(format!("times in several zones ({zones}): each applied"));
        }
        for (name, times) in &self.unknown_zones {
            self.notes.push(format!(
                "{times} times in `{name}`, a zone whose offset is not known: taken as UTC"
            ));
        }
        let without = self.said.iter().filter(|said| said.at_us.is_none()).count();
        if without > 0 {
            self.notes
                .push(format!("{without} statements without a time"));
        }
        Log {
            format,
            said: self.said,
            skipped: self.skipped,
            notes: self.notes,
        }
    }
}

/// `+05:30`.
fn offset(ahead: i64) -> String {
    let sign = if ahead < 0 { '-' } else { '+' };
    let minutes = ahead.abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
