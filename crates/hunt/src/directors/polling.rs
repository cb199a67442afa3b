//! Racers that ask for the same thing again and again: the only way in which waiting for a lock in
//! Redis, or for another service, shows on the wire.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use model::{Reply, Step};

/// So many attempts at one lock in a row, all in vain, are polling.
const ATTEMPTS_MIN: u32 = 2;

/// So many equal questions with equal answers in a row, over so long a time, are polling: code
/// that is merely clumsy asks faster.
const POLLS_MIN: u32 = 5;
const POLLING_MIN: Duration = Duration::from_millis(50);

/// A lock that is said to expire is waited for no longer than this.
const EXPIRY_MAX: Duration = Duration::from_secs(5);

/// After a lock's expiry its poller gets so long to come in.
const EXPIRY_SLACK: Duration = Duration::from_millis(100);

/// What each racer asked last.
#[derive(Debug, Default)]
pub struct Polls {
    racers: HashMap<usize, Poll>,
}

/// The same question, asked so often.
#[derive(Debug)]
pub struct Poll {
    name: String,
    text: String,
    reply: String,
    is_attempt: bool,
    /// Its answer depends on others: who only writes does not wait for anything.
    asks: bool,
    times: u32,
    since: Instant,
    expiry: Option<Duration>,
}

impl Polls {
    /// A racer was answered.
    pub fn replied(&mut self, step: &Step, reply: &Reply) {
        if !step.is_shared() {
            return;
        }
        let now = Instant::now();
        let name = step.name();
        let racer = usize::from(step.lane.0);
        let is_attempt = is_attempt(step);
        // A lock is often taken with a fresh token each time; what else is polled stays the same.
        let text = match is_attempt {
            true => step.shape.clone(),
            false => format!("{} {:?}", step.text, step.parameters),
        };
        match self.racers.get_mut(&racer) {
            Some(poll) if poll.name == name && poll.text == text && poll.reply == reply.value => {
                poll.times += 1;
            }
            _ => {
                let poll = Poll {
                    name,
                    text,
                    reply: reply.value.clone(),
                    is_attempt: is_attempt && is_in_vain(reply),
                    asks: step.effects.iter().any(|effect| effect.access.looks()),
                    times: 1,
                    since: now,
                    expiry: expiry(&step.text),
                };
                self.racers.insert(racer, poll);
            }
        }
    }

    /// Whether a racer asks once more for a lock that it asked for last and did not get.
    pub fn asks_again(&self, racer: usize, step: &Step) -> bool {
        let last = self.racers.get(&racer);
        is_attempt(step) && last.is_some_and(|poll| poll.is_attempt && poll.name == step.name())
    }

    /// What a racer polls.
    pub fn of(&self, racer: usize, now: Instant) -> Option<&Poll> {
        self.racers
            .get(&racer)
            .filter(|poll| match poll.is_attempt {
                true => poll.times >= ATTEMPTS_MIN,
                false => {
                    poll.asks
                        && poll.times >= POLLS_MIN
                        && now.saturating_duration_since(poll.since) >= POLLING_MIN
                }
            })
    }
}

impl Poll {
    /// Whether waiting longer is in vain: at once, or for the `patient` when the lock that is
    /// polled should have expired by now. Most hand-made locks are wrong just there.
    pub fn is_hopeless(&self, now: Instant, patient: bool) -> bool {
        let wait = self
            .expiry
            .filter(|_| patient)
            .map_or(Duration::ZERO, |expiry| {
                expiry.min(EXPIRY_MAX) + EXPIRY_SLACK
            });
        now.saturating_duration_since(self.since) >= wait
    }

    /// In words.
    pub fn evidence(&self) -> String {
        format!("asked {} times for `{}`", self.times, self.name)
    }
}

/// A step that takes a lock if nobody has it.
pub fn is_attempt(step: &Step) -> bool {
    let has = |word: &str| {
        let mut words = step.text.split_whitespace();
        words.any(|other| other.eq_ignore_ascii_case(word))
    };
    match step.verb.as_str() {
        "SETNX" => true,
        "SET" => has("NX"),
        _ => step.text.contains("pg_try_advisory"),
    }
}

/// Somebody else had it.
pub fn is_in_vain(reply: &Reply) -> bool {
    reply.kind == model::ReplyKind::Empty || matches!(reply.value.as_str(), "0" | "f" | "nil")
}

/// The expiry in a command such as `SET lock token NX PX 300`.
fn expiry(text: &str) -> Option<Duration> {
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let scale = match word.to_ascii_uppercase().as_str() {
            "PX" => 1,
            "EX" => 1000,
            _ => continue,
        };
        let number: u64 = words.next()?.parse().ok()?;
        return Some(Duration::from_millis(number.saturating_mul(scale)));
    }
    None
}

#[cfg(test)]
mod tests {
    use model::ReplyKind;

    use super::*;
    use crate::testkit::step;

    #[test]
    fn expiries_are_read() {
        for (text, expected) in [
            ("SET lock a NX PX 300", Some(300)),
            ("SET lock a ex 5 nx", Some(5000)),
            ("SET lock a NX", None),
            ("SET lock a PX soon", None),
        ] {
            assert_eq!(expiry(text), expected.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn who_asks_again_polls_and_who_writes_again_does_not() {
        for (verb, expected) in [("GET", true), ("SET", false)] {
            let mut polls = Polls::default();
            for _ in 0..POLLS_MIN {
                polls.replied(&step(0, 0, verb, "key"), &Reply::of(ReplyKind::Ok, "1"));
            }
            let found = polls.of(0, Instant::now() + POLLING_MIN);
            assert_eq!(found.is_some(), expected, "{verb}");
        }
    }

    #[test]
    fn the_patient_wait_for_the_expiry() {
        let now = Instant::now();
        let poll = Poll {
            name: "cache SET lock".into(),
            text: String::new(),
            reply: String::new(),
            is_attempt: true,
            asks: true,
            times: 3,
            since: now,
            expiry: Some(Duration::from_millis(300)),
        };
        assert!(poll.is_hopeless(now, false) && !poll.is_hopeless(now, true));
        assert!(poll.is_hopeless(now + Duration::from_millis(400), true));
    }
}
