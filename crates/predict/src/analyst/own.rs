//! Values that a request makes up for itself: session keys, tokens, ids of new rows. They are long
//! and random, the request makes a row with them, and no other request of the log has them, so rows
//! that they name are nobody else's. A key that requests only look for is somebody's who may come
//! again.

use std::collections::{BTreeSet, HashMap};

use model::{Effect, Protocol, Step};

use super::RecordedRequest;
use super::forms::Forms;

/// Shorter values may be anything's.
const CHARS_MIN: usize = 16;
/// Fewer different characters are no random value.
const DIFFERENT_MIN: usize = 8;
/// Values that are remembered; further ones are taken to be shared.
const VALUES_MAX: usize = 1 << 20;
/// Columns whose values clients choose and send again when they hear nothing.
const SENT_AGAIN: &[&str] = &["idempot", "dedup", "request", "nonce", "external"];

/// The values, by what was seen of them.
#[derive(Default)]
pub struct Own {
    values: HashMap<String, Seen>,
}

/// What was seen of a value.
struct Seen {
    /// The first request that has it.
    request: usize,
    is_made: bool,
    is_shared: bool,
}

impl Own {
    /// Of all requests.
    pub fn of(requests: &[RecordedRequest], forms: &Forms) -> Own {
        let mut own = Own::default();
        for (at, request) in requests.iter().enumerate() {
            for step in request.steps.iter().map(|seen| &seen.step) {
                for effect in &step.effects {
                    own.learn(at, step, &forms.of(step, effect));
                }
            }
        }
        own
    }

    fn learn(&mut self, request: usize, step: &Step, effect: &Effect) {
        let is_made = effect.access.changes()
            && (step.verb == "INSERT" || step.protocol != Protocol::Postgres);
        for (column, value) in effect.part.iter().filter(|(_, value)| is_random(value)) {
            let is_known = self.values.contains_key(value);
            if !is_known && self.values.len() >= VALUES_MAX {
                continue;
            }
            let seen = self.values.entry(value.clone()).or_insert(Seen {
                request,
                is_made: false,
                is_shared: false,
            });
            seen.is_made |= is_made;
            seen.is_shared |= seen.request != request || is_sent_again(column);
        }
    }

    /// Whether only one request has this value, and made a row with it.
    pub fn has(&self, value: &str) -> bool {
        let seen = self.values.get(value);
        seen.is_some_and(|seen| seen.is_made && !seen.is_shared)
    }
}

fn is_sent_again(column: &str) -> bool {
    let column = column.to_ascii_lowercase();
    SENT_AGAIN.iter().any(|word| column.contains(word))
}

/// Long, without spaces, and of many different characters, digits among them: `0af76519-16cd-43dd`.
fn is_random(value: &str) -> bool {
    let of_keys = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/' | '=');
    let (mut digits, mut letters) = (0_usize, 0_usize);
    let mut different = BTreeSet::new();
    for c in value.chars() {
        if !of_keys(c) {
            return false;
        }
        digits += usize::from(c.is_ascii_digit());
        letters += usize::from(c.is_ascii_alphabetic());
        different.insert(c);
    }
    value.len() >= CHARS_MIN && digits >= 2 && letters >= 2 && different.len() >= DIFFERENT_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_are_long_and_mixed() {
        for (value, expected) in [
            ("19qee0ic7o48rpu627y4om004p46nu7x", true),
            ("6f2b1c1e-8a9d-4f7e-9d2c-1a2b3c4d5e6f", true),
            ("visit-of-ada", false),
            ("1234567890123456", false),
            ("aaaaaaaaaaaaaaaa11", false),
            ("2026-11-22 01:21:12.2+00:00", false),
            ("welcome-back-to-our-shop", false),
            ("", false),
        ] {
            assert_eq!(is_random(value), expected, "{value}");
        }
    }
}
